"""Renders docs/scenes.jpg, every place of the studio with three seeds: `make scenes`."""

from services.background.engine import BackgroundRequest, BackgroundResult
from services.background.engines.studio import StudioBackground
from services.studio.panoramas.library import PlaceSettings, open_library
from services.studio.places import PLACES
from tools import ROOT
from tools.pictures.sheet import Group, write_sheet

PATH = ROOT / "docs" / "scenes.jpg"
# In pixels: side of a background, and of its thumbnail; places per row; seeds per place.
SIDE, THUMBNAIL_SIDE, PLACES_PER_ROW, SEEDS = 256, 192, 3, 3


def main() -> None:
    """Renders the backgrounds and writes the sheet."""
    studio = open_studio()
    groups = [render_place(studio, name) for name in PLACES]
    write_sheet(PATH, groups, THUMBNAIL_SIDE, PLACES_PER_ROW)


def open_studio() -> StudioBackground:
    """Opens the studio with the photographed places that set-up has fetched."""
    return StudioBackground(panoramas=open_library(PlaceSettings.from_environment()))


def render_place(studio: StudioBackground, name: str) -> Group:
    """Renders a place with its name as prompt and one seed each."""
    prompt = name.replace("_", " ")
    print(prompt, flush=True)
    return prompt, [render_background(studio, prompt, seed).pixels for seed in range(SEEDS)]


def render_background(studio: StudioBackground, prompt: str, seed: int) -> BackgroundResult:
    """Renders one background."""
    *_, made = studio.generate(BackgroundRequest(prompt, SIDE, SIDE, seed))
    return made


if __name__ == "__main__":
    main()
