"""Errors of uploads that the page does not accept."""

from starlette.datastructures import Headers
from starlette.types import Scope

from cyclorama.web.error_messages import ErrorMessage

# Seconds after which to send a refused upload again.
RETRY_SECONDS = 10


class UploadError(Exception):
    """An upload that the page does not accept: the status of the response, and its content.

    retry_seconds: when to send it again; None if it would be refused again.
    """

    def __init__(
        self, status: int, message: ErrorMessage, retry_seconds: int | None = None
    ) -> None:
        """Creates the error. status: of HTTP. message: what the browser shows."""
        super().__init__(message.title)
        self.status = status
        self.message = message
        self.retry_seconds = retry_seconds


def check_body_length(scope: Scope) -> None:
    """Raises UploadError, status 411, when a request has neither a length nor chunks."""
    headers = Headers(scope=scope)
    if "transfer-encoding" not in headers and "content-length" not in headers:
        text = "The request has no Content-Length."
        raise UploadError(411, ErrorMessage("There is no file", text, "Send the form's length."))


def build_too_large_error(max_mib: int) -> UploadError:
    """Returns the error of an upload whose photo has more than max_mib."""
    text = f"The photo has more than {max_mib} MiB."
    return UploadError(413, ErrorMessage("The photo is too large", text, "Use a smaller file."))


def build_busy_error() -> UploadError:
    """Returns the error of an upload for which there is no room at the moment."""
    text = "Too many photos are being uploaded."
    message = ErrorMessage("The page is busy", text, "Try again in a moment.", can_retry=True)
    return UploadError(503, message, RETRY_SECONDS)
