"""Finds stages of a campaign that different engines ran, whose ads may not look alike."""

from collections import Counter
from collections.abc import Iterable

from cyclorama.job_results import JobAd


def count_mixed_engines(ads: Iterable[JobAd]) -> dict[str, Counter[str]]:
    """Returns how many ads each engine worked on, by stage; only stages with several engines.

    ads: of one campaign; those without engines, which are not finished, do not count.
    """
    engines: dict[str, Counter[str]] = {}
    for ad in ads:
        for stage, engine in ad.engines.items():
            engines.setdefault(stage, Counter())[engine] += 1
    return {stage: counts for stage, counts in engines.items() if len(counts) > 1}


def describe_engine_mix(ads: Iterable[JobAd]) -> str:
    """Returns a warning, in two sentences, that different engines made a campaign's ads.

    Empty if each stage ran on one engine. ads: of one campaign.
    """
    stages = [
        f"{stage} by {_format_counts(counts)}" for stage, counts in count_mixed_engines(ads).items()
    ]
    if not stages:
        return ""
    return (
        f"Different engines made these ads, which may not look alike: {'; '.join(stages)}. "
        "Name an engine to have all ads made by it."
    )


def _format_counts(counts: Counter[str]) -> str:
    """Returns engines with numbers of ads, most first, such as "studio (3) and noop (1)"."""
    return " and ".join(f"{engine} ({count})" for engine, count in counts.most_common())
