import numpy as np
import pytest

from services.diffusion.canvas import plan_canvas
from tests.support.pictures import assert_image_equal


@pytest.mark.parametrize("size", [(64, 64), (65, 64), (1000, 667)])
def test_padding_repeats_the_edge_and_cropping_removes_it(size):
    width, height = size
    canvas = plan_canvas(width, height)
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    fitted = canvas.pad_image(picture)
    assert fitted.shape[0] % 64 == fitted.shape[1] % 64 == 0
    assert fitted.shape[1::-1] == canvas.padded_size
    assert (fitted[height - 1 :, :width] == picture[-1:]).all()
    assert_image_equal(canvas.crop_image(fitted), picture)
    assert not canvas.is_reduced


def test_a_reduced_canvas_keeps_the_aspect_ratio_and_returns_full_size():
    canvas = plan_canvas(1536, 1024, drawn_side=768)
    assert canvas.inner_size == (768, 512) == canvas.padded_size and canvas.is_reduced
    picture = np.zeros((1024, 1536, 3), np.uint8)
    picture[:, 700:] = 200
    back = canvas.crop_image(canvas.pad_image(picture))
    assert back.shape == picture.shape
    assert abs(int(np.argmax(back[500, :, 0] > 100)) - 700) <= 1


def test_a_reduced_canvas_locks_every_pixel_that_the_product_touches():
    locked = np.zeros((1000, 1000), bool)
    locked[501, 333] = True
    lock = plan_canvas(1000, 1000, drawn_side=100).pad_lock_mask(locked)
    assert lock.shape == (128, 128) and lock[50, 33] == 255 and lock[:100, :100].sum() == 255


def test_drawn_side_never_enlarges_an_image():
    assert plan_canvas(300, 200, drawn_side=512).padded_size == (320, 256)
