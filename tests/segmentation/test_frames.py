import numpy as np
import pytest

from services.segmentation.frames import draw_frame, frame_width


@pytest.mark.parametrize(("size", "width"), [((100, 300), 15), ((300, 100), 15), ((4, 6), 1)])
def test_a_frame_is_a_share_of_the_longer_side_wide(size, width):
    frame = draw_frame(*size, 0.05)
    assert frame_width(*size, 0.05) == width
    assert frame.dtype == bool and frame.shape == size
    inside = frame[width:-width, width:-width]
    assert not inside.any() and frame.sum() == frame.size - inside.size


def test_a_picture_that_is_all_edge_is_all_frame():
    assert np.all(draw_frame(3, 90, 0.05))
