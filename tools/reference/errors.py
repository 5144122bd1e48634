"""The page about failures: every reason with its status, from the classes that raise it."""

import inspect
from collections.abc import Iterator
from importlib import import_module

from grpc import StatusCode

from cyclorama.errors import CycloramaError as Raised
from gateway.stage_client import TRANSPORT_ERRORS
from services.runtime.errors import ServiceError
from tools.reference.tables import code, table

HEAD = """# Errors

Made from the classes that raise them; `make reference` writes this page anew.

A call that fails carries a gRPC status, a sentence that says what to do, and a
`google.rpc.ErrorInfo` with a fixed reason in the domain `cyclorama`, the `call_id` that finds it in
the logs, and the `stage` that failed. In Python it is a
[CycloramaError](client.md#cycloramaerror) with these as attributes. Other languages read the
details in the trailer `grpc-status-details-bin`, or the same as plain trailers: `cyclorama-reason`,
`cyclorama-stage`, `cyclorama-call-id` and `cyclorama-retry-seconds`.

`exit` is what the command line then ends with: 2 where the caller can mend it, 1 where the system
has to, or where waiting helps.

"""
MODULES = ("services.diffusion.errors", "gateway.callers.quotas", "gateway.callers.authentication")
INTERNAL = (StatusCode.INTERNAL, "Unexpected; the service's log tells more under the call's id.")


def page() -> str:
    """The whole page."""
    reasons = {"INTERNAL": INTERNAL} | dict(_transport()) | dict(_raised())
    lines = [
        (code(reason), code(status.name), _exit(reason, status), text)
        for reason, (status, text) in sorted(reasons.items())
    ]
    return HEAD + table(["reason", "status", "exit", "what happened"], lines)


def _raised() -> Iterator[tuple[str, tuple[StatusCode, str]]]:
    """Every class of failures that has a reason of its own: the reason, status, first sentence."""
    for module in MODULES:
        import_module(module)
    for kind in _below(ServiceError):
        if "reason" in vars(kind):
            text = (inspect.getdoc(kind) or "").split("\n\n")[0]
            yield kind.reason, (kind.code, " ".join(text.split()))


def _transport() -> Iterator[tuple[str, tuple[StatusCode, str]]]:
    """What the gateway says of a stage that did not say anything itself."""
    for status, (reason, text) in TRANSPORT_ERRORS.items():
        yield reason, (status, f"A stage {text}.")


def _below(kind: type[ServiceError]) -> Iterator[type[ServiceError]]:
    for each in kind.__subclasses__():
        yield each
        yield from _below(each)


def _exit(reason: str, status: StatusCode) -> str:
    return "2" if Raised(status, "", reason=reason).caller_can_fix else "1"
