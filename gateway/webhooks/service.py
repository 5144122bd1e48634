"""Webhooks of the gateway: delivers, lists and replays events, and deletes old ones."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
import structlog

from cyclorama.v1 import webhooks_pb2
from gateway.callers.caller import Caller
from gateway.database_threads import read_database, work_on_database, write_database
from gateway.jobs.progress import JobEvent
from gateway.webhooks.dispatcher import WebhookDispatcher
from gateway.webhooks.endpoint_file import WebhookEndpoint, WebhookEndpoints
from gateway.webhooks.ledger import Backlog, DeliveryFilter, DeliveryLedger
from gateway.webhooks.metrics import export_webhook_metrics
from gateway.webhooks.outbox import WebhookOutbox
from gateway.webhooks.sender import WebhookSender
from services.runtime.errors import JobDatabaseUnavailable, NotFound

# Time between two cleanups, as of jobs.
CLEANUP_INTERVAL_SECONDS = 3600.0
# Days after which delivered events are deleted; they can be replayed until then. Those that failed
# are kept as long as jobs.
DELIVERED_DAYS = 7
# Days that events wait for an endpoint that is no longer in the file. Larger: a file that lacks it
# by mistake loses nothing for longer.
REMOVED_DAYS = 3

log = structlog.get_logger()


class WebhookService:
    """Delivers the events of jobs; `outbox` stores them in the transactions of jobs."""

    def __init__(
        self,
        path: str,
        read_engine: sa.Engine,
        write_engine: sa.Engine,
        worker: str,
        retention_days: float,
    ) -> None:
        """Reads the file of endpoints; `start` delivers. Blocks.

        path: of the file. read_engine, write_engine: of a database with all tables. worker: name of
        this gateway. retention_days: of jobs. Raises SystemExit when the file is invalid.
        """
        self._endpoints = WebhookEndpoints(path)
        self._retention_days = retention_days
        self._outbox = WebhookOutbox(self._endpoints)
        self._ledger = DeliveryLedger(read_engine, write_engine, worker)
        self._sender = WebhookSender()
        self._dispatcher = WebhookDispatcher(self._ledger, self._endpoints, self._sender)
        self._tasks: list[Future[None]] = []
        self._metrics = ExitStack()

    def start(self, loop: asyncio.AbstractEventLoop) -> None:
        """Delivers events on an event loop, from another thread than its own, until `close`."""
        self._metrics.enter_context(export_webhook_metrics(self._ledger, self._endpoints))
        self._tasks = [
            asyncio.run_coroutine_threadsafe(each, loop)
            for each in (self._dispatcher.run(), self._run_cleanups())
        ]

    def close(self) -> None:
        """Stops attempts and cleanups; what is not delivered continues with the next start."""
        for task in self._tasks:
            task.cancel()
        self._metrics.close()

    def wake(self) -> None:
        """Has new deliveries looked for now; to be called on the event loop."""
        self._dispatcher.wake()

    def add_deliveries(
        self, connection: sa.Connection, job: str, events: Sequence[JobEvent]
    ) -> None:
        """Adds the deliveries of events of a job; as of WebhookOutbox.add_deliveries."""
        self._outbox.add_deliveries(connection, job, events)

    async def list_endpoints(
        self, caller: Caller, *, check: bool
    ) -> list[webhooks_pb2.WebhookEndpoint]:
        """Returns the endpoints that may receive events of a caller's jobs.

        check: whether to connect to their servers.
        """
        owner = caller.visible_owner
        endpoints = [
            each
            for each in self._endpoints.by_name.values()
            if owner is None or each.may_concern(owner)
        ]
        backlogs = await read_database(self._ledger.count_waiting)
        disabled = await read_database(self._ledger.load_disabled)
        checks = map(self._sender.check_endpoint, endpoints if check else ())
        problems = await asyncio.gather(*checks) if check else [None] * len(endpoints)
        return [
            _describe_endpoint(
                endpoint,
                backlogs.get(endpoint.name, Backlog(0, 0.0)),
                disabled.get(endpoint.name),
                problem or "",
                shows_url=owner is None,
            )
            for endpoint, problem in zip(endpoints, problems, strict=True)
        ]

    async def enable_endpoint(self, name: str) -> None:
        """Enables an endpoint; raises NotFound when there is none of that name."""
        if name not in self._endpoints.by_name:
            raise NotFound(f"there is no webhook endpoint {name}")
        await write_database(self._ledger.enable_endpoint, name)
        log.info("webhook endpoint enabled", endpoint=name)

    async def list_deliveries(
        self, matching: DeliveryFilter, page_size: int, before_number: int | None
    ) -> tuple[list[webhooks_pb2.WebhookDelivery], int | None]:
        """Returns a page of deliveries, and the number of the last one if others follow."""
        rows, last = await read_database(
            self._ledger.list_deliveries, matching, page_size, before_number
        )
        return [_describe_delivery(row) for row in rows], last

    async def replay_deliveries(self, matching: DeliveryFilter) -> int:
        """Has deliveries that have ended attempted at once; returns their number.

        Raises NotFound when the filter names an id that no delivery has.
        """
        names = list(self._endpoints.by_name)
        count = await write_database(self._ledger.replay_deliveries, matching, names)
        log.info("webhooks replayed", count=count)
        self.wake()
        return count

    async def _run_cleanups(self) -> None:
        """Deletes old deliveries at once and then every hour, until cancelled."""
        while True:
            try:
                await work_on_database(self._delete_old_deliveries)
            except JobDatabaseUnavailable:
                log.warning("cleanup of webhooks failed; retrying in an hour")
            await asyncio.sleep(CLEANUP_INTERVAL_SECONDS)

    def _delete_old_deliveries(self) -> None:
        """Deletes old deliveries that have ended; fails those whose endpoint is long removed."""
        now, kept = datetime.now(UTC), timedelta(days=self._retention_days)
        self._ledger.delete_ended(
            delivered_before=now - min(kept, timedelta(days=DELIVERED_DAYS)),
            failed_before=now - kept,
        )
        self._ledger.fail_removed(
            list(self._endpoints.by_name), timedelta(days=REMOVED_DAYS).total_seconds()
        )


def _describe_endpoint(
    endpoint: WebhookEndpoint,
    backlog: Backlog,
    disabled_since: float | None,
    problem: str,
    *,
    shows_url: bool,
) -> webhooks_pb2.WebhookEndpoint:
    """Returns an endpoint as callers see it."""
    described = webhooks_pb2.WebhookEndpoint(
        name=endpoint.name,
        url=endpoint.url if shows_url else "",
        events=sorted(endpoint.events),
        waiting=backlog.waiting,
        problem=problem,
    )
    if disabled_since is not None:
        described.disable_time.FromMicroseconds(round(disabled_since * 1e6))
    return described


def _describe_delivery(row: sa.Row[Any]) -> webhooks_pb2.WebhookDelivery:
    """Returns a delivery as callers see it. row: its LISTED_COLUMNS."""
    described = webhooks_pb2.WebhookDelivery(
        id=row.id,
        endpoint=row.endpoint,
        type=row.type,
        job=f"jobs/{row.job}",
        state=row.state,
        attempts=row.attempts,
        status=row.status,
        reason=row.reason,
    )
    described.create_time.FromMicroseconds(round(row.created * 1e6))
    if row.attempted is not None:
        described.attempt_time.FromMicroseconds(round(row.attempted * 1e6))
    if row.state == webhooks_pb2.WEBHOOK_DELIVERY_STATE_WAITING:
        due = max(row.next_attempt, row.created)
        described.next_attempt_time.FromMicroseconds(round(due * 1e6))
    return described
