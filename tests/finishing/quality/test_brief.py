"""Place and things of the brief, from the record of the set."""

import numpy as np
import pytest

from cyclorama.v1 import background_pb2, engine_pb2, finishing_pb2, scene_pb2
from services.finishing.quality.brief import judge_place, judge_things
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from services.finishing.quality.picture import AssessedPicture

PIXELS = np.zeros((20, 20, 3), np.uint8)


def build_picture(shown, left_out=(), pitch=10.0, **fields):
    prompt = background_pb2.ShownPrompt(
        shown=shown,
        left_out=[engine_pb2.LeftOut(words=words, nearest="rock") for words in left_out],
        **{"place": "beach", "names_place": True} | fields,
    )
    known = finishing_pb2.Circumstances(
        shown_prompt=prompt, scene=scene_pb2.Scene(camera_pitch=pitch)
    )
    return AssessedPicture(PIXELS, circumstances=known)


@pytest.mark.parametrize(
    ("picture", "verdict", "words"),
    [
        (build_picture(["beach", "shells"]), PASS, "beach"),
        (build_picture(["sand"], names_place=False), PASS, "beach"),
        (build_picture(["sand"], ["castle"], names_place=False), WARN, "does not name"),
        (build_picture([], ["castle"], names_place=False), FAIL, "nothing"),
        (build_picture(["beach"], pitch=90.0), WARN, "only the ground"),
        (build_picture(["linen"], pitch=90.0, place="flat_lay"), PASS, "flat lay"),
        (AssessedPicture(PIXELS), UNKNOWN, "not known"),
    ],
)
def test_the_place_is_judged_by_the_record_of_the_set(picture, verdict, words):
    judged = judge_place(picture)
    assert judged.verdict == verdict and words in judged.measured
    assert bool(judged.remedy) == (verdict != PASS)


@pytest.mark.parametrize(
    ("left_out", "verdict", "share"),
    [((), PASS, 0), (("a",), WARN, 0.25), (("a", "b", "c", "d"), FAIL, 4 / 7)],
)
def test_the_share_that_is_left_out_is_judged(left_out, verdict, share):
    judged = judge_things(build_picture(["beach", "shells", "sun"], left_out))
    assert judged.verdict == verdict and judged.value == pytest.approx(share)


def test_words_that_are_shown_in_part_count_half():
    judged = judge_things(build_picture(["pool", "shells", "sun", "palms"], ["pool"]))
    assert judged.value == pytest.approx(0.125)


def test_words_that_are_left_out_are_named_with_what_is_offered():
    assert '"dragon" (nearest: rock)' in judge_things(build_picture(["beach"], ["dragon"])).remedy


def test_things_of_a_background_without_a_record_are_unknown():
    assert judge_things(AssessedPicture(PIXELS)).verdict == UNKNOWN
