"""Databases with jobs, and queues of workers on them."""

from cyclorama.v1 import jobs_pb2
from gateway.database import open_database
from gateway.jobs.events import AdChange
from gateway.jobs.ledger import JobLedger
from gateway.jobs.plan import fill_campaign_defaults
from gateway.jobs.progress import AdOutcome
from gateway.jobs.queue import AdKey, AdQueue, EndedAd
from gateway.jobs.tables import WORKERS

SUCCEEDED = jobs_pb2.JOB_STATE_SUCCEEDED
# By the clock of the database, so that a lease never ends or has ended long ago.
ALIVE, DEAD = 1e12, 0.0


class QueueDatabase:
    """A database with jobs and workers."""

    def __init__(self, address: str) -> None:
        self.engine = open_database(address, begin_immediate=True)
        self.ledger = JobLedger(self.engine, self.engine)

    def add_job(self, job: str, ads: int, owner: str = "shop", priority: int = 0) -> None:
        prompts = [f"table {each}" for each in range(ads)]
        campaign = jobs_pb2.Campaign(photos=[{"image": {"uri": "ab"}}], prompts=prompts)
        self.ledger.add_job(job, fill_campaign_defaults(campaign), owner, priority=priority)

    def open_queue(self, worker: str, **listener) -> AdQueue:
        with self.engine.begin() as connection:
            connection.execute(WORKERS.insert().values(name=worker, seen=ALIVE))
        return AdQueue(self.engine, worker, **listener)

    def end_lease(self, worker: str) -> None:
        with self.engine.begin() as connection:
            connection.execute(WORKERS.update().where(WORKERS.c.name == worker).values(seen=DEAD))

    def list_states(self, job: str) -> list[tuple[int, int]]:
        events = self.ledger.load_events(job, 0, max_events=1000)
        assert [event.sequence for event in events] == list(range(1, len(events) + 1))
        return [(event.position, event.state) for event in events]


def end_ad(job: str, position: int) -> EndedAd:
    """The end of an ad that succeeded."""
    return EndedAd(AdKey(job, position), AdChange(position, SUCCEEDED, AdOutcome(artifact="cd")))
