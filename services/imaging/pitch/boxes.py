"""Fits a box in perspective to a product's outline, for each pitch of the camera.

The outline of a box is the convex hull of its projected corners, so its support function is the
largest of theirs. For each pitch, the other parameters are found by Levenberg-Marquardt steps
(D. Marquardt: "An Algorithm for Least-Squares Estimation of Nonlinear Parameters", 1963), all
pitches and starts at once.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

# Pitches of the camera in degrees for which boxes are fitted: first from every start, then each
# from its best neighbor. Finer: slower, and no more exact, as a parabola fits in between.
COARSE_PITCHES, FINE_PITCHES = np.arange(-4.0, 81.0, 8.0), np.arange(-8.0, 83.0, 2.0)
# Yaws in degrees from which the search starts.
STARTS = (22.0, 68.0)
# Directions in which the outline is measured.
TURNS = np.linspace(0, 2 * np.pi, 60, endpoint=False)
NORMALS = np.stack([np.cos(TURNS), np.sin(TURNS)])
# Deviation of the outline in pixels, and as a share of its size, that masks and real boxes have.
PIXEL_ERROR, SHAPE_ERROR = 0.5, 0.002
# Number of independent measurements in an outline: its six corners have two each.
INDEPENDENT = 14
# Usual roll of a photo in radians.
ROLL = 0.02
# Steps of the first and of the second search, and their damping at the start.
COARSE_STEPS, FINE_STEPS, DAMPING = 8, 6, 0.1
# Deviation of a polygon from an outline as a share of its size, and most corners that it has where
# a box may be behind it. Larger: more time is spent on what is no box.
CORNER_TOLERANCE, MAX_CORNERS = 0.012, 8
# Fewest pixels across a box; smaller ones show no edges.
MIN_SIDE = 12
# Least share of its convex hull that a box fills. Smaller: bottles are tried as boxes.
MIN_CONVEXITY = 0.95
# Step of numeric derivatives, and the least depth of a corner, at a distance of one.
DIFFERENCE, MIN_DEPTH = 1e-4, 0.05
# Signs of the corners: across, up, along.
SIGNS = np.array([(x, y, z) for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) / 2
# Indices of parameters: place across and down, logarithms of the sides, yaw, roll, log focal.
X, Y, WIDTH, HEIGHT, DEPTH, YAW, ROLLED, FOCAL = range(8)


@dataclass(frozen=True)
class BoxFit:
    """How well a box fits for each pitch of the camera, all float (n,).

    camera_pitch: in degrees. ground_pitch: the angle in degrees at which the middle of the base is
    seen. log_likelihood: relative. misfit: root mean square distance from the outline, as a share
    of its shorter side.
    """

    camera_pitch: np.ndarray
    ground_pitch: np.ndarray
    log_likelihood: np.ndarray
    misfit: np.ndarray


def fit_box(outline: np.ndarray, area: int, focal: float, focal_spread: float) -> BoxFit | None:
    """Fits a box to an outline for each of FINE_PITCHES; returns None if no box looks like it.

    outline: float (n, 2) of x, y in pixels from the middle of the photo.
    area: within it, in pixels.
    focal: focal length in pixels. focal_spread: standard deviation of its logarithm.
    """
    low, high = outline.min(axis=0), outline.max(axis=0)
    if min(high - low) < MIN_SIDE:
        return None
    size = float(np.linalg.norm(high - low))
    hull = cv2.convexHull(outline.astype(np.float32))
    corners = cv2.approxPolyDP(hull, CORNER_TOLERANCE * size, True)
    if len(corners) > MAX_CORNERS or area < MIN_CONVEXITY * cv2.contourArea(hull):
        return None
    target = _Target(
        (hull[:, 0] @ NORMALS).max(axis=0) + 0.5,
        float(np.hypot(PIXEL_ERROR, SHAPE_ERROR * size)),
        math.log(focal),
        focal_spread,
    )
    start = _guess_parameters(low, high, focal)
    pitches = np.radians(np.repeat(COARSE_PITCHES, len(STARTS)))
    found, cost, _ = _search(start, pitches, target, COARSE_STEPS)
    best = cost.reshape(-1, len(STARTS)).argmin(axis=1)
    nearest = np.abs(FINE_PITCHES[:, None] - COARSE_PITCHES).argmin(axis=1)
    start = found.reshape(-1, len(STARTS), 8)[nearest, best[nearest]]
    pitches = np.radians(FINE_PITCHES)
    found, cost, distance = _search(start, pitches, target, FINE_STEPS)
    misfit = distance / min(cv2.minAreaRect(hull)[1])
    return BoxFit(FINE_PITCHES, _find_ground_pitch(found, pitches), -cost, misfit)


@dataclass(frozen=True)
class _Target:
    """What is known: the outline's support function, its error in pixels, and the focal length."""

    support: np.ndarray
    error: float
    log_focal: float
    focal_spread: float

    def compute_cost(self, residual: np.ndarray, parameters: np.ndarray) -> np.ndarray:
        """Returns half the sums of squares, with those of roll and focal length: float (n,).

        residual: float (n, 60), in pixels. parameters: float (n, 8).
        """
        squares = (residual / self.error) ** 2
        roll = parameters[:, ROLLED] / ROLL
        focal = (parameters[:, FOCAL] - self.log_focal) / self.focal_spread
        return (INDEPENDENT * squares.mean(axis=1) + roll**2 + focal**2) / 2


def _guess_parameters(low: np.ndarray, high: np.ndarray, focal: float) -> np.ndarray:
    """Returns the parameters from which each search starts, at a distance of one: float (n, 8)."""
    across, down = (high - low) / focal
    pitch = np.radians(np.repeat(COARSE_PITCHES, len(STARTS)))
    side = np.full(len(pitch), 0.72 * across)
    up = np.maximum(down - side * np.sin(pitch), 0.2 * down) / np.cos(pitch)
    yaw = np.tile(np.radians(STARTS), len(COARSE_PITCHES))
    x, y = np.tile((low + high) / 2 / focal, (len(pitch), 1)).T
    logs = np.log([side, up, side])
    return np.stack([x, y, *logs, yaw, 0 * yaw, np.full(len(yaw), math.log(focal))], axis=1)


def _project(parameters: np.ndarray, pitches: np.ndarray) -> np.ndarray:
    """Projects the corners of boxes: float (n, 8, 2), in pixels from the middle of the photo."""
    sides = np.exp(parameters[:, None, WIDTH : DEPTH + 1]) * SIGNS
    seen = _turn(sides, parameters, pitches)
    depth = np.maximum(1 + seen[..., 2], MIN_DEPTH)
    focal = np.exp(parameters[:, FOCAL])[:, None]
    x = focal * (seen[..., 0] + parameters[:, X, None]) / depth
    y = focal * (seen[..., 1] + parameters[:, Y, None]) / depth
    return np.stack([x, y], axis=-1)


def _turn(points: np.ndarray, parameters: np.ndarray, pitches: np.ndarray) -> np.ndarray:
    """Turns points (n, k, 3) of upright boxes to x right, y down and z away from the camera."""
    cos, sin = np.cos(parameters[:, YAW, None]), np.sin(parameters[:, YAW, None])
    across = points[..., 0] * cos - points[..., 2] * sin
    along = points[..., 0] * sin + points[..., 2] * cos
    dip, lift = np.sin(pitches)[:, None], np.cos(pitches)[:, None]
    # Points further away lie higher in the picture, the more so the more the camera looks down.
    down = -points[..., 1] * lift - along * dip
    away = along * lift - points[..., 1] * dip
    roll = parameters[:, ROLLED, None]
    return np.stack([across - roll * down, down + roll * across, away], axis=-1)


def _find_ground_pitch(parameters: np.ndarray, pitches: np.ndarray) -> np.ndarray:
    """Returns the angle in degrees at which the middle of the base is seen."""
    base = np.zeros((len(parameters), 1, 3))
    base[:, 0, 1] = -np.exp(parameters[:, HEIGHT]) / 2
    seen = _turn(base, parameters, pitches)[:, 0]
    slope = (seen[:, 1] + parameters[:, Y]) / (1 + seen[:, 2])
    return np.degrees(pitches + np.arctan(slope))


def _search(
    parameters: np.ndarray, pitches: np.ndarray, target: _Target, steps: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Improves parameters (n, 8); returns them, their costs and root mean square distances."""
    damping = np.full(len(parameters), DAMPING)
    share = INDEPENDENT / len(TURNS) / target.error**2
    precision = np.zeros(8)
    precision[ROLLED], precision[FOCAL] = ROLL**-2, target.focal_spread**-2
    middle = np.zeros(8)
    middle[FOCAL] = target.log_focal
    residual, jacobian = _compare(parameters, pitches, target.support)
    cost = target.compute_cost(residual, parameters)
    for _ in range(steps):
        turned = jacobian.transpose(0, 2, 1) * share
        normal = turned @ jacobian + np.diag(precision)
        right = (turned @ residual[..., None])[..., 0] - precision * (parameters - middle)
        scale = np.diagonal(normal, axis1=1, axis2=2) * damping[:, None] + 1e-9
        move = np.linalg.solve(normal + np.eye(8) * scale[:, None], right[..., None])[..., 0]
        tried = parameters + np.clip(move, -0.5, 0.5)
        new_residual, new_jacobian = _compare(tried, pitches, target.support)
        new_cost = target.compute_cost(new_residual, tried)
        better = new_cost < cost
        damping = np.where(better, damping * 0.3, damping * 5)
        parameters[better], cost[better] = tried[better], new_cost[better]
        residual[better], jacobian[better] = new_residual[better], new_jacobian[better]
    return parameters, cost, np.sqrt((residual**2).mean(axis=1))


def _compare(
    parameters: np.ndarray, pitches: np.ndarray, support: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns what the models' support functions lack, (n, 60), and derivatives (n, 60, 8)."""
    count = len(parameters)
    moved = np.concatenate([np.zeros((1, 8)), DIFFERENCE * np.eye(8)])[:, None] + parameters
    corners = _project(moved.reshape(-1, 8), np.tile(pitches, 9)).reshape(9, count, 8, 2)
    reach = corners[0] @ NORMALS
    extreme = reach.argmax(axis=1)
    residual = support - np.take_along_axis(reach, extreme[:, None], axis=1)[:, 0]
    slopes = np.moveaxis((corners[1:] - corners[0]) / DIFFERENCE, 0, -1)
    picked = slopes[np.arange(count)[:, None], extreme]
    jacobian = picked[:, :, 0] * NORMALS[0][:, None] + picked[:, :, 1] * NORMALS[1][:, None]
    return residual, jacobian
