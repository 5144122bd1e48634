"""Makes the example ad of the empty page with the services of `make up`.

Run it as python -m tools.pictures.example.
"""

import argparse
import io

from PIL import Image

from cyclorama import Client
from cyclorama.defaults import GATEWAY
from tools import ROOT

STATIC = ROOT / "clients" / "cyclorama" / "web" / "static"
# The settings that static/example.js fills in, and a seed whose shadow falls clear of the label.
PROMPT, SIZE, HEADLINE = (
    "terrazzo counter, palm leaf shadows",
    (1024, 1280),
    "Grown slowly",
)
SEED = 3
# Pixels of the picture on the page, twice those of a usual screen, and its quality.
WIDTH, QUALITY = 800, 86


def main() -> None:
    """Creates the ad and writes it, scaled down for the page."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--gateway", default=GATEWAY)
    photo = (STATIC / "sample.jpg").read_bytes()
    with Client(parser.parse_args().gateway) as client:
        ad = client.create_ad(photo, PROMPT, size=SIZE, seed=SEED, headline=HEADLINE)
    picture = Image.open(io.BytesIO(ad.data)).convert("RGB")
    picture.thumbnail((WIDTH, WIDTH * SIZE[1] // SIZE[0]))
    picture.save(STATIC / "example.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
