"""Describes what an ad shows of its prompt, for chips that match the report."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from cyclorama.results import warning_from_fields

# Verdicts of the measurement `place` with which the ad does not show all of it.
NOT_IN_VIEW = ("VERDICT_WARN", "VERDICT_FAIL")


def describe_shown_words(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what an ad shows of its prompt as JSON for the page.

    understood: words that had an effect. in_part: those of them whose place the ad does not show in
    full. left_out: fields of the words that the ad does not show.

    manifest: the record of how the ad was made.
    """
    stages = manifest["stages"]
    warnings = [warning_from_fields(each) for stage in stages for each in stage["warnings"]]
    return {
        "understood": [
            words for stage in stages for words in stage.get("shown_prompt", {}).get("shown", ())
        ],
        "in_part": list_partly_shown(manifest),
        "left_out": [asdict(words) for warning in warnings for words in warning.left_out],
    }


def list_partly_shown(manifest: Mapping[str, Any]) -> list[str]:
    """Returns the understood words of a prompt whose place the ad does not show in full.

    These are the ones that name the place where the measurement `place` warns or fails, as where
    only its ground is in view. Words of another language have no part of its English name; all are
    returned then, because any may name it. manifest: as of describe_shown_words.
    """
    reported = manifest.get("quality", {}).get("findings", ())
    is_in_view = not any(
        each["name"] == "place" and each.get("verdict") in NOT_IN_VIEW for each in reported
    )
    stages = {stage["stage"]: stage for stage in manifest["stages"]}
    background = stages.get("background", {})
    record = background.get("shown_prompt", {})
    if is_in_view or not record.get("names_place"):
        return []
    setting = background.get("parameters", {}).get("setting", "")
    names = [name for name in f"{record['place']}_{setting}".split("_") if name]
    understood = list(record.get("shown", ()))
    naming = [words for words in understood if any(name in words.lower() for name in names)]
    return naming or understood
