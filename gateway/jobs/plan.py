"""Campaigns as lists of ads, and jobs as what their events add up to."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from cyclorama.v1 import ads_pb2, image_pb2, jobs_pb2
from services.runtime.options import seed_of

DEFAULT_SIDE = 1024
ENDED = (
    jobs_pb2.JOB_STATE_SUCCEEDED,
    jobs_pb2.JOB_STATE_FAILED,
    jobs_pb2.JOB_STATE_CANCELLED,
)


@dataclass(frozen=True)
class Event:
    """Something that happened to one ad of a job.

    sequence: from 1 on, without gaps. position: of the ad in its job. artifact, manifest: keys of
    the picture and of its manifest. made, served: stages that ran, and whose stored result did.
    """

    sequence: int
    time: datetime
    position: int
    state: int
    artifact: str = ""
    manifest: str = ""
    error: str = ""
    made: tuple[str, ...] = ()
    served: tuple[str, ...] = ()


@dataclass
class Progress:
    """A job's ads, as far as its events have been told."""

    name: str
    campaign: jobs_pb2.Campaign
    created: datetime
    owner: str
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.latest: dict[int, Event] = {}
        for event in self.events:
            self.tell(event)

    def tell(self, event: Event) -> None:
        """Takes in the next event."""
        self.latest[event.position] = event

    def job(self) -> jobs_pb2.Job:
        """The job as it stands."""
        job = jobs_pb2.Job(name=self.name, owner=self.owner, ads=self._ads())
        counts = Counter(ad.state for ad in job.ads)
        job.state = state_of(
            len(self.latest),
            sum(counts.values()) - sum(counts[state] for state in ENDED),
            counts[jobs_pb2.JOB_STATE_SUCCEEDED],
            counts[jobs_pb2.JOB_STATE_CANCELLED],
        )
        job.create_time.FromDatetime(self.created)
        last = max((event.time for event in self.latest.values()), default=self.created)
        job.update_time.FromDatetime(last)
        made, served = (
            Counter(stage for event in self.latest.values() for stage in getattr(event, name))
            for name in ("made", "served")
        )
        for stage in dict.fromkeys([*made, *served]):
            job.stages.add(stage=stage, made=made[stage], served=served[stage])
        return job

    def _ads(self) -> Iterator[jobs_pb2.JobAd]:
        for position, ad in enumerate(ads_of(self.campaign)):
            event = self.latest.get(position)
            told = jobs_pb2.JobAd(prompt=ad.prompt, size=ad.size, seed=ad.seed, photo=ad.photo.uri)
            told.state = event.state if event else jobs_pb2.JOB_STATE_QUEUED
            if event and event.artifact:
                told.artifact = f"{self.name}/artifacts/{event.artifact}"
                told.manifest = f"{self.name}/artifacts/{event.manifest}"
            told.error = event.error if event else ""
            yield told


def settle(campaign: jobs_pb2.Campaign) -> jobs_pb2.Campaign:
    """A copy with every default filled in, so that it means the same tomorrow."""
    full = jobs_pb2.Campaign()
    full.CopyFrom(campaign)
    full.seed = seed_of(campaign)
    full.variants = campaign.variants or 1
    if full.HasField("delivery"):
        full.delivery.layers = full.delivery.layered_file = False
    if not full.sizes:
        full.sizes.add(width=DEFAULT_SIDE, height=DEFAULT_SIDE)
    if not full.segmentation.HasField("max_side"):
        # One cut-out serves all sizes.
        full.segmentation.max_side = max(max(size.width, size.height) for size in full.sizes)
    return full


def ads_of(campaign: jobs_pb2.Campaign) -> Iterator[ads_pb2.CreateAdRequest]:
    """The ads of a settled campaign: by photo, then prompt, then size, then variant."""
    for photo in photos_of(campaign):
        for prompt in campaign.prompts:
            for size in campaign.sizes:
                for variant in range(campaign.variants):
                    yield ads_pb2.CreateAdRequest(
                        photo=photo,
                        delivery=campaign.delivery if campaign.HasField("delivery") else None,
                        lettering=campaign.lettering if campaign.HasField("lettering") else None,
                        backdrop=campaign.backdrop if campaign.HasField("backdrop") else None,
                        prompt=prompt,
                        negative_prompt=campaign.negative_prompt,
                        size=size,
                        seed=(campaign.seed + variant) % 2**31,
                        accept_format=campaign.accept_format,
                        segmentation=campaign.segmentation,
                        background=campaign.background,
                        compositing=campaign.compositing,
                        inpainting=campaign.inpainting,
                    )


def photos_of(campaign: jobs_pb2.Campaign) -> list[image_pb2.Image]:
    """All photos of a campaign."""
    first = [campaign.photo] if campaign.HasField("photo") else []
    return [*first, *campaign.more_photos]


def pictures_of(campaign: jobs_pb2.Campaign) -> list[image_pb2.Image]:
    """All pictures in a campaign, photos first."""
    return [*photos_of(campaign), *extras_of(campaign)]


def extras_of(asked: jobs_pb2.Campaign | ads_pb2.CreateAdRequest) -> list[image_pb2.Image]:
    """The pictures beside photos: backdrop and logo."""
    extras = []
    if asked.backdrop.HasField("picture"):
        extras.append(asked.backdrop.picture)
    if asked.lettering.HasField("logo"):
        extras.append(asked.lettering.logo)
    return extras


def count_ads(campaign: jobs_pb2.Campaign) -> int:
    """How many ads a campaign asks for."""
    sizes = max(1, len(campaign.sizes))
    return len(photos_of(campaign)) * len(campaign.prompts) * sizes * max(1, campaign.variants)


def state_of(events: int, waiting: int, succeeded: int, cancelled: int) -> int:
    """The state of a job from its numbers of events and of ads in each state."""
    if not events:
        return jobs_pb2.JOB_STATE_QUEUED
    if waiting:
        return jobs_pb2.JOB_STATE_RUNNING
    if cancelled:
        return jobs_pb2.JOB_STATE_CANCELLED
    return jobs_pb2.JOB_STATE_SUCCEEDED if succeeded else jobs_pb2.JOB_STATE_FAILED
