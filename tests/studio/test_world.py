"""Conversion of pictures to Mitsuba's textures."""

import mitsuba as mi
import numpy as np
import pytest

from services.imaging.color import linear_light_from_srgb
from services.studio import materials


def load_texture_values(image: np.ndarray) -> np.ndarray:
    """Returns the values of a picture's texture: float32 (h, w, 1 or 3)."""
    mi.set_variant("scalar_rgb")
    texture = mi.load_dict(materials.create_texture(image))
    return np.array(mi.traverse(texture)["data"]).astype(np.float32)


def test_colors_become_linear_light_at_every_level():
    ramp = np.repeat(np.arange(256, dtype=np.uint8).reshape(16, 16, 1), 3, axis=2)
    # Half a step of the last of 11 bits.
    assert load_texture_values(ramp) == pytest.approx(
        linear_light_from_srgb(ramp / 255), rel=2**-11
    )


def test_heights_stay_as_they_are():
    heights = np.linspace(0, 1, 64, dtype=np.float16).reshape(8, 8)
    assert np.array_equal(load_texture_values(heights)[..., 0], heights)
