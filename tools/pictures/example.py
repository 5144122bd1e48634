"""Makes the example ads of the empty page with the services of `make up`.

Run it as python -m tools.pictures.example.
"""

import argparse
import io
from dataclasses import dataclass

from PIL import Image

from cyclorama import Client
from cyclorama.defaults import GATEWAY
from tools import ROOT

STATIC = ROOT / "clients" / "cyclorama" / "web" / "static"
# A seed whose shadows fall clear of the label.
SEED = 3
QUALITY = 86


@dataclass(frozen=True)
class Example:
    """An ad of the sample photo: its file's name, settings, and width on the page in pixels.

    width: twice that of a usual screen.
    """

    name: str
    prompt: str
    size: tuple[int, int]
    headline: str
    width: int
    call: str = ""


# The first has the settings that static/example.js fills in.
EXAMPLES = (
    Example("example", "terrazzo counter, palm leaf shadows", (1024, 1280), "Grown slowly", 800),
    Example(
        "example-beach",
        "golden beach sand, turquoise sea, summer sun",
        (1024, 1024),
        "Summer, bottled",
        560,
        "Shop now",
    ),
    Example(
        "example-dark",
        "dark luxury, black and gold, dramatic rim light",
        (1024, 1024),
        "Worth the wait",
        560,
    ),
)


def main() -> None:
    """Creates the ads and writes them, scaled down for the page."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--gateway", default=GATEWAY)
    photo = (STATIC / "sample.jpg").read_bytes()
    with Client(parser.parse_args().gateway) as client:
        for example in EXAMPLES:
            write_example(client, photo, example)


def write_example(client: Client, photo: bytes, example: Example) -> None:
    """Creates an ad of a photo and writes it as WebP into the files of the page."""
    ad = client.create_ad(
        photo,
        example.prompt,
        size=example.size,
        seed=SEED,
        headline=example.headline,
        call_to_action=example.call,
    )
    picture = Image.open(io.BytesIO(ad.data)).convert("RGB")
    width, height = example.size
    scaled = picture.resize(
        (example.width, example.width * height // width), Image.Resampling.LANCZOS
    )
    scaled.save(STATIC / f"{example.name}.webp", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
