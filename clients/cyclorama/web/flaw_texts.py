"""Words for whether an ad is ready, and which ads of a campaign need a person.

The page and the report of the command line have them.
"""

from collections.abc import Sequence

from cyclorama.measurement_texts import label_measurement, sort_by_verdict
from cyclorama.results import Measurement, ProfileReport
from cyclorama.review import Review, is_ready
from cyclorama.web.quality_texts import TEXTS

READY = "Ready"
UNKNOWN_REASON = "most of the checks could not be made."


def describe_verdict(
    measurements: Sequence[Measurement], profile: ProfileReport | None = None
) -> dict[str, bool | str]:
    """Describes whether an ad is ready, as JSON for the page: `ready`, and `verdict` in words.

    The verdict is "Ready", or "Look at this: " and the one most important reason.
    """
    if is_ready(measurements, profile):
        return {"ready": True, "verdict": READY}
    by_cost = sorted(measurements, key=lambda each: -each.cost)
    (worst, *_) = sort_by_verdict((*(profile.measurements if profile else ()), *by_cost))
    return {"ready": False, "verdict": f"Look at this: {_word_reason(worst)}"}


def _word_reason(measurement: Measurement) -> str:
    """Returns what is wrong according to a measurement or a rule, as the end of a sentence."""
    if measurement.verdict == "unknown":
        return UNKNOWN_REASON
    if measurement.name in TEXTS:
        fault = TEXTS[measurement.name].fault
        return fault[:1].lower() + fault[1:]
    return f"the platform's rule on {label_measurement(measurement).lower()} is not met."


def word_review(review: Review) -> str:
    """Returns a sentence or two on which ads of a campaign to look at, and on the others."""
    looked_at, rest = len(review.look_at), len(review.rest)
    total = looked_at + rest
    if not total:
        return "No ad was finished."
    if not rest:
        few = {1: "Look at this ad.", 2: "Look at both ads."}
        return few.get(total, f"Look at all {total} ads.")
    if total == 1:
        return f"This ad {_word_rest(review)}."
    if not looked_at:
        return f"All {total} ads {_word_rest(review)}."
    others = "The other one" if rest == 1 else f"The other {rest}"
    return f"Look at {looked_at} of {total} ads first. {others} {_word_rest(review)}."


def _word_rest(review: Review) -> str:
    """Returns what is expected of the ads that need no person, as the end of a sentence."""
    flawed = round(review.flawed_share * len(review.rest))
    are_ready = "is ready" if len(review.rest) == 1 else "are ready"
    return f"{are_ready}, though about {flawed} may still have a flaw" if flawed else are_ready
