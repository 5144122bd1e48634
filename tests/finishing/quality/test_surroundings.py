"""Chroma of the surroundings."""

import numpy as np
import pytest

from cyclorama.v1 import background_pb2
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.surroundings import judge_chroma
from tests.support.studio_shots import assess_shot


def fill(color):
    return np.full((200, 200, 3), color, np.uint8)


@pytest.mark.parametrize(
    ("color", "verdict"), [((140, 140, 140), FAIL), ((150, 146, 140), WARN), ((170, 130, 80), PASS)]
)
def test_gray_surroundings_are_warned_of(color, verdict):
    assert judge_chroma(assess_shot(fill(color))).verdict == verdict


def test_a_gray_set_passes_if_the_prompt_describes_it():
    prompt = background_pb2.ShownPrompt(place="studio", shown=["gray sweep"])
    assert judge_chroma(assess_shot(fill(140), shown_prompt=prompt)).verdict == PASS


def test_without_a_product_the_chroma_is_unknown():
    assert judge_chroma(AssessedPicture(fill(140))).verdict == UNKNOWN
