"""The pixel-lock certificate: what it finds, and what it truthfully cannot say."""

import io
import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services.finishing.lock import certify, column_marks, line_marks, pick
from services.finishing.verify import read_certificate, verify
from services.imaging.delta_e import delta_e
from services.imaging.images import ImageCodec
from services.runtime.errors import InvalidRequest
from services.runtime.settings import ImageSettings
from tests.support.pictures import draw_product


def drawn() -> tuple[np.ndarray, np.ndarray]:
    """A picture and the alpha of its product, with a soft edge."""
    picture, product = draw_product(160, 128)
    return picture, cv2.GaussianBlur(product.astype(np.uint8) * 255, (5, 5), 0)


PICTURE, MASK = drawn()
LOCKED = np.argwhere(MASK == 255)


def certificate_of(written=PICTURE, ad=PICTURE):
    return read(json.dumps(certify(PICTURE, MASK, ad, written)))


def read(text):
    return read_certificate(text, "pixel_lock", ImageCodec(ImageSettings()))


def jpeg(pixels, quality):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling="4:4:4")
    return np.asarray(Image.open(io.BytesIO(out.getvalue())))


def test_an_untouched_lossless_file_has_every_locked_pixel():
    told = certify(PICTURE, MASK, PICTURE, PICTURE)
    assert told["locked_pixels"] == len(LOCKED) and told["differing_pixels"] == 0
    assert told["lossless"] and told["delta_e_max"] == 0
    verdict = verify(PICTURE, certificate_of())
    assert verdict.locked and verdict.unchanged
    assert f"all {len(LOCKED)} locked product pixels are exactly" in verdict.sentence


@settings(max_examples=60)
@given(st.integers(0, len(LOCKED) - 1), st.integers(0, 2), st.integers(1, 255))
def test_a_single_changed_product_pixel_is_found_and_located(at, channel, by):
    row, column = LOCKED[at]
    touched = PICTURE.copy()
    touched[row, column, channel] ^= by
    verdict = verify(touched, certificate_of())
    assert not verdict.locked and not verdict.unchanged
    assert verdict.differing == ((column, row, 1, 1),)
    assert f"x {column}, y {row}" in verdict.sentence


def test_two_changed_places_are_told_apart():
    touched = PICTURE.copy()
    for row, column in (LOCKED[0], LOCKED[-1]):
        touched[row, column] ^= 1
    boxes = verify(touched, certificate_of()).differing
    for row, column in (LOCKED[0], LOCKED[-1]):
        assert (column, row, 1, 1) in boxes


def test_a_painted_patch_is_enclosed():
    touched = PICTURE.copy()
    touched[80:90, 60:70] = (255, 0, 0)
    assert verify(touched, certificate_of()).differing == ((60, 80, 10, 10),)


def test_changed_surroundings_leave_the_lock_whole_and_are_told():
    touched = PICTURE.copy()
    touched[0, 0] ^= 7
    verdict = verify(touched, certificate_of())
    assert verdict.locked and not verdict.unchanged
    assert "surroundings were changed" in verdict.sentence


def test_another_encoding_proves_nothing_and_says_how_near_it_is():
    verdict = verify(jpeg(PICTURE, 85), certificate_of())
    assert not verdict.locked and not verdict.differing
    assert "another encoding" in verdict.sentence and "Delta E" in verdict.sentence


def test_a_resized_file_cannot_be_compared():
    verdict = verify(PICTURE[:100], certificate_of())
    assert not verdict.locked and "resized or cut" in verdict.sentence


def test_a_lossy_file_tells_how_far_it_is_from_what_was_placed():
    written = jpeg(PICTURE, 92)
    told = certify(PICTURE, MASK, PICTURE, written)
    assert not told["lossless"] and told["differing_pixels"] == 0
    apart = delta_e(PICTURE[MASK == 255], written[MASK == 255])
    assert told["delta_e_max"] == pytest.approx(apart.max(), abs=0.001) and apart.max() > 0.5
    verdict = verify(written, certificate_of(written))
    assert verdict.locked and verdict.unchanged and "within Delta E" in verdict.sentence


def test_an_engine_that_repainted_the_product_is_counted():
    repainted = PICTURE.copy()
    repainted[LOCKED[0][0], LOCKED[0][1]] ^= 1
    assert certify(PICTURE, MASK, repainted, repainted)["differing_pixels"] == 1


def test_a_product_without_opaque_pixels_is_certified_as_such():
    glass = np.full_like(MASK, 200)
    told = certify(PICTURE, glass, PICTURE, PICTURE)
    assert told["locked_pixels"] == 0 and told["delta_e_max"] == 0


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", '{"file": {}, "mask": "AAAA"}'])
def test_what_is_no_certificate_is_refused(text):
    with pytest.raises(InvalidRequest, match="pixel_lock"):
        read(text)


@pytest.mark.parametrize("locked", [MASK == 255, MASK > 255], ids=["some", "none"])
@pytest.mark.parametrize("picture", [PICTURE, PICTURE[:, ::-1]], ids=["plain", "mirrored"])
def test_picked_pixels_are_those_where_the_mask_is_set(picture, locked):
    assert np.array_equal(pick(picture, locked), picture[locked])


def test_a_pixel_changes_the_marks_of_its_row_and_its_column_alone():
    locked, changed = MASK == 255, PICTURE.copy()
    row, column = LOCKED[len(LOCKED) // 3]
    changed[row, column] ^= 1
    for marks, at in ((line_marks, row), (column_marks, column)):
        differs = (marks(changed, locked) != marks(PICTURE, locked)).any(axis=1)
        assert np.flatnonzero(differs).tolist() == [at]
