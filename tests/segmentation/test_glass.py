from dataclasses import replace

import numpy as np
import pytest

from services.imaging.box import slices_from_box
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.glass import show_background_through
from services.segmentation.glass_evidence import GlassEvidence, looks_like_glass
from tests.support.glass import (
    BOX,
    SIZE,
    cut_out_beaker,
    draw_backdrop,
    draw_beaker,
    draw_transmission,
    photograph_china,
    photograph_filled_glass,
    photograph_glass,
)

GRAY, WHITE = draw_backdrop(), draw_backdrop((240, 240, 240))


def separate(photo: np.ndarray, **prompt) -> SegmentationResult:
    result = SegmentationResult(cut_out_beaker(photo), BOX, confidence=0.9)
    return show_background_through(photo, result, SegmentationPrompt(**prompt))


def list_reasons(result: SegmentationResult) -> list[str]:
    return [warning.reason for warning in result.warnings]


@pytest.mark.parametrize("backdrop", [GRAY, WHITE])
def test_glass_before_a_plain_backdrop_becomes_transparent(backdrop):
    result = separate(photograph_glass(backdrop))
    assert list_reasons(result) == ["TRANSPARENT"]
    assert result.transparent_share > 0.8
    assert f"{result.transparent_share:.0%}" in result.warnings[0].message
    # The clear inside, and the dark wall.
    assert result.cutout[60, 40, 3] < 80 < 120 < result.cutout[60, :6, 3].max()


@pytest.mark.parametrize("backdrop", [GRAY, WHITE])
@pytest.mark.parametrize("product", ["", "vase", "glass vase"])
def test_china_of_the_backdrops_color_stays_opaque(backdrop, product):
    photo = photograph_china(backdrop, color=backdrop[0, 0])
    result = separate(photo, product=product)
    assert result.transparent_share == 0
    assert np.array_equal(result.cutout, cut_out_beaker(photo))
    assert "TRANSPARENT" not in list_reasons(result)


def test_tinted_glass_needs_a_word_for_glass():
    photo = photograph_glass(GRAY, tint=(0.6, 0.8, 0.65))
    assert separate(photo).transparent_share == 0
    assert separate(photo, product="wine bottle").transparent_share > 0.8


def test_glass_without_lines_needs_its_name():
    photo = np.rint(np.where(draw_beaker()[..., None] > 0, WHITE * 0.96, WHITE)).astype(np.uint8)
    assert (
        separate(photo).transparent_share == separate(photo, product="vase").transparent_share == 0
    )
    assert separate(photo, product="wine glass").transparent_share > 0.9


def test_the_gap_between_two_glasses_stays_open():
    transmission = np.prod([np.roll(draw_transmission(), side, axis=1) for side in (-45, 45)], 0)
    photo = np.rint(GRAY * np.where(draw_pair()[..., None], transmission, 1)).astype(np.uint8)
    cutout = np.dstack([photo, draw_pair() * np.uint8(255)])[40:170, 15:185]
    result = SegmentationResult(np.ascontiguousarray(cutout), (15, 40, 170, 130), confidence=0.9)
    shown = show_background_through(photo, result, SegmentationPrompt(product="glass tumblers"))
    assert shown.transparent_share > 0.8
    assert shown.cutout[40:90, 82:88, 3].max() == 0


def draw_pair() -> np.ndarray:
    """Returns where two beakers are: bool (h, w)."""
    return np.logical_or.reduce([np.roll(draw_beaker() > 0, side, axis=1) for side in (-45, 45)])


@pytest.mark.parametrize("product", ["", "mill"])
def test_what_looks_like_glass_stays_opaque_without_its_name_but_with_a_warning(product):
    result = separate(photograph_filled_glass(), product=product)
    assert result.transparent_share == 0 and list_reasons(result) == ["MAYBE_TRANSPARENT"]
    assert not separate(photograph_filled_glass(), opaque=True).warnings


def test_what_looks_like_glass_is_clear_if_its_name_allows_it():
    result = separate(photograph_filled_glass(), product="salt shaker")
    assert list_reasons(result) == ["TRANSPARENT"] and 0.3 < result.transparent_share < 0.8
    assert result.cutout[20, 40, 3] < 60 and result.cutout[95, 40, 3] > 200


def test_pale_metal_with_a_glint_keeps_its_own_colors_and_pale_filling_is_still_seen():
    photo = photograph_filled_glass()
    # Steel: hardly colored, lighter than what always counts as opaque.
    photo[44:64, 80:120] = (166, 158, 140)
    photo[50:54, 96:100] = 235
    result = separate(photo, product="glass shaker")
    shown = np.zeros((SIZE, SIZE, 4), np.uint8)
    shown[slices_from_box(result.bounds)] = result.cutout
    cap = shown[48:60, 86:114]
    assert (cap[..., 3] == 255).all() and np.array_equal(cap[..., :3], photo[48:60, 86:114])
    # Of the thick middle more is seen than of the thin glass above it.
    assert shown[95, 100, 3] > 2 * shown[70, 100, 3]


@pytest.mark.parametrize(
    "other",
    [
        {"line_share": 0.31},
        {"unevenness": 14.1},
        {"clear_share": 0.23},
        {"even_share": 0.23},
        {"backdrop": 20},
    ],
)
def test_white_shoes_with_dark_seams_and_black_ones_on_black_do_not_look_like_glass(other):
    glass = GlassEvidence(np.float32((-12.5, 0.9, 0.2)), 0.36, 8.1, 0.32, 0.55, backdrop=90)
    assert looks_like_glass(glass)
    assert not looks_like_glass(replace(glass, **other))
    assert not looks_like_glass(replace(glass, typical=np.float32((-12.5, 4, 0.2))))


def test_an_opaque_cutout_that_looks_like_the_backdrop_is_doubted():
    photo = np.rint(WHITE).astype(np.uint8)
    result = separate(photo, product="vase")
    assert list_reasons(result) == ["LOW_CONFIDENCE"] and result.confidence < 0.5
    assert result.warnings[0].box == BOX
    assert not separate(photo, opaque=True).warnings
    assert not separate(photo, mask=draw_beaker() > 0).warnings


def test_a_lid_stays_opaque():
    photo = photograph_glass(GRAY)
    photo[40:75, 60:140] = (150, 90, 40)
    result = separate(photo, product="glass jar")
    assert 0.5 < result.transparent_share < 0.9
    assert result.cutout[15, 40].tolist() == [150, 90, 40, 255]
    assert result.cutout[80, 40, 3] < 80


def test_the_caller_can_keep_the_product_opaque():
    photo = photograph_glass(GRAY)
    result = separate(photo, opaque=True, product="wine glass")
    assert np.array_equal(result.cutout, cut_out_beaker(photo)) and not result.warnings


def test_glass_before_a_patterned_backdrop_stays_opaque_with_a_warning():
    squares = (np.indices((SIZE, SIZE)) // 10).sum(axis=0) % 2
    photo = photograph_glass(GRAY * np.float32(0.6 + 0.4 * squares)[..., None])
    assert list_reasons(separate(photo, product="wine glass")) == ["KEPT_OPAQUE"]
    assert not separate(photo).warnings
