"""Words for whether an ad is ready, and which ads of a campaign need a person.

The page and the report of the command line have them.
"""

from collections.abc import Iterable, Sequence
from typing import Any

from cyclorama.measurement_texts import label_measurement, sort_by_verdict
from cyclorama.results import Measurement, ProfileReport
from cyclorama.review import DOUBTS, Review, has_warning, is_mostly_unknown, is_ready, weigh
from cyclorama.web.quality_texts import ABOUT_PHOTO, TEXTS

READY = "Ready"
CHECK = "Check the cut-out."
UNKNOWN_REASON = "most of the checks could not be made."


def describe_verdict(
    measurements: Sequence[Measurement], profile: ProfileReport | None = None
) -> dict[str, Any]:
    """Describes whether an ad is ready, as JSON for the page: `ready`, `verdict` and `looks`.

    The verdict is in words: READY, that and what to check, or "Look at this: " and the one most
    important reason. looks: what keeps the ad from being ready, the most important first, as
    list_looks returns it; empty for one that is ready.
    """
    if is_ready(measurements, profile):
        return {"ready": True, "verdict": _word_ready(measurements), "looks": []}
    looks = list_looks(measurements, profile)
    return {"ready": False, "verdict": f"Look at this: {looks[0]['reason']}", "looks": looks}


def list_looks(
    measurements: Sequence[Measurement], profile: ProfileReport | None = None
) -> list[dict[str, Any]]:
    """Returns what keeps an ad from being ready as JSON for the page, the most important first.

    name: of a measurement that a person may call right; empty for rules and changed pixels. reason:
    what is wrong, as the end of a sentence. weight: the ad is ready where all weigh less than 1.
    """
    rules = profile.measurements if profile else ()
    by_cost = sorted(measurements, key=rank_fault)
    weights = [(each, weigh(each)) for each in sort_by_verdict((*rules, *by_cost))]
    looks = [
        {
            "name": each.name if each.name in TEXTS and each.name != "pixel_lock" else "",
            "reason": _word_reason(each),
            "weight": weight,
        }
        for each, weight in weights
        if weight
    ]
    if is_mostly_unknown(measurements):
        looks.append({"name": "unknown", "reason": UNKNOWN_REASON, "weight": 1.0})
    return looks


def rank_fault(measurement: Measurement) -> tuple[bool, float]:
    """Returns a key that sorts faults of one verdict by what a person should do first.

    What costs most marks comes first, and what only another photo changes comes last.
    """
    return measurement.name in ABOUT_PHOTO, -measurement.cost


def _word_ready(measurements: Iterable[Measurement]) -> str:
    """Returns that an ad is ready, and that its cut-out is to be checked where it shows a fault.

    A doubt that has no place cannot be checked.
    """
    is_doubted = has_warning(each for each in measurements if each.name in DOUBTS and each.box)
    return f"{READY}. {CHECK}" if is_doubted else READY


def _word_reason(measurement: Measurement) -> str:
    """Returns what is wrong according to a measurement or a rule, as the end of a sentence."""
    if measurement.name in TEXTS:
        fault = TEXTS[measurement.name].fault
        return fault[:1].lower() + fault[1:]
    return f"the platform's rule on {label_measurement(measurement).lower()} is not met."


def word_review(review: Review) -> str:
    """Returns a few sentences on which ads of a campaign to look at, and on the others."""
    looked_at, rest = len(review.look_at), len(review.rest)
    total = looked_at + rest
    if not total:
        return "No ad was finished."
    if not rest:
        few = {1: "Look at this ad.", 2: "Look at both ads."}
        return few.get(total, f"Look at all {total} ads.")
    if total == 1:
        return f"This ad {_word_rest(review)}.{_word_small(review)}"
    if not looked_at:
        return f"All {total} ads {_word_rest(review)}.{_word_small(review)}"
    others = "The other one" if rest == 1 else f"The other {rest}"
    first = f"Look at {looked_at} of {total} ads first."
    return f"{first} {others} {_word_rest(review)}.{_word_small(review)}"


def _word_small(review: Review) -> str:
    """Returns a sentence on how many of the other ads have a warning; empty without any."""
    if not review.to_check:
        return ""
    if len(review.rest) == 1:
        return " It has something small to check."
    has = "has" if review.to_check == 1 else "have"
    return f" {review.to_check} {has} something small to check."


def _word_rest(review: Review) -> str:
    """Returns what is expected of the ads that need no person, as the end of a sentence."""
    flawed = round(review.flawed_share * len(review.rest))
    if len(review.rest) == 1:
        return "is ready, though it may still have a flaw" if flawed else "is ready"
    return f"are ready, though about {flawed} may still have a flaw" if flawed else "are ready"
