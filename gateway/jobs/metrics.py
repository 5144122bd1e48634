"""The jobs of a gateway as metrics: how many in which state, and how long the queue is."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError

from cyclorama.v1 import jobs_pb2
from gateway.artifacts import Artifacts
from gateway.jobs.ledger import Ledger


@contextmanager
def jobs_shown(ledger: Ledger, artifacts: Artifacts, most_waiting: int) -> Iterator[None]:
    """Has /metrics tell of the jobs in a ledger, and of the room that is left, meanwhile."""
    collector = JobsCollector(ledger, artifacts, most_waiting)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)


class JobsCollector(Collector):
    """Asks the ledger whenever the metrics are read; gateways that share one tell the same."""

    def __init__(self, ledger: Ledger, artifacts: Artifacts, most_waiting: int) -> None:
        self._ledger, self._artifacts, self._most_waiting = ledger, artifacts, most_waiting

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Names without asking, so that registering needs no database."""
        return _families()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Jobs by state and ads that have not ended, less what is away while this is asked."""
        jobs, waiting, limit, free = _families()
        limit.add_metric([], self._most_waiting)
        if (room := self._artifacts.free_bytes()) is not None:
            free.add_metric([], room)
        try:
            counts = self._ledger.counts()
            waiting.add_metric([], self._ledger.waiting())
        except DBAPIError:
            return [limit, free]
        for state in jobs_pb2.JobState.values()[1:]:
            name = jobs_pb2.JobState.Name(state).removeprefix("JOB_STATE_").lower()
            jobs.add_metric([name], counts.get(state, 0))
        return [jobs, waiting, limit, free]


def _families() -> tuple[GaugeMetricFamily, ...]:
    return (
        GaugeMetricFamily("cyclorama_jobs", "Jobs by state.", labels=["state"]),
        GaugeMetricFamily("cyclorama_ads_queued", "Ads of jobs that have not ended."),
        GaugeMetricFamily("cyclorama_ads_queued_limit", "Ads of jobs that may wait at most."),
        GaugeMetricFamily(
            "cyclorama_artifact_store_free_bytes", "Room where the store is a folder."
        ),
    )
