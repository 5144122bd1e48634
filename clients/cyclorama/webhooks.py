"""Webhooks: lists and replays the deliveries of events by a gateway."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from typing import Literal

from cyclorama.operations import AsyncRunner, Runner
from cyclorama.webhook_operations import (
    DeliveryState,
    WebhookDelivery,
    WebhookEndpointReport,
    prepare_delivery_page,
    prepare_delivery_replay,
    prepare_enabling,
    prepare_endpoint_list,
)


class Webhooks:
    """Lists and replays the webhooks of a gateway: `client.webhooks`.

    Callers see those of their own jobs, admins all. Every method fails with UNSUPPORTED_FEATURE
    when the gateway has no webhooks.
    """

    def __init__(self, client: Runner) -> None:
        self._client = client

    def endpoints(self, *, check: bool = False) -> list[WebhookEndpointReport]:
        """Lists the endpoints that may receive events of your jobs.

        check: whether the gateway connects to their servers, to report which it cannot reach.
        """
        return self._client.run(prepare_endpoint_list(check))

    def enable(self, endpoint: str) -> None:
        """Enables an endpoint, given by its name, that was disabled by the status 410.

        Errors: NOT_FOUND when there is no such endpoint, MISSING_SCOPE unless you are an admin.
        """
        self._client.run(prepare_enabling(endpoint))

    def list(
        self, state: DeliveryState | Literal[""] = "", *, endpoint: str = ""
    ) -> Iterator[WebhookDelivery]:
        """Yields every delivery, newest first.

        state: only those in this state: waiting, delivered or failed. endpoint: only those to this
        one, given by its name.
        """
        page_token: str | None = ""
        while page_token is not None:
            operation = prepare_delivery_page(state, endpoint, page_token)
            deliveries, page_token = self._client.run(operation)
            yield from deliveries

    def replay(
        self,
        id: str = "",
        *,
        state: DeliveryState | Literal[""] = "",
        since: datetime | None = None,
        endpoint: str = "",
    ) -> int:
        """Has deliveries that have ended made once more, with the same ids; returns their number.

        id: of one event. state: "failed" or "delivered"; default both. since: earliest time of the
        events; a time without a zone is in UTC. endpoint: its name. One of the first three is
        required; deliveries meet all that are given.

        Errors: NOT_FOUND when there is no delivery of that id, INVALID_REQUEST without any of them.
        """
        return self._client.run(prepare_delivery_replay(id, state, since, endpoint))


class AsyncWebhooks:
    """Webhooks for asyncio: every method of Webhooks, awaited; list with `async for`."""

    def __init__(self, client: AsyncRunner) -> None:
        self._client = client

    async def endpoints(self, *, check: bool = False) -> list[WebhookEndpointReport]:
        """As Webhooks.endpoints: lists endpoints; check connects to their servers."""
        return await self._client.run(prepare_endpoint_list(check))

    async def enable(self, endpoint: str) -> None:
        """As Webhooks.enable: enables an endpoint, given by its name."""
        await self._client.run(prepare_enabling(endpoint))

    async def list(
        self, state: DeliveryState | Literal[""] = "", *, endpoint: str = ""
    ) -> AsyncIterator[WebhookDelivery]:
        """As Webhooks.list: yields every delivery in a state and to an endpoint, newest first."""
        page_token: str | None = ""
        while page_token is not None:
            operation = prepare_delivery_page(state, endpoint, page_token)
            deliveries, page_token = await self._client.run(operation)
            for delivery in deliveries:
                yield delivery

    async def replay(
        self,
        id: str = "",
        *,
        state: DeliveryState | Literal[""] = "",
        since: datetime | None = None,
        endpoint: str = "",
    ) -> int:
        """As Webhooks.replay: has deliveries made once more; returns their number.

        The arguments id, state, since and endpoint say which.
        """
        return await self._client.run(prepare_delivery_replay(id, state, since, endpoint))
