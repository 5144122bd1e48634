"""Derives the state of a job from the events of its ads."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast

from cyclorama.v1 import engine_pb2, jobs_pb2
from gateway.jobs.plan import CampaignPlan
from services.runtime.errors import GRPC_CODE_NUMBER, ServiceError

# The states in which an ad has ended, and those in which a job has.
ENDED_ADS = (
    jobs_pb2.JOB_STATE_SUCCEEDED,
    jobs_pb2.JOB_STATE_FAILED,
    jobs_pb2.JOB_STATE_CANCELLED,
)
ENDED = (*ENDED_ADS, jobs_pb2.JOB_STATE_PARTIALLY_SUCCEEDED)


@dataclass(frozen=True)
class AdOutcome:
    """What a finished ad adds to its event.

    artifact, manifest, preview: keys of the file, of its manifest and of its preview. error: fields
    of the message AdError; empty unless it failed. warnings: fields of the message Warning, as in
    the manifest. quality_report, profile_report: serialized messages, as JobAd has them; empty for
    none. computed, cached: names of the stages that ran, and of those whose result was cached.
    engines: fields of the message StageEngine, by stage.
    """

    artifact: str = ""
    manifest: str = ""
    preview: str = ""
    error: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[Mapping[str, Any], ...] = ()
    quality_report: bytes = b""
    profile_report: bytes = b""
    computed: tuple[str, ...] = ()
    cached: tuple[str, ...] = ()
    engines: tuple[Mapping[str, str], ...] = ()

    @property
    def keys(self) -> list[str]:
        """Keys of the objects that the ad consists of; none unless it is finished."""
        return list(filter(None, (self.artifact, self.manifest, self.preview)))


NO_OUTCOME = AdOutcome()


def create_failure(error: ServiceError) -> AdOutcome:
    """Returns the outcome of an ad that ended with an error."""
    fields = {
        "code": error.code.value[GRPC_CODE_NUMBER],
        "reason": error.reason,
        "message": str(error),
        "stage": error.metadata.get("stage", ""),
    }
    return AdOutcome(error=fields)


@dataclass(frozen=True)
class JobEvent:
    """A change of the state of one ad.

    sequence: number of the event in its job, from 1 without gaps. position: of the ad in its job.
    """

    sequence: int
    time: datetime
    position: int
    state: jobs_pb2.JobState
    outcome: AdOutcome = NO_OUTCOME


class JobProgress:
    """A job and the states of its ads after some events.

    name: `jobs/{job}`. plan: its ads, which never change, so that equal jobs may share it.
    """

    def __init__(
        self,
        name: str,
        campaign: jobs_pb2.Campaign,
        created: datetime,
        owner: str,
        events: Iterable[JobEvent] = (),
    ) -> None:
        """Starts with every ad queued, then applies events of the job.

        name: `jobs/{job}`. campaign: with its defaults filled in. created: when it was submitted.
        owner: name of its caller. events: from the first one on, in their order.
        """
        self.name = name
        self._owner = owner
        self.plan = CampaignPlan(campaign)
        self._created = self._updated = created
        self._latest: dict[int, JobEvent] = {}
        # By position; of every ad a byte.
        self._ad_states = bytearray([jobs_pb2.JOB_STATE_QUEUED]) * len(self.plan)
        self._has_begun = False
        self._states = Counter({jobs_pb2.JOB_STATE_QUEUED: len(self.plan)})
        self._computed: Counter[str] = Counter()
        self._cached: Counter[str] = Counter()
        for event in events:
            self.apply_event(event)

    def __len__(self) -> int:
        """Returns the number of ads."""
        return len(self.plan)

    def apply_event(self, event: JobEvent) -> None:
        """Updates the states of the ads, and the counts of stages that ran, with the next event."""
        self._has_begun = True
        self._states[self._get_ad_state(event.position)] -= 1
        self._states[event.state] += 1
        self._ad_states[event.position] = event.state
        self._latest[event.position] = event
        self._updated = event.time
        self._computed.update(event.outcome.computed)
        self._cached.update(event.outcome.cached)

    @property
    def state(self) -> jobs_pb2.JobState:
        """The state of the job, derived from the states of its ads."""
        counts = self._count_ads()
        return derive_job_state(
            ads=len(self.plan),
            has_begun=self._has_begun,
            waiting=counts.waiting,
            succeeded=counts.succeeded,
            cancelled=counts.cancelled,
        )

    def is_running(self, position: int) -> bool:
        """Returns whether an ad is in flight; position: its number in the job, from 0."""
        return self._get_ad_state(position) == jobs_pb2.JOB_STATE_RUNNING

    def forget_outcomes(self) -> None:
        """Drops all that events said besides the states of the ads, to save memory.

        `to_message` then describes in full only ads with later events.
        """
        self._latest.clear()

    def to_message(self, positions: Iterable[int] | None = None) -> jobs_pb2.Job:
        """Returns the job as clients see it.

        positions: of the ads that it contains; None for all.
        """
        job = jobs_pb2.Job(
            name=self.name,
            owner=self._owner,
            state=self.state,
            ads=map(self._describe_ad, range(len(self.plan)) if positions is None else positions),
            counts=self._count_ads(),
            display_name=self.plan.display_name,
            labels=self.plan.labels,
        )
        job.create_time.FromDatetime(self._created)
        job.update_time.FromDatetime(self._updated)
        # How many ads computed a stage, and for how many its result was cached.
        for stage in dict.fromkeys([*self._computed, *self._cached]):
            job.stages.add(stage=stage, computed=self._computed[stage], cached=self._cached[stage])
        return job

    def _describe_ad(self, position: int) -> jobs_pb2.JobAd:
        """Returns an ad as clients see it: state, error, reports and the names of its files.

        position: number of the ad in the job, from 0.
        """
        event, ad = self._latest.get(position), self.plan.describe_ad(position)
        ad.state = self._get_ad_state(position)
        if event and event.outcome.artifact:
            ad.artifact = f"{self.name}/artifacts/{event.outcome.artifact}"
            ad.manifest = f"{self.name}/artifacts/{event.outcome.manifest}"
            ad.quality_report.ParseFromString(event.outcome.quality_report)
        if event and event.outcome.preview:
            ad.preview = f"{self.name}/artifacts/{event.outcome.preview}"
        if event and event.outcome.profile_report:
            ad.profile_report.ParseFromString(event.outcome.profile_report)
        if event:
            if event.outcome.error:
                ad.error.CopyFrom(jobs_pb2.AdError(**event.outcome.error))
            ad.warnings.extend(engine_pb2.Warning(**each) for each in event.outcome.warnings)
            ad.engines.extend(jobs_pb2.StageEngine(**each) for each in event.outcome.engines)
        return ad

    def _get_ad_state(self, position: int) -> jobs_pb2.JobState:
        """Returns the state of an ad by its position; it is queued before its first event."""
        return cast("jobs_pb2.JobState", self._ad_states[position])

    def _count_ads(self) -> jobs_pb2.AdCounts:
        """Returns the number of ads by state; those that are queued or running count as waiting."""
        succeeded, failed, cancelled = (self._states[state] for state in ENDED_ADS)
        total = len(self.plan)
        return jobs_pb2.AdCounts(
            total=total,
            waiting=total - succeeded - failed - cancelled,
            succeeded=succeeded,
            failed=failed,
            cancelled=cancelled,
        )


def derive_job_state(
    ads: int, has_begun: bool, waiting: int, succeeded: int, cancelled: int
) -> jobs_pb2.JobState:
    """Returns the state of a job.

    ads: number of its ads. has_begun: whether it has any event. waiting, succeeded, cancelled:
    numbers of its ads that have not ended, that succeeded and that were cancelled; all others
    failed.
    """
    if not has_begun:
        return jobs_pb2.JOB_STATE_QUEUED
    if waiting:
        return jobs_pb2.JOB_STATE_RUNNING
    if cancelled:
        return jobs_pb2.JOB_STATE_CANCELLED
    if succeeded == ads:
        return jobs_pb2.JOB_STATE_SUCCEEDED
    return jobs_pb2.JOB_STATE_PARTIALLY_SUCCEEDED if succeeded else jobs_pb2.JOB_STATE_FAILED
