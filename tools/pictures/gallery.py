"""Renders docs/gallery.jpg, ads for 16 prompts, with the real services: `make gallery`.

The photos are the bundled samples, and the product photos in $CYCLORAMA_EVAL if it is set.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.serving import start_service
from cyclorama import Background, Client, Composite, Cutout, CycloramaError
from cyclorama.stages import STAGES
from tools import ROOT
from tools.pictures.sheet import Group, write_sheet

PATH = ROOT / "docs" / "gallery.jpg"
# In pixels: side of an ad, and of its thumbnail; prompts per row; photos per prompt.
SIDE, THUMBNAIL_SIDE, PROMPTS_PER_ROW, PHOTOS_PER_PROMPT = 640, 300, 2, 3
SAMPLES = ("bottle", "jar", "box")
# Options of a composite whose shadows the inpainting stage casts.
NO_SHADOW = {"shadow": {"kind": "SHADOW_KIND_NONE"}}
PROMPTS = (
    "white marble in a bright kitchen, lemons and basil, morning light",
    "dusty pink podium, minimal studio, golden accents",
    "pastel lilac wall, geometric arches, playful",
    "from purple to orange gradient, floating, powder",
    "wooden table in a garden, golden hour bokeh",
    "raw concrete, hard window light, long shadows",
    "terrazzo counter, palm leaf shadows, mediterranean",
    "dark luxury, black and gold, dramatic rim light",
    "golden beach sand, turquoise sea, seashells, summer sun",
    "mossy rock in a forest, ferns, dappled light",
    "flowing emerald silk, rose petals in the air",
    "christmas table, fir branches, warm bokeh lights",
    "neon city at night, wet asphalt, cyberpunk",
    "spa with hot stones and eucalyptus, calm",
    "fresh snow, pine trees, cold winter morning",
    "flat lay on terracotta paper, from above, leaves",
)


@dataclass(frozen=True)
class GalleryAd:
    """One ad of the gallery, with the background and composite that it was made from.

    ad: uint8 RGB (SIDE, SIDE, 3).
    """

    prompt: str
    photo: str
    background: Background
    composite: Composite
    ad: np.ndarray


def main() -> None:
    """Creates the ads and writes the sheet."""
    with start_stages() as clients:
        cutouts = cut_out_products(clients["segmentation"], list_photos())
        groups = [create_group(clients, *each, cutouts) for each in enumerate(PROMPTS)]
    write_sheet(PATH, groups, THUMBNAIL_SIDE, PROMPTS_PER_ROW)


@contextmanager
def start_stages() -> Iterator[dict[str, Client]]:
    """Starts all stages except finishing, with embedded engines, and yields a client of each."""
    with ExitStack() as stack:
        clients = {}
        # Without finishing, as pixels are compared before they are encoded.
        for stage in STAGES[:-1]:
            address = stack.enter_context(start_service(f"services.{stage}"))
            clients[stage] = stack.enter_context(Client(address))
        yield clients


def list_photos() -> list[Path]:
    """Returns the paths of the photos, samples first."""
    samples = [ROOT / "clients" / "samples" / f"{name}.jpg" for name in SAMPLES]
    folder = os.environ.get("CYCLORAMA_EVAL")
    return samples + sorted(Path(folder, "product-photos").glob("*.jpg") if folder else ())


def cut_out_products(client: Client, paths: list[Path]) -> dict[str, Cutout]:
    """Cuts out the products of photos: results by name; prints and skips photos that fail."""
    cutouts = {}
    for path in paths:
        try:
            cutouts[path.stem] = client.segment(path)
        except CycloramaError as error:
            print(f"{path.name}: {error}")
    return cutouts


def create_group(
    clients: dict[str, Client], number: int, prompt: str, cutouts: dict[str, Cutout]
) -> Group:
    """Creates the ads of a prompt with three photos; all photos appear about equally often."""
    all_names = list(cutouts)
    names = [
        all_names[(7 * number + 5 * index) % len(all_names)] for index in range(PHOTOS_PER_PROMPT)
    ]
    ads = [create_following_ad(clients, prompt, number, cutouts[name]) for name in names]
    print(f"{prompt}: {', '.join(names)}", flush=True)
    return prompt, ads


def create_following_ad(
    clients: dict[str, Client], prompt: str, seed: int, cutout: Cutout
) -> np.ndarray:
    """Creates an ad whose set follows the photo, as the gateway does: uint8 RGB (h, w, 3)."""
    background = clients["background"].generate(
        prompt, size=(SIDE, SIDE), seed=seed, view=cutout.reply.view
    )
    composite = clients["compositing"].composite(cutout, background, options=NO_SHADOW)
    return decode_rgb(clients["inpainting"].inpaint(composite).data)


def generate_background(clients: dict[str, Client], prompt: str, seed: int) -> Background:
    """Generates the background of a prompt with the studio."""
    options = {"engine": {"name": "studio"}}
    return clients["background"].generate(prompt, size=(SIDE, SIDE), seed=seed, options=options)


def create_ad(
    clients: dict[str, Client], prompt: str, name: str, cutout: Cutout, background: Background
) -> GalleryAd:
    """Composites and grounds a product on a background."""
    composite = clients["compositing"].composite(cutout, background)
    ad = clients["inpainting"].inpaint(
        composite, scene=background.reply.scene, options={"engine": {"name": "grounding"}}
    )
    return GalleryAd(prompt, name, background, composite, decode_rgb(ad.data))


def decode_rgb(data: bytes) -> np.ndarray:
    """Decodes an image file to uint8 RGB (height, width, 3)."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)


if __name__ == "__main__":
    main()
