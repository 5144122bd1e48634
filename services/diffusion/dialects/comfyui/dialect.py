"""Client of the ComfyUI API: fills a workflow with a request, and has a server run it."""

import json
import time
from collections.abc import Iterator

from services.diffusion.dialect import ServerCapabilities
from services.diffusion.dialects.comfyui import ComfyUISettings
from services.diffusion.dialects.comfyui.api import open_api
from services.diffusion.dialects.comfyui.job import PromptRun
from services.diffusion.dialects.comfyui.loading import open_workflow
from services.diffusion.dialects.comfyui.probe import (
    choose_model,
    explain_server_problems,
    list_models,
    probe_comfyui,
    warn_of_choice,
)
from services.diffusion.dialects.comfyui.values import (
    count_passes,
    encode_init_files,
    list_values,
    warn_of_unused_values,
)
from services.diffusion.dialects.comfyui.workflow import Workflow, list_model_names
from services.diffusion.errors import ServerRefused
from services.diffusion.names import resolve_sampler, strip_model_name
from services.diffusion.request import (
    DiffusionProgress,
    DiffusionRequest,
    ListedName,
    Purpose,
    ReceivedImage,
    warn_of_overrides,
)
from services.runtime.errors import ServiceError, Violation

# Digits of a workflow's SHA-256 in the engine's version. Smaller: two might be taken for one.
VARIANT_DIGITS = 12


class ComfyUI:
    """Client of one server. Safe for one thread that generates and others that read its state."""

    name = "comfyui"
    empty_remedy = "it may need a VAE in full precision (--fp32-vae)"
    size_remedy = "remove nodes that crop or scale from the workflow"
    mask_remedy = "let the workflow repaint where its mask is white, and only there"

    def __init__(self, url: str, settings: ComfyUISettings, purpose: Purpose, model: str) -> None:
        """Creates the client of the server at `url`, without connecting to it.

        model: the one for requests that name none; empty: the workflow's, or the server's first.
        purpose: of the stage, whose workflow is checked and part of the engine's version.

        Raises EngineNotReady if the credentials or the workflow in the settings cannot be used.
        """
        self._api = open_api(url, settings)
        self._settings = settings
        self._model = model
        self._workflow = open_workflow(purpose, settings)
        self.variant = self._workflow.digest[:VARIANT_DIGITS]
        # Whether the server is known to be able to run the workflow.
        self._is_checked = False
        # The prompt in flight; None without one.
        self._job: PromptRun | None = None
        # Those that the server may still have, because it did not answer when they were stopped.
        self._left: list[PromptRun] = []

    def find_violations(self, request: DiffusionRequest) -> Iterator[Violation]:
        """Yields nothing: any request fits, and a warning says what a workflow does not use."""
        return iter(())

    def read_loaded_model(self, timeout: float) -> str:
        """Returns the model for requests that name none; "" if unknown.

        Raises the classes in `services.diffusion.errors`: ServerRefused if the server lacks what
        the workflow needs.

        timeout: seconds within which the server has to answer.
        """
        self._api.read_system(timeout)
        model = self._choose_default_model()
        if not self._is_checked:
            self._check_workflow(model)
        return strip_model_name(model)

    def probe(self) -> ServerCapabilities:
        """Returns what the server offers.

        Raises the classes in `services.diffusion.errors`: ServerRefused if the server lacks what
        the workflow needs.
        """
        self._check_workflow(self._choose_default_model())
        return probe_comfyui(self._api, self._workflow, self._model)

    def generate(
        self, request: DiffusionRequest, capabilities: ServerCapabilities, timeout: float
    ) -> ReceivedImage:
        """Generates an image with a workflow; raises the classes in `services.diffusion.errors`.

        capabilities: what the server offers.
        timeout: seconds to wait for the image.
        """
        end, start = time.monotonic() + timeout, time.perf_counter()
        workflow = self._choose_workflow(request)
        job = self._job = PromptRun(self._api, workflow.output, count_passes(workflow.graph))
        try:
            files = encode_init_files(request, workflow)
            uploaded = {tag: self._api.upload_png(png) for tag, png in files.items()}
            names = resolve_sampler(
                request.sampling.sampler,
                request.sampling.scheduler,
                capabilities.samplers,
                capabilities.schedulers,
            )
            wanted = request.sampling.model or self._model
            model = choose_model(wanted, workflow, capabilities.models)
            graph = workflow.fill(list_values(request, names, model, uploaded))
            self._left = [each for each in self._left if not each.stop()]
            image = job.run(graph, end)
        finally:
            self._job = None
            if job.is_left:
                self._left.append(job)
        return ReceivedImage(
            file=image,
            model=ListedName(next(list_model_names(graph), "")),
            parameters=workflow.to_parameters(graph),
            measured={
                "generate_ms": round((time.perf_counter() - start) * 1000),
                "bytes_sent": len(json.dumps(graph)) + sum(map(len, files.values())),
                "bytes_received": len(image),
            },
            warnings=(
                *names.warnings,
                *warn_of_overrides(request.sampling, f"a {capabilities.kind} server"),
                *warn_of_unused_values(request, workflow),
                *warn_of_choice(wanted, workflow, capabilities.models),
            ),
        )

    def read_progress(self) -> DiffusionProgress | None:
        """Returns the progress of the image in flight; None if unknown. Never raises."""
        if job := self._job:
            return job.read_progress()
        try:
            queue = self._api.read_queue()
        except ServiceError:
            return None
        return DiffusionProgress(0.0, is_idle=not (queue.running or queue.pending))

    def interrupt(self) -> None:
        """Makes generate() cancel the prompt in flight, whether that waits or runs."""
        if job := self._job:
            job.cancel()

    def _choose_workflow(self, request: DiffusionRequest) -> Workflow:
        """Returns the workflow for a request, which is almost always that of the stage."""
        purpose: Purpose = "img2img" if request.init else "txt2img"
        if purpose == self._workflow.purpose:
            return self._workflow
        return open_workflow(purpose, self._settings)

    def _choose_default_model(self) -> str:
        """Returns the model for requests that name none, as the server lists it; "" if unknown."""
        return choose_model(self._model, self._workflow, list_models(self._api, self._workflow))

    def _check_workflow(self, model: str) -> None:
        """Raises ServerRefused if the server lacks what the workflow needs.

        model: the one for requests that name none; empty if there is none.
        """
        self._is_checked = False
        if problem := explain_server_problems(self._api, self._workflow, model):
            raise ServerRefused(problem)
        self._is_checked = True
