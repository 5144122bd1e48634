"""Silhouettes of products of known shape from known cameras: alpha in a photo of a known size."""

import math
from itertools import pairwise

import cv2
import numpy as np

SIZE = 480, 480
FOCAL_MM = 60.0


def project_points(points: np.ndarray, pitch: float) -> np.ndarray:
    """Returns where points, float (n, 3), x right and y up, appear in the photo: float (n, 2).

    The camera looks down by `pitch` degrees at the point (0, 0.5, 0).
    """
    focal = FOCAL_MM / math.hypot(36, 24) * math.hypot(*SIZE)
    sine, cosine = math.sin(math.radians(pitch)), math.cos(math.radians(pitch))
    x, y, z = (points - [0, 0.5, 0]).T
    depth = focal / 200 - y * sine - z * cosine
    return np.stack([focal * x / depth, focal * (z * sine - y * cosine) / depth], axis=1) + 240


def find_ground_pitch(pitch: float) -> float:
    """Returns the angle in degrees at which the same camera sees the point (0, 0, 0)."""
    distance = FOCAL_MM / math.hypot(36, 24) * math.hypot(*SIZE) / 200
    sine, cosine = math.sin(math.radians(pitch)), math.cos(math.radians(pitch))
    return math.degrees(math.atan2(0.5 + distance * sine, distance * cosine))


def draw_hulls(parts: list[np.ndarray], pitch: float) -> np.ndarray:
    """Draws the convex hulls of points, float (n, 3) each, as alpha: uint8 (480, 480)."""
    large = np.zeros((SIZE[0] * 4, SIZE[1] * 4), np.uint8)
    for points in parts:
        hull = cv2.convexHull((4 * project_points(points, pitch)).astype(np.float32))
        cv2.fillConvexPoly(large, np.rint(hull).astype(np.int32), 255)
    return cv2.resize(large, SIZE[::-1], interpolation=cv2.INTER_AREA)


def draw_revolved(profile: list[tuple[float, float]], pitch: float) -> np.ndarray:
    """Draws a solid of revolution, whose profile has these radii and heights: uint8 (480, 480)."""
    turn = np.linspace(0, 2 * math.pi, 180)
    circle = np.stack([np.cos(turn), 0 * turn, np.sin(turn)], axis=1)
    rings = [circle * radius + [0, height, 0] for radius, height in profile]
    return draw_hulls([np.concatenate(pair) for pair in pairwise(rings)], pitch)


def draw_cuboid(sides: tuple[float, float, float], yaw: float, pitch: float) -> np.ndarray:
    """Draws a box of width, height and depth, turned by `yaw` degrees: uint8 (480, 480)."""
    corners = np.array([(x, y, z) for x in (-1, 1) for y in (0, 2) for z in (-1, 1)]) / 2 * sides
    sine, cosine = math.sin(math.radians(yaw)), math.cos(math.radians(yaw))
    turned = corners @ np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    return draw_hulls([turned], pitch)
