"""What is asked of a server, and the JSON that means the same on every kind."""

import json
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from services.diffusion.canvas import Canvas, canvas_for
from services.diffusion.encoding import to_text
from services.diffusion.probe import Capabilities
from services.diffusion.samplers import Chosen
from services.diffusion.sampling import Sampling
from services.runtime.errors import InvalidRequest, Violation

SIDES = (64, 2048)
SMALLER = 0.75
# stable-diffusion.cpp reads arguments from prompts, size and seed among them.
ARGUMENTS = "<sd_cpp_extra_args>"


@dataclass(frozen=True)
class Init:
    """A picture to repaint: uint8 RGB (H, W, 3), bool (H, W) of what is locked, strength 0 to 1."""

    picture: np.ndarray
    locked: np.ndarray
    strength: float


@dataclass(frozen=True)
class Ask:
    """One picture to be drawn, the same whoever draws it: txt2img, or img2img of `init`."""

    prompt: str
    negative_prompt: str
    width: int
    height: int
    seed: int
    sampling: Sampling
    init: Init | None = None

    @cached_property
    def canvas(self) -> Canvas:
        return canvas_for(self.width, self.height, self.sampling.drawn_side)

    @property
    def path(self) -> str:
        return f"/sdapi/v1/{'img2img' if self.init else 'txt2img'}"

    @property
    def work(self) -> float:
        """How much there is to draw, in megapixels times steps."""
        wide, tall = self.canvas.padded
        strength = self.init.strength if self.init else 1.0
        return wide * tall / 1e6 * max(1.0, self.sampling.steps * strength)

    def smaller(self) -> "Ask":
        """The same picture, drawn with three quarters of the pixels per side."""
        side = max(SIDES[0], int(max(self.canvas.inner) * SMALLER))
        return replace(self, sampling=replace(self.sampling, drawn_side=side))


def check_ask(ask: Ask) -> None:
    """Raises InvalidRequest for what servers would accept and answer with something else."""
    wrong = []
    if not ask.prompt.strip():
        wrong.append(Violation("prompt", "is required"))
    if ARGUMENTS in ask.prompt or ARGUMENTS in ask.negative_prompt:
        wrong.append(Violation("prompt", f"holds {ARGUMENTS}; send options as options"))
    low, high = SIDES
    if max(ask.canvas.padded) > high:
        text = f"needs {max(ask.canvas.padded)} pixels a side, and a server draws at most {high}"
        wrong.append(Violation("options.diffusion.drawn_side", f"{text}; send {low} to {high}"))
    if not 1 <= ask.sampling.steps <= 150:
        wrong.append(Violation("options.diffusion.steps", "send 1 to 150"))
    if ask.init and not 0 <= ask.init.strength <= 1:
        wrong.append(Violation("options.denoising_strength", "send 0 to 1"))
    if ask.init and ask.init.locked.shape != ask.init.picture.shape[:2]:
        wrong.append(Violation("mask", "differs in size from the picture; send equal sizes"))
    if wrong:
        raise InvalidRequest(*wrong)


def write_ask(ask: Ask, server: Capabilities, names: Chosen) -> bytes:
    """The request's JSON. No field is null and none is left to a default that kinds differ in."""
    wide, tall = ask.canvas.padded
    fields: dict[str, Any] = {
        "prompt": ask.prompt,
        "negative_prompt": ask.negative_prompt,
        "width": wide,
        "height": tall,
        "seed": ask.seed,
        "steps": ask.sampling.steps,
        "cfg_scale": ask.sampling.cfg_scale,
        "batch_size": 1,
        "n_iter": 1,
        "send_images": True,
        "save_images": False,
    }
    if names.sampler:
        fields["sampler_name"] = names.sampler
    if names.scheduler:
        fields["scheduler"] = names.scheduler
    if server.overrides:
        fields["override_settings"] = _overrides(ask.sampling)
    if ask.init:
        fields |= _repainting(ask.init, ask.canvas)
    return json.dumps(fields).encode()


def _overrides(sampling: Sampling) -> dict[str, object]:
    model = {"sd_model_checkpoint": sampling.model} if sampling.model else {}
    # Last, for only this one is read back to the bit.
    return {**sampling.override_settings, **model, "samples_format": "png"}


def _repainting(init: Init, canvas: Canvas) -> dict[str, Any]:
    return {
        "init_images": [to_text(canvas.fit(init.picture))],
        # One 8-bit channel of 0 and 255: some servers read an alpha channel instead.
        "mask": to_text(canvas.fit_lock(init.locked)),
        "inpainting_mask_invert": 1,
        "denoising_strength": init.strength,
        # The defaults blur the lock, crop the canvas and start from a smear.
        "mask_blur": 0,
        "inpaint_full_res": False,
        "inpaint_full_res_padding": 0,
        "inpainting_fill": 1,
        "resize_mode": 0,
        "include_init_images": False,
    }
