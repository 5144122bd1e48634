"""Jobs as what their events add up to."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cyclorama.v1 import jobs_pb2
from gateway.jobs.plan import Plan

ENDED = (
    jobs_pb2.JOB_STATE_SUCCEEDED,
    jobs_pb2.JOB_STATE_FAILED,
    jobs_pb2.JOB_STATE_CANCELLED,
)


@dataclass(frozen=True)
class Event:
    """Something that happened to one ad of a job.

    sequence: from 1 on, without gaps. position: of the ad in its job. artifact, manifest: keys of
    the picture and of its manifest. computed, cached: stages that ran, and
    those whose result was stored already.
    """

    sequence: int
    time: datetime
    position: int
    state: int
    artifact: str = ""
    manifest: str = ""
    error: str = ""
    computed: tuple[str, ...] = ()
    cached: tuple[str, ...] = ()


class Progress:
    """A job's ads, as far as its events have been told.

    name: `jobs/{job}`. priority: 0 to 9. turn: of its first ad, among all that wait; see turns.py.
    """

    def __init__(
        self,
        name: str,
        campaign: jobs_pb2.Campaign,
        created: datetime,
        owner: str,
        priority: int,
        turn: int,
        events: Iterable[Event] = (),
    ) -> None:
        self.name = name
        self.priority = priority
        self.turn = turn
        self._owner = owner
        self._plan = Plan(campaign)
        self._created = self._updated = created
        self._latest: dict[int, Event] = {}
        self._states = Counter({jobs_pb2.JOB_STATE_QUEUED: len(self._plan)})
        self._computed, self._cached = Counter(), Counter()
        for event in events:
            self.tell(event)

    def __len__(self) -> int:
        return len(self._plan)

    def tell(self, event: Event) -> None:
        """Takes in the next event."""
        self._states[self._state(event.position)] -= 1
        self._states[event.state] += 1
        self._latest[event.position] = event
        self._updated = event.time
        self._computed.update(event.computed)
        self._cached.update(event.cached)

    @property
    def state(self) -> int:
        """Where the job stands."""
        counts = self._counts()
        return state_of(len(self._latest), counts.waiting, counts.succeeded, counts.cancelled)

    def waiting(self) -> list[int]:
        """The positions of the ads that have not ended."""
        return [each for each in range(len(self._plan)) if self._state(each) not in ENDED]

    def holds(self, key: str) -> bool:
        """Whether an artifact is one of this job's."""
        return any(key in (event.artifact, event.manifest) for event in self._latest.values())

    def job(self, positions: Iterable[int] | None = None) -> jobs_pb2.Job:
        """The job as it stands, with all of its ads or those at some positions."""
        wanted = range(len(self._plan)) if positions is None else positions
        job = jobs_pb2.Job(
            name=self.name,
            owner=self._owner,
            state=self.state,
            ads=map(self._ad, wanted),
            counts=self._counts(),
        )
        job.create_time.FromDatetime(self._created)
        job.update_time.FromDatetime(self._updated)
        for stage in dict.fromkeys([*self._computed, *self._cached]):
            job.stages.add(stage=stage, computed=self._computed[stage], cached=self._cached[stage])
        return job

    def _ad(self, position: int) -> jobs_pb2.JobAd:
        event, told = self._latest.get(position), self._plan.told(position)
        told.state = self._state(position)
        if event and event.artifact:
            told.artifact = f"{self.name}/artifacts/{event.artifact}"
            told.manifest = f"{self.name}/artifacts/{event.manifest}"
        told.error = event.error if event else ""
        return told

    def _state(self, position: int) -> int:
        event = self._latest.get(position)
        return event.state if event else jobs_pb2.JOB_STATE_QUEUED

    def _counts(self) -> jobs_pb2.AdCounts:
        succeeded, failed, cancelled = (self._states[state] for state in ENDED)
        total = len(self._plan)
        return jobs_pb2.AdCounts(
            total=total,
            waiting=total - succeeded - failed - cancelled,
            succeeded=succeeded,
            failed=failed,
            cancelled=cancelled,
        )


def state_of(events: int, waiting: int, succeeded: int, cancelled: int) -> int:
    """The state of a job from its numbers of events and of ads in each state."""
    if not events:
        return jobs_pb2.JOB_STATE_QUEUED
    if waiting:
        return jobs_pb2.JOB_STATE_RUNNING
    if cancelled:
        return jobs_pb2.JOB_STATE_CANCELLED
    return jobs_pb2.JOB_STATE_SUCCEEDED if succeeded else jobs_pb2.JOB_STATE_FAILED
