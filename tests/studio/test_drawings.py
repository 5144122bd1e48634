"""Drawings are cached, and gray ones are colored."""

import numpy as np

from services.studio import drawings
from services.studio.drawings import cache_drawing, pack_gray, tint_drawing


def test_equal_arguments_draw_once():
    calls = []

    @cache_drawing
    def draw_flat(value: int, side: int = 2) -> np.ndarray:
        calls.append(value)
        return np.full((side, side), value)

    assert draw_flat(3) is draw_flat(3) and draw_flat(3, side=4).shape == (4, 4)
    assert calls == [3, 3]
    drawings.DRAWINGS.clear()


def test_a_gray_drawing_takes_the_colors_of_its_ramp():
    gray = np.array([[0, 127, 255]], np.uint8)
    colored = tint_drawing(gray, ((10, 20, 30), (110, 120, 130)))
    assert colored.tolist() == [[[10, 20, 30], [60, 70, 80], [110, 120, 130]]]


def test_fields_are_packed_to_the_whole_range_of_gray():
    assert pack_gray(np.array([[-1.0, 0.0, 0.5, 1.0, 2.0]])).tolist() == [[0, 0, 128, 255, 255]]
