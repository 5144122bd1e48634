"""Has one image server generate an image, and checks what it sends."""

from services.diffusion.dialect import Dialect, ServerCapabilities
from services.diffusion.names import check_model_used, strip_model_name
from services.diffusion.output import DiffusionResult, OutputRemedies, check_output
from services.diffusion.request import DiffusionRequest


def generate_image(
    dialect: Dialect, request: DiffusionRequest, server: ServerCapabilities, timeout: float
) -> DiffusionResult:
    """Sends one request to one image server, without retries, and returns the checked image.

    Raises the classes in `services.diffusion.errors`: InvalidOutput for an image that fails a
    check.

    dialect: the client of the server.
    server: what the server offers.
    timeout: seconds to wait for the image.
    """
    unchecked = dialect.generate(request, server, timeout)
    check_model_used(request.sampling.model, unchecked.model, server)
    model = strip_model_name(unchecked.model.name) or server.model
    remedies = OutputRemedies(dialect.empty_remedy, dialect.size_remedy)
    return check_output(request, unchecked, server.kind, model, remedies)
