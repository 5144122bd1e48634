"""How five kinds of Stable Diffusion servers differ, as data."""

from dataclasses import dataclass

# That is loaded where no other one is named.
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

    workers: requests that its web server handles at once, answers to GET included.
    step and up: sizes are rounded to multiples of `step`. interrupt: the status of /interrupt.
    init_missing: the status for img2img without init image, 200 where it draws without.
    keeps_locked_pixels: whether what a mask locks comes back to the bit, rather than as the
    autoencoder has it.
    """

    samplers: list[dict]
    marks: tuple[str, ...] = ()
    schedulers: list[dict] | None = None
    step: int = 8
    up: bool = False
    largest: int = 1 << 20
    workers: int = 40
    waiting: int | None = None
    progress: bool = True
    interrupt: int = 200
    init_missing: int = 404
    default_format: str = "png"
    alpha_masks: bool = False
    keeps_locked_pixels: bool = False
    echoes_pictures: bool = False
    info: bool = True
    malformed: int = 422
    strict: bool = False

    def size(self, width: int, height: int) -> tuple[int, int]:
        """The width and height that are really drawn."""
        share = min(1.0, self.largest / max(width, height))
        more = self.step - 1 if self.up else 0

        def rounded(side: int) -> int:
            return max(self.step, (int(side * share) + more) // self.step * self.step)

        return rounded(width), rounded(height)


_SCHEDULERS = [{"name": "automatic", "label": "Automatic"}, {"name": "karras", "label": "Karras"}]
KINDS = {
    "a1111": ServerKind(
        FAMILY_SAMPLERS,
        ("/sdapi/v1/cmd-flags", "/sdapi/v1/sd-vae", "/sdapi/v1/memory"),
        _SCHEDULERS,
        alpha_masks=True,
        keeps_locked_pixels=True,
    ),
    "forge": ServerKind(
        FAMILY_SAMPLERS,
        ("/sdapi/v1/cmd-flags", "/sdapi/v1/sd-modules"),
        _SCHEDULERS,
        alpha_masks=True,
        keeps_locked_pixels=True,
    ),
    "sdnext": ServerKind(
        [{"name": each["name"], "options": {}} for each in FAMILY_SAMPLERS],
        ("/sdapi/v1/cmd-flags", "/sdapi/v1/version"),
        [{"name": "Karras", "cls": "KarrasScheduler", "options": {}}],
        interrupt=204,
        init_missing=400,
        default_format="jpg",
        keeps_locked_pixels=True,
        strict=True,
    ),
    "sdcpp": ServerKind(
        CPP_SAMPLERS,
        ("/sdcpp/v1/capabilities",),
        [{"name": "karras", "label": "karras"}],
        step=64,
        up=True,
        workers=8,
        progress=False,
        interrupt=404,
        init_missing=200,
        echoes_pictures=True,
        malformed=500,
    ),
    "koboldcpp": ServerKind(
        FAMILY_SAMPLERS,
        ("/api/extra/version",),
        step=64,
        largest=1024,
        waiting=6,
        progress=False,
        interrupt=404,
        init_missing=200,
        info=False,
        malformed=500,
    ),
}


def error_body(name: str, status: int, text: str) -> object:
    """How a kind words a failure; some answer with plain text."""
    match name:
        case "a1111":
            return {"error": text, "detail": text, "body": "", "errors": text}
        case "forge":
            return "Internal Server Error" if status == 500 else {"detail": text}
        case "sdnext":
            return {"error": text, "code": status, "detail": text, "body": "", "errors": text}
        case "koboldcpp":
            return {"detail": {"msg": text, "type": "error"}}
    return {"error": "server_error", "message": text}
