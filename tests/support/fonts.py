"""Font files for tests."""

import io

from fontTools.ttLib import TTFont

from services.finishing.engines.pillow.fonts import FOLDER

GARAMOND = (FOLDER / "garamond.ttf").read_bytes()


def rewrite_font(flavor=None, rights=0):
    """Garamond as a file of another flavor, or with other embedding rights."""
    font = TTFont(io.BytesIO(GARAMOND))
    font.flavor, font["OS/2"].fsType = flavor, rights
    file = io.BytesIO()
    font.save(file)
    return file.getvalue()
