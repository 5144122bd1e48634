"""Decides whether an ad is ready, and which ads of a campaign a person must look at.

The number of flawed ads among some is expected to be the sum of their flaw probabilities, whether
or not their flaws depend on each other, because expectations add up. Its share is thus the mean of
the probabilities. The promise is as good as the probabilities are calibrated: of all ads with a
probability of 20 %, every fifth must be flawed. Choosing ads by their probabilities alone leaves it
valid. Around the expected share, that of n ads spreads with a standard deviation of
sqrt(sum(p (1 - p))) / n where the flaws are independent, which is 1 % for 488 ads of 6 %.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate

from cyclorama.job_results import JobAd
from cyclorama.results import Ad, Measurement, ProfileReport


@dataclass(frozen=True)
class Review:
    """Which of several ads need a person; ads are known by their position, from 0.

    look_at: the ads that a person must look at, in the order to do so. rest: the other ads, best
    first. flawed_share: of the rest, how many are expected to be flawed, 0 to 1. to_check: how many
    of the rest have a warning.
    """

    look_at: tuple[int, ...]
    rest: tuple[int, ...]
    flawed_share: float
    to_check: int = 0


# Marks that the warnings about an ad cost together from which on it is not ready. Smaller: more ads
# to look at.
MAX_WARNING_COST = 0.5
# Measurements that guess from pixels whether the cut-out is right. Their warnings are to be
# checked, and do not keep an ad from being ready unless one alone costs MAX_WARNING_COST.
DOUBTS = frozenset({"cutout_confidence", "leftovers", "soft_leftovers"})
# Share of an ad's measurements that are not known above which it is not ready. Smaller: ads in
# front of backdrops whose scene is not known are not ready.
MAX_UNKNOWN_SHARE = 0.5


def plan_review(ads: Sequence[Ad | JobAd], flawed_share: float | None = None) -> Review:
    """Chooses which ads a person must look at, and what to expect of the others.

    These are all that are not ready; with `flawed_share`, those that fail a measurement or a rule
    of their platform, and the fewest that leave an expected share of flawed ones among the rest of
    at most that. Those that fail come first, and of either kind the likeliest flawed.

    ads: finished ones. flawed_share: 0 to 1.
    """
    likely_good = sorted(range(len(ads)), key=lambda at: (ads[at].flaw_probability, -ads[at].score))
    failing = [at for at in likely_good if has_failed(ads[at])]
    others = [at for at in likely_good if not has_failed(ads[at])]
    if flawed_share is None:
        others.sort(key=lambda at: not _is_ready(ads[at]))
    # Expected numbers of flawed ads among the best 1, 2, 3... ads; their shares only grow.
    flawed = list(accumulate(ads[at].flaw_probability for at in others))
    if flawed_share is None:
        kept = sum(_is_ready(ads[at]) for at in others)
    else:
        kept = sum(sum_ / count <= flawed_share for count, sum_ in enumerate(flawed, start=1))
    return Review(
        look_at=(*reversed(failing), *reversed(others[kept:])),
        rest=tuple(sorted(others[:kept], key=lambda at: -ads[at].score)),
        flawed_share=flawed[kept - 1] / kept if kept else 0.0,
        to_check=sum(has_warning(ads[at].measurements) for at in others[:kept]),
    )


def has_failed(ad: Ad | JobAd) -> bool:
    """Returns whether an ad fails a measurement or breaks a rule of its platform."""
    return _fails(ad.measurements, ad.profile)


def is_ready(measurements: Sequence[Measurement], profile: ProfileReport | None = None) -> bool:
    """Returns whether an ad can run as it is, judged by its measurements and its platform's rules.

    Its measurements and rules weigh less than 1 together, and at most MAX_UNKNOWN_SHARE of its
    measurements are not known.
    """
    rules = profile.measurements if profile else ()
    return not (
        _breaks_rule(profile)
        or sum(map(weigh, (*rules, *measurements))) >= 1
        or is_mostly_unknown(measurements)
    )


def weigh(measurement: Measurement) -> float:
    """Returns how far a measurement or a rule keeps an ad from being ready; from 1 on it is not.

    One that fails weighs 1, a warning its share of MAX_WARNING_COST, and a mild one of DOUBTS
    nothing.
    """
    if measurement.verdict == "fail":
        return 1.0
    if measurement.verdict != "warn":
        return 0.0
    share = measurement.cost / MAX_WARNING_COST
    return 0.0 if measurement.name in DOUBTS and share < 1 else share


def has_warning(measurements: Iterable[Measurement]) -> bool:
    """Returns whether a measurement warns."""
    return any(each.verdict == "warn" for each in measurements)


def is_mostly_unknown(measurements: Sequence[Measurement]) -> bool:
    """Returns whether more than MAX_UNKNOWN_SHARE of the measurements are not known."""
    unknown = sum(each.verdict == "unknown" for each in measurements)
    return unknown > MAX_UNKNOWN_SHARE * len(measurements)


def _is_ready(ad: Ad | JobAd) -> bool:
    """Returns whether an ad is ready, as is_ready judges it."""
    return is_ready(ad.measurements, ad.profile)


def _fails(measurements: Iterable[Measurement], profile: ProfileReport | None) -> bool:
    """Returns whether a measurement fails, or a rule of the platform is broken."""
    return _breaks_rule(profile) or any(each.verdict == "fail" for each in measurements)


def _breaks_rule(profile: ProfileReport | None) -> bool:
    return profile is not None and not profile.passed
