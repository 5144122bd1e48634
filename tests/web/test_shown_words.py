"""Which words of a prompt the page says are shown in part only."""

import json

import pytest

from cyclorama.results import Ad, Measurement
from cyclorama.web.measurements import describe_quality
from cyclorama.web.shown_words import list_partly_shown


def create_ad(verdict: str, shown: list[str], setting: str = "", names_place: bool = True) -> Ad:
    """Returns an ad in a bathroom whose place has a verdict."""
    record = {"shown": shown, "place": "bathroom", "names_place": names_place}
    stage = {"stage": "background", "shown_prompt": record, "parameters": {"setting": setting}}
    place = Measurement("place", "only the ground of the bathroom", "", verdict, "", None, "", "")
    finding = {"name": "place", "verdict": f"VERDICT_{verdict.upper()}"}
    manifest = json.dumps({"stages": [stage], "quality": {"findings": [finding]}})
    return Ad(b"", "png", 1, 1, manifest_json=manifest, measurements=(place,))


@pytest.mark.parametrize(
    ("ad", "words"),
    [
        (create_ad("pass", ["Bathroom counter", "towels"]), []),
        (create_ad("warn", ["Bathroom counter", "towels"]), ["Bathroom counter"]),
        (create_ad("warn", ["spa", "towels"], "spa"), ["spa"]),
        (create_ad("warn", ["baño", "toallas"]), ["baño", "toallas"]),
        # What the prompt does not name has no word to take back.
        (create_ad("warn", ["towels"], names_place=False), []),
    ],
)
def test_words_of_a_place_that_is_not_all_in_view_are_shown_in_part(ad, words):
    assert list_partly_shown(ad.manifest) == words


def test_the_finding_on_the_place_says_what_is_in_view():
    (faulty,) = describe_quality(create_ad("warn", ["spa"]).measurements)
    assert faulty["detail"] == "Only the ground of the bathroom."
    (good,) = describe_quality(create_ad("pass", ["spa"]).measurements)
    assert not good["detail"] and not good["remedy"]
