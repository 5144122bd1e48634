"""What is far behind a table, thrown out of focus: linear light painted, then blurred by a lens.

Painted, because so far out of focus nothing but light and colour remains, and a painting has no
noise. Each is float32 RGB (height, width, 3), 0 to about 8; y counts up in units from the middle
of the canvas, as in the picture.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from services.background.engines.studio.color import lamp_color, linear
from services.background.engines.studio.noise import fractal_noise
from services.runtime.scene import RGB

DOTS_A_UNIT = 400


@dataclass(frozen=True)
class Canvas:
    """A canvas of linear light, float32 RGB, that is painted on with measures in units."""

    light: np.ndarray

    def box(self, x: float, y: float, width: float, height: float, light: np.ndarray) -> None:
        """Fills a box whose lower left corner is at (x, y)."""
        (left, bottom), (right, top) = self._dot(x, y), self._dot(x + width, y + height)
        cv2.rectangle(self.light, (left, top), (right, bottom), [float(v) for v in light], -1)

    def blob(self, x: float, y: float, width: float, height: float, light: np.ndarray) -> None:
        """Fills an ellipse with its middle at (x, y)."""
        axes = round(width / 2 * DOTS_A_UNIT), round(height / 2 * DOTS_A_UNIT)
        color = [float(v) for v in light]
        cv2.ellipse(self.light, self._dot(x, y), axes, 0, 0, 360, color, -1, cv2.LINE_AA)

    def grid(self) -> tuple[np.ndarray, np.ndarray]:
        """The x and y of every dot, in units: float32 (height, width) each."""
        height, width = self.light.shape[:2]
        down, across = np.mgrid[0:height, 0:width].astype(np.float32) / DOTS_A_UNIT
        return across - width / DOTS_A_UNIT / 2, height / DOTS_A_UNIT / 2 - down

    def _dot(self, x: float, y: float) -> tuple[int, int]:
        height, width = self.light.shape[:2]
        return round(width / 2 + x * DOTS_A_UNIT), round(height / 2 - y * DOTS_A_UNIT)


def kitchen(
    size: tuple[float, float], counter: float, side: int, wall: RGB, wood: RGB, seed: int
) -> np.ndarray:
    """A bright room: a worktop at height `counter`, shelves, a window on one side (-1 left, 1).

    size: (height, width) in units.
    """
    rng = np.random.default_rng(seed)
    canvas = _blank(size, linear(wall))
    half = size[1] / 2
    window = side * min(0.36, half * 0.55) + rng.uniform(-0.03, 0.03)
    _window(canvas, window, counter + 0.13, 0.4, 1.1, rng)
    _shelves(canvas, -side * 0.3, counter + 0.2, linear(wood), rng)
    canvas.box(-half, counter - 3, size[1], 3, 0.55 * linear(wall) + 0.12 * linear(wood))
    canvas.box(-half, counter - 0.045, size[1], 0.05, 0.9 * linear(wall) + 0.05)
    for x in np.arange(-half, half, 0.34):
        canvas.box(x, counter - 3, 0.012, 2.93, 0.25 * linear(wall))
    _worktop_things(canvas, counter, -side, rng)
    _fall_of_light(canvas, window, counter + 0.5, side)
    return _defocus(canvas.light, 0.034)


def garden(size: tuple[float, float], sun: int, warmth: float, seed: int) -> np.ndarray:
    """Sunlit greenery with points of light between the leaves; the sun on one side (-1 left, 1).

    size: (height, width) in units; warmth: 0 noon to 1 the last hour of the day.
    """
    rng = np.random.default_rng(seed)
    canvas = _blank(size, np.zeros(3))
    x, y = canvas.grid()
    dots = max(x.shape)
    mass, fine = (
        cv2.resize(fractal_noise(512, cells, 5, seed + cells), (dots, dots))[
            : x.shape[0], : x.shape[1]
        ]
        for cells in (4, 9)
    )
    shade = 0.5 + 0.5 * np.tanh(0.55 * mass + 0.25 * fine + 0.65 * y + 0.1)
    dark, leaf, bright = linear((26, 44, 22)), linear((88, 122, 46)), linear((196, 204, 112))
    green = dark + (leaf - dark) * np.clip(2 * shade, 0, 1)[..., None]
    green += (bright - leaf) * np.clip(2 * shade - 1, 0, 1)[..., None] ** 1.5
    warm = lamp_color(6000 - 2600 * warmth)
    distance = np.hypot(x - sun * 0.45 * size[1], y - 0.55)
    glow = np.exp(-((distance / 0.55) ** 1.3))[..., None]
    canvas.light[:] = green * (1 + 0.25 * warmth * (warm - 1)) + glow * warm * (0.5 + 0.4 * warmth)
    near, far = (_sparkle(canvas.light.shape, share, warm, rng) for share in (0.65, 0.35))
    return _defocus(canvas.light + near, 0.042) + _defocus(far, 0.027)


def glow(
    size: tuple[float, float], level: float, dark: RGB, light: np.ndarray, hoop: bool
) -> np.ndarray:
    """A dark wall with a pool of light behind the product, or with a hoop of light.

    size: (height, width) in units; level: the floor's far edge; light: linear RGB of the pool.
    """
    canvas = _blank(size, linear(dark) * 0.25)
    x, y = canvas.grid()
    distance = np.hypot(x, (y - level - 0.24) / 0.85)
    pool = 0.75 * np.exp(-((distance / 0.36) ** 2)) + 0.25 * np.exp(-distance / 0.26)
    rise = 0.5 + 0.5 * np.tanh((y - level - 0.05) / 0.1)
    shine = pool * (0.25 + 0.75 * rise)
    if hoop:
        apart = np.abs(np.hypot(x, y - level - 0.3) - 0.36)
        tube = 0.5 - 0.5 * np.tanh((apart - 0.009) / 0.005)
        shine = 0.35 * shine + 14 * tube + 0.8 * np.exp(-apart / 0.06) + 0.4 * np.exp(-apart / 0.2)
    canvas.light[:] += shine[..., None] * light
    return canvas.light


def _blank(size: tuple[float, float], light: np.ndarray) -> Canvas:
    height, width = (math.ceil(side * DOTS_A_UNIT) for side in size)
    return Canvas(np.full((height, width, 3), light, np.float32))


def _window(canvas: Canvas, x: float, y: float, width: float, height: float, rng) -> None:
    """A tall window with a hazy garden behind it."""
    frame, sky = linear((236, 234, 228)), np.array([2.6, 2.75, 2.9])
    canvas.box(x - width / 2 - 0.03, y - 0.03, width + 0.06, height + 0.06, frame)
    canvas.box(x - width / 2, y, width, height, sky)
    canvas.box(x - width / 2, y, width, 0.14, np.array([1.5, 1.7, 1.35]))
    for _ in range(14):
        spot = x + rng.uniform(-0.5, 0.5) * width, y + abs(rng.normal(0, 0.12))
        shine = np.array([0.85, 1.0, 0.62]) * rng.uniform(0.6, 1.6)
        canvas.blob(*spot, rng.uniform(0.05, 0.13), rng.uniform(0.05, 0.13), shine)
    canvas.box(x - 0.012, y, 0.024, height, frame)
    canvas.box(x - width / 2, y + 0.45, width, 0.02, frame)


def _shelves(canvas: Canvas, x: float, y: float, wood: np.ndarray, rng) -> None:
    """Two boards with crockery and a trailing plant."""
    for level in (y, y + 0.24):
        canvas.box(x - 0.34, level - 0.028, 0.68, 0.028, wood)
        canvas.box(x - 0.34, level - 0.06, 0.68, 0.032, 0.35 * wood)
        place = x - 0.32
        while place < x + 0.28:
            width, height = rng.uniform(0.035, 0.08), rng.uniform(0.06, 0.17)
            pick = rng.integers(4)
            glaze = linear(
                [(238, 234, 226), (196, 170, 140), (142, 150, 140), (214, 206, 192)][pick]
            )
            canvas.box(place, level, width, height, glaze * rng.uniform(0.6, 1.0))
            place += width + rng.uniform(0.01, 0.07)
    for _ in range(16):
        spot = x - 0.3 + rng.normal(0, 0.05), y + 0.24 + rng.uniform(-0.12, 0.12)
        green = linear((88, 118, 70)) * rng.uniform(0.5, 1.4)
        canvas.blob(*spot, rng.uniform(0.03, 0.08), rng.uniform(0.03, 0.08), green)


def _worktop_things(canvas: Canvas, counter: float, side: int, rng) -> None:
    """A board that leans on the wall, a jar or two, a bowl of fruit."""
    board = linear((172, 122, 78))
    canvas.box(side * 0.42 - 0.07, counter, 0.14, 0.2, board)
    canvas.box(side * 0.2 - 0.03, counter, 0.06, 0.11, linear((224, 218, 206)))
    for place, width, height in ((0.3, 0.05, 0.17), (0.12, 0.045, 0.09), (-0.42, 0.07, 0.13)):
        clay = linear([(198, 176, 150), (126, 138, 124), (228, 222, 210)][rng.integers(3)])
        x = side * place + rng.uniform(-0.03, 0.03)
        canvas.box(x, counter, width, height * rng.uniform(0.8, 1.2), clay)
    for _ in range(5):
        fruit = linear([(214, 150, 46), (206, 168, 60), (180, 84, 48)][rng.integers(3)])
        spot = -side * 0.16 + rng.normal(0, 0.03), counter + 0.025 + rng.uniform(0, 0.03)
        canvas.blob(*spot, 0.05, 0.05, fruit)


def _fall_of_light(canvas: Canvas, window: float, level: float, side: int) -> None:
    """The room grows darker away from its window."""
    x, y = canvas.grid()
    distance = np.hypot(x - window, (y - level) * 0.7)
    bright = canvas.light.max(axis=2) > 1.0
    shade = 0.3 + 0.6 * np.exp(-((distance / 0.6) ** 1.2))
    canvas.light[:] = np.where(bright, 1.0, shade)[..., None] * canvas.light


def _sparkle(shape: tuple[int, ...], share: float, warm: np.ndarray, rng) -> np.ndarray:
    """Points of sun between the leaves; the lens will turn each into a disc."""
    light = np.zeros(shape, np.float32)
    height, width = shape[:2]
    for _ in range(round(share * 26 * height * width / DOTS_A_UNIT**2)):
        row, column = int(abs(rng.normal(0.3, 0.2)) * height) % height, rng.integers(width)
        strength = rng.gamma(1.2, 100.0) * (0.4 + 0.6 * share)
        tint = warm * [1.0, 1.0, 0.75] if rng.random() < 0.7 else np.array([0.8, 1.0, 0.6])
        light[row : row + 2, column : column + 2] += np.float32(strength * tint)
    return light


def _defocus(light: np.ndarray, radius: float) -> np.ndarray:
    """Blurs as a round lens does: every point becomes a disc of this radius in units."""
    reach = radius * DOTS_A_UNIT
    span = math.ceil(reach) + 2
    down, across = np.mgrid[-span : span + 1, -span : span + 1]
    distance = np.hypot(down, across)
    disc = np.clip((reach - distance) / 3 + 0.5, 0, 1) * (0.85 + 0.3 * (distance / reach) ** 4)
    disc = (disc / disc.sum()).astype(np.float32)
    return np.maximum(cv2.filter2D(light, -1, disc, borderType=cv2.BORDER_REPLICATE), 0)
