"""The differences between five kinds of Stable Diffusion servers, as data."""

from dataclasses import dataclass

# The loaded model, unless --model names another one.
MODEL = "double-v1"
FAMILY_SAMPLERS = [
    {"name": "DPM++ 2M", "aliases": ["k_dpmpp_2m"], "options": {}},
    {"name": "Euler a", "aliases": ["k_euler_a", "k_euler_ancestral"], "options": {}},
    {"name": "Euler", "aliases": ["k_euler"], "options": {}},
]
CPP_SAMPLERS = [
    {"name": name, "aliases": [], "options": {}}
    for name in ("default", "euler", "euler_a", "dpm++2m")
]


@dataclass(frozen=True)
class ServerKind:
    """One kind of server.

    kind_paths: paths that identify it.
    step, rounds_up: sizes are rounded down, or up, to multiples of `step`.
    max_side: longest side in pixels; larger images are scaled down.
    workers: requests that its web server handles at once, GET included.
    max_queued: requests in flight beyond which it returns 503; None for no limit.
    has_progress: whether it has /progress.
    interrupt_status: the status of /interrupt, 404 if it has none.
    no_init_status: the status of img2img without init image; 200 if it ignores that.
    default_format: of images, unless samples_format is set.
    reads_alpha_masks: whether the alpha channel of a mask counts, if it has one.
    keeps_locked_pixels: whether they return unchanged, rather than through the autoencoder.
    echoes_images: whether the response repeats the images of the request.
    has_info: whether the response has `info`.
    malformed_status: the status for malformed JSON.
    is_strict: whether it rejects unknown samplers.
    """

    samplers: list[dict]
    kind_paths: tuple[str, ...] = ()
    schedulers: list[dict] | None = None
    step: int = 8
    rounds_up: bool = False
    # No limit.
    max_side: int = 1 << 20
    workers: int = 40
    max_queued: int | None = None
    has_progress: bool = True
    interrupt_status: int = 200
    no_init_status: int = 404
    default_format: str = "png"
    reads_alpha_masks: bool = False
    keeps_locked_pixels: bool = False
    echoes_images: bool = False
    has_info: bool = True
    malformed_status: int = 422
    is_strict: bool = False

    @property
    def default_sampler(self) -> str:
        """The sampler that it reports for a request without one."""
        return "NONE" if self.rounds_up else self.samplers[0]["name"]

    def rounded_size(self, width: int, height: int) -> tuple[int, int]:
        """Returns the width and height that the server really generates."""
        scale = min(1.0, self.max_side / max(width, height))
        offset = self.step - 1 if self.rounds_up else 0

        def round_side(side: int) -> int:
            return max(self.step, (int(side * scale) + offset) // self.step * self.step)

        return round_side(width), round_side(height)


_SCHEDULERS = [{"name": "automatic", "label": "Automatic"}, {"name": "karras", "label": "Karras"}]
KINDS = {
    "a1111": ServerKind(
        FAMILY_SAMPLERS,
        ("/sdapi/v1/cmd-flags", "/sdapi/v1/sd-vae", "/sdapi/v1/memory"),
        _SCHEDULERS,
        reads_alpha_masks=True,
        keeps_locked_pixels=True,
    ),
    "forge": ServerKind(
        FAMILY_SAMPLERS,
        ("/sdapi/v1/cmd-flags", "/sdapi/v1/sd-modules"),
        _SCHEDULERS,
        reads_alpha_masks=True,
        keeps_locked_pixels=True,
    ),
    "sdnext": ServerKind(
        [{"name": each["name"], "options": {}} for each in FAMILY_SAMPLERS],
        ("/sdapi/v1/cmd-flags", "/sdapi/v1/version"),
        [{"name": "Karras", "cls": "KarrasScheduler", "options": {}}],
        interrupt_status=204,
        no_init_status=400,
        default_format="jpg",
        keeps_locked_pixels=True,
        is_strict=True,
    ),
    "sdcpp": ServerKind(
        CPP_SAMPLERS,
        ("/sdcpp/v1/capabilities",),
        [{"name": "karras", "label": "karras"}],
        step=64,
        rounds_up=True,
        workers=8,
        has_progress=False,
        interrupt_status=404,
        no_init_status=200,
        echoes_images=True,
        malformed_status=500,
    ),
    "koboldcpp": ServerKind(
        FAMILY_SAMPLERS,
        ("/api/extra/version",),
        step=64,
        max_side=1024,
        max_queued=6,
        has_progress=False,
        interrupt_status=404,
        no_init_status=200,
        has_info=False,
        malformed_status=500,
    ),
}


def build_error_body(kind: str, status: int, text: str) -> object:
    """Returns the body of an error as a kind of server words it; some send plain text."""
    match kind:
        case "a1111":
            return {"error": text, "detail": text, "body": "", "errors": text}
        case "forge":
            return "Internal Server Error" if status == 500 else {"detail": text}
        case "sdnext":
            return {"error": text, "code": status, "detail": text, "body": "", "errors": text}
        case "koboldcpp":
            return {"detail": {"msg": text, "type": "error"}}
    return {"error": "server_error", "message": text}
