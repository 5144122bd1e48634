"""Makes docs/strip.jpg, what each stage makes of one photo, by the services: `make strip`."""

from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from cyclorama import Client
from tools import ROOT
from tools.pictures.gallery import pixels_of, stages

PATH = ROOT / "docs" / "strip.jpg"
PHOTO = ROOT / "clients" / "samples" / "jar-cluttered.jpg"
PROMPT = "white marble table in a bright kitchen, soft morning light"
MADE, SHOWN, GAP, CAPTION = 1024, 380, 14, 40
SEED, QUALITY = 2, 88
PAPER, INK = (250, 249, 247), (60, 58, 56)
SQUARES = 16
CAPTIONS = ("photo", "1  cut-out", "2  scene", "3  composite", "4  ad")


def main() -> None:
    """Makes the five pictures and writes the strip."""
    with stages() as clients:
        write_strip(PATH, make_pictures(clients))


def make_pictures(clients: dict[str, Client]) -> list[np.ndarray]:
    """The photo and what the stages before finishing make: uint8 RGB, of any size."""
    cutout = clients["segmentation"].segment(PHOTO)
    scene = clients["background"].generate(PROMPT, size=(MADE, MADE), seed=SEED)
    composite = clients["compositing"].composite(cutout, scene)
    ad = clients["inpainting"].inpaint(composite, scene=scene.reply.scene)
    made = [pixels_of(each.data) for each in (scene, composite, ad)]
    return [pixels_of(PHOTO.read_bytes()), on_squares(cutout.data), *made]


def on_squares(data: bytes) -> np.ndarray:
    """An RGBA picture file on a square chequered board, as uint8 RGB."""
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
    """Writes square pictures in a row as JPEG, a caption below each."""
    width = len(pictures) * (SHOWN + GAP) - GAP
    strip = Image.new("RGB", (width, SHOWN + CAPTION), PAPER)
    draw, font = ImageDraw.Draw(strip), ImageFont.load_default(20)
    for number, (picture, caption) in enumerate(zip(pictures, CAPTIONS, strict=True)):
        left = number * (SHOWN + GAP)
        tile = cv2.resize(picture, (SHOWN, SHOWN), interpolation=cv2.INTER_AREA)
        strip.paste(Image.fromarray(tile), (left, 0))
        draw.text((left + SHOWN / 2, SHOWN + CAPTION / 2), caption, INK, font, anchor="mm")
    strip.save(path, quality=QUALITY, optimize=True)


if __name__ == "__main__":
    main()
