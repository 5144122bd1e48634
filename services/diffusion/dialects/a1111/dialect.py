"""Client of the AUTOMATIC1111 API: sends JSON that means the same on every kind of its servers."""

import json
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from services.diffusion.credentials import read_basic_auth
from services.diffusion.dialect import ServerCapabilities
from services.diffusion.dialects.a1111 import A1111Settings
from services.diffusion.dialects.a1111.probe import (
    API,
    CONTROL_TIMEOUT,
    probe_server,
    read_loaded_model,
    reads_override_settings,
)
from services.diffusion.dialects.a1111.sdcpp_jobs import SdcppJobs, write_job_body
from services.diffusion.errors import InvalidOutput
from services.diffusion.images import (
    bytes_from_base64,
    bytes_to_base64,
    image_from_base64,
    image_to_base64,
)
from services.diffusion.names import SamplerNames, resolve_sampler
from services.diffusion.request import (
    DiffusionProgress,
    DiffusionRequest,
    InitImage,
    ListedName,
    ReceivedImage,
    warn_of_overrides,
)
from services.diffusion.settings import SamplingOptions
from services.diffusion.transport import (
    HttpClient,
    HttpResponse,
    sanitize_text,
)
from services.imaging.thumbnails import shrink_to_thumbnail
from services.runtime.errors import ServiceError, Violation

SETTINGS_PREFIX = "CYCLORAMA_A1111"
# What stable-diffusion.cpp reports as sampler if the request left the choice to it.
UNNAMED_SAMPLER = "NONE"
# stable-diffusion.cpp reads arguments from prompts, size and seed among them.
PROMPT_ARGUMENTS_TAG = "<sd_cpp_extra_args>"


class A1111:
    """Client of one server. Safe for one thread that generates and others that read its state."""

    name = "a1111"
    variant = ""
    empty_remedy = "it may need a VAE in full precision (--no-half-vae)"
    size_remedy = "set its largest size higher"
    mask_remedy = "use another one for inpainting"

    def __init__(self, url: str, settings: A1111Settings) -> None:
        """Creates the client of the server at `url`, without connecting to it.

        Raises EngineNotReady if the file with the credentials in the settings cannot be read.
        """
        auth = read_basic_auth(settings.a1111_auth_file, f"{SETTINGS_PREFIX}_AUTH_FILE")
        hint = "was it started with --api?"
        self._http = HttpClient(
            url, SETTINGS_PREFIX, auth, settings.a1111_ca_file, not_found_hint=hint
        )
        self._jobs = SdcppJobs(self._http)

    def find_violations(self, request: DiffusionRequest) -> Iterator[Violation]:
        """Yields a violation if a prompt contains arguments, which the server would obey."""
        if any(PROMPT_ARGUMENTS_TAG in text for text in (request.prompt, request.negative_prompt)):
            yield Violation("prompt", f"contains {PROMPT_ARGUMENTS_TAG}; send options as options")

    def read_loaded_model(self, timeout: float) -> str:
        """Returns the model that the server has loaded; "" if unknown. Raises if it is unusable.

        timeout: seconds within which the server has to answer.
        """
        return read_loaded_model(self._http, timeout)

    def probe(self) -> ServerCapabilities:
        """Returns what the server is and offers; raises if it does not answer."""
        return probe_server(self._http)

    def generate(
        self, request: DiffusionRequest, capabilities: ServerCapabilities, timeout: float
    ) -> ReceivedImage:
        """Generates an image with the server; raises the classes in `services.diffusion.errors`.

        Sends txt2img (from a prompt alone), or img2img if the request has an image to repaint.

        capabilities: what the server reported that it is and offers.
        timeout: seconds to wait for the image.
        """
        sampling = request.sampling
        names = resolve_sampler(
            sampling.sampler, sampling.scheduler, capabilities.samplers, capabilities.schedulers
        )
        if capabilities.has_jobs:
            image = self._run_job(write_job_body(request, names), timeout)
        else:
            path = f"{API}/{'img2img' if request.init else 'txt2img'}"
            body = write_request_body(request, capabilities.kind, names)
            image = self._call(path, body, timeout)
        _check_seed(image.info, request.seed)
        used = {"sampler": _read_sampler(image.info) or names.sampler, "scheduler": names.scheduler}
        kind = capabilities.kind
        ignored = (
            () if reads_override_settings(kind) else warn_of_overrides(sampling, f"a {kind} server")
        )
        return ReceivedImage(
            file=image.file,
            model=_read_model(image.info),
            # Without those that the server chose and does not name.
            parameters={option: name for option, name in used.items() if name},
            measured=image.measured,
            warnings=(*names.warnings, *ignored),
        )

    def read_progress(self) -> DiffusionProgress | None:
        """Returns the progress of the image in flight; None if unknown. Never raises."""
        if self._jobs.progress:
            return self._jobs.progress
        try:
            return read_progress_body(self._http.get(f"{API}/progress", CONTROL_TIMEOUT))
        except ServiceError:
            return None

    def interrupt(self) -> None:
        """Stops the image in flight; a job of stable-diffusion.cpp only if it is still queued."""
        if self._jobs.progress:
            self._jobs.cancel()
        else:
            self._http.post(f"{API}/interrupt", CONTROL_TIMEOUT)

    def _call(self, path: str, body: bytes, timeout: float) -> "_ServerImage":
        """Generates an image by one request, whose response contains it.

        path: of txt2img or img2img.
        body: JSON of the request.
        timeout: seconds to wait for the response.
        """
        start = time.perf_counter()
        response = self._http.post_json(path, body, timeout)
        measured = {
            "generate_ms": _count_milliseconds(start),
            "bytes_sent": len(body),
            "bytes_received": len(response.body),
        }
        return _ServerImage(*read_result_body(self._http.check_status(response)), measured)

    def _run_job(self, body: bytes, timeout: float) -> "_ServerImage":
        """Generates an image as a job of stable-diffusion.cpp.

        body: JSON of the job.
        timeout: seconds to wait for its end.
        """
        start = time.perf_counter()
        result = self._jobs.generate(body, timeout)
        measured = {
            "generate_ms": _count_milliseconds(start),
            "server_queue_ms": round(result.queue_seconds * 1000),
            "bytes_sent": len(body),
            "bytes_received": result.bytes_received,
        }
        return _ServerImage(result.file, result.info, measured)


@dataclass(frozen=True)
class _ServerImage:
    """A picture file from a server, and what the server says about it.

    info: fields as the API names them, such as seed and sd_model_name. measured: times and sizes.
    """

    file: bytes
    info: Mapping[str, object]
    measured: Mapping[str, object]


def write_request_body(request: DiffusionRequest, kind: str, names: SamplerNames) -> bytes:
    """Returns the JSON of a txt2img or img2img request.

    No field is null, and none is left to a default that differs between the kinds of servers.

    kind: the software of the server, such as "forge"; not every kind takes all fields.
    names: the sampler and scheduler as the server spells them; empty ones are left to the server.
    """
    width, height = request.canvas.padded_size
    fields: dict[str, object] = {
        "prompt": request.prompt,
        "negative_prompt": request.negative_prompt,
        "width": width,
        "height": height,
        "seed": request.seed,
        "steps": request.sampling.steps,
        "cfg_scale": request.sampling.cfg_scale,
        "batch_size": 1,
        "n_iter": 1,
        "send_images": True,
        "save_images": False,
    }
    if names.sampler:
        fields["sampler_name"] = names.sampler
    if names.scheduler:
        fields["scheduler"] = names.scheduler
    if reads_override_settings(kind):
        fields["override_settings"] = _override_settings(request.sampling)
    if request.init:
        fields |= _img2img_fields(request.init, request)
    return json.dumps(fields).encode()


def read_result_body(response: HttpResponse) -> tuple[bytes, dict[str, Any]]:
    """Returns the first picture file and its description from a response of status 200.

    Raises InvalidOutput if it contains none. The file may be corrupt; the description is the fields
    of the response's `info`.
    """
    body = response.read_json()
    if not isinstance(body, dict):
        raise InvalidOutput("the image server sent no JSON; is it a Stable Diffusion server?")
    info = _read_info(body.get("info"))
    images: Any = body.get("images")
    index = info.get("index_of_first_image", 0)
    try:
        return bytes_from_base64(images[index]), info
    except (IndexError, KeyError, TypeError, AttributeError, ValueError) as error:
        raise InvalidOutput("the image server sent no picture; see its log") from error


def read_progress_body(response: HttpResponse) -> DiffusionProgress | None:
    """Returns the progress in a response of the path /progress; None if it contains none."""
    body = response.read_json()
    if not isinstance(body, dict) or not body:
        return None
    reported, state = body.get("progress"), body.get("state")
    state = state if isinstance(state, dict) else {}
    fraction = float(min(reported, 1.0)) if _is_positive(reported) else 0.0
    return DiffusionProgress(
        fraction=fraction,
        preview=_read_preview(body.get("current_image")) if fraction else None,
        is_idle=not reported and not state.get("job_count", 0),
        state=_read_work_state(reported, state),
    )


def _read_work_state(reported: object, state: Mapping[str, object]) -> tuple[object, ...] | None:
    """Returns values of which any change shows that a server works; None before the first step.

    Before that, it may load a model.

    reported: the progress. state: its details.
    """
    step = state.get("sampling_step")
    return None if step == 0 else _scalars(reported, step, state.get("job_timestamp"))


def _override_settings(sampling: SamplingOptions) -> dict[str, object]:
    """Returns the server's own settings that apply to this request only, by name.

    sampling: its model and override_settings are what the caller asks for.
    """
    model = {"sd_model_checkpoint": sampling.model} if sampling.model else {}
    # PNG last, so that nobody overrides it: the other formats are lossy.
    return {**sampling.override_settings, **model, "samples_format": "png"}


def _img2img_fields(init: InitImage, request: DiffusionRequest) -> dict[str, object]:
    """Returns the fields by which an img2img request differs from txt2img: image, mask, strength.

    init: the image to repaint, and which of its pixels must not change.
    request: that it belongs to.
    """
    return {
        "init_images": [bytes_to_base64(request.init_png)],
        # One 8-bit channel of 0 and 255: some servers read an alpha channel instead.
        "mask": image_to_base64(request.canvas.pad_lock_mask(init.locked)),
        # White is locked: the API's own meaning is that white is repainted.
        "inpainting_mask_invert": 1,
        "denoising_strength": init.strength,
        # The API's defaults blur the mask, crop the canvas and start from a smear.
        "mask_blur": 0,
        "inpaint_full_res": False,
        "inpaint_full_res_padding": 0,
        "inpainting_fill": 1,
        "resize_mode": 0,
        "include_init_images": False,
    }


def _read_info(info: object) -> dict[str, Any]:
    """Returns the fields of a response's `info`: JSON within JSON, an object, or missing.

    Returns no fields if it is corrupt.
    """
    if isinstance(info, str):
        try:
            info = json.loads(info or "{}")
        # json raises RecursionError for brackets that are nested too deep.
        except (ValueError, RecursionError):
            info = {}
    return info if isinstance(info, dict) else {}


def _check_seed(info: Mapping[str, object], seed: int) -> None:
    """Raises InvalidOutput if a server reports that an image has another seed than requested.

    info: the server's description of the image.
    """
    if isinstance(used_seed := info.get("seed"), int) and used_seed != seed:
        raise InvalidOutput("the image server sent the picture of another request")


def _count_milliseconds(start: float) -> int:
    """Returns the time since `start`, in seconds as time.perf_counter() counts it."""
    return round((time.perf_counter() - start) * 1000)


def _read_model(info: Mapping[str, object]) -> ListedName:
    """Returns the model that generated an image, with its hash as an alias; empty if not reported.

    info: the server's description of the image.
    """
    name, digest = (sanitize_text(info.get(field)) for field in ("sd_model_name", "sd_model_hash"))
    return ListedName(name, aliases=(digest,))


def _read_sampler(info: Mapping[str, object]) -> str:
    """Returns the sampler that generated an image; empty if not reported.

    info: the server's description of the image.
    """
    name = sanitize_text(info.get("sampler_name"))
    return "" if name == UNNAMED_SAMPLER else name


def _is_positive(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and value > 0


def _scalars(*values: object) -> tuple[object, ...]:
    """Replaces values that need not be comparable, such as lists, by None."""
    return tuple(value if isinstance(value, int | float | str) else None for value in values)


def _read_preview(text: object) -> np.ndarray | None:
    """Decodes the preview in a progress report to a uint8 RGB (h, w, 3) thumbnail.

    text: an image file in base64. Returns None for anything else.
    """
    if not isinstance(text, str) or not text:
        return None
    try:
        return shrink_to_thumbnail(image_from_base64(text))
    except ValueError:
        return None
