"""The result of one attempt to deliver a webhook."""

from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus

from gateway.webhooks.schedule import parse_retry_after


class FailureReason(StrEnum):
    """Why a delivery failed, as WebhookDelivery.reason of the contract lists it."""

    HTTP_STATUS = "HTTP_STATUS"
    REDIRECT = "REDIRECT"
    TIMEOUT = "TIMEOUT"
    UNREACHABLE = "UNREACHABLE"
    TLS = "TLS"
    REFUSED_ADDRESS = "REFUSED_ADDRESS"
    INVALID_RESPONSE = "INVALID_RESPONSE"
    DISABLED = "DISABLED"
    REMOVED = "REMOVED"


@dataclass(frozen=True)
class Attempt:
    """What became of an attempt.

    status: of the response; 0 without one. reason: None when it was delivered. cause: for the log
    of the operator. retry_after: seconds that the server asked to wait; None if it did not.
    """

    status: int = 0
    reason: FailureReason | None = None
    cause: str = ""
    retry_after: float | None = None

    @property
    def is_gone(self) -> bool:
        """Whether the server wants no more events."""
        return self.status == HTTPStatus.GONE


def judge_response(status: int, retry_after: str | None) -> Attempt:
    """Returns the result of an attempt with a response.

    status: of the response. retry_after: its header; None without it. It counts unless the event
    was delivered.
    """
    if 200 <= status < 300:
        return Attempt(status)
    reason = FailureReason.REDIRECT if 300 <= status < 400 else FailureReason.HTTP_STATUS
    pause = None if retry_after is None else parse_retry_after(retry_after)
    return Attempt(status, reason, f"status {status}", pause)
