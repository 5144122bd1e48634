"""Translates the errors of gRPC into those of the client, and says what to do about each."""

from collections.abc import Iterable
from typing import cast

import grpc

from cyclorama.defaults import GATEWAY, STAGE_ADDRESSES
from cyclorama.error_details import STATUS_KEY, read_field_violations
from cyclorama.errors import (
    CLIENT_CLOSED,
    MESSAGE_TOO_LARGE,
    TIMED_OUT,
    UNREACHABLE,
    WRONG_SERVICE,
    CycloramaError,
    FieldViolation,
    find_error_class,
)

Metadata = Iterable[tuple[str, str | bytes]]

# The reason by which the gateway reports that the time limit of the call passed in a stage.
OUT_OF_TIME = "OUT_OF_TIME"
# Seconds to wait before a retry when nothing answers. Larger: a server that restarts is found
# later; smaller: more calls that fail.
RETRY_SECONDS = 0.5
# Why there was no answer, by what the text of gRPC has in it.
CAUSES = (
    (
        "http1",
        "what answers at {address} speaks HTTP and no gRPC, as the page does; give the address of "
        f"the gateway, such as {GATEWAY}",
    ),
    (
        "WRONG_VERSION_NUMBER",
        "the server at {address} does not speak TLS; leave out ca, cert and key, or start it with "
        "a certificate",
    ),
    (
        "CERTIFICATE_VERIFY_FAILED",
        "the certificate of the server at {address} is not trusted; pass ca=... with the file of "
        "the authority that signed it",
    ),
    ("address lookup failed", "there is no host of the name in {address}; check it"),
)
CLOSED = "this client is closed; open another one"
TOO_LARGE = "the pictures are too large for one message; send smaller ones"


def build_closed_error() -> CycloramaError:
    """Returns the error of a call through a client that is closed."""
    error_class = find_error_class(grpc.StatusCode.CANCELLED, CLIENT_CLOSED, "")
    return error_class(grpc.StatusCode.CANCELLED, CLOSED, reason=CLIENT_CLOSED)


def build_timeout_error(seconds: float | None) -> CycloramaError:
    """Returns the error of a call whose time limit has passed; seconds: the limit, if known."""
    code = grpc.StatusCode.DEADLINE_EXCEEDED
    error_class = find_error_class(code, TIMED_OUT, "")
    text = f"there is {_explain_timeout(seconds)}"
    return error_class(code, text, reason=TIMED_OUT, retry_seconds=RETRY_SECONDS)


def error_from_rpc(
    error: grpc.RpcError,
    address: str,
    *,
    service: str = "",
    uses_tls: bool = False,
    timeout: float | None = None,
) -> CycloramaError:
    """Converts the error of a gRPC call, blocking or asynchronous, into a CycloramaError.

    The server sends the reason, the stage, the call ID and the time to retry as trailing metadata;
    without a reason, the error comes from gRPC itself.

    address: the server, named in the text when it does not answer. service: the service that was
    called, such as "AdService". uses_tls: whether the connection is encrypted, so that a
    certificate that is not trusted may be the cause. timeout: of the whole call in seconds.
    """
    metadata = list(cast(Metadata, error.trailing_metadata() or ()))
    trailers = {key: value for key, value in metadata if isinstance(value, str)}
    code, reason = error.code(), trailers.get("cyclorama-reason", "")
    if not reason and code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return build_timeout_error(timeout)
    text, retry_text = error.details() or "", trailers.get("cyclorama-retry-seconds")
    stage = trailers.get("cyclorama-stage", "")
    if reason == OUT_OF_TIME and timeout:
        # The gateway has no other limit than that of the call.
        text = f"{stage}: {_explain_timeout(timeout)}"
    retry_seconds = float(retry_text) if retry_text else None
    if not reason and code is grpc.StatusCode.UNAVAILABLE:
        text, reason = _explain_no_answer(text, address, uses_tls), UNREACHABLE
        retry_seconds = RETRY_SECONDS
    elif not reason and code is grpc.StatusCode.UNIMPLEMENTED:
        text, reason = _explain_wrong_service(address, service), WRONG_SERVICE
    elif not reason and code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        text, reason = TOO_LARGE, MESSAGE_TOO_LARGE
    return find_error_class(code, reason, stage)(
        code,
        text,
        reason=reason,
        stage=stage,
        call_id=trailers.get("cyclorama-call-id", ""),
        retry_seconds=retry_seconds,
        field_violations=_read_violations(metadata),
    )


def _explain_timeout(seconds: float | None) -> str:
    """Says that a time limit has passed, and what to do; seconds: the limit, if known."""
    limit = f"{seconds:g} s" if seconds else "its deadline"
    return f"no result within {limit}; allow more time with timeout=..."


def _explain_no_answer(details: str, address: str, uses_tls: bool) -> str:
    """Says why no server answers at an address, and what to do.

    details: the text of gRPC, which names some causes.
    """
    for sign, text in CAUSES:
        if sign.lower() in details.lower():
            return text.format(address=address)
    if uses_tls and "connection refused" not in details.lower():
        return f"nothing with a certificate to trust answers at {address}; is it running?"
    if "socket closed" in details.lower():
        what = "is it restarting, or does it speak TLS (then pass ca=...)?"
        return f"the server at {address} closed the connection; {what}"
    return f"nothing answers at {address}; is it running?"


def _explain_wrong_service(address: str, service: str) -> str:
    """Says that the server at an address has another service, and where the right one is."""
    stage = service.removesuffix("Service").lower()
    if stage in STAGE_ADDRESSES:
        right = f"the {stage} stage, by default {STAGE_ADDRESSES[stage]}"
    else:
        right = f"the gateway, by default {GATEWAY}"
    return (
        f"the server at {address} has no such method of {service or 'this service'}; give the "
        f"address of {right}, or update the server"
    )


def _read_violations(metadata: Metadata) -> tuple[FieldViolation, ...]:
    """Returns the invalid fields that trailing metadata name."""
    statuses = (value for key, value in metadata if key == STATUS_KEY and isinstance(value, bytes))
    return tuple(
        FieldViolation(field, text)
        for status in statuses
        for field, text in read_field_violations(status)
    )
