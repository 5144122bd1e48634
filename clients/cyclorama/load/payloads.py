"""Requests as real callers send them: pictures of several sizes and formats, ready to go."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, product
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from cyclorama import operations
from cyclorama.operations import Operation
from cyclorama.stages import STAGES

# What can be put under load.
SERVICES = (*STAGES, "gateway")
SIZES = (512, 1024, 2048)
PROMPTS = (
    "on a marble table, soft morning light",
    "dark luxury, black and gold",
    "pastel sage green podium, palm shadows",
    "wooden table, garden bokeh",
)
READ, ANSWERED = ("jpeg", "png"), ("raw", "png")


@dataclass(frozen=True)
class Payload:
    """One kind of request, and its name in reports."""

    name: str
    operation: Operation


def payloads(
    service: str, photos: Sequence[Path], sizes: Sequence[int] = SIZES, engine: str = ""
) -> list[Payload]:
    """Every size with every format in and out, in the order in which callers send them.

    service: one of SERVICES. sizes: square, in pixels. engine: asked for by name; empty leaves the
    choice to the stage.
    """
    pictures = cycle([Image.open(path).convert("RGB") for path in photos])
    made = []
    for side, read, answered in product(sizes, READ, ANSWERED):
        photo = ImageOps.fit(next(pictures), (side, side))
        operation = MAKERS[service](photo, read, answered, engine)
        made.append(Payload(f"{side} px, {read} in, {answered} out", operation))
    return made


def find_photos(folder: Path) -> list[Path]:
    """The photos of a folder; SystemExit when there are none."""
    photos = sorted(each for each in folder.glob("*") if each.suffix.lower() in (".jpg", ".png"))
    if not photos:
        raise SystemExit(f"there is no .jpg or .png in {folder}; name a folder of product photos")
    return photos


def _segmentation(photo: Image.Image, read: str, answered: str, engine: str) -> Operation:
    wishes = {"format": "raw_rgba" if answered == "raw" else answered}
    return operations.segment(_file(photo, read), **wishes, **_named(engine))


def _background(photo: Image.Image, read: str, answered: str, engine: str) -> Operation:
    prompt = PROMPTS[photo.width // 512 % len(PROMPTS)]
    wishes = {"format": _rgb(answered), "size": photo.size}
    return operations.generate(prompt, **wishes, **_named(engine))


def _compositing(photo: Image.Image, read: str, answered: str, engine: str) -> Operation:
    cutout = photo.copy()
    cutout.putalpha(_middle(photo.size))
    backdrop = _file(ImageOps.mirror(photo), read)
    wishes = {"format": _rgb(answered)} | _named(engine)
    return operations.composite(_file(cutout, "png"), backdrop, **wishes)


def _inpainting(photo: Image.Image, read: str, answered: str, engine: str) -> Operation:
    mask = _file(_middle(photo.size), "png")
    wishes = {"format": _rgb(answered), "prompt": PROMPTS[0]} | _named(engine)
    return operations.inpaint(_file(photo, read), mask, **wishes)


def _finishing(photo: Image.Image, read: str, answered: str, engine: str) -> Operation:
    mask, picture = _file(_middle(photo.size), "png"), _file(photo, read)
    wishes = {"format": _rgb(answered)} | _named(engine)
    return operations.finish(picture, picture, mask, **wishes)


def _gateway(photo: Image.Image, read: str, answered: str, engine: str) -> Operation:
    options = {stage: _named(engine).get("options", {}) for stage in STAGES}
    wishes = {"format": "jpeg" if answered == "raw" else answered, "size": photo.size}
    return operations.create_ad(_file(photo, read), PROMPTS[0], **wishes, options=options)


MAKERS: dict[str, Callable[[Image.Image, str, str, str], Operation]] = {
    "segmentation": _segmentation,
    "background": _background,
    "compositing": _compositing,
    "inpainting": _inpainting,
    "finishing": _finishing,
    "gateway": _gateway,
}


def _named(engine: str) -> dict[str, object]:
    return {"options": {"engine": {"name": engine}}} if engine else {}


def _rgb(answered: str) -> str:
    return "raw_rgb" if answered == "raw" else answered


def _middle(size: tuple[int, int]) -> Image.Image:
    """An alpha with a soft edge that covers the middle."""
    alpha = Image.new("L", size)
    box = [side * share for share in (0.25, 0.75) for side in size]
    ImageDraw.Draw(alpha).ellipse(box, fill=255)
    return alpha.filter(ImageFilter.GaussianBlur(2))


def _file(picture: Image.Image, fmt: str) -> bytes:
    out = io.BytesIO()
    how = {"quality": 90} if fmt == "jpeg" else {"compress_level": 1}
    picture.save(out, fmt, **how)
    return out.getvalue()
