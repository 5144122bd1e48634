"""The small fonts in which the page shows the names of the fonts of lettering."""

from typing import get_args

from fontTools.ttLib import TTFont

from cyclorama.stage_options import FontName
from tools.pictures.font_samples import CHARACTERS, SAMPLES, write_font_samples


def test_every_font_has_a_sample_with_the_letters_of_names():
    assert {path.stem for path in SAMPLES.glob("*.woff2")} == set(get_args(FontName))
    for path in SAMPLES.glob("*.woff2"):
        font = TTFont(path)
        assert set(map(ord, CHARACTERS)) <= font.getBestCmap().keys()
        assert "Open Font License" in font["name"].getDebugName(13)
        assert path.stat().st_size < 12_000


def test_the_samples_are_those_of_the_fonts(tmp_path):
    write_font_samples(tmp_path)
    for path in SAMPLES.glob("*.woff2"):
        committed, written = TTFont(path), TTFont(tmp_path / path.name)
        assert committed["glyf"].glyphs.keys() == written["glyf"].glyphs.keys()
        assert committed["hmtx"].metrics == written["hmtx"].metrics
