"""Five kinds of servers: the same images, sizes and locked pixels from each."""

import base64
import io

import cv2
import numpy as np
import pytest
from PIL import Image

from services.diffusion.dialects import DialectSettings, open_dialect
from services.diffusion.dialects.a1111.probe import reads_override_settings
from tests.support.pictures import assert_image_equal
from tools.doubles.a1111.kinds import KINDS


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def server(start_double, kind):
    return start_double(kind)


def decode_sent_image(text: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(text, validate=True)))


def test_a_probe_reports_the_kind_and_what_it_can_do(server, kind):
    found = open_dialect("a1111", server.url, DialectSettings()).probe()
    family = kind in ("a1111", "forge", "sdnext")
    assert found.kind == kind and found.has_jobs == (kind == "sdcpp")
    assert (found.has_progress, found.has_interrupt) == (family or found.has_jobs,) * 2
    assert reads_override_settings(kind) == family
    assert found.samplers and found.models and found.model == "double-v1"


def test_a_background_has_the_requested_size_and_depends_on_prompt_and_seed(server, generate):
    result = generate(server.url, width=1000, height=667)
    assert result.pixels.shape == (667, 1000, 3)
    again, other = generate(server.url, width=1000, height=667), generate(server.url, seed=2)
    assert_image_equal(again.pixels, result.pixels)
    assert (generate(server.url).pixels != other.pixels).any()


def test_a_sampler_that_the_server_does_not_name_is_not_reported(server, kind, generate):
    parameters = generate(server.url).parameters
    assert parameters.get("sampler") == (None if kind in ("sdcpp", "koboldcpp") else "DPM++ 2M")
    assert "scheduler" not in parameters


def test_requests_use_multiples_of_64_and_leave_nothing_to_defaults(server, generate):
    generate(server.url, negative_prompt="people")
    (sent,) = server.image_requests
    assert (sent["width"], sent["height"], sent["seed"]) == (256, 192, 1)
    assert (sent["prompt"], sent["negative_prompt"]) == ("a beach", "people")
    assert (sent["steps"], sent["cfg_scale"]) == (28, 7)
    assert None not in sent.values()


def test_product_pixels_are_unchanged_and_the_rest_is_repainted(server, repaint, product):
    composite, mask = product
    result = repaint(server.url)
    assert_image_equal(result.pixels[mask > 0], composite[mask > 0])
    far = cv2.dilate(mask, np.ones((31, 31))) == 0
    assert np.abs(result.pixels[far].astype(int) - composite[far]).mean() > 8


def test_changes_of_locked_pixels_by_the_server_are_reported(server, kind, repaint):
    result = repaint(server.url)
    measured = result.measured
    if kind in ("a1111", "forge", "sdnext"):
        assert measured["locked_changed"] == measured["locked_drift"] == 0
    else:
        assert measured["locked_changed"] > 0.9 and 1 < measured["locked_drift"] < 3
    assert (
        result.parameters["kind"] == kind and measured["server"] == 1 and measured["retries"] == 0
    )


def test_the_mask_is_one_hard_channel_that_locks_the_padding(server, repaint, product):
    _, mask = product
    repaint(server.url)
    (sent,) = server.image_requests
    locked = decode_sent_image(sent["mask"])
    assert locked.mode == "L" and locked.size == (256, 192)
    pixels = np.asarray(locked)
    assert set(np.unique(pixels)) == {0, 255}
    locks = pixels == (255 if sent["inpainting_mask_invert"] else 0)
    assert (locks[:130, :200] == (mask > 0)).all()
    assert locks[130:].all() and locks[:, 200:].all()
    assert decode_sent_image(sent["init_images"][0]).mode == "RGB"


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"sdcpp"}))
def test_img2img_fields_that_lock_pixels_are_sent(server, repaint):
    repaint(server.url)
    (sent,) = server.image_requests
    assert sent["inpainting_mask_invert"] == 1 and sent["denoising_strength"] == 0.35
    assert sent["mask_blur"] == 0 and sent["inpaint_full_res"] is False
    assert sent["inpainting_fill"] == 1 and sent["resize_mode"] == 0


def test_pixel_positions_do_not_shift(server, repaint):
    """Bars at odd columns and rows, locked or free, return at the same position."""
    picture = np.full((667, 1000, 3), 40, np.uint8)
    picture[:, 333:337] = picture[501:505] = 220
    alpha = np.zeros((667, 1000), np.uint8)
    alpha[:, :200] = 255
    result = repaint(server.url, picture=picture, alpha=alpha, strength=0.1).pixels
    assert result.shape == (667, 1000, 3)
    column, row = result[300, 250:].mean(axis=1), result[:, 600].mean(axis=1)
    assert list(np.flatnonzero(column > column.mean() + 60) + 250) == [333, 334, 335, 336]
    assert list(np.flatnonzero(row > row.mean() + 60)) == [501, 502, 503, 504]
