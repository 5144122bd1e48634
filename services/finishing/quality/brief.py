"""Judges how much of the brief the picture shows."""

from services.finishing.quality.measurement import FAIL, PASS, WARN, AdMeasurement
from services.finishing.quality.picture import AssessedPicture

NAME = "brief"
NOTE = "What the picture shows of the prompt, as the record of its set says."
REMEDY = "Replace the words that are left out by things that the engine knows, or name an engine."


def judge_brief(picture: AssessedPicture) -> AdMeasurement:
    """Warns of words of the prompt that are not shown; fails if the picture shows none of them.

    Unknown for backgrounds whose engine does not know what it drew.
    """
    known = picture.circumstances
    if not known.HasField("shown_prompt"):
        remedy = "Compare the picture with the prompt: its engine does not know what it drew."
        return AdMeasurement.unknown(NAME, "not known", NOTE, remedy)
    shown, left_out = known.shown_prompt.shown, known.shown_prompt.left_out
    missing = ", ".join(each.words for each in left_out)
    total = len(shown) + len(left_out)
    return AdMeasurement(
        NAME,
        f"left out: {missing}" if left_out else "all is shown",
        PASS if not left_out else WARN if shown else FAIL,
        limit="all is shown",
        note=NOTE,
        remedy=REMEDY if left_out else "",
        value=len(shown) / total if total else 0.0,
        severity=len(left_out) / total if total else 1.0,
    )


MEASUREMENTS = (judge_brief,)
