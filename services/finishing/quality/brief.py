"""Judges whether the picture shows the place and the things that the prompt names."""

from cyclorama.v1 import background_pb2, finishing_pb2
from services.finishing.quality.measurement import FAIL, PASS, WARN, AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.runtime.limits import MIN_LYING_PITCH

# Share of the prompt's phrases that the picture leaves out. Larger: ads off the brief pass.
THINGS = JudgingScale(
    "things",
    best=0.0,
    good=0.1,
    bad=0.5,
    unit="",
    note="Share of the prompt that the picture leaves out, as the record of its set says.",
    remedy="Replace the words that are left out by the nearest things that the engine offers.",
)
PLACE_NOTE = "Whether the picture shows the place that the prompt names."
# Places that are their ground: a camera that looks straight down still shows them.
GROUND_PLACES = frozenset({"studio", "podium", "tabletop", "flat_lay", "abstract"})
NOT_KNOWN = "Compare the picture with the prompt: there is no record of what it shows."


def judge_place(picture: AssessedPicture) -> AdMeasurement:
    """Judges whether the picture shows the named place.

    Warns where the set is in another place than words of the prompt may mean, and where a camera
    that looks straight down sees no more of the place than its ground; fails where the picture
    shows nothing of the prompt. Unknown for backgrounds whose engine does not know what it drew.
    """
    known = picture.circumstances
    if not known.HasField("shown_prompt"):
        return AdMeasurement.unknown("place", "not known", PLACE_NOTE, NOT_KNOWN)
    prompt = known.shown_prompt
    place = prompt.place.replace("_", " ")
    if not prompt.shown:
        remedy = "Name a place, a material or a light that the engine knows."
        return _state_place(f"{place}, shows nothing of the prompt", FAIL, 1.0, remedy)
    if not prompt.names_place and prompt.left_out:
        remedy = f"Name a place that the engine knows instead of {_quote_words(prompt)}."
        return _state_place(f"{place}, which the prompt does not name", WARN, 0.6, remedy)
    is_hidden = known.scene.camera_pitch >= MIN_LYING_PITCH and prompt.place not in GROUND_PLACES
    if prompt.names_place and is_hidden:
        remedy = "Set background.follow_photo to FOLLOW_PHOTO_NEVER or a lower camera_pitch."
        return _state_place(f"only the ground of the {place}", WARN, 0.6, remedy)
    return _state_place(place, PASS, 0.0, "")


def judge_things(picture: AssessedPicture) -> AdMeasurement:
    """Judges how much of the prompt the picture leaves out; words shown in part count half.

    Unknown for backgrounds whose engine does not know what it drew.
    """
    known = picture.circumstances
    if not known.HasField("shown_prompt"):
        return THINGS.skip("not known", NOT_KNOWN)
    prompt = known.shown_prompt
    in_part = set(prompt.shown) & {each.words for each in prompt.left_out}
    total = len(prompt.shown) + len(prompt.left_out) - len(in_part)
    share = (len(prompt.left_out) - 0.5 * len(in_part)) / total if total else 1.0
    remedy = f"{THINGS.remedy[:-1]}: {_quote_words(prompt)}." if prompt.left_out else ""
    return THINGS.judge(share, remedy)


def _state_place(
    measured: str, verdict: finishing_pb2.Verdict, severity: float, remedy: str
) -> AdMeasurement:
    """Returns the measurement of a place in words."""
    return AdMeasurement(
        name="place",
        measured=measured,
        verdict=verdict,
        limit="the place that the prompt names",
        note=PLACE_NOTE,
        remedy=remedy,
        severity=severity,
    )


def _quote_words(prompt: background_pb2.ShownPrompt) -> str:
    """Returns the words that are left out, in quotes, with the nearest offers."""
    return ", ".join(
        f'"{each.words}" (nearest: {each.nearest})' if each.nearest else f'"{each.words}"'
        for each in prompt.left_out
    )


MEASUREMENTS = (judge_place, judge_things)
