"""The jobs of a gateway as metrics: how many in which state, and how long the queue is."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError

from cyclorama.v1 import jobs_pb2
from gateway.jobs.ledger import Ledger


@contextmanager
def jobs_shown(ledger: Ledger) -> Iterator[None]:
    """Has /metrics tell of the jobs in a ledger meanwhile."""
    collector = JobsCollector(ledger)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)


class JobsCollector(Collector):
    """Asks the ledger whenever the metrics are read; gateways that share one tell the same."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Names without asking, so that registering needs no database."""
        return _families()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Jobs by state and ads that have not ended; nothing while the database is away."""
        jobs, waiting = _families()
        try:
            counts = self._ledger.counts()
            waiting.add_metric([], self._ledger.waiting())
        except DBAPIError:
            return []
        for state in jobs_pb2.JobState.values()[1:]:
            name = jobs_pb2.JobState.Name(state).removeprefix("JOB_STATE_").lower()
            jobs.add_metric([name], counts.get(state, 0))
        return [jobs, waiting]


def _families() -> tuple[GaugeMetricFamily, GaugeMetricFamily]:
    return (
        GaugeMetricFamily("cyclorama_jobs", "Jobs by state.", labels=["state"]),
        GaugeMetricFamily("cyclorama_ads_waiting", "Ads of jobs that have not ended."),
    )
