"""Makes ads stage by stage with the real services, for pictures and benchmarks."""

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

# Of an ad, in pixels.
SIDE = 640
FOLDER = ROOT / "clients" / "samples"
# Photos that `make samples` renders.
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
    "terrazzo counter, palm leaf shadows",
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
class StageAd:
    """One ad, with the background and composite that it was made from.

    ad: uint8 RGB (SIDE, SIDE, 3).
    """

    prompt: str
    photo: str
    background: Background
    composite: Composite
    ad: np.ndarray


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
    """Returns the paths of the bundled photos, rendered ones first."""
    rendered = [FOLDER / f"{name}.jpg" for name in SAMPLES]
    return rendered + sorted((FOLDER / "products").glob("*.jpg"))


def cut_out_products(client: Client, paths: list[Path]) -> dict[str, Cutout]:
    """Cuts out the products of photos: results by name; prints and skips photos that fail."""
    cutouts = {}
    for path in paths:
        try:
            cutouts[path.stem] = client.segment(path)
        except CycloramaError as error:
            print(f"{path.name}: {error}")
    return cutouts


def generate_background(clients: dict[str, Client], prompt: str, seed: int) -> Background:
    """Generates the background of a prompt with the studio."""
    options = {"engine": {"name": "studio"}}
    return clients["background"].generate(prompt, size=(SIDE, SIDE), seed=seed, options=options)


def create_ad(
    clients: dict[str, Client], prompt: str, name: str, cutout: Cutout, background: Background
) -> StageAd:
    """Composites and grounds a product on a background."""
    composite = clients["compositing"].composite(cutout, background)
    ad = clients["inpainting"].inpaint(
        composite, scene=background.reply.scene, options={"engine": {"name": "grounding"}}
    )
    return StageAd(prompt, name, background, composite, decode_rgb(ad.data))


def decode_rgb(data: bytes) -> np.ndarray:
    """Decodes an image file to uint8 RGB (height, width, 3)."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)
