"""Requests of a load test: product photos in several sizes and formats, encoded in advance."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import cycle, product
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from cyclorama import operations
from cyclorama.operations import Operation
from cyclorama.stages import STAGES

# What a load test can call.
SERVICES = (*STAGES, "gateway")
# Sides of square pictures in pixels: half, once and twice the default side of an ad.
SIZES = (512, 1024, 2048)
PROMPTS = (
    "on a marble table, soft morning light",
    "dark luxury, black and gold",
    "pastel sage green podium, palm shadows",
    "wooden table, garden bokeh",
)
# Formats of requests and of responses; "raw" is uncompressed pixels.
INPUT_FORMATS, OUTPUT_FORMATS = ("jpeg", "png"), ("raw", "png")


@dataclass(frozen=True)
class Payload:
    """One kind of request, and its name in reports."""

    name: str
    operation: Operation[Any]


def create_payloads(
    service: str, photos: Sequence[Path], sizes: Sequence[int] = SIZES, engine: str = ""
) -> list[Payload]:
    """Creates a request for every combination of size, input format and output format.

    service: one of SERVICES. photos: picture files, used in turn. sizes: sides of square pictures
    in pixels. engine: name of the engine to request; empty for the stage's default.
    """
    pictures = cycle([Image.open(path).convert("RGB") for path in photos])
    options: Any = {"engine": {"name": engine}} if engine else {}
    payloads = []
    for side, input_format, output_format in product(sizes, INPUT_FORMATS, OUTPUT_FORMATS):
        photo = ImageOps.fit(next(pictures), (side, side))
        operation = OPERATION_BUILDERS[service](photo, input_format, output_format, options)
        payloads.append(Payload(f"{side} px, {input_format} in, {output_format} out", operation))
    return payloads


def find_photos(folder: Path) -> list[Path]:
    """Returns the .jpg and .png files of a folder by name; raises SystemExit when it has none."""
    photos = sorted(path for path in folder.glob("*") if path.suffix.lower() in (".jpg", ".png"))
    if not photos:
        raise SystemExit(f"there is no .jpg or .png in {folder}; name a folder of product photos")
    return photos


def _build_segmentation(
    photo: Image.Image, input_format: str, output_format: str, options: Any
) -> Operation[Any]:
    """Builds a call that cuts out a photo.

    input_format: of the photo, jpeg or png. output_format: of the cut-out, raw (pixels) or png.
    options: fields of the stage's options, such as {"engine": {"name": "auto"}}.
    """
    output: Any = "raw_rgba" if output_format == "raw" else output_format
    data = _encode(photo, input_format)
    return operations.prepare_segmentation(data, format=output, options=options)


def _build_background(
    photo: Image.Image, input_format: str, output_format: str, options: Any
) -> Operation[Any]:
    """Builds a call that makes a background of the photo's size.

    Sends no picture, so input_format has no effect. output_format: of the background, raw (pixels)
    or png. options: fields of the stage's options, such as {"engine": {"name": "auto"}}.
    """
    # Another prompt for each of SIZES, which are multiples of 512.
    prompt = PROMPTS[photo.width // 512 % len(PROMPTS)]
    output = _rgb_format(output_format)
    return operations.prepare_background(prompt, format=output, size=photo.size, options=options)


def _build_compositing(
    photo: Image.Image, input_format: str, output_format: str, options: Any
) -> Operation[Any]:
    """Builds a call that places the photo's middle in front of the photo's mirror image.

    input_format: of the background, jpeg or png; the cut-out is png. output_format: of the result,
    raw (pixels) or png. options: fields of the stage's options, such as {"engine": {"name":
    "auto"}}.
    """
    cutout = photo.copy()
    cutout.putalpha(_draw_alpha(photo.size))
    background = _encode(ImageOps.mirror(photo), input_format)
    output = _rgb_format(output_format)
    data = _encode(cutout, "png")
    return operations.prepare_composite(data, background, format=output, options=options)


def _build_inpainting(
    photo: Image.Image, input_format: str, output_format: str, options: Any
) -> Operation[Any]:
    """Builds a call that adds light and shadow to a photo, whose middle is marked as the product.

    input_format: of the photo, jpeg or png; the mask is png. output_format: of the result, raw or
    png. options: fields of the stage's options, such as {"engine": {"name": "auto"}}.
    """
    data, mask = _encode(photo, input_format), _encode(_draw_alpha(photo.size), "png")
    output = _rgb_format(output_format)
    return operations.prepare_inpainting(
        data, mask, prompt=PROMPTS[0], format=output, options=options
    )


def _build_finishing(
    photo: Image.Image, input_format: str, output_format: str, options: Any
) -> Operation[Any]:
    """Builds a call that writes a photo as a final file; its middle is marked as the product.

    input_format: of the photo, jpeg or png; the mask is png. output_format: of the result, raw or
    png. options: fields of the stage's options, such as {"engine": {"name": "auto"}}.
    """
    data, mask = _encode(photo, input_format), _encode(_draw_alpha(photo.size), "png")
    output = _rgb_format(output_format)
    # The photo is both the ad and the composite, as if inpainting had changed nothing.
    return operations.prepare_finishing(data, data, mask, format=output, options=options)


def _build_ad(
    photo: Image.Image, input_format: str, output_format: str, options: Any
) -> Operation[Any]:
    """Builds a call of the gateway that makes an ad, in the photo's size.

    input_format: of the photo, jpeg or png. output_format: of the ad, png; raw stands for jpeg, as
    an ad is always a file. options: fields of every stage's options.
    """
    output: Any = "jpeg" if output_format == "raw" else output_format
    choices: Any = dict.fromkeys(STAGES, options)
    return operations.prepare_ad(
        _encode(photo, input_format),
        PROMPTS[0],
        format=output,
        size=photo.size,
        options=choices,
    )


OperationBuilder = Callable[[Image.Image, str, str, Any], Operation[Any]]
OPERATION_BUILDERS: dict[str, OperationBuilder] = {
    "segmentation": _build_segmentation,
    "background": _build_background,
    "compositing": _build_compositing,
    "inpainting": _build_inpainting,
    "finishing": _build_finishing,
    "gateway": _build_ad,
}


def _rgb_format(output_format: str) -> Any:
    """Returns the name of an output format for pictures without alpha."""
    return "raw_rgb" if output_format == "raw" else output_format


def _draw_alpha(size: tuple[int, int]) -> Image.Image:
    """Draws an alpha channel (mode L) of a width and height: a soft-edged ellipse in the middle."""
    width, height = size
    alpha = Image.new("L", size)
    box = (0.25 * width, 0.25 * height, 0.75 * width, 0.75 * height)
    ImageDraw.Draw(alpha).ellipse(box, fill=255)
    return alpha.filter(ImageFilter.GaussianBlur(radius=2))


def _encode(picture: Image.Image, file_format: str) -> bytes:
    """Returns a picture as the bytes of a file, "jpeg" or "png", quick to encode and decode."""
    out = io.BytesIO()
    if file_format == "jpeg":
        picture.save(out, file_format, quality=90)
    else:
        picture.save(out, file_format, compress_level=1)
    return out.getvalue()
