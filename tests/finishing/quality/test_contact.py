"""Contact measurements on drawn products that stand, hover, or have a beaded shadow."""

import numpy as np
import pytest

from services.finishing.quality.contact import (
    MEASUREMENTS,
    judge_contact_beads,
    judge_contact_gap,
    judge_floating_base,
    measure_light_gap,
)
from services.finishing.quality.ground import GroundStrip
from services.finishing.quality.measurement import FAIL, PASS, UNKNOWN, WARN
from services.finishing.quality.picture import AssessedPicture
from tests.support.standing_product import (
    FOOT,
    RIGHT,
    SIDE,
    describe_scene,
    draw_standing_product,
)

# What is known besides the ad and its mask.
KNOWN = [(True, True), (False, True), (False, False)]


@pytest.mark.parametrize(("with_composite", "with_scene"), KNOWN)
def test_a_product_that_stands_in_its_shadow_passes(with_composite, with_scene):
    picture = draw_standing_product(with_composite=with_composite, with_scene=with_scene)
    assert [judge(picture).verdict for judge in MEASUREMENTS] == [PASS] * 3


@pytest.mark.parametrize(("with_composite", "with_scene"), KNOWN)
def test_a_product_above_its_shadow_shows_light_below_it(with_composite, with_scene):
    picture = draw_standing_product(lift=5, with_composite=with_composite, with_scene=with_scene)
    gap = judge_contact_gap(picture)
    assert gap.verdict == FAIL and gap.value == pytest.approx(1000 * 5 / SIDE, abs=16)


def test_a_faint_shade_next_to_a_product_is_not_its_shadow():
    """As below a shoe that was lifted off a soft shadow, whose rim reaches it."""
    lifted = np.array([*np.linspace(31, 24, 10), 26, 44, 50, 52, 46, 42, 37, 32, 29, 26])
    before = np.full((20, 9), 80, np.float32)
    lightness = before - lifted[:, None].astype(np.float32)
    strip = GroundStrip(lightness, before, np.ones(9, bool), contact=2, side=9)
    assert measure_light_gap(strip) == 11


@pytest.mark.parametrize("rows", [-30, 30])
def test_a_product_that_the_caller_moved_stands_where_its_shadow_is(rows):
    drawn = draw_standing_product()
    known = describe_scene()
    known.scene.ground_line += rows / SIDE
    moved = AssessedPicture(drawn.ad, drawn.mask, drawn.composite, 0, known)
    assert judge_contact_gap(moved).verdict == PASS


def test_a_product_without_a_shadow_is_judged_by_its_ground_line():
    drawn = draw_standing_product(shadow=0)
    values = []
    for rows in (-30, 0, 30):
        known = describe_scene()
        known.scene.ground_line += rows / SIDE
        bare = AssessedPicture(drawn.ad, drawn.mask, drawn.composite, 0, known)
        values.append(judge_contact_gap(bare).value)
    assert values == pytest.approx([0, 0, 1000 * 30 / SIDE], abs=6)


@pytest.mark.parametrize(("with_composite", "with_scene"), KNOWN)
def test_a_product_without_a_shadow_floats(with_composite, with_scene):
    picture = draw_standing_product(shadow=0, with_composite=with_composite, with_scene=with_scene)
    floating = judge_floating_base(picture)
    assert floating.verdict == FAIL and floating.value == 1
    assert "shadow" in floating.remedy


def test_a_clear_foot_needs_no_shadow():
    drawn = draw_standing_product(shadow=0)
    jar = drawn.mask.copy()
    jar[FOOT - 60 :] = np.minimum(jar[FOOT - 60 :], 31)
    picture = AssessedPicture(drawn.ad, jar, drawn.composite, 0, drawn.circumstances)
    assert judge_floating_base(picture).verdict == PASS


def draw_pair(rear_shadow: float, drop: int = 0) -> AssessedPicture:
    """A shaded product with a wide part behind it that stands 30 of 200 rows higher.

    rear_shadow: share of the light that the part's shadow takes. drop: rows below the part.
    """
    drawn = draw_standing_product()
    mask, ad, composite = drawn.mask.copy(), drawn.ad.copy(), drawn.composite.copy()
    foot, columns = FOOT - 30, slice(RIGHT + 4, RIGHT + 44)
    ad[foot + drop : foot + drop + 8, columns] = 190 * (1 - rear_shadow)
    for picture in (mask, ad, composite):
        picture[60 : foot - 20, RIGHT - 4 : RIGHT + 10] = picture[100, 100]
        picture[60:foot, columns] = picture[100, 100]
    known = describe_scene(camera_pitch=20)
    return AssessedPicture(ad, mask, composite, 0, known)


def test_a_part_behind_the_base_needs_a_shadow_of_its_own():
    """As the rear shoe of a pair, which else floats."""
    assert judge_floating_base(draw_pair(0.5)).verdict == PASS
    assert judge_contact_gap(draw_pair(0.5)).verdict == PASS
    assert judge_floating_base(draw_pair(0.0)).verdict == FAIL
    detached = draw_pair(0.5, drop=5)
    assert judge_contact_gap(detached).verdict == FAIL
    assert "offset_y" in judge_contact_gap(detached).remedy


@pytest.mark.parametrize("with_composite", [True, False])
def test_beads_grow_with_their_depth(with_composite):
    values = [
        judge_contact_beads(draw_standing_product(beads=depth, with_composite=with_composite))
        for depth in (0.0, 0.15, 0.5)
    ]
    assert [each.verdict for each in values] == [PASS, WARN, FAIL]


def test_a_mask_without_its_soft_edge_changes_no_verdict():
    drawn = draw_standing_product()
    mask = np.where(drawn.mask == 255, drawn.mask, 0).astype(np.uint8)
    picture = AssessedPicture(drawn.ad, mask, None, 0, drawn.circumstances)
    assert picture.lost_edge == 1
    assert [judge(picture).verdict for judge in MEASUREMENTS] == [PASS] * 3


@pytest.mark.parametrize("stance", ["floating", "hanging"])
def test_products_in_the_air_need_no_contact(stance):
    drawn = draw_standing_product(shadow=0)
    known = describe_scene(stance, stands=False)
    picture = AssessedPicture(drawn.ad, drawn.mask, drawn.composite, 0, known)
    assert [judge(picture).verdict for judge in MEASUREMENTS] == [PASS] * 3


@pytest.mark.parametrize(("shadow", "verdict"), [(0.5, PASS), (0.0, FAIL)])
def test_a_lying_product_needs_a_shadow_around_it(shadow, verdict):
    drawn = draw_standing_product()
    y, x = np.mgrid[:SIDE, :SIDE]
    around = np.hypot(np.clip(abs(x - 99.5) - 40, 0, None), np.clip(abs(y - 99.5) - 50, 0, None))
    light = 1 - shadow * np.exp(-around / 4)
    ad = np.where(drawn.mask[..., None] > 0, drawn.ad, (190 * light)[..., None]).astype(np.uint8)
    known = describe_scene("lying", camera_pitch=90, stands=False)
    assert judge_floating_base(AssessedPicture(ad, drawn.mask, None, 0, known)).verdict == verdict


def test_a_mask_of_the_lid_alone_does_not_judge_the_foot():
    drawn = draw_standing_product()
    lid = drawn.mask.copy()
    lid[FOOT - 40 :] = 0
    picture = AssessedPicture(drawn.ad, lid, None, 0, drawn.circumstances)
    assert [judge(picture).verdict for judge in MEASUREMENTS] == [UNKNOWN] * 3


def test_no_shadow_is_expected_on_black_ground():
    drawn = draw_standing_product()
    ad = np.where(drawn.mask[..., None] > 0, drawn.ad, np.uint8(4))
    picture = AssessedPicture(ad, drawn.mask, None, 0, drawn.circumstances)
    assert judge_floating_base(picture).verdict == UNKNOWN


def test_nothing_is_known_without_a_product():
    picture = AssessedPicture(np.zeros((SIDE, SIDE, 3), np.uint8))
    assert [judge(picture).verdict for judge in MEASUREMENTS] == [UNKNOWN] * 3
