"""The servicer of WebhookService: lists and enables endpoints, lists and replays deliveries."""

import grpc

from cyclorama.v1 import webhooks_pb2, webhooks_pb2_grpc
from gateway.callers.caller import get_current_caller
from gateway.jobs.events import to_utc
from gateway.rules import MAX_PAGE_SIZE
from gateway.webhooks.ledger import DeliveryFilter
from gateway.webhooks.service import WebhookService
from services.runtime.errors import InvalidRequest, UnsupportedFeature, Violation

NO_WEBHOOKS = (
    "this gateway has no webhooks; have CYCLORAMA_GATEWAY_WEBHOOKS set to a file of endpoints"
)
# Deliveries on a page whose size the request leaves to the gateway.
DEFAULT_DELIVERIES = 100


class WebhookServicer(webhooks_pb2_grpc.WebhookServiceServicer):
    """Raises UnsupportedFeature where the gateway has no webhooks."""

    def __init__(self, webhooks: WebhookService | None) -> None:
        self._webhooks_or_none = webhooks

    async def ListWebhookEndpoints(
        self,
        request: webhooks_pb2.ListWebhookEndpointsRequest,
        context: grpc.aio.ServicerContext,
    ) -> webhooks_pb2.ListWebhookEndpointsResponse:
        """Lists the endpoints that may receive events of the caller's jobs."""
        found = await self._webhooks.list_endpoints(get_current_caller(), check=request.check)
        return webhooks_pb2.ListWebhookEndpointsResponse(endpoints=found)

    async def EnableWebhookEndpoint(
        self,
        request: webhooks_pb2.EnableWebhookEndpointRequest,
        context: grpc.aio.ServicerContext,
    ) -> webhooks_pb2.EnableWebhookEndpointResponse:
        """Enables an endpoint that was disabled."""
        await self._webhooks.enable_endpoint(request.name)
        return webhooks_pb2.EnableWebhookEndpointResponse()

    async def ListWebhookDeliveries(
        self,
        request: webhooks_pb2.ListWebhookDeliveriesRequest,
        context: grpc.aio.ServicerContext,
    ) -> webhooks_pb2.ListWebhookDeliveriesResponse:
        """Lists a page of deliveries of the caller's jobs, newest first."""
        matching = DeliveryFilter(
            endpoint=request.endpoint,
            states=request.states,
            owner=get_current_caller().visible_owner,
        )
        deliveries, last = await self._webhooks.list_deliveries(
            matching,
            min(request.page_size or DEFAULT_DELIVERIES, MAX_PAGE_SIZE),
            int(request.page_token) if request.page_token else None,
        )
        return webhooks_pb2.ListWebhookDeliveriesResponse(
            deliveries=deliveries, next_page_token=str(last or "")
        )

    async def ReplayWebhookDeliveries(
        self,
        request: webhooks_pb2.ReplayWebhookDeliveriesRequest,
        context: grpc.aio.ServicerContext,
    ) -> webhooks_pb2.ReplayWebhookDeliveriesResponse:
        """Replays deliveries of the caller's jobs that have ended."""
        has_time = request.HasField("created_from")
        if not (request.id or request.states or has_time):
            text = "is missing; name an id, states or a time"
            raise InvalidRequest(Violation("id", text))
        matching = DeliveryFilter(
            id=request.id,
            endpoint=request.endpoint,
            states=request.states,
            created_from=to_utc(request.created_from.ToDatetime()) if has_time else None,
            owner=get_current_caller().visible_owner,
        )
        count = await self._webhooks.replay_deliveries(matching)
        return webhooks_pb2.ReplayWebhookDeliveriesResponse(count=count)

    @property
    def _webhooks(self) -> WebhookService:
        """The webhooks; raises UnsupportedFeature when the gateway has none."""
        if self._webhooks_or_none is None:
            raise UnsupportedFeature(NO_WEBHOOKS)
        return self._webhooks_or_none
