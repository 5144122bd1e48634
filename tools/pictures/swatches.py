"""Renders the scene previews and the sample photo of the web page: `make swatches`."""

import json

import cv2

from services.background.engine import BackgroundRequest
from tools import ROOT
from tools.pictures.scenes import open_studio

STATIC = ROOT / "clients" / "cyclorama" / "web" / "static"
SAMPLE = ROOT / "clients" / "samples" / "bottle.jpg"
# In pixels: side of a background, and of its preview.
SIDE, PREVIEW_SIDE, SEED = 512, 320, 1
WEBP_FLAGS = (cv2.IMWRITE_WEBP_QUALITY, 88)
SAMPLE_SIDE, SAMPLE_FLAGS = 1024, (cv2.IMWRITE_JPEG_QUALITY, 86)


def main() -> None:
    """Renders one preview per scene, and writes a small sample photo."""
    write_sample_photo()
    studio = open_studio()
    for scene in json.loads((STATIC / "scenes.json").read_text()):
        *_, made = studio.generate(BackgroundRequest(scene["prompt"], SIDE, SIDE, SEED))
        small = cv2.resize(made.pixels, (PREVIEW_SIDE, PREVIEW_SIDE), interpolation=cv2.INTER_AREA)
        path = STATIC / "scenes" / f"{scene['name']}.webp"
        cv2.imwrite(str(path), cv2.cvtColor(small, cv2.COLOR_RGB2BGR), WEBP_FLAGS)
        print(f"{path.name}: {path.stat().st_size} bytes", flush=True)


def write_sample_photo() -> None:
    """Writes the sample photo of a product, scaled down for the page."""
    photo = cv2.imread(str(SAMPLE))
    scale = min(1, SAMPLE_SIDE / max(photo.shape[:2]))
    small = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(STATIC / "sample.jpg"), small, SAMPLE_FLAGS)


if __name__ == "__main__":
    main()
