"""Photos of known products from known cameras, drawn by painter's algorithm, with noise."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from benchmarks.view_products import KnownProduct, ProductFamily
from services.imaging.focal_length import FILM_DIAGONAL

# Drawn at this many times the photo's size, with this many bits for fractions of a pixel.
SUPERSAMPLING, FRACTION_BITS = 2, 4
# Direction to the key light, and what faces away from it still receives.
KEY_LIGHT, AMBIENT = np.array([0.5, 0.7, 0.5]), 0.35
# Heights and widths of the photos in pixels, and their focal lengths in millimeters on 35-mm film.
PHOTO_SIZES, FOCAL_LENGTHS = ((1024, 1024), (768, 1024), (1024, 768)), (35, 105)
# Extents of products as shares of the photo's shorter side, the most that they are off its middle
# as a share of its sides, and the usual roll of the camera in degrees.
EXTENTS, OFF_CENTER, ROLL = (0.55, 0.85), 0.06, 0.7
# Alpha from which on a pixel belongs to the cut-out.
FAINT = 12
# Steps in pixels that an outline's noise reaches, and over which it changes.
NOISE, NOISE_SCALE = 0.8, 6


@dataclass(frozen=True)
class KnownPhoto:
    """A cut-out with the truth about its camera.

    cutout: uint8 RGBA (h, w, 4). box: x, y, width, height of it in the photo.
    photo_size: height, width. focal_length_mm: on 35-mm film. Pitches in degrees.
    """

    product: KnownProduct
    cutout: np.ndarray
    box: tuple[int, int, int, int]
    photo_size: tuple[int, int]
    focal_length_mm: float
    camera_pitch: float
    ground_pitch: float


def draw_known_photos(
    seed: int, count: int, families: Sequence[ProductFamily]
) -> Iterator[KnownPhoto]:
    """Yields `count` photos of products of every family in turn, from cameras of 0 to 75 degrees.

    seed: of products, cameras and noise.
    """
    rng = np.random.default_rng(seed)
    for number in range(count):
        product = families[number % len(families)](rng)
        yield take_photo(product, float(rng.uniform(0, 75)), rng)


def take_photo(product: KnownProduct, pitch: float, rng: np.random.Generator) -> KnownPhoto:
    """Draws a product from a camera of this pitch in degrees, with a random lens and distance."""
    camera = _place_camera(product, pitch, rng)
    height, width = camera.size
    large = _paint_faces(product, camera)
    photo = _add_noise(cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA), rng)
    x, y, across, down = cv2.boundingRect((photo[..., 3] > FAINT).astype(np.uint8))
    return KnownPhoto(
        product=product,
        cutout=photo[y : y + down, x : x + across],
        box=(x, y, across, down),
        photo_size=camera.size,
        focal_length_mm=camera.focal * FILM_DIAGONAL / math.hypot(height, width),
        camera_pitch=pitch,
        ground_pitch=camera.ground_pitch,
    )


@dataclass(frozen=True)
class KnownCamera:
    """A camera: its position, its axes right, up and back in rows, and its focal length in pixels.

    size: height, width of its photo.
    """

    position: np.ndarray
    axes: np.ndarray
    focal: float
    size: tuple[int, int]

    @property
    def ground_pitch(self) -> float:
        """The angle in degrees at which it looks down on the origin."""
        x, y, z = self.position
        return math.degrees(math.atan2(y, math.hypot(x, z)))

    def project(self, points: np.ndarray) -> np.ndarray:
        """Returns x and y in pixels of the photo, and depth, of points: float (..., 3)."""
        seen = (points - self.position) @ self.axes.T
        depth = -seen[..., 2]
        x = self.size[1] / 2 + self.focal * seen[..., 0] / depth
        y = self.size[0] / 2 - self.focal * seen[..., 1] / depth
        return np.stack([x, y, depth], axis=-1)


def _place_camera(product: KnownProduct, pitch: float, rng: np.random.Generator) -> KnownCamera:
    """Places a camera that looks at a product, which need not be in the very middle."""
    height, width = PHOTO_SIZES[rng.integers(len(PHOTO_SIZES))]
    length = math.exp(rng.uniform(*np.log(FOCAL_LENGTHS)))
    focal = length / FILM_DIAGONAL * math.hypot(height, width)
    points = np.concatenate([stack.reshape(-1, 3) for stack in product.stacks])
    extent = float(np.linalg.norm(np.ptp(points, axis=0)))
    distance = focal * extent / (rng.uniform(*EXTENTS) * min(height, width))
    angle, roll = math.radians(pitch), math.radians(rng.normal(0, ROLL))
    back = np.array([0, math.sin(angle), math.cos(angle)])
    level, upright = np.array([1.0, 0, 0]), np.array([0, math.cos(angle), -math.sin(angle)])
    right = level * math.cos(roll) + upright * math.sin(roll)
    up = upright * math.cos(roll) - level * math.sin(roll)
    off = rng.uniform(-OFF_CENTER, OFF_CENTER, 2) * (width, height) * distance / focal
    target = (points.min(axis=0) + points.max(axis=0)) / 2 - right * off[0] + up * off[1]
    axes = np.stack([right, up, back])
    return KnownCamera(target + back * distance, axes, focal, (height, width))


def _paint_faces(product: KnownProduct, camera: KnownCamera) -> np.ndarray:
    """Paints the faces that a camera sees, the farthest first: uint8 RGBA, supersampled."""
    faces = [
        _shade_faces(*each, camera.position)
        for each in zip(product.stacks, product.albedos, strict=True)
    ]
    corners, colors = (np.concatenate(each) for each in zip(*faces, strict=True))
    seen = camera.project(corners)
    fixed = np.rint(seen[..., :2] * SUPERSAMPLING * 2**FRACTION_BITS).astype(np.int32)
    height, width = camera.size
    canvas = np.zeros((height * SUPERSAMPLING, width * SUPERSAMPLING, 4), np.uint8)
    for at in np.argsort(-seen[..., 2].mean(axis=1)):
        color = (*colors[at].tolist(), 255)
        cv2.fillConvexPoly(canvas, fixed[at], color, cv2.LINE_8, FRACTION_BITS)
    return canvas


def _shade_faces(
    stack: np.ndarray, albedo: np.ndarray, position: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Returns corners (n, 4, 3) and sRGB colors (n, 3), 0 to 255, of faces seen from a position."""
    after = np.roll(stack, -1, axis=1)
    quads = np.stack([stack[:-1], after[:-1], after[1:], stack[1:]], axis=2).reshape(-1, 4, 3)
    normals = np.cross(quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    faces_camera = ((position - quads.mean(axis=1)) * normals).sum(axis=1) > 0
    key = np.clip(normals @ (KEY_LIGHT / np.linalg.norm(KEY_LIGHT)), 0, 1)
    light = AMBIENT + (1 - AMBIENT) * key
    linear = np.repeat(albedo[:-1], stack.shape[1], axis=0) * light[:, None]
    colors = 255 * np.clip(linear, 0, 1) ** (1 / 2.2)
    return quads[faces_camera], colors[faces_camera]


def _add_noise(photo: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Moves the outline by up to about a pixel, and adds grain: uint8 RGBA (h, w, 4)."""
    height, width = photo.shape[:2]
    small = rng.normal(0, 1, (height // NOISE_SCALE + 1, width // NOISE_SCALE + 1, 2))
    moves = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC) * NOISE / 2
    y, x = np.mgrid[:height, :width].astype(np.float32)
    moved = cv2.remap(
        photo,
        x + moves[..., 0].astype(np.float32),
        y + moves[..., 1].astype(np.float32),
        cv2.INTER_LINEAR,
    )
    grain = rng.normal(0, 4, (height, width, 1))
    moved[..., :3] = np.clip(moved[..., :3] + grain, 0, 255)
    return moved
