"""The gallery of the documentation, the picture sheets, and the photos that ads are made of."""

import dataclasses

import cv2
import numpy as np
import pytest
from PIL import Image

from services.studio.briefs.reader import read_brief
from tools import ROOT
from tools.pictures import gallery
from tools.pictures.gallery import BRIEFS, PAGE, AdRecord, find_photo, find_picture
from tools.pictures.sheet import write_sheet
from tools.pictures.stage_ads import PROMPTS, SAMPLES, list_photos

NUMBERS = range(1, len(BRIEFS) + 1)
# Of a shipped photo, in bytes.
MAX_PHOTO_BYTES = 150 * 1024


def test_the_page_shows_the_first_ad_of_every_brief():
    records = gallery.read_records()
    assert [*records] == [*NUMBERS] and len(BRIEFS) == 30
    for number, (name, prompt) in enumerate(BRIEFS, 1):
        record = records[number]
        assert (record.photo, record.prompt) == (name.rpartition("/")[2], prompt)
        assert len(record.engines) == 5 and record.core_seconds > 0 and 1 <= record.score <= 10
    assert PAGE.read_text() == gallery.render_page([*records.values()])


@pytest.mark.parametrize("number", NUMBERS)
def test_every_picture_of_the_gallery_is_small_and_its_photo_exists(number):
    with Image.open(find_picture(number)) as picture, Image.open(find_photo(number)) as photo:
        assert picture.size == (gallery.SHOWN_SIDE, gallery.SHOWN_SIDE)
        assert min(photo.size) >= 700
    assert find_picture(number).stat().st_size < 120_000


def test_a_caption_names_what_was_left_out():
    record = AdRecord(4, "mug", "on the moon", ("onnx", "studio"), 8.25, 3.1, ("moon",), ())
    page = gallery.render_page(
        [record, dataclasses.replace(record, number=5, left_out=(), warnings=("ENLARGED",))]
    )
    stages = "`onnx`, `studio`. 8.25 core s, score 3.1."
    assert (
        f"on the moon. Left out: moon. {stages} | on the moon. {stages} Warning: `ENLARGED`. |"
        in page
    )
    assert page.count("gallery/04.jpg") == 1 and "| 4. mug | 5. mug |" in page


def test_shipped_photos_have_their_license_and_are_small():
    folder = ROOT / "clients" / "samples" / "products"
    photos = sorted(folder.glob("*.jpg"))
    assert len(photos) == 9 and all(path.stat().st_size < MAX_PHOTO_BYTES for path in photos)
    assert "Apache License" in (folder / "LICENSE").read_text()
    assert "microservices-demo" in (folder / "NOTICE").read_text()
    page = (ROOT / "docs" / "reference" / "licenses.md").read_text()
    assert "`clients/samples/products`" in page


def test_the_prompts_of_benchmarks_name_many_places():
    briefs = [read_brief(prompt) for prompt in PROMPTS]
    assert len(PROMPTS) == 16 and len({brief.place for brief in briefs}) >= 9


def test_the_prompts_of_benchmarks_are_understood():
    missed = {prompt: read_brief(prompt).left_out for prompt in PROMPTS}
    assert not any(missed.values()), missed


def test_benchmarks_take_rendered_and_real_photos():
    photos = list_photos()
    assert [path.stem for path in photos[: len(SAMPLES)]] == list(SAMPLES)
    assert len(photos) == len(SAMPLES) + 9 and all(path.is_file() for path in photos)


def test_a_sheet_contains_all_groups(tmp_path):
    red, wide = np.full((50, 50, 3), (200, 0, 0), np.uint8), np.full((20, 80, 3), 90, np.uint8)
    write_sheet(tmp_path / "sheet.jpg", [("one", [red, wide]), ("two", [red])], 40, 1)
    sheet = cv2.imread(str(tmp_path / "sheet.jpg"))
    assert sheet.shape[0] > 2 * 40 and sheet.shape[1] > 2 * 40
    reddish = (sheet[..., 2] > 150) & (sheet[..., 0] < 60)
    assert reddish.sum() > 2 * 35 * 35
