"""The benchmark of poses counts what is right, unsure, silently wrong, and leans."""

import pytest

from benchmarks.poses import LABELS, LYING, JudgedPhoto, PoseLabel, build_rows, find_labeled_photos
from services.imaging.view import PhotoView

STANDS, LIES, LEANS = PoseLabel(), PoseLabel(LYING), PoseLabel(leans=True)


def judge(label, stance="", tilt=None):
    return JudgedPhoto("photo", label, PhotoView(stance=stance, tilt=tilt))


@pytest.mark.parametrize(
    ("photo", "right", "silently_wrong"),
    [
        (judge(STANDS), True, False),
        (judge(LIES), False, False),
        (judge(LIES, "lying"), True, False),
        (judge(STANDS, "floating"), False, True),
    ],
)
def test_unsure_counts_as_standing_but_never_as_silently_wrong(photo, right, silently_wrong):
    assert (photo.is_right, photo.is_silently_wrong) == (right, silently_wrong)


def test_leans_that_are_found_and_made_up_are_counted():
    judged = [judge(LEANS, tilt=9.0), judge(LEANS), judge(STANDS, tilt=4.0)]
    rows = {row.claim: row.ours for row in build_rows(judged, set())}
    assert rows["leans found"] == 0.5 and rows["leans made up"] == 1.0


def test_only_labeled_photos_are_judged(tmp_path):
    (tmp_path / "photos").mkdir()
    for name in (next(iter(LABELS)), "unknown"):
        (tmp_path / "photos" / f"{name}.jpg").touch()
    assert [path.stem for path in find_labeled_photos(tmp_path)] == [next(iter(LABELS))]
