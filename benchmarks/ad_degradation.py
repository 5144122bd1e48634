"""Degraded ads: each has one fault, in five strengths from barely visible to obvious."""

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import cv2
import numpy as np

from benchmarks.ad_faults import (
    Fault,
    bead_shadow,
    clip_whites,
    crop_product,
    draw_rim,
    fade_shadow,
    lift_blacks,
    lift_product,
    match_ground,
    measure_edge_colors,
    tint_light,
)
from benchmarks.ad_recipes import AdMaker, AdRecipe, MadeAd
from benchmarks.truth_files import StoredSet, list_set_names, read_set
from services.imaging.color import lab_from_srgb
from services.imaging.mask import OPAQUE_ALPHA, find_solid_pixels
from services.imaging.scene import Light

# Height of the base over which its width is measured, as one part in so many of the product's; and
# how high the ellipse of a plate is, as a share of its width.
BASE_PART, PLATE_FLATNESS = 10, 0.35
# Degrees by which the view of a stored set may miss the wanted one.
PITCH_TOLERANCE = 3.0
# Levels: of black, of light parts, of ground on which white shows, and of a visible difference.
BLACK, LIGHT, BRIGHT, VISIBLE = 30, 110, 190, 8
# Mean CIELAB distance from their mean up to which colors count as one.
ONE_COLOR = 20.0
# Height of products, in their widths, below which they hide most of their shadow.
LOWEST = 0.8
# Share of the product that is brightest, and CIELAB chroma up to which that counts as white.
BRIGHTEST_SHARE, WHITE_CHROMA = 0.02, 25.0
# Shares of the product's area that must be black or light, and of it that a shadow must cover.
BLACK_SHARE, WHITE_SHARE, SHADOW_SHARE = 0.03, 0.1, 0.03

RecipeChange = Callable[[AdRecipe, float], AdRecipe | None]


@dataclass(frozen=True)
class AdDegradation:
    """A fault in five strengths.

    unit: of the strengths. strengths: from barely visible to obvious; the second is visible to an
        attentive eye.
    measurements: the names of those that must see it.
    change: of the recipe, from which the ad follows, or `fault`: of the finished ad.
    suits: whether the fault shows in an ad; None: in all.
    """

    name: str
    unit: str
    strengths: tuple[float, float, float, float, float]
    measurements: tuple[str, ...]
    change: RecipeChange | None = None
    fault: Fault | None = None
    suits: Callable[[AdRecipe, MadeAd], bool] | None = None

    def degrade_ad(
        self, recipe: AdRecipe, good: MadeAd, strength: float, maker: AdMaker
    ) -> MadeAd | None:
        """Returns an ad with the fault; at strength 0 the good one, that of the recipe.

        None where the fault cannot be as strong in this ad.
        Raises ProductNotFound if nothing of the product is left.
        """
        if not strength:
            return good
        if self.fault:
            return self.fault(good, strength)
        changed = self.change(recipe, strength) if self.change else recipe
        return maker.make_ad(changed) if changed else None


def cut_off_side(recipe: AdRecipe, share: float, angle: float) -> AdRecipe:
    """Cuts a share of the product's area off the mask by a straight line.

    angle: degrees of the direction in which the lost part lies: 0 right, 90 down.
    """
    y, x = np.nonzero(find_solid_pixels(recipe.mask))
    turn = math.radians(angle)
    reach = x * math.cos(turn) + y * math.sin(turn)
    limit = np.quantile(reach, 1 - share)
    rows, columns = np.indices(recipe.mask.shape, np.float32)
    is_kept = columns * math.cos(turn) + rows * math.sin(turn) < limit
    return replace(recipe, mask=np.where(is_kept, recipe.mask, 0).astype(np.uint8))


def cut_off_part(recipe: AdRecipe, share: float) -> AdRecipe:
    """Cuts a round part off an end of the product in the mask; share: of the product's area."""
    solid = find_solid_pixels(recipe.mask)
    lost = _find_nearest_pixels(solid, _choose_end(recipe), share)
    return replace(recipe, mask=np.where(lost, 0, recipe.mask).astype(np.uint8))


def keep_surroundings(recipe: AdRecipe, share: float) -> AdRecipe:
    """Keeps background in the mask at an end of the product; share: of the product's area."""
    solid = find_solid_pixels(recipe.mask)
    kept = _find_nearest_pixels(~solid, _choose_end(recipe), share * solid.sum() / (~solid).sum())
    return replace(recipe, mask=np.where(kept, OPAQUE_ALPHA, recipe.mask).astype(np.uint8))


def keep_ground(recipe: AdRecipe, share: float) -> AdRecipe:
    """Keeps a plate of the photo's ground in the mask, around the product's base.

    It is the lower half of an ellipse as wide as the base or wider, and as large as it must be to
    add the share of the product's area.
    """
    solid = find_solid_pixels(recipe.mask)
    rows = np.flatnonzero(solid.any(axis=1))
    base = solid[rows[-1] - len(rows) // BASE_PART : rows[-1] + 1]
    columns = np.flatnonzero(base.any(axis=0))
    middle, foot = (columns[0] + columns[-1]) / 2, rows[-1] - len(rows) / (2 * BASE_PART)
    half = (columns[-1] - columns[0]) / 2
    y, x = np.indices(solid.shape, np.float32)
    # How many times larger than the base, and PLATE_FLATNESS as high as wide, it is at each pixel.
    size = np.hypot((x - middle) / half, (y - foot) / (half * PLATE_FLATNESS))
    outside = np.sort(size[~solid & (y > foot - half * PLATE_FLATNESS)])
    limit = outside[min(len(outside) - 1, round(share * np.count_nonzero(solid)))]
    plate = (size <= limit) & ~solid & (y > foot - half * PLATE_FLATNESS)
    return replace(recipe, mask=np.where(plate, OPAQUE_ALPHA, recipe.mask).astype(np.uint8))


def move_to_other_view(recipe: AdRecipe, degrees: float) -> AdRecipe | None:
    """Puts the product in a stored set whose ground is seen by so many degrees off.

    Of those it is the one with the most similar light. None where there is none.
    """
    pitch, azimuth = recipe.view.ground_pitch or 0.0, _turn_light(recipe, 0).azimuth

    def rank(studio_set: StoredSet) -> tuple[bool, float]:
        scene = studio_set.scene
        light = scene.light or Light()
        return light.azimuth != azimuth, abs(abs(scene.ground_pitch - pitch) - degrees)

    sets = [read_set(name) for name in list_set_names()]
    fitting = [each for each in sets if rank(each)[1] <= PITCH_TOLERANCE]
    return replace(recipe, studio_set=min(fitting, key=rank)) if fitting else None


def glow(recipe: AdRecipe, opacity: float) -> AdRecipe:
    """Adds the drop shadow of a sticker, on a wall that is not there."""
    return replace(recipe, options=replace(recipe.options, shadow="drop", shadow_opacity=opacity))


def tint_product(recipe: AdRecipe, tint: float) -> AdRecipe:
    """Tints the product in the colors behind it."""
    return replace(recipe, options=replace(recipe.options, tint=tint))


def enlarge_product(recipe: AdRecipe, times: float) -> AdRecipe:
    """Makes the product from a photo of fewer pixels."""
    return replace(recipe, enlargement=times)


def shrink_product(recipe: AdRecipe, share: float) -> AdRecipe:
    """Makes the product so small that it takes only a share of the picture's width and height."""
    return replace(recipe, options=replace(recipe.options, width_share=share, height_share=share))


def lean_product(recipe: AdRecipe, degrees: float) -> AdRecipe:
    """Leans the product to the right."""
    arrangement = replace(recipe.options.arrangement, rotation=degrees)
    return replace(recipe, options=replace(recipe.options, arrangement=arrangement))


def turn_shadow(recipe: AdRecipe, degrees: float) -> AdRecipe:
    """Casts the shadow as if the light came from elsewhere, past the camera."""
    return replace(recipe, cast_light=_turn_light(recipe, degrees))


def turn_light(recipe: AdRecipe, degrees: float) -> AdRecipe:
    """Lights the set from elsewhere, past the camera, with the shadow that belongs to it."""
    scene = recipe.studio_set.scene
    turned = replace(scene, light=_turn_light(recipe, degrees))
    return replace(recipe, studio_set=replace(recipe.studio_set, scene=turned))


def leave_out(recipe: AdRecipe, share: float) -> AdRecipe:
    """Leaves out a share of what the prompt asks for, the place last."""
    return replace(recipe, left_out=round(share * 5))


def dwarf_props(recipe: AdRecipe, times: float) -> AdRecipe:
    """Makes the product so many times too large for the things in the set."""
    return replace(recipe, true_height=times)


def shows_black(recipe: AdRecipe, made: MadeAd) -> bool:
    """Whether a product has blacks that can be lifted."""
    lightest = made.picture.ad[made.picture.solid].max(axis=1)
    return float(np.quantile(lightest, BLACK_SHARE)) < BLACK


def shows_white(recipe: AdRecipe, made: MadeAd) -> bool:
    """Whether a product has light parts that can be blown out."""
    darkest = made.picture.ad[made.picture.solid].min(axis=1)
    return float(np.quantile(darkest, 1 - WHITE_SHARE)) > LIGHT


def shows_light_color(recipe: AdRecipe, made: MadeAd) -> bool:
    """Whether what is brightest about a product is nearly white, so that it shows a cast."""
    lab = lab_from_srgb(made.picture.ad[made.picture.solid])
    brightest = lab[lab[:, 0] >= np.quantile(lab[:, 0], 1 - BRIGHTEST_SHARE), 1:]
    return float(np.hypot(*np.median(brightest, axis=0))) < WHITE_CHROMA


def shows_light(recipe: AdRecipe, made: MadeAd) -> bool:
    """Whether it is known from where the light falls on a product."""
    return recipe.view.light_azimuth is not None


def shows_rim(recipe: AdRecipe, made: MadeAd) -> bool:
    """Whether the ground around a product is so dark that a white rim shows."""
    ring = cv2.dilate(made.picture.mask, np.ones((9, 9), np.uint8)) > made.picture.mask
    return float(made.picture.ad[ring].mean()) < BRIGHT


def shows_contrast(recipe: AdRecipe, made: MadeAd) -> bool:
    """Whether the edge of a product has one color, in which it can sink."""
    lab = lab_from_srgb(measure_edge_colors(made)[np.newaxis])[0]
    return float(np.linalg.norm(lab - lab.mean(axis=0), axis=1).mean()) < ONE_COLOR


def casts_shadow(recipe: AdRecipe, made: MadeAd) -> bool:
    """Whether an ad's ground shows a shadow."""
    darkening = cv2.subtract(made.picture.composite, made.picture.ad).max(axis=2)
    return np.count_nonzero(darkening > VISIBLE) > SHADOW_SHARE * np.count_nonzero(
        made.picture.solid
    )


def casts_shadow_aside(recipe: AdRecipe, made: MadeAd) -> bool:
    """Whether a product is so tall that its shadow is seen on one side of it."""
    _, _, width, height = made.picture.box
    return casts_shadow(recipe, made) and height > LOWEST * width


# What must see that something of the product is lost, and that something else was kept.
LOST = ("cutout_confidence", "straight_cut", "outline")
KEPT = ("cutout_confidence", "leftovers", "outline")
SHARES = (0.02, 0.05, 0.1, 0.2, 0.4)
ADDED_SHARES = (0.01, 0.03, 0.08, 0.18, 0.35)
TURNS = (45, 90, 120, 150, 180)
# Light past the camera casts most of the shadow behind the product, where it is hidden.
SHADOW_TURNS = (60, 105, 130, 155, 180)
DEGRADATIONS = (
    AdDegradation("base cut off", "share", SHARES, LOST, partial(cut_off_side, angle=90)),
    AdDegradation("side cut off", "share", SHARES, LOST, partial(cut_off_side, angle=0)),
    AdDegradation("part cut off", "share", SHARES, LOST, cut_off_part),
    AdDegradation("ground kept", "share", ADDED_SHARES, KEPT, keep_ground),
    AdDegradation("surroundings kept", "share", ADDED_SHARES, KEPT, keep_surroundings),
    AdDegradation(
        *("rim", "opacity", (0.2, 0.4, 0.6, 0.8, 1.0), ("halo",)), fault=draw_rim, suits=shows_rim
    ),
    AdDegradation(
        "lift",
        "px of 1000",
        (4, 10, 20, 35, 60),
        ("contact_gap", "floating_base"),
        fault=lift_product,
    ),
    AdDegradation(
        "lean", "degrees", (2, 5, 10, 18, 30), ("lean", "pose", "base_slope"), lean_product
    ),
    AdDegradation(
        *("other view", "degrees", (7, 17, 24, 30, 37), ("view_mismatch",), move_to_other_view)
    ),
    AdDegradation("other scale", "times", (1.3, 1.7, 2.2, 3, 5), ("prop_scale",), dwarf_props),
    AdDegradation("sticker glow", "opacity", (0.15, 0.3, 0.45, 0.6, 0.8), ("glow",), glow),
    AdDegradation(
        "beads", "share", (0.2, 0.4, 0.55, 0.7, 0.85), ("contact_beads",), fault=bead_shadow
    ),
    AdDegradation(
        *("no shadow", "share", (0.3, 0.6, 0.8, 0.9, 1.0), ("floating_base",)),
        fault=fade_shadow,
        suits=casts_shadow,
    ),
    AdDegradation(
        *("shadow side", "degrees", SHADOW_TURNS, ("shadow_side",), turn_shadow),
        suits=casts_shadow_aside,
    ),
    AdDegradation("light side", "degrees", TURNS, ("light_side",), turn_light, suits=shows_light),
    AdDegradation(
        "light color",
        "share",
        (0.06, 0.12, 0.2, 0.3, 0.4),
        ("light_agreement",),
        fault=tint_light,
        suits=shows_light_color,
    ),
    AdDegradation(
        *("blacks lifted", "levels", (10, 20, 32, 45, 60), ("lifted_blacks",)),
        fault=lift_blacks,
        suits=shows_black,
    ),
    AdDegradation(
        *("whites clipped", "share", (0.04, 0.1, 0.2, 0.35, 0.5), ("clipping",)),
        fault=clip_whites,
        suits=shows_white,
    ),
    AdDegradation("tint", "share", (0.15, 0.3, 0.45, 0.65, 0.9), ("color_shift",), tint_product),
    AdDegradation(
        "enlarged", "times", (1.2, 1.5, 2, 2.7, 4), ("enlargement", "softness"), enlarge_product
    ),
    AdDegradation(
        *("low contrast", "share", (0.5, 0.75, 0.87, 0.94, 0.98), ("contrast",)),
        fault=match_ground,
        suits=shows_contrast,
    ),
    AdDegradation(
        "small",
        "share",
        (0.38, 0.27, 0.2, 0.14, 0.09),
        ("product_share", "empty_share"),
        shrink_product,
    ),
    AdDegradation("cropped", "share", (0.02, 0.06, 0.12, 0.25, 0.4), ("crop",), fault=crop_product),
    AdDegradation(
        "brief missed", "share", (0.2, 0.4, 0.6, 0.8, 1.0), ("place", "things"), leave_out
    ),
)


def _turn_light(recipe: AdRecipe, degrees: float) -> Light:
    """Returns the light of a recipe's set as if it came from elsewhere, past the camera."""
    light = recipe.studio_set.scene.light or Light()
    turn = -degrees if light.azimuth < 180 else degrees
    return replace(light, azimuth=(light.azimuth + turn) % 360)


def _choose_end(recipe: AdRecipe) -> tuple[int, int]:
    """Returns the outermost pixel of a product in a direction of its own: x, y."""
    y, x = np.nonzero(find_solid_pixels(recipe.mask))
    # Any direction but straight down and right, where other degradations cut.
    turn = math.radians(zlib.crc32(recipe.name.encode()) % 140 + 160)
    end = int(np.argmax(x * math.cos(turn) + y * math.sin(turn)))
    return int(x[end]), int(y[end])


def _find_nearest_pixels(allowed: np.ndarray, start: tuple[int, int], share: float) -> np.ndarray:
    """Returns the share of the allowed pixels that lies nearest to one: bool (h, w).

    allowed: bool (h, w). start: x, y.
    """
    rows, columns = np.indices(allowed.shape, np.float32)
    distance = np.hypot(columns - start[0], rows - start[1])
    return allowed & (distance <= np.quantile(distance[allowed], min(1.0, share)))
