"""Weighs the pitches at which a round product or a box may be seen, and chooses one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.imaging.pitch.boxes import BoxFit
from services.imaging.pitch.optics import find_depression
from services.imaging.pitch.round_ends import ANGLES, RoundFit

# Pitches of the camera in degrees that are weighed. Below level only because of errors.
STEP = 0.5
CAMERA_PITCHES = np.arange(-10.0, 82.0, STEP)
# Degrees within which an estimate counts as right, by contract (View.pitch_confidence), and within
# which the chosen pitch is averaged. A smaller one follows noise, a larger one lopsided tails.
TOLERANCE, PEAK = 8.0, 4.0
# Share of round products whose foot, or whose top, is no flat end: bellies of bowls, domes. Larger:
# the other end decides.
ROUND_FOOT, ROUND_TOP = 0.12, 0.3
# Root mean square distances from the outline, as shares of half width and size, that round ends and
# boxes seldom exceed. Larger: shoes and toys count as round, cans as boxes.
ROUND_MISFIT, BOX_MISFIT = 0.0065, 0.006
# How much a fitting rim is believed without a fitting foot.
RIM_ALONE = 0.7
# Angle in degrees below which a foot is a straight edge, as garments and books have too, and share
# of such that are not round where no round top is seen from the same camera. Larger: fewer bottles
# with pumps are answered.
FLAT_ANGLE, FLAT_DOUBT = 8.0, 0.9
# Probability that an end is seen from anywhere, to that of from below its angle, and a sum to
# divide by where all of it lies beyond CAMERA_PITCHES.
STRAY_SHARE, LEAST_LIKELIHOOD = 0.1, 1e-9
# Log likelihoods that count as one when shapes are compared, as real ones have more faults than
# their outlines are inexact. Larger: cans pass as boxes seen from their front.
EVIDENCE_SCALE = 8.0
# Camera's pitch in degrees up to which all are as frequent in photos, and degrees over which
# steeper ones get rarer by e. Smaller: round edges are mistaken for a view from above less often.
USUAL_PITCH, RARITY = 40.0, 30.0
# Weight of all other shapes. Larger: fewer pitches are followed.
UNKNOWN_SHAPE = 0.15

# Density of CAMERA_PITCHES of which nothing is known, and their relative frequency, float (184,).
_UNIFORM = np.full(len(CAMERA_PITCHES), 1 / (STEP * len(CAMERA_PITCHES)))
_FREQUENCY = np.exp(-np.maximum(CAMERA_PITCHES - USUAL_PITCH, 0) / RARITY)


@dataclass(frozen=True)
class PitchEstimate:
    """A camera's pitch: degrees, as in the contract's View.

    confidence: probability that both angles are right within 8 degrees, 0 to 1.
    """

    ground_pitch: float
    camera_pitch: float
    confidence: float


@dataclass(frozen=True)
class Hypotheses:
    """Pairs of angles in degrees with their weights, all float (n,).

    evidence: log likelihood of the shape, comparable with that of another.
    """

    weight: np.ndarray
    camera_pitch: np.ndarray
    ground_pitch: np.ndarray
    evidence: float


def combine_round_ends(
    foot: RoundFit, top: RoundFit | None, focals: Sequence[float], plausibility: float
) -> Hypotheses:
    """Weighs the pitches at which foot and top of a round product are seen.

    focals: focal lengths in pixels, equally probable. plausibility: that it is round, 0 to 1.
    """
    weights, grounds = [], []
    for focal in focals:
        camera, ground = _find_angles(foot, foot.center, focal)
        likelihood = _spread_likelihood(foot.log_likelihood, camera)
        weight = _admit_round_shape(likelihood, foot, ROUND_FOOT)
        weights.append(weight * (_weigh_top(top, focal) if top else _UNIFORM))
        grounds.append(np.interp(CAMERA_PITCHES, camera, ground))
    density = np.concatenate(weights) / len(focals)
    top_quality = _rate_misfit(top) if top else 0.0
    quality = max(_rate_misfit(foot), RIM_ALONE * top_quality)
    if foot.best_angle < FLAT_ANGLE:
        # How much more often foot and top agree as they do than by chance.
        agreement = float(density.sum() * STEP / _UNIFORM[0])
        support = top_quality * agreement**2 / (1 + agreement**2)
        quality *= 1 - FLAT_DOUBT * (1 - support)
    weight = density * np.tile(_FREQUENCY, len(focals))
    return Hypotheses(
        plausibility * quality * weight / weight.sum(),
        np.tile(CAMERA_PITCHES, len(focals)),
        np.concatenate(grounds),
        foot.evidence,
    )


def interpolate_box(fit: BoxFit) -> Hypotheses:
    """Weighs the pitches at which a box is seen."""
    step = fit.camera_pitch[1] - fit.camera_pitch[0]
    at = np.rint((CAMERA_PITCHES - fit.camera_pitch[0]) / step).astype(int)
    at = np.clip(at, 1, len(fit.camera_pitch) - 2)
    # A parabola through three neighbors, exact for the squares that the likelihood consists of.
    before, here, after = (fit.log_likelihood[at + k] for k in (-1, 0, 1))
    along = np.clip((CAMERA_PITCHES - fit.camera_pitch[at]) / step, -1, 1)
    likelihood = here + along * (after - before) / 2 + along**2 * (after + before - 2 * here) / 2
    weight = np.exp(likelihood - likelihood.max()) * _FREQUENCY
    quality = np.exp(-((fit.misfit.min() / BOX_MISFIT) ** 2) / 2)
    ground = np.interp(CAMERA_PITCHES, fit.camera_pitch, fit.ground_pitch)
    evidence = float(fit.log_likelihood.max())
    return Hypotheses(quality * weight / weight.sum(), CAMERA_PITCHES, ground, evidence)


def choose_pitch(found: Sequence[Hypotheses]) -> PitchEstimate:
    """Returns the pitch with the most weight around it, and that weight as a share of all.

    found: hypotheses about shapes, of which at most one is true.
    """
    best = max(each.evidence for each in found)
    odds = [math.exp((each.evidence - best) / EVIDENCE_SCALE) for each in found]
    weight = np.concatenate([each.weight * odd for each, odd in zip(found, odds, strict=True)])
    camera, ground = (
        np.concatenate([getattr(each, name) for each in found])
        for name in ("camera_pitch", "ground_pitch")
    )
    counted = weight > 1e-4 * weight.max()
    weight, camera, ground = weight[counted], camera[counted], ground[counted]
    near = _lie_within(PEAK, camera[:, None] - camera, ground[:, None] - ground)
    likeliest = int((near @ weight).argmax())
    middle = camera[likeliest], ground[likeliest]
    for _ in range(2):
        at_peak = weight * _lie_within(PEAK, camera - middle[0], ground - middle[1])
        if not at_peak.any():
            break
        middle = camera @ at_peak / at_peak.sum(), ground @ at_peak / at_peak.sum()
    right = weight @ _lie_within(TOLERANCE, camera - middle[0], ground - middle[1])
    camera_pitch, ground_pitch = (float(np.clip(angle, 0, 90)) for angle in middle)
    return PitchEstimate(ground_pitch, camera_pitch, float(right / (weight.sum() + UNKNOWN_SHAPE)))


def _lie_within(tolerance: float, camera: np.ndarray, ground: np.ndarray) -> np.ndarray:
    """Returns where both differences of angles are within a tolerance: bool, the same shape."""
    return (np.abs(camera) < tolerance) & (np.abs(ground) < tolerance)


def _find_angles(fit: RoundFit, row: np.ndarray, focal: float) -> tuple[np.ndarray, np.ndarray]:
    """Returns camera's pitch and angle at the end, degrees, for each of ANGLES: float (86,).

    Away from the optical axis, a picture is stretched along the radius by the inverse cosine.

    row: of the ellipse's middle below the middle of the photo, float (86,). focal: in pixels.
    """
    below = find_depression(row, focal)
    seen = np.degrees(np.arcsin(np.sin(np.radians(ANGLES)) * np.cos(np.radians(below))))
    return seen - below, seen


def _weigh_top(fit: RoundFit, focal: float) -> np.ndarray:
    """Returns the density of CAMERA_PITCHES that the top shows, float (184,)."""
    camera, seen = _find_angles(fit, -fit.center, focal)
    # A top above the camera shows the near half of its edge, which looks the same.
    from_below = (camera - 2 * seen)[::-1]
    density = _spread_likelihood(fit.log_likelihood, camera)
    density = density + _spread_likelihood(fit.log_likelihood[::-1], from_below)
    return _admit_round_shape(density, fit, ROUND_TOP)


def _spread_likelihood(log_likelihood: np.ndarray, camera: np.ndarray) -> np.ndarray:
    """Returns the likelihood of each of CAMERA_PITCHES, relative to the best: float (184,).

    log_likelihood: float (86,), at these ascending pitches of the camera, float (86,).
    """
    found = np.interp(CAMERA_PITCHES, camera, log_likelihood, -np.inf, -np.inf)
    return np.exp(found - log_likelihood.max())


def _admit_round_shape(likelihood: np.ndarray, fit: RoundFit, share: float) -> np.ndarray:
    """Mixes in that the end is not flat, so that it only looks seen from further above.

    Returns a density, float (184,). An end that fits badly says nothing.

    likelihood: of each of CAMERA_PITCHES, float (184,). share: of such ends among those that fit.
    """
    density = likelihood / max(likelihood.sum() * STEP, LEAST_LIKELIHOOD)
    fits = _rate_misfit(fit)
    above = fits * np.cumsum(density[::-1])[::-1] * STEP + (1 - fits) + STRAY_SHARE
    flat_share = (1 - share) * fits
    return flat_share * density + (1 - flat_share) * above / (above.sum() * STEP)


def _rate_misfit(fit: RoundFit) -> float:
    """Returns how well an end's best fit describes it, 0 to 1."""
    return math.exp(-((fit.best_misfit / ROUND_MISFIT) ** 2) / 2)
