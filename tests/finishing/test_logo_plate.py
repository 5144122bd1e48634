"""Logos that lack contrast get a plate, and others stay as they are."""

import numpy as np
import pytest

from services.finishing.engine import Lettering
from services.finishing.engines.pillow.fonts import open_operator_font
from services.finishing.engines.pillow.lettering import LetteredPicture, draw_lettering
from services.finishing.engines.pillow.logo_plate import MIN_LOGO_CONTRAST, ground_logo

FONT = open_operator_font("")
MAROON, OAK, PAPER = (122, 30, 60), (110, 78, 50), (240, 235, 228)
BOX = (10, 10, 80, 40)


def draw_logo(color) -> np.ndarray:
    """A clear logo with a bar of a color: uint8 RGBA (20, 60, 4)."""
    logo = np.zeros((20, 60, 4), np.uint8)
    logo[5:15, 5:55] = (*color, 255)
    return logo


def fill(color) -> np.ndarray:
    return np.full((400, 400, 3), color, np.uint8)


def letter(ground, **fields) -> LetteredPicture:
    mask = np.zeros((400, 400), np.uint8)
    mask[250:380, 100:300] = 255
    lettering = Lettering("Hello", logo=draw_logo(MAROON), **fields)
    return draw_lettering(fill(ground), mask, lettering, FONT)


def list_reasons(drawn: LetteredPicture) -> list[str]:
    return [warning.reason for warning in drawn.warnings]


@pytest.mark.parametrize(
    ("color", "ground", "plate"),
    [(MAROON, OAK, 255), ((250, 240, 200), PAPER, 0), ((105, 105, 105), (90, 90, 90), 255)],
)
def test_a_logo_without_contrast_gets_a_plate_and_keeps_its_colors(color, ground, plate):
    grounded = ground_logo(fill(ground), BOX, draw_logo(color))
    assert grounded.is_plated and grounded.contrast >= MIN_LOGO_CONTRAST
    height, width = grounded.pixels.shape[:2]
    assert grounded.pixels[2, width // 2].tolist() == [plate, plate, plate, 255]
    assert grounded.pixels[height // 2, width // 2].tolist() == [*color, 255]
    assert width / height == pytest.approx(3, rel=0.05)


def test_a_logo_with_contrast_or_a_ground_of_its_own_stays_as_it_is():
    clear = ground_logo(fill(PAPER), BOX, draw_logo(MAROON))
    opaque = np.full((20, 60, 4), (*OAK, 255), np.uint8)
    own = ground_logo(fill(OAK), BOX, opaque)
    assert not clear.is_plated and not own.is_plated and clear.is_readable and own.is_readable


def test_half_of_a_logo_that_vanishes_counts():
    logo = draw_logo(MAROON)
    logo[5:15, 30:55, :3] = PAPER
    assert ground_logo(fill(PAPER), BOX, logo).contrast < MIN_LOGO_CONTRAST


def test_a_plate_is_reported_and_left_out_on_request():
    drawn = letter(OAK)
    assert "LOGO_PLATED" in list_reasons(drawn)
    assert (drawn.pixels == MAROON).all(axis=2).sum() > 100
    plain = letter(OAK, without_veil=True)
    assert "LOGO_PLATED" not in list_reasons(plain) and "LOGO_FAINT" in list_reasons(plain)
    assert list_reasons(letter(PAPER)) == []


def test_the_corners_of_a_plate_are_round_and_soft():
    pixels = ground_logo(fill(OAK), BOX, draw_logo(MAROON)).pixels
    corner = pixels[: pixels.shape[0] // 3, : pixels.shape[0] // 3, 3]
    assert corner[0, 0] == 0 and corner[-1, -1] == 255
    assert ((corner > 0) & (corner < 255)).sum() >= 4
