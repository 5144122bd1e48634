"""Renders docs/scenes.jpg, every family of the studio in every composition: `make scenes`."""

from services.background.engine import BackgroundRequest, BackgroundResult
from services.background.engines.studio import StudioBackground
from services.studio.families import FAMILIES
from services.studio.sets import SceneFamily
from tools import ROOT
from tools.pictures.sheet import Group, write_sheet

PATH = ROOT / "docs" / "scenes.jpg"
SIDE, SHOWN, ACROSS = 512, 300, 2
# Sets that take any colour show that they do; the others show their own.
COLORS = {
    "sweep": ("", "sage green ", "terracotta "),
    "podium": ("", "dusty rose ", "sage green ", "navy "),
    "geometric": ("", "lilac wall, ", "powder blue wall, "),
    "silk": ("", "burgundy ", "emerald "),
    "water": ("", "", "dusty pink wall, "),
    "flatlay": ("", "terracotta paper, ", "sage green linen, "),
}


def main() -> None:
    """Renders the pictures and writes the sheet."""
    studio = StudioBackground()
    write_sheet(PATH, [row(studio, family) for family in FAMILIES.values()], SHOWN, ACROSS)


def row(studio: StudioBackground, family: SceneFamily) -> Group:
    """The compositions of a family, asked for in its plainest word, one seed after the other."""
    word = next(iter(family.words))
    count = len(family.compositions)
    prompts = [f"{color}{word}" for color in COLORS.get(family.name, ("",) * count)]
    pictures = [picture(studio, prompt, seed) for seed, prompt in enumerate(prompts)]
    names = ", ".join(made.parameters["composition"] for made in pictures)
    print(f"{family.name}: {names}", flush=True)
    return f"{family.name}: {names}", [made.pixels for made in pictures]


def picture(studio: StudioBackground, prompt: str, seed: int) -> BackgroundResult:
    """One background."""
    *_, made = studio.generate(BackgroundRequest(prompt, SIDE, SIDE, seed))
    return made


if __name__ == "__main__":
    main()
