"""The picture sheets of the documentation."""

import cv2
import numpy as np

from services.studio.briefs.reader import read_brief
from tools.pictures.gallery import PROMPTS, SAMPLES, list_photos
from tools.pictures.sheet import write_sheet


def test_the_gallery_shows_many_places():
    briefs = [read_brief(prompt) for prompt in PROMPTS]
    assert len(PROMPTS) == 16 and len({brief.place for brief in briefs}) >= 9


def test_the_gallery_prompts_are_understood():
    missed = {prompt: read_brief(prompt).left_out for prompt in PROMPTS}
    assert not any(missed.values()), missed


def test_without_a_photo_folder_the_samples_are_used(monkeypatch):
    monkeypatch.delenv("CYCLORAMA_EVAL", raising=False)
    assert [path.stem for path in list_photos()] == list(SAMPLES)
    assert all(path.is_file() for path in list_photos())


def test_a_folder_without_product_photos_adds_no_photo(monkeypatch, tmp_path):
    monkeypatch.setenv("CYCLORAMA_EVAL", str(tmp_path))
    assert len(list_photos()) == len(SAMPLES)


def test_a_sheet_contains_all_groups(tmp_path):
    red, wide = np.full((50, 50, 3), (200, 0, 0), np.uint8), np.full((20, 80, 3), 90, np.uint8)
    write_sheet(tmp_path / "sheet.jpg", [("one", [red, wide]), ("two", [red])], 40, 1)
    sheet = cv2.imread(str(tmp_path / "sheet.jpg"))
    assert sheet.shape[0] > 2 * 40 and sheet.shape[1] > 2 * 40
    reddish = (sheet[..., 2] > 150) & (sheet[..., 0] < 60)
    assert reddish.sum() > 2 * 35 * 35
