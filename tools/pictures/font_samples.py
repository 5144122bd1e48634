"""Writes the fonts of lettering as small files, in which the page shows the name of each.

    python -m tools.pictures.font_samples

They have only the letters and figures of names, a tenth of the bytes of the whole fonts.
"""

import io
import string
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

from services.finishing.engines.pillow.fonts import FOLDER, FONTS
from tools import ROOT

SAMPLES = ROOT / "clients/cyclorama/web/static/font_samples"
CHARACTERS = string.ascii_letters + string.digits + " ,.-"


def write_font_samples(folder: Path) -> None:
    """Writes a WOFF2 file of each of FONTS into a folder, with its license in its table `name`."""
    for name in FONTS:
        (folder / f"{name}.woff2").write_bytes(reduce_font(FOLDER / f"{name}.ttf"))


def reduce_font(path: Path) -> bytes:
    """Returns a font as WOFF2 with CHARACTERS alone."""
    font = TTFont(path, recalcTimestamp=False)
    # 13 and 14 are the license and its address (OpenType 1.9).
    subsetter = Subsetter(Options(name_IDs=[0, 1, 2, 13, 14], layout_features=["kern"]))
    subsetter.populate(text=CHARACTERS)
    subsetter.subset(font)
    font.flavor = "woff2"
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()


if __name__ == "__main__":
    write_font_samples(SAMPLES)
