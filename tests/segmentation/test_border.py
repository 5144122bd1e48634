import numpy as np
import pytest

from services.segmentation.border import compute_border_width, create_border_mask


@pytest.mark.parametrize(("size", "width"), [((100, 300), 15), ((300, 100), 15), ((4, 6), 1)])
def test_the_border_width_is_a_share_of_the_longer_side(size, width):
    border = create_border_mask(*size, 0.05)
    assert compute_border_width(*size, 0.05) == width
    assert border.dtype == bool and border.shape == size
    inside = border[width:-width, width:-width]
    assert not inside.any() and border.sum() == border.size - inside.size


def test_a_very_narrow_image_is_all_border():
    assert np.all(create_border_mask(3, 90, 0.05))
