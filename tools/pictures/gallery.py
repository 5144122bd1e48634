"""Makes docs/gallery.jpg, sixteen prompts with photos in each, by the services: `make gallery`.

The photos are the bundled samples, and the product photos of $CYCLORAMA_EVAL where there are any.
"""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from benchmarks.serving import service
from cyclorama import Background, Client, Composite, Cutout, CycloramaError
from cyclorama.stages import STAGES
from tools import ROOT
from tools.pictures.sheet import Group, write_sheet

PATH = ROOT / "docs" / "gallery.jpg"
SIDE, SHOWN, ACROSS, PHOTOS_A_PROMPT = 640, 300, 2, 3
SAMPLES = ("bottle", "jar", "box")
PROMPTS = (
    "on a white marble table in a bright kitchen, soft morning light",
    "dusty pink podium, minimal studio, golden accents",
    "pastel lilac wall, geometric arches, playful",
    "clean light grey seamless studio, soft light",
    "wooden table in a garden, golden hour bokeh",
    "raw concrete, hard window light, long shadows",
    "terrazzo counter, palm leaf shadows, mediterranean",
    "dark luxury, black and gold, dramatic rim light",
    "golden beach sand, turquoise sea, summer sun",
    "rippling water, blue gradient, reflections",
    "flowing emerald silk, elegant soft folds",
    "christmas table, fir branches, warm bokeh lights",
    "neon city at night, wet asphalt, cyberpunk",
    "spa with hot stones and eucalyptus, calm",
    "fresh snow in a pine forest, cold winter morning",
    "flat lay on terracotta paper, from above, leaves",
)


@dataclass(frozen=True)
class Made:
    """One picture of the gallery: what went into stage 4, and what came out (uint8 RGB)."""

    prompt: str
    photo: str
    background: Background
    composite: Composite
    ad: np.ndarray


def main() -> None:
    """Makes the pictures and writes the sheet."""
    with stages() as clients:
        cutouts = cut_out(clients["segmentation"], photos())
        groups = [group(clients, *each, cutouts) for each in enumerate(PROMPTS)]
    write_sheet(PATH, groups, SHOWN, ACROSS)


@contextmanager
def stages() -> Iterator[dict[str, Client]]:
    """The services of all stages but finishing, on embedded engines, and a client of each."""
    with ExitStack() as stack:
        clients = {}
        # Pictures are compared before they become files.
        for stage in STAGES[:-1]:
            address = stack.enter_context(service(f"services.{stage}"))
            clients[stage] = stack.enter_context(Client(address))
        yield clients


def photos() -> list[Path]:
    """The photos that there are, samples first."""
    samples = [ROOT / "clients" / "samples" / f"{name}.jpg" for name in SAMPLES]
    folder = os.environ.get("CYCLORAMA_EVAL")
    return samples + sorted(Path(folder, "product-photos").glob("*.jpg") if folder else ())


def cut_out(client: Client, paths: list[Path]) -> dict[str, Cutout]:
    """The products of the photos, by name; those in which none is found are told and left out."""
    found = {}
    for path in paths:
        try:
            found[path.stem] = client.segment(path, options={"engine": {"name": "classic"}})
        except CycloramaError as error:
            print(f"{path.name}: {error}")
    return found


def group(
    clients: dict[str, Client], number: int, prompt: str, cutouts: dict[str, Cutout]
) -> Group:
    """A prompt with three photos, so chosen that every photo comes up about as often."""
    every = list(cutouts)
    names = [every[(7 * number + 5 * turn) % len(every)] for turn in range(PHOTOS_A_PROMPT)]
    background = stage(clients, prompt, number)
    ads = [set_in(clients, prompt, name, cutouts[name], background).ad for name in names]
    print(f"{prompt}: {', '.join(names)}", flush=True)
    return prompt, ads


def stage(clients: dict[str, Client], prompt: str, seed: int) -> Background:
    """Stage 2 of a prompt."""
    options = {"engine": {"name": "studio"}}
    return clients["background"].generate(prompt, size=(SIDE, SIDE), seed=seed, options=options)


def set_in(
    clients: dict[str, Client], prompt: str, name: str, cutout: Cutout, background: Background
) -> Made:
    """Stages 3 and 4 of one picture."""
    composite = clients["compositing"].composite(cutout, background)
    ad = clients["inpainting"].inpaint(
        composite, scene=background.reply.scene, options={"engine": {"name": "grounding"}}
    )
    return Made(prompt, name, background, composite, pixels_of(ad.data))


def pixels_of(data: bytes) -> np.ndarray:
    """Decodes a picture: uint8 RGB (height, width, 3)."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB)


if __name__ == "__main__":
    main()
