"""Five kinds of servers, and the same pictures, sizes and locks on each."""

import base64
import io

import cv2
import numpy as np
import pytest
from PIL import Image

from services.diffusion.dialects import DialectSettings, open_dialect
from services.diffusion.dialects.a1111.probe import reads_overrides
from tests.support.pictures import assert_image_equal
from tools.doubles.a1111.kinds import KINDS


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def server(start, kind):
    return start(kind)


def sent(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text, validate=True)))


def test_a_probe_reports_the_kind_and_what_it_can_do(server, kind):
    found = open_dialect("a1111", server.url, DialectSettings()).probe()
    family = kind in ("a1111", "forge", "sdnext")
    assert found.kind == kind
    assert (found.has_progress, found.has_interrupt) == (family,) * 2
    assert reads_overrides(kind) == family
    assert found.samplers and found.models and found.model == "double-v1"


def test_a_background_has_the_size_asked_for_and_follows_prompt_and_seed(server, draw):
    made = draw(server.url, width=1000, height=667)
    assert made.pixels.shape == (667, 1000, 3)
    again, other = draw(server.url, width=1000, height=667), draw(server.url, seed=2)
    assert_image_equal(again.pixels, made.pixels)
    assert (draw(server.url).pixels != other.pixels).any()


def test_the_server_is_asked_in_multiples_of_64_and_nothing_is_left_to_its_defaults(server, draw):
    draw(server.url, negative_prompt="people")
    (asked,) = server.asked
    assert (asked["width"], asked["height"], asked["seed"]) == (256, 192, 1)
    assert (asked["prompt"], asked["negative_prompt"]) == ("a beach", "people")
    assert (asked["steps"], asked["cfg_scale"]) == (28, 7)
    assert None not in asked.values()


def test_the_product_is_locked_to_the_bit_and_the_rest_is_repainted(server, repaint, product):
    composite, mask = product
    made = repaint(server.url)
    assert_image_equal(made.pixels[mask > 0], composite[mask > 0])
    far = cv2.dilate(mask, np.ones((31, 31))) == 0
    assert np.abs(made.pixels[far].astype(int) - composite[far]).mean() > 8


def test_what_the_server_did_to_locked_pixels_is_reported(server, kind, repaint):
    made = repaint(server.url)
    measured = made.measured
    if kind in ("a1111", "forge", "sdnext"):
        assert measured["locked_changed"] == measured["locked_drift"] == 0
    else:
        assert measured["locked_changed"] > 0.9 and 1 < measured["locked_drift"] < 3
    assert made.parameters["kind"] == kind and measured["server"] == 1 and measured["retries"] == 0


def test_the_mask_is_one_hard_channel_that_locks_the_padding_too(server, repaint, product):
    _, mask = product
    repaint(server.url)
    (asked,) = server.asked
    locked = sent(asked["mask"])
    assert locked.mode == "L" and locked.size == (256, 192)
    pixels = np.asarray(locked)
    assert set(np.unique(pixels)) == {0, 255}
    assert ((pixels[:130, :200] == 255) == (mask > 0)).all()
    assert (pixels[130:] == 255).all() and (pixels[:, 200:] == 255).all()
    assert sent(asked["init_images"][0]).mode == "RGB"


def test_what_the_lock_needs_is_sent(server, repaint):
    repaint(server.url)
    (asked,) = server.asked
    assert asked["inpainting_mask_invert"] == 1 and asked["denoising_strength"] == 0.35
    assert asked["mask_blur"] == 0 and asked["inpaint_full_res"] is False
    assert asked["inpainting_fill"] == 1 and asked["resize_mode"] == 0


def test_positions_do_not_shift(server, repaint):
    """Locked bars at odd columns come back where they were, and so do the free ones between."""
    picture = np.full((667, 1000, 3), 40, np.uint8)
    picture[:, 333:337] = picture[501:505] = 220
    alpha = np.zeros((667, 1000), np.uint8)
    alpha[:, :200] = 255
    made = repaint(server.url, picture=picture, alpha=alpha, strength=0.1).pixels
    assert made.shape == (667, 1000, 3)
    column, row = made[300, 250:].mean(axis=1), made[:, 600].mean(axis=1)
    assert list(np.flatnonzero(column > column.mean() + 60) + 250) == [333, 334, 335, 336]
    assert list(np.flatnonzero(row > row.mean() + 60)) == [501, 502, 503, 504]
