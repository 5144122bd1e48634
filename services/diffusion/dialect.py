"""The interface to one HTTP API of image servers."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from services.diffusion.request import (
    DiffusionProgress,
    DiffusionRequest,
    ListedName,
    ReceivedImage,
    find_size_violations,
)
from services.runtime.errors import InvalidRequest, Violation


@dataclass(frozen=True)
class ServerCapabilities:
    """The result of a probe: what software one server runs and what it offers.

    kind: the software behind the API, as manifests name it. has_masks: whether it receives the
    masks of images to repaint; without, only our own restoring keeps the product. has_jobs: whether
    it takes images as jobs, which it queues, and reports on each. model: the model that is loaded,
    without folder and suffix; empty if the server does not report it. An empty list means that the
    server does not list such names.
    """

    kind: str
    has_progress: bool
    has_interrupt: bool
    has_masks: bool = True
    has_jobs: bool = False
    samplers: tuple[ListedName, ...] = ()
    schedulers: tuple[ListedName, ...] = ()
    models: tuple[ListedName, ...] = ()
    model: str = ""


class Dialect(Protocol):
    """Client of one server's API. One thread generates while others read health or progress.

    Failures are raised as the classes in `errors`; their texts contain no address.
    """

    name: str
    # Part of the engine's version: changes when equal requests would give other images, such as
    # with another workflow. Usually empty.
    variant: str
    # What to do about empty images, images of another size and masks without effect; ends of error
    # texts.
    empty_remedy: str
    size_remedy: str
    mask_remedy: str

    def find_violations(self, request: DiffusionRequest) -> Iterator[Violation]:
        """Yields a violation for each field that this API cannot express; sends nothing."""
        ...

    def read_loaded_model(self, timeout: float) -> str:
        """Returns the model that the server has loaded, as probe() names it; "" if unknown.

        The health check: a quick request, which raises if the server cannot be used.

        timeout: seconds within which the server has to answer.
        """
        ...

    def probe(self) -> ServerCapabilities:
        """Returns what the server is and offers; raises if it does not answer."""
        ...

    def generate(
        self, request: DiffusionRequest, capabilities: ServerCapabilities, timeout: float
    ) -> ReceivedImage:
        """Generates an image of `request.canvas.padded_size`; returns when the server is done.

        capabilities: what the server's last probe found.
        timeout: seconds after which it raises DiffusionTimeout at the latest.
        """
        ...

    def read_progress(self) -> DiffusionProgress | None:
        """Returns the server's progress; None if it does not report any. Never raises."""
        ...

    def interrupt(self) -> None:
        """Stops the image that generate() waits for."""
        ...


def check_diffusion_request(request: DiffusionRequest, dialect: Dialect) -> None:
    """Raises InvalidRequest for a request that image servers would accept but not fulfill.

    dialect: the client of the server, which knows the limits of the server's API.
    """
    violations = (*find_size_violations(request), *dialect.find_violations(request))
    if violations:
        raise InvalidRequest(*violations)
