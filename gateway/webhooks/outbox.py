"""Stores deliveries of events in the transaction in which a job or an ad ends, so none is lost."""

import json
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import sqlalchemy as sa

from gateway.jobs.events import count_ads_by_state
from gateway.jobs.progress import ENDED, JobEvent
from gateway.jobs.tables import JOBS, LABELS
from gateway.webhooks.endpoint_file import WebhookEndpoints
from gateway.webhooks.event_types import AD_EVENTS, JOB_EVENTS, EventType
from gateway.webhooks.tables import DELIVERIES, WAITING

# What the ids of events begin with.
MESSAGE_PREFIX = "msg_"
SELECT_JOB = sa.select(
    *(JOBS.c[each] for each in ("id", "state", "owner", "display_name")),
    *(JOBS.c[each] for each in ("ads", "waiting", "succeeded", "cancelled")),
).where(JOBS.c.id == sa.bindparam("of_job"))
SELECT_LABELS = sa.select(LABELS.c.key, LABELS.c.value).where(
    LABELS.c.job == sa.bindparam("of_job")
)
INSERT_DELIVERIES = DELIVERIES.insert()


class _Event(NamedTuple):
    """An event to report: its type, its time, and its data besides that of the job."""

    type: EventType
    time: datetime
    data: dict[str, Any]


class WebhookOutbox:
    """Adds deliveries for the endpoints that receive an event."""

    def __init__(self, endpoints: WebhookEndpoints) -> None:
        self._endpoints = endpoints

    def add_deliveries(
        self, connection: sa.Connection, job: str, events: Sequence[JobEvent]
    ) -> None:
        """Adds the deliveries of events that ended ads of a job, and maybe the job with them.

        connection: within the transaction that added the events. job: its id.
        """
        if not events:
            return
        row = connection.execute(SELECT_JOB, {"of_job": job}).one()
        labels = {
            each.key: each.value for each in connection.execute(SELECT_LABELS, {"of_job": job})
        }
        rows = [
            delivery
            for event in _list_events(row, events)
            for delivery in self._build_deliveries(row, labels, event)
        ]
        if rows:
            connection.execute(INSERT_DELIVERIES, rows)

    def _build_deliveries(
        self, row: sa.Row[Any], labels: dict[str, str], event: _Event
    ) -> Iterator[dict[str, Any]]:
        """Yields a row of the table DELIVERIES for each endpoint that receives an event."""
        message_id, payload = MESSAGE_PREFIX + uuid.uuid4().hex, _build_payload(row, labels, event)
        for endpoint in self._endpoints.by_name.values():
            if endpoint.accepts(event.type, row.owner, labels):
                yield {
                    "id": message_id,
                    "endpoint": endpoint.name,
                    "type": event.type,
                    "job": row.id,
                    "owner": row.owner,
                    "created": event.time.timestamp(),
                    "payload": payload,
                    "state": WAITING,
                    **dict.fromkeys(("attempts", "tries", "status"), 0),
                    **dict.fromkeys(("worker", "reason"), ""),
                    # Due at once.
                    "next_attempt": 0.0,
                }


def _list_events(row: sa.Row[Any], events: Sequence[JobEvent]) -> Iterator[_Event]:
    """Yields what to report: ads that ended, then the job if it ended with them."""
    for event in events:
        if event.state in AD_EVENTS:
            yield _Event(AD_EVENTS[event.state], event.time, {"ad": _describe_ad(row.id, event)})
    if row.state in ENDED:
        yield _Event(JOB_EVENTS[row.state], events[-1].time, {})


def _describe_ad(job: str, event: JobEvent) -> dict[str, Any]:
    """Returns an ad that ended as the payload has it: the names of its files, or its error."""
    described: dict[str, Any] = {"position": event.position}
    if event.outcome.error:
        return described | {"error": dict(event.outcome.error)}
    files = {"artifact": event.outcome.artifact, "manifest": event.outcome.manifest}
    return described | {name: f"jobs/{job}/artifacts/{key}" for name, key in files.items()}


def _build_payload(row: sa.Row[Any], labels: dict[str, str], event: _Event) -> bytes:
    """Returns the payload of an event, as docs/webhooks.md describes it."""
    counts = count_ads_by_state(
        row.ads, waiting=row.waiting, succeeded=row.succeeded, cancelled=row.cancelled
    )
    numbers = {field.name: getattr(counts, field.name) for field in counts.DESCRIPTOR.fields}
    job = {
        "name": f"jobs/{row.id}",
        "owner": row.owner,
        "display_name": row.display_name,
        "labels": labels,
        "counts": numbers,
    }
    payload = {
        "type": event.type,
        "timestamp": event.time.isoformat().replace("+00:00", "Z"),
        "data": {"job": job, **event.data},
    }
    return json.dumps(payload, separators=(",", ":")).encode()
