"""Scores of briefs against what an art director expects."""

from benchmarks.briefs import has_color, score_prompt

OPEN = {
    "place": "none",
    "surface": None,
    "things": [],
    "light": [],
    "colors": [],
    "camera": None,
    "pose": None,
    "avoid": [],
    "impossible": [],
    "product": None,
}


def test_a_brief_that_is_read_as_expected_scores_full():
    expected = OPEN | {
        "prompt": "marble kitchen counter, lemons, soft light, top view, teal wall, a giraffe",
        "place": "kitchen",
        "surface": ["marble"],
        "things": ["lemons"],
        "light": ["soft"],
        "colors": ["teal"],
        "camera": "top",
        "pose": "lying",
        "impossible": ["giraffe"],
    }
    score = score_prompt(expected)
    assert score.pop("silently wrong") == 0
    assert set(score.values()) == {1.0}


def test_a_missing_thing_without_a_report_is_silently_wrong():
    score = score_prompt(OPEN | {"prompt": "oak", "place": "tabletop", "things": ["lemons"]})
    assert score["silently wrong"] == 1
    assert score["things shown or reported"] == 0
    assert score["camera"] is None


def test_colors_are_compared_as_they_look():
    assert has_color("pastel", [(250, 220, 220)])
    assert not has_color("pastel", [(90, 20, 20)])
    assert has_color("#102030", [(18, 33, 46)])
    assert not has_color("red", [])
