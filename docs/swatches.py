"""Renders the small pictures of scenes that the page offers: `make swatches`."""

import json

import cv2

from benchmarks.serving import ROOT
from services.background.engine import Order
from services.background.engines.studio import Studio

STATIC = ROOT / "clients" / "cyclorama" / "web" / "static"
SIDE, SHOWN, SEED = 512, 320, 1
FLAGS = (cv2.IMWRITE_WEBP_QUALITY, 88)


def main() -> None:
    """Renders one picture per scene."""
    studio = Studio()
    for scene in json.loads((STATIC / "scenes.json").read_text()):
        *_, made = studio.make(Order(scene["prompt"], SIDE, SIDE, SEED))
        small = cv2.resize(made.pixels, (SHOWN, SHOWN), interpolation=cv2.INTER_AREA)
        path = STATIC / "scenes" / f"{scene['name']}.webp"
        cv2.imwrite(str(path), cv2.cvtColor(small, cv2.COLOR_RGB2BGR), FLAGS)
        print(f"{path.name}: {path.stat().st_size} bytes", flush=True)


if __name__ == "__main__":
    main()
