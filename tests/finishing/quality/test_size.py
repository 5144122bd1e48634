"""The size of the product against that of the things around it."""

import numpy as np
import pytest

from cyclorama.v1 import finishing_pb2
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.size import judge_prop_scale
from tests.support.standing_product import SIDE, describe_scene

AD = np.zeros((SIDE, SIDE, 3), np.uint8)


@pytest.mark.parametrize(
    ("true_height", "times", "verdict", "option"),
    [
        (0.5, 1, PASS, ""),
        (0.25, 2, WARN, "compositing.height_share"),
        (1.0, 2, WARN, "background.product_height_mm"),
        (0.125, 4, FAIL, "compositing.height_share"),
    ],
)
def test_a_product_of_another_size_than_its_own_is_noticed(true_height, times, verdict, option):
    known = describe_scene()
    known.scene.product_height = true_height
    judged = judge_prop_scale(AssessedPicture(AD, circumstances=known))
    assert (judged.value, judged.verdict) == (pytest.approx(times), verdict)
    assert option in judged.remedy


@pytest.mark.parametrize("known", [describe_scene(), finishing_pb2.Circumstances()])
def test_the_size_of_an_unknown_product_is_unknown(known):
    judged = judge_prop_scale(AssessedPicture(AD, circumstances=known))
    assert judged.verdict == UNKNOWN and "background.product" in judged.remedy
