"""Prepares the gRPC calls of webhooks, as cyclorama.operations does those of ads."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from google.protobuf.message import Message

from cyclorama.operations import Operation
from cyclorama.v1 import webhooks_pb2
from cyclorama.v1.webhooks_pb2_grpc import WebhookServiceStub

DeliveryState = Literal["waiting", "delivered", "failed"]
_PREFIX = "WEBHOOK_DELIVERY_STATE_"


@dataclass(frozen=True)
class WebhookDelivery:
    """An event on its way to an endpoint.

    id: of the event, as in the header webhook-id. endpoint: its name. type: of the event, such as
    "job.succeeded". job: such as "jobs/5f0c". state: waiting, delivered or failed. created: time
    of the event. attempts: how many were made. status: HTTP status of the last one, 0 without a
    response. reason: why it failed, such as "TIMEOUT", else empty. attempted: time of the last
    attempt. due: time of the next attempt. Times are in UTC, without a time zone; None for none.
    """

    id: str
    endpoint: str
    type: str
    job: str
    state: str
    created: datetime
    attempts: int
    status: int
    reason: str
    attempted: datetime | None
    due: datetime | None


@dataclass(frozen=True)
class WebhookEndpointReport:
    """An endpoint of a gateway.

    name: in the file of the gateway. url: empty unless the caller is an admin. events: types of
    those that it receives. disabled: since when its server wants no events, in UTC, without a time
    zone; None while it is enabled. waiting: number of deliveries that wait. problem: why its server
    cannot be reached, such as "TLS"; empty when it can, or was not checked.
    """

    name: str
    url: str
    events: tuple[str, ...]
    disabled: datetime | None
    waiting: int
    problem: str


def prepare_endpoint_list(check: bool) -> Operation[list[WebhookEndpointReport]]:
    """Prepares, without sending it, the call that lists endpoints.

    check: whether the gateway connects to their servers.
    """
    request = webhooks_pb2.ListWebhookEndpointsRequest(check=check)
    return Operation(
        WebhookServiceStub,
        "ListWebhookEndpoints",
        request,
        lambda reply: [_read_endpoint(each) for each in reply.endpoints],
    )


def prepare_enabling(name: str) -> Operation[None]:
    """Prepares, without sending it, the call that enables an endpoint, given by its name."""
    request = webhooks_pb2.EnableWebhookEndpointRequest(name=name)
    return Operation(WebhookServiceStub, "EnableWebhookEndpoint", request, lambda _: None)


def prepare_delivery_page(
    state: DeliveryState | Literal[""], endpoint: str, token: str
) -> Operation[tuple[list[WebhookDelivery], str | None]]:
    """Prepares, without sending it, the call that lists one page of deliveries, newest first.

    state: only those in this state; empty for all. endpoint: its name; empty for all. token: of the
    page, as the previous page returned it; empty for the first page.

    The result is the deliveries and the token of the next page, None after the last page.
    """
    request = webhooks_pb2.ListWebhookDeliveriesRequest(
        page_token=token, endpoint=endpoint, states=_list_states(state)
    )
    return Operation(
        WebhookServiceStub,
        "ListWebhookDeliveries",
        request,
        lambda reply: (
            [_read_delivery(each) for each in reply.deliveries],
            reply.next_page_token or None,
        ),
    )


def prepare_delivery_replay(
    id: str, state: DeliveryState | Literal[""], since: datetime | None, endpoint: str
) -> Operation[int]:
    """Prepares, without sending it, the call that replays deliveries; its result is their number.

    id, state, since, endpoint: what they have in common; empty or None for any.
    """
    request = webhooks_pb2.ReplayWebhookDeliveriesRequest(
        id=id, endpoint=endpoint, states=_list_states(state)
    )
    if since is not None:
        utc = since if since.tzinfo else since.replace(tzinfo=UTC)
        request.created_from.FromDatetime(utc)
    return Operation(
        WebhookServiceStub, "ReplayWebhookDeliveries", request, lambda reply: reply.count
    )


def _list_states(state: str) -> list[str]:
    """Returns a state as the contract lists it, none for an empty one; ValueError if unknown."""
    known = [name.removeprefix(_PREFIX) for name in webhooks_pb2.WebhookDeliveryState.keys()[1:]]
    if state and state.upper() not in known:
        names = ", ".join(name.lower() for name in known)
        raise ValueError(f"state: is {state!r}; give one of {names}")
    return [f"{_PREFIX}{state.upper()}"] if state else []


def _read_delivery(delivery: webhooks_pb2.WebhookDelivery) -> WebhookDelivery:
    """Converts a WebhookDelivery message of the contract."""
    state = webhooks_pb2.WebhookDeliveryState.Name(delivery.state)
    return WebhookDelivery(
        id=delivery.id,
        endpoint=delivery.endpoint,
        type=delivery.type,
        job=delivery.job,
        state=state.removeprefix(_PREFIX).lower(),
        created=delivery.create_time.ToDatetime(),
        attempts=delivery.attempts,
        status=delivery.status,
        reason=delivery.reason,
        attempted=_read_time(delivery, "attempt_time"),
        due=_read_time(delivery, "next_attempt_time"),
    )


def _read_endpoint(endpoint: webhooks_pb2.WebhookEndpoint) -> WebhookEndpointReport:
    """Converts a WebhookEndpoint message of the contract."""
    return WebhookEndpointReport(
        name=endpoint.name,
        url=endpoint.url,
        events=tuple(endpoint.events),
        disabled=_read_time(endpoint, "disable_time"),
        waiting=endpoint.waiting,
        problem=endpoint.problem,
    )


def _read_time(message: Message, field: str) -> datetime | None:
    """Returns a time of a message, given by its field; None when it is unset."""
    if not message.HasField(field):
        return None
    time: datetime = getattr(message, field).ToDatetime()
    return time
