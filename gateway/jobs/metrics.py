"""Exports the jobs of a gateway as metrics: jobs by state, length and limit of the queue."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import DBAPIError

from cyclorama.v1 import jobs_pb2
from gateway.artifacts import ArtifactStore
from gateway.jobs.ledger import JobLedger


@contextmanager
def export_job_metrics(
    ledger: JobLedger, artifacts: ArtifactStore, max_queued_ads: int
) -> Iterator[None]:
    """Exports, during the block, metrics of jobs and of the disk of the artifact store.

    ledger: counts jobs and ads. artifacts: the store. max_queued_ads: limit of the queue, exported
    next to its length.
    """
    collector = JobMetricsCollector(ledger, artifacts, max_queued_ads)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)


class JobMetricsCollector(Collector):
    """Reads the ledger on every scrape; gateways that share a database report the same."""

    def __init__(self, ledger: JobLedger, artifacts: ArtifactStore, max_queued_ads: int) -> None:
        self._ledger, self._artifacts = ledger, artifacts
        self._max_queued_ads = max_queued_ads

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Returns the metrics without values, so that registering needs no database."""
        return _create_families()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Returns the metrics: jobs by state, length and limit of the queue, free disk space.

        While the database is down, jobs and queue are left out.
        """
        jobs, queued, limit, free = _create_families()
        # Only jobs have a label, the state; the other metrics have one value without labels.
        limit.add_metric([], self._max_queued_ads)
        if (free_bytes := self._artifacts.measure_free_bytes()) is not None:
            free.add_metric([], free_bytes)
        try:
            counts = self._ledger.count_jobs_by_state()
            queued.add_metric([], self._ledger.count_unfinished_ads())
        except DBAPIError:
            return [limit, free]
        # Without the first value, JOB_STATE_UNSPECIFIED, which no job has.
        for state in jobs_pb2.JobState.values()[1:]:
            name = jobs_pb2.JobState.Name(state).removeprefix("JOB_STATE_").lower()
            jobs.add_metric([name], counts.get(state, 0))
        return [jobs, queued, limit, free]


def _create_families() -> tuple[GaugeMetricFamily, ...]:
    """Returns the metrics without values: jobs, queued ads, limit on these, free disk space."""
    return (
        GaugeMetricFamily("cyclorama_jobs", "Jobs by state.", labels=["state"]),
        GaugeMetricFamily("cyclorama_ads_queued", "Unfinished ads of all jobs."),
        GaugeMetricFamily("cyclorama_ads_queued_limit", "Limit on the unfinished ads of jobs."),
        GaugeMetricFamily(
            "cyclorama_artifact_store_free_bytes", "Free disk space of a store that is a folder."
        ),
    )
