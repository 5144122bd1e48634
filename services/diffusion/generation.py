"""Has one image server generate an image, and checks what it sends."""

from collections.abc import Callable

from services.diffusion.dialect import Dialect, ServerCapabilities
from services.diffusion.errors import InvalidOutput
from services.diffusion.images import decode_server_image
from services.diffusion.names import check_model_used, strip_model_name
from services.diffusion.output import DiffusionResult, OutputRemedies, check_output
from services.diffusion.request import DiffusionRequest, ReceivedImage, UncheckedResult


def generate_image(
    dialect: Dialect,
    request: DiffusionRequest,
    server: ServerCapabilities,
    timeout: float,
    on_received: Callable[[], None] = lambda: None,
) -> DiffusionResult:
    """Sends one request to one image server, without retries, and returns the checked image.

    Raises the classes in `services.diffusion.errors`: InvalidOutput for an image that fails a
    check.

    dialect: the client of the server.
    server: what the server offers.
    timeout: seconds to wait for the image.
    on_received: called when the server is done with the image, which is then decoded and checked.
    """
    received = dialect.generate(request, server, timeout)
    check_model_used(request.sampling.model, received.model, server)
    on_received()
    model = strip_model_name(received.model.name) or server.model
    remedies = OutputRemedies(dialect.empty_remedy, dialect.size_remedy)
    return check_output(request, _decode_image(received), server.kind, model, remedies)


def _decode_image(received: ReceivedImage) -> UncheckedResult:
    """Decodes the image that a server sent; raises InvalidOutput if it is none."""
    try:
        pixels = decode_server_image(received.file)
    except ValueError as error:
        raise InvalidOutput("the image server sent no picture; see its log") from error
    return UncheckedResult(
        pixels, received.model, received.parameters, received.measured, received.warnings
    )
