"""Exports jobs as metrics: jobs by state, the queue and its limit, failures of the database."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from cyclorama.v1 import jobs_pb2
from gateway.artifacts import ArtifactStore
from gateway.database_failures import FAILURES, UNUSABLE
from gateway.jobs.ledger import JobLedger
from gateway.jobs.monitor import DatabaseMonitor


@contextmanager
def export_job_metrics(
    ledger: JobLedger, monitor: DatabaseMonitor, artifacts: ArtifactStore, max_queued_ads: int
) -> Iterator[None]:
    """Exports, during the block, metrics of jobs, their database and the disk of the store.

    ledger: counts jobs and ads. monitor: knows whether their database can be used. artifacts: the
    store. max_queued_ads: limit of the queue, exported next to its length.
    """
    collector = JobMetricsCollector(ledger, monitor, artifacts, max_queued_ads)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)


class JobMetricsCollector(Collector):
    """Reads the ledger on every scrape; gateways that share a database report the same."""

    def __init__(
        self,
        ledger: JobLedger,
        monitor: DatabaseMonitor,
        artifacts: ArtifactStore,
        max_queued_ads: int,
    ) -> None:
        self._ledger, self._monitor, self._artifacts = ledger, monitor, artifacts
        self._max_queued_ads = max_queued_ads

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Returns the metrics without values, so that registering needs no database."""
        return _create_families()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Returns the metrics of jobs, of their database, and of the disk of the store.

        While the database is down, jobs and queue are left out.
        """
        jobs, queued, limit, free, failures = _create_families()
        # Only jobs and failures have a label; the other metrics have one value without labels.
        limit.add_metric([], self._max_queued_ads)
        if (free_bytes := self._artifacts.measure_free_bytes()) is not None:
            free.add_metric([], free_bytes)
        if self._monitor.failure:
            # A database that stands still would keep the scrape.
            return [limit, free, self._add_failures(failures)]
        try:
            counts = self._ledger.count_jobs_by_state()
            queued.add_metric([], self._ledger.count_unfinished_ads())
        except UNUSABLE:
            return [limit, free, self._add_failures(failures)]
        # Without the first value, JOB_STATE_UNSPECIFIED, which no job has.
        for state in jobs_pb2.JobState.values()[1:]:
            name = jobs_pb2.JobState.Name(state).removeprefix("JOB_STATE_").lower()
            jobs.add_metric([name], counts.get(state, 0))
        return [jobs, queued, limit, free, self._add_failures(failures)]

    def _add_failures(self, family: GaugeMetricFamily) -> GaugeMetricFamily:
        """Adds a value for each reason why the database can fail: 1 for the one that applies."""
        for failure in FAILURES:
            family.add_metric([failure.reason], float(failure is self._monitor.failure))
        return family


def _create_families() -> tuple[GaugeMetricFamily, ...]:
    """Returns metrics without values: jobs, queued ads, their limit, free disk space, failures."""
    return (
        GaugeMetricFamily("cyclorama_jobs", "Jobs by state.", labels=["state"]),
        GaugeMetricFamily("cyclorama_ads_queued", "Unfinished ads of all jobs."),
        GaugeMetricFamily("cyclorama_ads_queued_limit", "Limit on the unfinished ads of jobs."),
        GaugeMetricFamily(
            "cyclorama_artifact_store_free_bytes", "Free disk space of a store that is a folder."
        ),
        GaugeMetricFamily(
            "cyclorama_job_database_failed",
            "1 while the job database cannot be used, by reason.",
            labels=["reason"],
        ),
    )
