"""Fits round feet and rims, whose ellipses show at which angle they are seen.

A circle on the ground that is seen at a pitch appears as an ellipse with axes as 1 to the sine of
the pitch. A rounded edge is a torus, whose outline is a curve at a fixed distance around such an
ellipse: its support function is the ellipse's plus the radius of the edge.
"""

import math
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from services.imaging.pitch.outline import DIRECTIONS, EndArc

# Pitches in degrees for which an arc is fitted.
ANGLES = np.arange(0.0, 86.0)
# Usual radius of a rounded edge as a share of the half width, and the log odds of larger ones.
# Larger: domes pass as flat tops.
EDGE_RADIUS, ROUND_ODDS = 0.06, 3.0
# Usual lean of a photo in radians.
LEAN = 0.02
# Deviation of the outline in pixels, and as a share of the half width, that masks and real shapes
# have. Larger: less is believed.
PIXEL_ERROR, SHAPE_ERROR = 0.35, 0.004
# Number of independent measurements in an arc, as neighboring directions share points.
INDEPENDENT = 12
# Rounds of reweighting for robust fits, and the errors from which on a deviation counts less.
ROUNDS, OUTLIER = 3, 3.0
# Negative log likelihood from which on only directions up to this angle are fitted, in radians.
# Smaller, and larger: bowls that hide their foot are fitted at their belly; cans at their chamfer.
NECK_LOSS, NECK_STEEPEST = 2.5, math.radians(35)
# Negative log likelihood of a good fit; of worse ones the error is larger than expected.
EXPECTED_LOSS = 1.5


@dataclass(frozen=True)
class RoundFit:
    """How well a round end fits for each of ANGLES, all float (86,).

    log_likelihood: relative. center: row of the ellipse's middle, turned over for a top, in traced
    pixels. misfit: root mean square distance from the outline as a share of the half width.
    evidence: log likelihood of the best fit, comparable with a box's.
    """

    log_likelihood: np.ndarray
    center: np.ndarray
    misfit: np.ndarray
    evidence: float

    @property
    def best_angle(self) -> float:
        """The likeliest of ANGLES, in degrees."""
        return float(ANGLES[self.log_likelihood.argmax()])

    @property
    def best_misfit(self) -> float:
        """The misfit at that angle."""
        return float(self.misfit[self.log_likelihood.argmax()])


def fit_round_end(arc: EndArc) -> RoundFit:
    """Fits an ellipse with a rounded edge to an arc for each pitch.

    Given the pitch, the support function is linear in the rest: middle, half axis, radius of the
    edge and lean. Few edges are rounded much; the better of both fits counts. Where neither fits,
    the sides of a chamfer or a neck hide the ends of the ellipse, and only its middle is fitted.
    """
    design, error = _describe_ellipses(), math.hypot(PIXEL_ERROR, SHAPE_ERROR * arc.half_width)
    sharp = _solve(arc, design, error, EDGE_RADIUS * arc.half_width)
    rounded = _solve(arc, design, error, arc.half_width)
    if max(sharp.evidence, rounded.evidence - ROUND_ODDS) < -NECK_LOSS:
        inner = np.abs(DIRECTIONS) < NECK_STEEPEST
        flat = _solve(arc, design, error, EDGE_RADIUS * arc.half_width, inner)
        return replace(flat, misfit=sharp.misfit, evidence=sharp.evidence)
    is_sharp = sharp.log_likelihood >= rounded.log_likelihood - ROUND_ODDS
    likelihood = np.maximum(sharp.log_likelihood, rounded.log_likelihood - ROUND_ODDS)
    evidence = float(likelihood.max())
    return RoundFit(
        likelihood / max(1.0, -evidence / EXPECTED_LOSS),
        np.where(is_sharp, sharp.center, rounded.center),
        np.where(is_sharp, sharp.misfit, rounded.misfit),
        evidence,
    )


@cache
def _describe_ellipses() -> np.ndarray:
    """Returns the support functions of all parameters for each pitch, float (86, 49, 5)."""
    sine = np.sin(np.radians(ANGLES))[:, None]
    across, down = np.sin(DIRECTIONS), np.cos(DIRECTIONS)
    ellipse = np.sqrt(across**2 + (sine * down) ** 2)
    lean = (1 - sine**2) * across * down / np.maximum(ellipse, 1e-6)
    ones = np.ones_like(ellipse)
    return np.stack([across * ones, down * ones, ellipse, ones, lean], axis=-1)


def _solve(
    arc: EndArc,
    design: np.ndarray,
    error: float,
    edge_radius: float,
    trusted: np.ndarray | None = None,
) -> RoundFit:
    """Solves the robust least squares of every pitch at once.

    design: float (86, 49, 5). error: of the outline, and edge_radius: of the edge, in pixels.
    trusted: bool (49,), the directions that are fitted; None for all.
    """
    half = arc.half_width
    # Middle x and y, half axis, radius of the edge, and lean times the half axis.
    expected = np.array([arc.middle, arc.support[len(DIRECTIONS) // 2], half, 0, 0])
    spread = np.array([0.2 * half, 2 * half, 0.5 * half, edge_radius, LEAN * half])
    share = INDEPENDENT / len(DIRECTIONS)
    counted = np.ones(len(DIRECTIONS)) if trusted is None else trusted.astype(float)
    weights = np.tile(counted, (len(design), 1))
    for _ in range(ROUNDS):
        turned = (design * (weights * share / error**2)[..., None]).transpose(0, 2, 1)
        normal = turned @ design + np.diag(spread**-2.0)
        right = turned @ arc.support + expected / spread**2
        solution = _solve_positive(normal, right)
        residual = arc.support - (design @ solution[..., None])[..., 0]
        squares = (residual / (OUTLIER * error)) ** 2
        weights = counted / (1 + squares)
    loss = OUTLIER**2 / 2 * (counted * np.log1p(squares)).sum(axis=1) * share
    prior = (((solution - expected) / spread)[:, 2:] ** 2).sum(axis=1) / 2
    misfit = np.sqrt((residual**2 @ counted) / counted.sum()) / half
    likelihood = -loss - prior
    return RoundFit(likelihood, solution[:, 1], misfit, float(likelihood.max()))


def _solve_positive(normal: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Solves normal equations, (n, 5, 5) and (n, 5), with no edge of a radius below zero."""
    solution = np.linalg.solve(normal, right[..., None])[..., 0]
    free = [0, 1, 2, 4]
    sharp = np.linalg.solve(normal[:, free][:, :, free], right[:, free, None])[..., 0]
    return np.where(solution[:, 3:4] < 0, np.insert(sharp, 3, 0, axis=1), solution)
