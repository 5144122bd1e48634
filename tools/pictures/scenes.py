"""Renders docs/scenes.jpg, all compositions of all families of the studio: `make scenes`."""

from services.background.engine import BackgroundRequest, BackgroundResult
from services.background.engines.studio import StudioBackground
from services.studio.families import FAMILIES
from services.studio.sets import SceneFamily
from tools import ROOT
from tools.pictures.sheet import Group, write_sheet

PATH = ROOT / "docs" / "scenes.jpg"
# In pixels: side of a background, and of its thumbnail; families per row.
SIDE, THUMBNAIL_SIDE, FAMILIES_PER_ROW = 512, 300, 2
# Color words for the families that support any color.
COLORS = {
    "sweep": ("", "sage green ", "terracotta "),
    "podium": ("", "dusty rose ", "sage green ", "navy "),
    "geometric": ("", "lilac wall, ", "powder blue wall, "),
    "silk": ("", "burgundy ", "emerald "),
    "water": ("", "", "dusty pink wall, "),
    "flatlay": ("", "terracotta paper, ", "sage green linen, "),
}


def main() -> None:
    """Renders the backgrounds and writes the sheet."""
    studio = StudioBackground()
    write_sheet(
        PATH,
        [render_family(studio, family) for family in FAMILIES.values()],
        THUMBNAIL_SIDE,
        FAMILIES_PER_ROW,
    )


def render_family(studio: StudioBackground, family: SceneFamily) -> Group:
    """Renders all compositions of a family, with its first word as prompt and one seed each."""
    word = next(iter(family.words))
    count = len(family.compositions)
    prompts = [f"{color}{word}" for color in COLORS.get(family.name, ("",) * count)]
    pictures = [render_background(studio, prompt, seed) for seed, prompt in enumerate(prompts)]
    names = ", ".join(made.parameters["composition"] for made in pictures)
    print(f"{family.name}: {names}", flush=True)
    return f"{family.name}: {names}", [made.pixels for made in pictures]


def render_background(studio: StudioBackground, prompt: str, seed: int) -> BackgroundResult:
    """Renders one background."""
    *_, made = studio.generate(BackgroundRequest(prompt, SIDE, SIDE, seed))
    return made


if __name__ == "__main__":
    main()
