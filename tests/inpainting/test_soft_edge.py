"""The soft edge is every pixel that is neither transparent nor opaque."""

import numpy as np
import pytest

from services.inpainting.soft_edge import find_soft_edge


def test_the_edge_is_every_alpha_between_0_and_255():
    mask = np.random.default_rng(0).choice([0, 1, 128, 254, 255], (40, 60)).astype(np.uint8)
    rows, columns = find_soft_edge(mask)
    expected = np.argwhere((mask > 0) & (mask < 255))
    assert sorted(np.transpose([rows, columns]).tolist()) == expected.tolist()


@pytest.mark.parametrize("level", [0, 255])
def test_a_hard_mask_has_no_soft_edge(level):
    rows, columns = find_soft_edge(np.full((10, 10), level, np.uint8))
    assert len(rows) == len(columns) == 0
