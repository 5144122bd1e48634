"""Frames of the ground narrow pictures by the foreshortening, and back."""

import numpy as np
import pytest

from services.inpainting.ground_frame import GroundFrame


def test_a_circle_on_the_ground_is_a_circle_in_the_frame():
    frame = GroundFrame((120, 200), 0.5, 10)
    y, x = np.mgrid[:120, :200]
    seen = (((x - 99.5) / 60) ** 2 + ((y - 59.5) / 30) ** 2 < 1).astype(np.float32)
    inside = frame.enter(seen)
    assert inside.shape == frame.size[::-1] == (140, 120)
    assert inside.sum(axis=0).max() == pytest.approx(inside.sum(axis=1).max(), abs=2)
    assert frame.leave(inside).shape == (120, 100)
    assert frame.leave(inside).sum() == pytest.approx(seen.sum() / 2, rel=0.01)


def test_the_matrix_agrees_with_entering():
    frame = GroundFrame((50, 90), 0.4, 6)
    field = np.zeros((50, 90), np.float32)
    field[20, 55] = 1
    row, column = np.unravel_index(frame.enter(field).argmax(), frame.size[::-1])
    assert np.abs(frame.matrix @ (55, 20, 1) - (column, row, 1)).max() <= 1
