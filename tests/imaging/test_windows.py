import numpy as np
import pytest

from services.imaging.windows import window_mean, window_sums


def test_a_window_mean_is_that_of_the_square_around_a_pixel():
    values = np.random.default_rng(0).random((40, 50)).astype(np.float32)
    assert window_mean(values, 3)[20, 30] == pytest.approx(values[17:24, 27:34].mean(), abs=1e-5)


def test_weighted_sums_give_the_mean_of_what_counts():
    colors = np.random.default_rng(1).random((40, 50, 3)).astype(np.float32)
    weight = np.zeros((40, 50), np.float32)
    weight[:, 30:] = 1
    total, share = window_sums(colors, weight, 4)
    assert share[20, 30] == pytest.approx(5 / 9)
    mean = colors[16:25, 30:35].reshape(-1, 3).mean(axis=0)
    assert total[20, 30] / share[20, 30] == pytest.approx(mean, abs=1e-5)
    assert share[20, 10] == 0 and (total[20, 10] == 0).all()
