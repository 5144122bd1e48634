"""The pixel-lock certificate: which changes it finds, and what it cannot prove."""

import io
import json

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from services.finishing.lock import create_pixel_lock, hash_columns, hash_rows, select_pixels
from services.finishing.verify import read_pixel_lock, verify_pixel_lock
from services.imaging.delta_e import delta_e
from services.imaging.images import ImageCodec
from services.runtime.errors import InvalidRequest
from services.runtime.settings import ImageSettings
from tests.support.pictures import draw_product


def draw_masked_product() -> tuple[np.ndarray, np.ndarray]:
    """A picture and the alpha of its product, with a soft edge."""
    picture, product = draw_product(160, 128)
    return picture, cv2.GaussianBlur(product.astype(np.uint8) * 255, (5, 5), 0)


PICTURE, MASK = draw_masked_product()
LOCKED = np.argwhere(MASK == 255)


def certify_file(written=PICTURE, ad=PICTURE):
    return read_lock_text(json.dumps(create_pixel_lock(PICTURE, MASK, ad, written)))


def read_lock_text(text):
    return read_pixel_lock(text, "pixel_lock", ImageCodec(ImageSettings()))


def reencode_jpeg(pixels, quality):
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "JPEG", quality=quality, subsampling="4:4:4")
    return np.asarray(Image.open(io.BytesIO(out.getvalue())))


def test_an_unchanged_lossless_file_has_every_locked_pixel():
    certificate = create_pixel_lock(PICTURE, MASK, PICTURE, PICTURE)
    assert certificate["locked_pixels"] == len(LOCKED) and certificate["differing_pixels"] == 0
    assert certificate["lossless"] and certificate["delta_e_max"] == 0
    verdict = verify_pixel_lock(PICTURE, certify_file())
    assert verdict.locked and verdict.unchanged
    assert f"all {len(LOCKED)} locked product pixels are exactly" in verdict.sentence


@settings(max_examples=60)
@given(st.integers(0, len(LOCKED) - 1), st.integers(0, 2), st.integers(1, 255))
def test_a_single_changed_product_pixel_is_found_and_located(at, channel, by):
    row, column = LOCKED[at]
    touched = PICTURE.copy()
    touched[row, column, channel] ^= by
    verdict = verify_pixel_lock(touched, certify_file())
    assert not verdict.locked and not verdict.unchanged
    assert verdict.differing == ((column, row, 1, 1),)
    assert f"x {column}, y {row}" in verdict.sentence


def test_two_changed_places_have_two_boxes():
    touched = PICTURE.copy()
    for row, column in (LOCKED[0], LOCKED[-1]):
        touched[row, column] ^= 1
    boxes = verify_pixel_lock(touched, certify_file()).differing
    for row, column in (LOCKED[0], LOCKED[-1]):
        assert (column, row, 1, 1) in boxes


def test_a_painted_patch_is_enclosed_by_one_box():
    touched = PICTURE.copy()
    touched[80:90, 60:70] = (255, 0, 0)
    assert verify_pixel_lock(touched, certify_file()).differing == ((60, 80, 10, 10),)


def test_changed_surroundings_are_reported_and_keep_the_lock():
    touched = PICTURE.copy()
    touched[0, 0] ^= 7
    verdict = verify_pixel_lock(touched, certify_file())
    assert verdict.locked and not verdict.unchanged
    assert "surroundings were changed" in verdict.sentence


def test_a_reencoded_file_is_reported_with_its_color_difference():
    verdict = verify_pixel_lock(reencode_jpeg(PICTURE, 85), certify_file())
    assert not verdict.locked and not verdict.differing
    assert "another encoding" in verdict.sentence and "Delta E" in verdict.sentence


def test_a_resized_file_cannot_be_compared():
    verdict = verify_pixel_lock(PICTURE[:100], certify_file())
    assert not verdict.locked and "resized or cut" in verdict.sentence


def test_a_lossy_file_reports_its_distance_from_the_placed_product():
    written = reencode_jpeg(PICTURE, 92)
    certificate = create_pixel_lock(PICTURE, MASK, PICTURE, written)
    assert not certificate["lossless"] and certificate["differing_pixels"] == 0
    apart = delta_e(PICTURE[MASK == 255], written[MASK == 255])
    assert certificate["delta_e_max"] == pytest.approx(apart.max(), abs=0.001) and apart.max() > 0.5
    verdict = verify_pixel_lock(written, certify_file(written))
    assert verdict.locked and verdict.unchanged and "within Delta E" in verdict.sentence


def test_pixels_that_an_engine_repainted_are_counted():
    repainted = PICTURE.copy()
    repainted[LOCKED[0][0], LOCKED[0][1]] ^= 1
    assert create_pixel_lock(PICTURE, MASK, repainted, repainted)["differing_pixels"] == 1


def test_a_product_without_opaque_pixels_has_no_locked_ones():
    glass = np.full_like(MASK, 200)
    certificate = create_pixel_lock(PICTURE, glass, PICTURE, PICTURE)
    assert certificate["locked_pixels"] == 0 and certificate["delta_e_max"] == 0


def test_the_certificate_keeps_the_soft_edge_of_the_mask():
    certificate = certify_file()
    assert np.array_equal(certificate.mask, MASK)
    assert np.array_equal(certificate.locked, MASK == 255)


def test_the_mask_of_a_cloud_is_reduced_to_its_opaque_pixels():
    cloud = np.random.default_rng(0).integers(0, 256, (1100, 1100), np.uint8)
    picture = np.zeros((1100, 1100, 3), np.uint8)
    certificate = create_pixel_lock(picture, cloud, picture, picture)
    assert len(certificate["mask"]) < 400_000
    mask = read_lock_text(json.dumps(certificate)).mask
    assert np.array_equal(mask, np.where(cloud == 255, 255, 0))


@pytest.mark.parametrize("text", ["", "[]", "{}", "7", '{"file": {}, "mask": "AAAA"}'])
def test_an_invalid_certificate_is_rejected(text):
    with pytest.raises(InvalidRequest, match="pixel_lock"):
        read_lock_text(text)


@pytest.mark.parametrize("locked", [MASK == 255, MASK > 255], ids=["some", "none"])
@pytest.mark.parametrize("picture", [PICTURE, PICTURE[:, ::-1]], ids=["plain", "mirrored"])
def test_selected_pixels_are_those_where_the_mask_is_set(picture, locked):
    assert np.array_equal(select_pixels(picture, locked), picture[locked])


def test_a_pixel_changes_only_the_digests_of_its_row_and_column():
    locked, changed = MASK == 255, PICTURE.copy()
    row, column = LOCKED[len(LOCKED) // 3]
    changed[row, column] ^= 1
    for hash_lines, at in ((hash_rows, row), (hash_columns, column)):
        differs = (hash_lines(changed, locked) != hash_lines(PICTURE, locked)).any(axis=1)
        assert np.flatnonzero(differs).tolist() == [at]


def test_the_certificate_counts_transparent_pixels_which_are_not_locked():
    mask = MASK.copy()
    rows, columns = slice(40, 80), slice(50, 90)
    mask[rows, columns] = 60
    certificate = create_pixel_lock(PICTURE, mask, PICTURE, PICTURE)
    assert certificate["transmissive_pixels"] == pytest.approx(40 * 40, abs=100)
    assert create_pixel_lock(PICTURE, MASK, PICTURE, PICTURE)["transmissive_pixels"] == 0
    verdict = verify_pixel_lock(PICTURE, read_lock_text(json.dumps(certificate)))
    assert verdict.locked and "transparent ones are not locked" in verdict.sentence


def test_certificates_that_count_no_transparent_pixels_are_still_read():
    certificate = create_pixel_lock(PICTURE, MASK, PICTURE, PICTURE)
    del certificate["transmissive_pixels"]
    assert (
        "transparent"
        not in verify_pixel_lock(PICTURE, read_lock_text(json.dumps(certificate))).sentence
    )
