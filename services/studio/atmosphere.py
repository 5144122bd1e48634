"""What the air of a set does to its picture: the light that it adds, and what it lets pass."""

from dataclasses import dataclass

import numpy as np

from services.studio.air import AIR, paint_air
from services.studio.camera import Camera
from services.studio.sets import StudioSet

# Air that lies on the ground, its share in front of the product, and the share of the height over
# which it thins out there. Larger: a more hidden foreground.
LOW_AIR = frozenset({"fog", "mist"})
FOREGROUND_FOG, FOG_FADE = 0.12, 0.3


@dataclass(frozen=True)
class Veil:
    """What the air of a set does to the light behind it.

    light: what it adds, linear RGB, float32 (h, w, 3).
    passed: share of the light that passes it, 0 to 1, float32 (h, w, 1).
    """

    light: np.ndarray
    passed: np.ndarray

    def cover(self, light: np.ndarray) -> np.ndarray:
        """Returns light, float32 RGB (h, w, 3), as it is seen through the air."""
        return light * self.passed + self.light


def paint_veil(
    studio_set: StudioSet, camera: Camera, size: tuple[int, int], seed: int
) -> Veil | None:
    """Paints what fills the air; None: nothing does.

    studio_set: names the air; camera: of the set; size: (height, width) in pixels; seed: varies it.
    """
    veil = None
    for name, color in studio_set.air.items():
        if name in AIR:
            light, alpha = paint_air(
                name, size, camera, color, studio_set.key.direction_to_lamp, seed
            )
            share = find_air_share(name, camera)[:, None, None]
            added, passed = share * light, 1 - share * alpha[..., None]
            veil = _layer_veil(veil, added, passed)
    return veil


def _layer_veil(behind: Veil | None, light: np.ndarray, passed: np.ndarray) -> Veil:
    """Returns the veil of some air in front of another; arrays as in Veil."""
    if behind is None:
        return Veil(light, passed)
    return Veil(behind.light * passed + light, behind.passed * passed)


def find_air_share(name: str, camera: Camera) -> np.ndarray:
    """Returns how much of the air is seen in each row of the image, 0 to 1, float32 (height,).

    name: of an entry of AIR. Fog stays behind the product, whose foot it would hide.
    """
    rows = (np.arange(camera.height, dtype=np.float32) + 0.5) / camera.height
    if name not in LOW_AIR:
        return np.ones_like(rows)
    near = np.clip((rows - (camera.ground_line - FOG_FADE)) / FOG_FADE, 0, 1)
    return 1 - (1 - FOREGROUND_FOG) * near * near * (3 - 2 * near)
