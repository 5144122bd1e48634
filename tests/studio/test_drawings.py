"""The cache of drawings, and coloring gray ones."""

import numpy as np

from services.studio import drawings
from services.studio.drawings import DrawingCache, cache_drawing, pack_gray, tint_drawing


def test_the_cache_is_bounded_by_bytes_and_drops_the_longest_unused():
    cache = DrawingCache(max_bytes=2500)
    for key in ("first", "second"):
        cache.store(key, np.zeros(1000, np.uint8))
    assert cache.find("first") is not None
    cache.store("third", (np.zeros(500, np.uint8), np.zeros(250, np.float16)))
    assert cache.find("second") is None
    assert cache.find("first") is not None and cache.find("third") is not None
    assert cache.cached_bytes == 2000


def test_a_drawing_that_exceeds_the_bound_is_not_cached():
    cache = DrawingCache(max_bytes=10)
    cache.store("large", np.zeros(11, np.uint8))
    assert cache.find("large") is None and cache.cached_bytes == 0


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
