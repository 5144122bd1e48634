"""Renders docs/truth.jpg, photos, ads and the truth side by side: `make truth`."""

from benchmarks.truth import COMPARED, create_ads, cut_known_outline
from benchmarks.truth_files import list_pair_names, read_pair
from services.inpainting.engine import InpaintingEngine
from tools import ROOT
from tools.pictures.sheet import Group, write_sheet

PATH = ROOT / "docs" / "truth.jpg"
# In pixels, side of a picture; pairs per row; pairs.
THUMBNAIL_SIDE, PAIRS_PER_ROW, PAIRS = 250, 2, 12


def main() -> None:
    """Makes the ads of the first pairs, which show every set, and writes the sheet."""
    engine = COMPARED[0]()
    groups = [compare_pair(name, engine) for name in list_pair_names()[:PAIRS]]
    write_sheet(PATH, groups, THUMBNAIL_SIDE, PAIRS_PER_ROW)


def compare_pair(name: str, engine: InpaintingEngine) -> Group:
    """Returns the photo, a naive paste, our ad and the truth of a pair."""
    pair = read_pair(name)
    print(name, flush=True)
    _, ads = create_ads(pair, cut_known_outline(pair), {engine.name: engine})
    caption = f"{pair.words}: photo, naive paste, ours, truth"
    return caption, [pair.photo, ads["naive"], ads[engine.name], pair.truth]


if __name__ == "__main__":
    main()
