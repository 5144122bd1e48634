"""Two looks at a photo with a network that sees little."""

import cv2
import numpy as np
import pytest

from services.segmentation.looks import CLOSER_WEIGHT, MAP_SIDE, look_twice
from tests.support.drawings import draw_box, draw_disc

SIZE = (300, 400)
PRODUCT = draw_disc(300, 100, 40, size=SIZE)
# Bright where the product is, so that a shrunk photo is the probability.
PHOTO = np.dstack([np.round(255 * PRODUCT).astype(np.uint8)] * 3)


class Looks:
    """A network of 32 x 32 pixels that takes bright pixels for the product; remembers its looks."""

    def __init__(self) -> None:
        self.photos: list[np.ndarray] = []

    def __call__(self, photo: np.ndarray) -> np.ndarray:
        self.photos.append(photo)
        return cv2.resize(photo[..., 0], (32, 32), interpolation=cv2.INTER_AREA) / np.float32(255)


def test_the_second_look_shows_finer_edges_than_the_first():
    looks = Looks()
    probability = look_twice(PHOTO, looks)
    assert probability.dtype == np.float32 and probability.shape == SIZE
    assert 0 <= probability.min() <= probability.max() <= 1
    first = cv2.resize(looks(PHOTO), SIZE[::-1], interpolation=cv2.INTER_LINEAR)
    errors = [np.abs(found - PRODUCT).mean() for found in (probability, first)]
    assert errors[0] < 0.6 * errors[1]


def test_the_closer_look_is_at_the_mirror_image_of_the_product_with_a_margin():
    looks = Looks()
    look_twice(PHOTO, looks)
    whole, closer = looks.photos[:2]
    assert whole is PHOTO
    assert closer.shape[:2] == pytest.approx((1.36 * 80, 1.36 * 80), abs=25)
    assert closer.mean() == pytest.approx(255 * np.pi / 4 / 1.36**2, rel=0.3)


@pytest.mark.parametrize(("missed", "count"), [(0, 2), (40, 3)])
def test_a_third_look_decides_where_the_first_two_contradict_each_other(missed, count):
    photos = []

    def look(photo: np.ndarray) -> np.ndarray:
        """Misses the left part of the product in the photo's middle in the second look alone."""
        photos.append(photo)
        seen = np.float32(photo[..., 0]) / np.float32(255)
        if len(photos) == 2:
            seen[:, -missed or seen.shape[1] :] = 0
        return seen

    photo = np.dstack([np.uint8(255 * draw_box(100, 100, 200, 200, SIZE))] * 3)
    probability = look_twice(photo, look)
    assert len(photos) == count
    # Seen by the first look and by one of two closer ones.
    assert probability[150, 150] == pytest.approx(1.0)
    assert probability[150, 101] == pytest.approx(1.0 if count == 2 else 0.6, abs=0.02)
    if count == 3:
        assert np.array_equal(photos[2], photos[1][:, ::-1])


def test_small_parts_far_from_the_product_are_not_looked_at():
    speck = draw_box(0, 280, 12, 300, SIZE)
    photo = np.maximum(PHOTO, np.round(255 * speck).astype(np.uint8)[..., None])
    looks = Looks()
    probability = look_twice(photo, looks)
    assert looks.photos[1].shape[1] < 200
    assert 0 < probability[290, 5] <= 1 - CLOSER_WEIGHT


def test_without_a_product_there_is_one_look():
    looks = Looks()
    assert look_twice(PHOTO // 4, looks).max() < 0.3
    assert len(looks.photos) == 1


@pytest.mark.parametrize("size", [(1500, 3000), (16, 3000), (16, 16)])
def test_the_map_has_the_aspect_ratio_of_the_photo_and_a_bounded_size(size):
    photo = np.full((*size, 3), 255, np.uint8)
    height, width = look_twice(photo, Looks()).shape
    assert max(height, width) == min(max(size), MAP_SIDE)
    assert height == pytest.approx(size[0] * width / size[1], abs=1)
