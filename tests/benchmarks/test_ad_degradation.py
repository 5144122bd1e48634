"""Each degradation changes what its name says, by as much as its strength, and nothing else."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from benchmarks.ad_degradation import DEGRADATIONS
from benchmarks.ad_recipes import AdMaker, AdRecipe, MadeAd
from benchmarks.truth_files import StoredSet
from services.finishing.quality.report import report_quality
from services.imaging.scene import Light, Scene
from services.imaging.view import PhotoView

SIDE = 200
BY_NAME = {degradation.name: degradation for degradation in DEGRADATIONS}
NAMES = sorted(BY_NAME)
# That draw on stored sets; the others work on the drawn one.
STORED = {"other view"}


@pytest.fixture(scope="module")
def maker():
    """Makes ads without a network."""
    return AdMaker(None)


@pytest.fixture(scope="module")
def recipe():
    """A brown box on a gray ground, lit from the left."""
    photo = np.full((SIDE, SIDE, 3), 225, np.uint8)
    photo[50:160, 60:140] = (150, 90, 60)
    photo[50:160, 60:90] = (190, 130, 90)
    photo[120:140, 95:130] = 20
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[50:160, 60:140] = 255
    pixels = np.full((SIDE, SIDE, 3), (150, 160, 170), np.uint8)
    scene = Scene(light=Light(azimuth=300, elevation=40), camera_pitch=20.0)
    view = PhotoView(
        ground_pitch=scene.ground_pitch, pitch_confidence=1.0, stance="standing", light_azimuth=300
    )
    return AdRecipe("box", photo, mask, view, StoredSet("drawn", pixels, scene), "box")


@pytest.fixture(scope="module")
def good(maker, recipe) -> MadeAd:
    """The ad without a fault."""
    return maker.make_ad(recipe)


@pytest.fixture(scope="module")
def degrade(maker, recipe, good):
    """Returns the ad with a fault of a strength, by name and number; the weakest is 1."""

    def degrade_by_number(name: str, number: int) -> MadeAd:
        degradation = BY_NAME[name]
        return degradation.degrade_ad(recipe, good, degradation.strengths[number - 1], maker)

    return degrade_by_number


def find_changes(first: MadeAd, second: MadeAd) -> set[str]:
    """Names what differs between two ads: pixels, the mask, and fields of what is known."""
    one, two = first.picture, second.picture
    changed = {
        name
        for name in ("ad", "composite", "mask")
        if not np.array_equal(getattr(one, name), getattr(two, name))
    }
    fields = type(one.circumstances).DESCRIPTOR.fields_by_name
    return changed | {
        name
        for name in fields
        if getattr(one.circumstances, name) != getattr(two.circumstances, name)
    }


def measure_change(first: MadeAd, second: MadeAd) -> float:
    """Returns the mean difference of two ads of one size in levels."""
    return float(cv2.absdiff(first.picture.ad, second.picture.ad).mean())


@pytest.mark.parametrize("name", NAMES)
def test_strength_zero_is_the_good_ad(maker, recipe, good, name):
    assert BY_NAME[name].degrade_ad(recipe, good, 0, maker) is good


@pytest.mark.parametrize("name", NAMES)
def test_strengths_go_one_way(name):
    steps = np.diff(BY_NAME[name].strengths)
    assert len(steps) == 4 and (np.all(steps > 0) or np.all(steps < 0))


@pytest.mark.parametrize(
    "name",
    [
        *("rim", "lift", "sticker glow", "beads", "no shadow", "shadow side", "light color"),
        *("tint", "blacks lifted", "enlarged", "low contrast", "small", "ground kept"),
    ],
)
def test_a_stronger_fault_changes_more_of_the_ad(good, degrade, name):
    weak, middle, strong = (measure_change(good, degrade(name, each)) for each in (1, 3, 5))
    assert 0 < weak < middle < strong


@pytest.mark.parametrize("name", ["base cut off", "side cut off", "part cut off"])
def test_a_share_of_the_product_is_cut_off(recipe, name):
    lost = [
        1 - np.mean(BY_NAME[name].change(recipe, share).mask[recipe.mask > 0] > 0)
        for share in (0.05, 0.4)
    ]
    assert lost == pytest.approx([0.05, 0.4], abs=0.02)


@pytest.mark.parametrize("name", ["ground kept", "surroundings kept"])
def test_a_share_of_surroundings_is_kept(recipe, name):
    area = np.count_nonzero(recipe.mask)
    for share in (0.03, 0.35):
        mask = BY_NAME[name].change(recipe, share).mask
        assert np.all(mask[recipe.mask > 0])
        assert np.count_nonzero(mask) / area - 1 == pytest.approx(share, abs=0.02)


def test_the_base_is_cut_off_below_and_the_side_at_the_right(recipe):
    base = BY_NAME["base cut off"].change(recipe, 0.2).mask
    side = BY_NAME["side cut off"].change(recipe, 0.2).mask
    assert not base[140:].any() and base[50:136, 60:140].all()
    assert not side[:, 126:].any() and side[50:160, 60:122].all()


def test_kept_ground_lies_around_the_base(recipe):
    kept = (BY_NAME["ground kept"].change(recipe, 0.18).mask > 0) & (recipe.mask == 0)
    assert np.flatnonzero(kept.any(axis=1))[0] > 130


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("rim", {"ad", "composite"}),
        ("lift", {"ad", "composite", "mask", "placement"}),
        ("sticker glow", {"ad", "composite"}),
        ("beads", {"ad"}),
        ("no shadow", {"ad"}),
        ("shadow side", {"ad"}),
        ("light side", {"ad", "scene"}),
        ("light color", {"ad", "composite"}),
        ("blacks lifted", {"ad", "composite"}),
        ("whites clipped", {"ad", "composite"}),
        ("tint", {"ad", "composite", "color_shift"}),
        ("low contrast", {"ad", "composite"}),
        ("other scale", {"scene"}),
        ("brief missed", {"shown_prompt"}),
    ],
)
def test_a_fault_changes_nothing_else(good, degrade, name, changes):
    assert find_changes(good, degrade(name, 4)) == changes


@pytest.mark.parametrize("name", ["beads", "no shadow", "shadow side", "low contrast"])
def test_faults_of_the_ground_leave_the_product(good, degrade, name):
    product = good.picture.mask == 255
    assert np.array_equal(degrade(name, 5).picture.ad[product], good.picture.ad[product])


@pytest.mark.parametrize("name", ["rim", "light color", "blacks lifted", "whites clipped"])
def test_faults_of_the_product_leave_the_ground(good, degrade, name):
    ground = good.picture.mask == 0
    assert np.array_equal(degrade(name, 5).picture.ad[ground], good.picture.ad[ground])


def test_a_lifted_product_leaves_its_shadow_behind(good, degrade):
    lifted = degrade("lift", 5)
    rows = [np.flatnonzero(ad.picture.mask.any(axis=1))[-1] for ad in (good, lifted)]
    assert rows[0] - rows[1] == round(0.06 * SIDE)
    gap = lifted.picture.ad[rows[1] + 2 : rows[0] - 1, SIDE // 2]
    assert gap.mean() < good.background[rows[0], SIDE // 2].mean() - 20


def test_an_ad_without_shadow_is_its_composite(good, degrade):
    assert np.array_equal(degrade("no shadow", 5).picture.ad, good.picture.composite)


def test_a_shadow_on_the_wrong_side_lies_towards_the_light(good, degrade):
    def find_side(made: MadeAd) -> float:
        darker = cv2.subtract(made.picture.composite, made.picture.ad).sum(axis=(0, 2))
        return float((darker * np.arange(SIDE)).sum() / darker.sum() - SIDE / 2)

    assert find_side(good) > 2 and find_side(degrade("shadow side", 5)) < -2


def test_a_share_of_the_product_is_white(degrade):
    for number in (2, 5):
        product = degrade("whites clipped", number).picture
        white = product.ad[product.solid].min(axis=1) == 255
        assert white.mean() >= BY_NAME["whites clipped"].strengths[number - 1]


def test_an_enlarged_product_is_recorded_as_such(degrade):
    assert degrade("enlarged", 3).picture.circumstances.placement.scale == pytest.approx(2, abs=0.1)


def test_a_product_is_too_large_for_the_things_around_it(good, degrade):
    heights = [
        each.picture.circumstances.scene.product_height
        for each in (good, degrade("other scale", 5))
    ]
    assert heights[0] / heights[1] == pytest.approx(5)


def test_the_place_is_the_last_thing_that_the_brief_misses(degrade):
    fourth, last = (degrade("brief missed", each).picture.circumstances for each in (4, 5))
    assert fourth.shown_prompt.names_place and list(fourth.shown_prompt.shown) == ["place"]
    assert not last.shown_prompt.names_place and len(last.shown_prompt.left_out) == 5


def test_a_set_seen_from_elsewhere_is_as_many_degrees_off(recipe):
    low = replace(recipe, view=replace(recipe.view, ground_pitch=8.0))
    moved = BY_NAME["other view"].change(low, 17)
    assert abs(moved.studio_set.scene.ground_pitch - 8) == pytest.approx(17, abs=3)
    assert BY_NAME["other view"].change(recipe, 80) is None


@pytest.mark.parametrize("name", NAMES)
def test_every_matching_measurement_is_in_the_report(good, name):
    reported = {each.name for each in report_quality(good.picture).findings}
    assert set(BY_NAME[name].measurements) <= reported
