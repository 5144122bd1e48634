"""Derives the state of a job from the events of its ads."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cyclorama.v1 import jobs_pb2
from gateway.jobs.plan import CampaignPlan

ENDED = (
    jobs_pb2.JOB_STATE_SUCCEEDED,
    jobs_pb2.JOB_STATE_FAILED,
    jobs_pb2.JOB_STATE_CANCELLED,
)


@dataclass(frozen=True)
class AdOutcome:
    """What a finished ad adds to its event.

    artifact, manifest: keys of the file and of its manifest. error: why it failed. computed,
    cached: names of the stages that ran, and of those whose result was cached.
    """

    artifact: str = ""
    manifest: str = ""
    error: str = ""
    computed: tuple[str, ...] = ()
    cached: tuple[str, ...] = ()


NO_OUTCOME = AdOutcome()


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

    name: `jobs/{job}`. priority: 0 to 9. turn: of its first ad; see turns.py.
    """

    def __init__(
        self,
        name: str,
        campaign: jobs_pb2.Campaign,
        created: datetime,
        owner: str,
        priority: int,
        turn: int,
        events: Iterable[JobEvent] = (),
    ) -> None:
        self.name = name
        self.priority = priority
        self.turn = turn
        self._owner = owner
        self._plan = CampaignPlan(campaign)
        self._created = self._updated = created
        self._latest: dict[int, JobEvent] = {}
        self._states = Counter({jobs_pb2.JOB_STATE_QUEUED: len(self._plan)})
        self._computed: Counter[str] = Counter()
        self._cached: Counter[str] = Counter()
        for event in events:
            self.apply_event(event)

    def __len__(self) -> int:
        return len(self._plan)

    def apply_event(self, event: JobEvent) -> None:
        """Updates the states with the next event."""
        self._states[self._get_ad_state(event.position)] -= 1
        self._states[event.state] += 1
        self._latest[event.position] = event
        self._updated = event.time
        self._computed.update(event.outcome.computed)
        self._cached.update(event.outcome.cached)

    @property
    def state(self) -> jobs_pb2.JobState:
        """The state of the job."""
        counts = self._count_ads()
        return derive_job_state(
            len(self._latest), counts.waiting, counts.succeeded, counts.cancelled
        )

    def list_unfinished(self) -> list[int]:
        """Returns the positions of the ads that have not ended."""
        return [each for each in range(len(self._plan)) if self._get_ad_state(each) not in ENDED]

    def has_artifact(self, key: str) -> bool:
        """Returns whether an artifact is the file or the manifest of an ad of this job."""
        outcomes = (event.outcome for event in self._latest.values())
        return any(key in (outcome.artifact, outcome.manifest) for outcome in outcomes)

    def to_message(self, positions: Iterable[int] | None = None) -> jobs_pb2.Job:
        """Returns the job as a message, with all of its ads or those at some positions."""
        job = jobs_pb2.Job(
            name=self.name,
            owner=self._owner,
            state=self.state,
            ads=map(self._describe_ad, range(len(self._plan)) if positions is None else positions),
            counts=self._count_ads(),
        )
        job.create_time.FromDatetime(self._created)
        job.update_time.FromDatetime(self._updated)
        for stage in dict.fromkeys([*self._computed, *self._cached]):
            job.stages.add(stage=stage, computed=self._computed[stage], cached=self._cached[stage])
        return job

    def _describe_ad(self, position: int) -> jobs_pb2.JobAd:
        """Returns an ad with its state, error and artifact names."""
        event, ad = self._latest.get(position), self._plan.describe_ad(position)
        ad.state = self._get_ad_state(position)
        if event and event.outcome.artifact:
            ad.artifact = f"{self.name}/artifacts/{event.outcome.artifact}"
            ad.manifest = f"{self.name}/artifacts/{event.outcome.manifest}"
        ad.error = event.outcome.error if event else ""
        return ad

    def _get_ad_state(self, position: int) -> jobs_pb2.JobState:
        """Returns the state of an ad, which is QUEUED before its first event."""
        event = self._latest.get(position)
        return event.state if event else jobs_pb2.JOB_STATE_QUEUED

    def _count_ads(self) -> jobs_pb2.AdCounts:
        """Returns the number of ads by state."""
        succeeded, failed, cancelled = (self._states[state] for state in ENDED)
        total = len(self._plan)
        return jobs_pb2.AdCounts(
            total=total,
            waiting=total - succeeded - failed - cancelled,
            succeeded=succeeded,
            failed=failed,
            cancelled=cancelled,
        )


def derive_job_state(
    events: int, waiting: int, succeeded: int, cancelled: int
) -> jobs_pb2.JobState:
    """Returns the state of a job from the number of its events and of its ads by state."""
    if not events:
        return jobs_pb2.JOB_STATE_QUEUED
    if waiting:
        return jobs_pb2.JOB_STATE_RUNNING
    if cancelled:
        return jobs_pb2.JOB_STATE_CANCELLED
    return jobs_pb2.JOB_STATE_SUCCEEDED if succeeded else jobs_pb2.JOB_STATE_FAILED
