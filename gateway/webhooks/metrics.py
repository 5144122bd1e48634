"""Exports webhooks as metrics: attempts, what is delivered or failed, and what waits."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from prometheus_client import REGISTRY, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from gateway.database_failures import UNUSABLE
from gateway.webhooks.attempts import FailureReason
from gateway.webhooks.endpoint_file import WebhookEndpoints
from gateway.webhooks.ledger import Backlog, DeliveryLedger
from services.runtime.metrics import DURATION_BUCKETS

ATTEMPT_SECONDS = Histogram(
    "cyclorama_webhook_attempt_duration_seconds",
    "Time of an attempt to deliver a webhook.",
    ["endpoint"],
    buckets=DURATION_BUCKETS,
)
FAILED_ATTEMPTS = Counter(
    "cyclorama_webhook_attempts_failed",
    "Attempts to deliver webhooks that failed, by reason.",
    ["endpoint", "reason"],
)
DELIVERIES_ENDED = Counter(
    "cyclorama_webhook_deliveries",
    "Deliveries of webhooks that have ended: delivered, or failed in all attempts.",
    ["endpoint", "outcome"],
)


def note_attempt(endpoint: str, reason: FailureReason | None, *, is_last: bool) -> None:
    """Counts an attempt that has ended.

    endpoint: its name. reason: why it failed; None when it did not. is_last: whether no other
    attempt follows.
    """
    if reason:
        FAILED_ATTEMPTS.labels(endpoint, reason).inc()
    if is_last:
        DELIVERIES_ENDED.labels(endpoint, "failed" if reason else "delivered").inc()


@contextmanager
def export_webhook_metrics(ledger: DeliveryLedger, endpoints: WebhookEndpoints) -> Iterator[None]:
    """Exports, during the block, what waits for each endpoint, and which are disabled."""
    collector = WebhookCollector(ledger, endpoints)
    REGISTRY.register(collector)
    try:
        yield
    finally:
        REGISTRY.unregister(collector)


class WebhookCollector(Collector):
    """Reads the ledger on every scrape; gateways that share a database report the same."""

    def __init__(self, ledger: DeliveryLedger, endpoints: WebhookEndpoints) -> None:
        self._ledger, self._endpoints = ledger, endpoints

    def describe(self) -> Iterable[GaugeMetricFamily]:
        """Returns the metrics without values, so that registering needs no database."""
        return _create_families()

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """Returns the metrics; without values while the database is down."""
        waiting, oldest, disabled = families = _create_families()
        try:
            backlogs, disabled_since = self._ledger.count_waiting(), self._ledger.load_disabled()
        except UNUSABLE:
            return families
        for name in sorted({*self._endpoints.by_name, *backlogs}):
            backlog = backlogs.get(name, Backlog(0, 0.0))
            waiting.add_metric([name], backlog.waiting)
            oldest.add_metric([name], backlog.oldest_seconds)
            disabled.add_metric([name], float(name in disabled_since))
        return families


def _create_families() -> tuple[GaugeMetricFamily, ...]:
    """Returns metrics without values: deliveries that wait, the oldest, disabled endpoints."""
    return (
        GaugeMetricFamily(
            "cyclorama_webhooks_waiting", "Webhooks that wait for an attempt.", labels=["endpoint"]
        ),
        GaugeMetricFamily(
            "cyclorama_webhooks_oldest_seconds",
            "Age of the oldest webhook that waits; 0 without any.",
            labels=["endpoint"],
        ),
        GaugeMetricFamily(
            "cyclorama_webhook_endpoint_disabled",
            "1 while an endpoint is disabled.",
            labels=["endpoint"],
        ),
    )
