"""What a finished picture shows of the light, the sky and the wall of its brief."""

import numpy as np
import pytest

from services.studio.briefs.reader import read_brief
from services.studio.picture_claims import list_unlike_picture, measure_warmth
from services.studio.planning import RenderRequest, plan_set

GRAY, WARM, DARK, BLUE, TERRACOTTA = (
    *((140, 142, 146), (206, 160, 110), (22, 22, 26), (120, 170, 224)),
    (186, 104, 74),
)


def list_unlike(prompt, upper, lower=GRAY, shown=("wall", "sky"), pitch=None):
    """Lists what a picture of two halves does not show of a prompt, and what it shows in part."""
    plan, _, _ = plan_set(RenderRequest(prompt, 64, 64, camera_pitch=pitch), read_brief(prompt))
    pixels = np.repeat(np.array([upper, lower], np.uint8), 32, axis=0)[:, None].repeat(64, axis=1)
    hidden, in_part = list_unlike_picture(plan, frozenset(shown), pixels)
    return [each.words for each in hidden], [each.words for each in in_part]


@pytest.mark.parametrize(
    ("prompt", "upper", "words"),
    [
        ("asphalt street at golden hour", GRAY, ["golden hour"]),
        ("asphalt street at golden hour", WARM, []),
        ("basketball court at night", GRAY, ["at night"]),
        ("basketball court at night", DARK, []),
        ("desert under a blue sky", WARM, ["blue sky"]),
        ("desert under a blue sky", BLUE, []),
        ("sandy beach, overcast", BLUE, ["overcast"]),
        ("sandy beach, overcast", GRAY, []),
        ("terracotta plaster wall", BLUE, ["terracotta plaster wall"]),
        ("terracotta plaster wall", TERRACOTTA, []),
        ("marble wall", GRAY, ["marble wall"]),
        ("white wall", GRAY, []),
    ],
)
def test_words_that_the_picture_does_not_look_like_are_shown_in_part(prompt, upper, words):
    lower = DARK if upper == DARK else GRAY
    assert list_unlike(prompt, upper, lower) == ([], words)


def test_a_wall_is_left_out_where_the_camera_looks_down_on_the_ground():
    prompt = "wooden table, terracotta plaster wall"
    hidden, _ = list_unlike(prompt, TERRACOTTA, shown=("wood",), pitch=90)
    assert hidden == ["terracotta plaster wall"]


def test_warmth_is_that_of_the_lit_half():
    shade = np.full((8, 8, 3), (20, 22, 40), np.uint8)
    sun = np.full((8, 8, 3), (230, 190, 140), np.uint8)
    assert measure_warmth(np.vstack([shade, sun])) > 1.5
    assert measure_warmth(shade) < 0.9
