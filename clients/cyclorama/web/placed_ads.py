"""The ads of a campaign in their order, those that replace earlier ones in the places of these."""

from collections import defaultdict, deque
from collections.abc import Sequence
from dataclasses import dataclass

from cyclorama.job_results import JobAd, JobReport

# Label of a job that makes the ads of one photo once more with another: the replaced photo.
REPLACES_LABEL = "page-replaces"
# Label of a job with an ad that was edited: the number of the ad in the campaign, from 0.
PLACE_LABEL = "page-place"
# Characters of a label's value; enough of a SHA-256 in hexadecimal to know a photo by.
MAX_LABEL = 63


@dataclass(frozen=True)
class PlacedAd:
    """An ad of a campaign.

    job: name of its job. position: in the job, from 0.
    """

    job: str
    position: int
    ad: JobAd


def label_photo(photo: str) -> str:
    """Returns the value of REPLACES_LABEL for a photo, known by its SHA-256 in hexadecimal."""
    return photo[:MAX_LABEL]


def replaces_ads(job: JobReport) -> bool:
    """Returns whether a job replaces ads of its campaign: those of a photo, or an edited one."""
    return REPLACES_LABEL in job.labels or PLACE_LABEL in job.labels


def place_ads(jobs: Sequence[JobReport]) -> list[PlacedAd]:
    """Returns the ads of a campaign in their order.

    jobs: with their ads, in order. The ads of those that replace a photo take the places of its ads
    of the same scene and size; an edited ad takes the place that it was in. The oldest replacement
    comes first.
    """
    ads = [each for job in jobs if not replaces_ads(job) for each in _list_ads(job)]
    for job in sorted(filter(replaces_ads, jobs), key=lambda job: job.created):
        ads = _replace_ad(ads, job) if PLACE_LABEL in job.labels else _replace_ads(ads, job)
    return ads


def _list_ads(job: JobReport) -> list[PlacedAd]:
    return [PlacedAd(job.name, position, ad) for position, ad in enumerate(job.ads)]


def _replace_ad(ads: Sequence[PlacedAd], job: JobReport) -> list[PlacedAd]:
    """Returns ads, of which the one that was edited is the job's; a place without an ad is none."""
    place = job.labels[PLACE_LABEL]
    edited = _list_ads(job)[:1]
    return [
        edited[0] if edited and str(number) == place else placed
        for number, placed in enumerate(ads)
    ]


def _replace_ads(ads: Sequence[PlacedAd], job: JobReport) -> list[PlacedAd]:
    """Returns ads, of which those of a photo that a job replaces are the job's."""
    replacements = defaultdict[tuple[str, tuple[int, int]], deque[PlacedAd]](deque)
    for each in _list_ads(job):
        replacements[each.ad.prompt, each.ad.size].append(each)

    def choose(placed: PlacedAd) -> PlacedAd:
        """Returns the next replacement of an ad, or the ad itself."""
        waiting = replacements[placed.ad.prompt, placed.ad.size]
        is_replaced = label_photo(placed.ad.photo) == job.labels[REPLACES_LABEL]
        return waiting.popleft() if is_replaced and waiting else placed

    return [choose(placed) for placed in ads]
