"""Attempts the deliveries of the ledger on the event loop; each endpoint has slots of its own."""

import asyncio
from collections import Counter
from collections.abc import Mapping

import structlog

from gateway.database_threads import work_on_database
from gateway.jobs.dispatcher import wait_for_event
from gateway.webhooks.attempts import Attempt, FailureReason
from gateway.webhooks.endpoint_file import WebhookEndpoint, WebhookEndpoints
from gateway.webhooks.ledger import DeliveryLedger, DueDelivery, EndedAttempt
from gateway.webhooks.metrics import ATTEMPT_SECONDS, note_attempt
from gateway.webhooks.schedule import compute_retry_seconds
from gateway.webhooks.sender import WebhookSender
from services.runtime.errors import JobDatabaseUnavailable

# Longest time between two looks at the ledger. Smaller: retries start closer to their time; more
# queries.
LOOK_SECONDS = 1.0
# Pause before a look: attempts that end meanwhile share its transaction. Larger: fewer
# transactions; deliveries take longer.
BATCH_SECONDS = 0.02
# Pause after the database failed. Smaller: deliveries continue sooner after an outage.
RETRY_SECONDS = 0.5

log = structlog.get_logger()


class WebhookDispatcher:
    """Claims deliveries, attempts them, and stores how that ended.

    The ledger alone decides what is delivered. What a gateway had in flight when it ended is
    attempted once more, so that an event may arrive twice, and is never lost.
    """

    def __init__(
        self, ledger: DeliveryLedger, endpoints: WebhookEndpoints, sender: WebhookSender
    ) -> None:
        self._ledger, self._endpoints, self._sender = ledger, endpoints, sender
        self._tasks: dict[int, asyncio.Task[None]] = {}
        # Attempts in flight, by name of the endpoint.
        self._in_flight: Counter[str] = Counter()
        # Of attempts that the ledger does not know of yet.
        self._ended: list[EndedAttempt] = []
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Has the ledger looked at now; to be called on the event loop."""
        self._changed.set()

    async def run(self) -> None:
        """Attempts deliveries until it is cancelled, and then stops those in flight."""
        try:
            while True:
                self._endpoints.reload_changed_file()
                self._changed.clear()
                if await self._exchange_safely():
                    await wait_for_event(self._changed, LOOK_SECONDS)
                    await asyncio.sleep(BATCH_SECONDS)
                else:
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            for task in self._tasks.values():
                task.cancel()

    async def _exchange_safely(self) -> bool:
        """Exchanges deliveries with the ledger; returns False when that failed."""
        try:
            await self._exchange_deliveries()
        except JobDatabaseUnavailable:
            # The database monitor reports it.
            return False
        except Exception:
            log.exception("webhooks not exchanged with the ledger; retrying")
            return False
        return True

    async def _exchange_deliveries(self) -> None:
        """Stores the attempts that have ended, and starts those that are due."""
        ended = list(self._ended)
        endpoints = self._endpoints.by_name
        due = await work_on_database(
            self._ledger.exchange_deliveries, ended, self._count_free_slots(endpoints)
        )
        del self._ended[: len(ended)]
        for delivery in due:
            self._in_flight[delivery.endpoint] += 1
            attempting = self._attempt(delivery, endpoints[delivery.endpoint])
            self._tasks[delivery.number] = asyncio.create_task(attempting)

    def _count_free_slots(self, endpoints: Mapping[str, WebhookEndpoint]) -> dict[str, int]:
        """Returns how many more attempts each endpoint may have in flight, by name.

        Attempts whose end is not stored yet count.
        """
        waiting = Counter(each.delivery.endpoint for each in self._ended)
        return {
            name: endpoint.max_concurrent - self._in_flight[name] - waiting[name]
            for name, endpoint in endpoints.items()
        }

    async def _attempt(self, delivery: DueDelivery, endpoint: WebhookEndpoint) -> None:
        """Attempts a delivery, and has its end stored."""
        try:
            with ATTEMPT_SECONDS.labels(endpoint.name).time():
                attempt = await self._sender.send_event(endpoint, delivery.id, delivery.payload)
        except Exception as error:
            # A bug here must not occupy the slot, nor lose the event.
            log.exception("webhook attempt failed", endpoint=endpoint.name, id=delivery.id)
            attempt = Attempt(reason=FailureReason.INVALID_RESPONSE, cause=type(error).__name__)
        finally:
            self._in_flight[endpoint.name] -= 1
            del self._tasks[delivery.number]
        self._end_attempt(delivery, endpoint, attempt)

    def _end_attempt(
        self, delivery: DueDelivery, endpoint: WebhookEndpoint, attempt: Attempt
    ) -> None:
        """Notes the end of an attempt for the next exchange, in metrics, and in the log."""
        tries = delivery.tries + 1
        retry_seconds = None
        if attempt.reason and not attempt.is_gone:
            pauses = endpoint.retry_seconds
            retry_seconds = compute_retry_seconds(tries, pauses, attempt.retry_after)
        note_attempt(endpoint.name, attempt.reason, is_last=retry_seconds is None)
        if attempt.reason:
            log.warning(
                "webhook not delivered",
                endpoint=endpoint.name,
                id=delivery.id,
                attempt=tries,
                reason=attempt.reason,
                cause=attempt.cause,
                retry_seconds=None if retry_seconds is None else round(retry_seconds, 1),
            )
        if attempt.is_gone:
            log.warning("webhook endpoint disabled: it responded 410", endpoint=endpoint.name)
        self._ended.append(EndedAttempt(delivery, attempt, retry_seconds))
        self.wake()
        if retry_seconds is not None and retry_seconds < LOOK_SECONDS:
            asyncio.get_running_loop().call_later(retry_seconds, self.wake)
