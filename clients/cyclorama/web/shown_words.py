"""Chooses which words of a prompt an ad shows in part only, for chips that match the report."""

from cyclorama.results import Ad


def list_partly_shown(ad: Ad) -> list[str]:
    """Returns the words, out of `ad.understood`, whose place the ad does not show in full.

    These are the ones that name the place where the measurement `place` warns or fails, as where
    only its ground is in view. Words of another language have no part of its English name; all are
    returned then, because any may name it.
    """
    verdict = next((each.verdict for each in ad.measurements if each.name == "place"), "unknown")
    stages = {stage["stage"]: stage for stage in ad.manifest["stages"]}
    background = stages.get("background", {})
    record = background.get("shown_prompt", {})
    if verdict not in ("warn", "fail") or not record.get("names_place"):
        return []
    setting = background.get("parameters", {}).get("setting", "")
    names = [name for name in f"{record['place']}_{setting}".split("_") if name]
    naming = [words for words in ad.understood if any(name in words.lower() for name in names)]
    return naming or list(ad.understood)
