"""Renders docs/strip.jpg, the result of each stage for one photo: `make strip`."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cyclorama import Client
from tools import ROOT
from tools.pictures.stage_ads import NO_SHADOW, decode_rgb, start_stages

PATH = ROOT / "docs" / "strip.jpg"
PHOTO = ROOT / "clients" / "samples" / "jar.jpg"
PROMPT = "white marble table in a bright kitchen, soft morning light"
# In pixels: side of an ad and of its thumbnail, the gap between them, height of captions.
SIDE, THUMBNAIL_SIDE, GAP, CAPTION = 1024, 380, 14, 40
SEED, QUALITY = 2, 88
PAPER, INK = (250, 249, 247), (60, 58, 56)
# Per side of the checkerboard.
SQUARES = 16
CAPTIONS = ("photo", "1  cut-out", "2  scene", "3  composite", "4  ad")


def main() -> None:
    """Creates the five images and writes the strip."""
    with start_stages() as clients:
        write_strip(PATH, create_images(clients))


def create_images(clients: dict[str, Client]) -> list[np.ndarray]:
    """Returns the photo and the result of each stage before finishing: uint8 RGB (H, W, 3)."""
    cutout = clients["segmentation"].segment(PHOTO)
    scene = clients["background"].generate(
        PROMPT, size=(SIDE, SIDE), seed=SEED, view=cutout.reply.view
    )
    composite = clients["compositing"].composite(cutout, scene, options=NO_SHADOW)
    ad = clients["inpainting"].inpaint(composite)
    results = [decode_rgb(each.data) for each in (scene, composite, ad)]
    return [decode_rgb(PHOTO.read_bytes()), paste_on_checkerboard(cutout.data), *results]


def paste_on_checkerboard(data: bytes) -> np.ndarray:
    """Pastes an RGBA image file on a square checkerboard: uint8 RGB (side, side, 3)."""
    rgba = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    height, width = rgba.shape[:2]
    side = round(1.15 * max(height, width))
    rows, columns = np.indices((side, side)) * SQUARES // side
    board = np.where((rows + columns) % 2, 236, 252)[..., None].repeat(3, axis=2).astype(float)
    top, left = (side - height) // 2, (side - width) // 2
    alpha = rgba[..., 3:] / 255
    place = board[top : top + height, left : left + width]
    place[:] = place * (1 - alpha) + rgba[..., 2::-1] * alpha
    return board.round().astype(np.uint8)


def write_strip(path: Path, pictures: list[np.ndarray]) -> None:
    """Writes square images, uint8 RGB (H, W, 3), in a row as JPEG, with captions."""
    width = len(pictures) * (THUMBNAIL_SIDE + GAP) - GAP
    strip = Image.new("RGB", (width, THUMBNAIL_SIDE + CAPTION), PAPER)
    draw, font = ImageDraw.Draw(strip), ImageFont.load_default(20)
    for number, (picture, caption) in enumerate(zip(pictures, CAPTIONS, strict=True)):
        left = number * (THUMBNAIL_SIDE + GAP)
        tile = cv2.resize(picture, (THUMBNAIL_SIDE, THUMBNAIL_SIDE), interpolation=cv2.INTER_AREA)
        strip.paste(Image.fromarray(tile), (left, 0))
        draw.text(
            (left + THUMBNAIL_SIDE / 2, THUMBNAIL_SIDE + CAPTION / 2),
            caption,
            INK,
            font,
            anchor="mm",
        )
    strip.save(path, quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
