"""Judges the composition: size and place of the product, and how much of the picture is empty."""

import numpy as np

from cyclorama.v1 import image_pb2
from services.finishing.quality.measurement import AdMeasurement, JudgingScale
from services.finishing.quality.picture import AssessedPicture
from services.imaging.blur import blur_weighted
from services.imaging.color import lab_from_srgb
from services.imaging.mask import FAINT_ALPHA
from services.imaging.resizing import shrink_to_fit
from services.imaging.windows import average_weighted_windows

# Larger of the product's shares of width and height. Larger: more warnings.
SIZE = JudgingScale(
    "product_share",
    best=0.5,
    good=0.3,
    bad=0.1,
    unit="",
    note="Share of the picture's width or height that the product takes, whichever is larger.",
    remedy="Set compositing.width_share and height_share larger.",
)
# A product alone on a sweep has 0.7 to 0.9 of it, walls that are plain on purpose up to 0.64, a set
# with things in it at most 0.4. Larger: dull pictures pass.
EMPTY = JudgingScale(
    "empty_share",
    best=0.2,
    good=0.65,
    bad=0.75,
    unit="",
    note="Share of the picture outside the product that shows nothing.",
    remedy="Name a place, a surface and things next to the product in the prompt, or send a "
    "backdrop that shows some.",
)
# Shares of the picture's sides. Larger: products at the edge pass.
CENTERING = JudgingScale(
    "centering",
    best=0.0,
    good=0.05,
    bad=0.15,
    unit="",
    note="How far the product's middle lies outside the middle third, in sides of the picture.",
    remedy="Set compositing.anchor, or leave it to the arrangement.",
)
# Shares of the picture's shorter side; less than 0 where the picture cuts the product. Smaller:
# products that touch the picture's edge pass.
CROP = JudgingScale(
    "crop",
    best=0.05,
    good=0.015,
    bad=0.004,
    unit="",
    note="Margin between the product and the picture's edge; negative for the share cut off.",
    remedy="Set compositing.width_share or height_share smaller, or move the anchor inwards.",
)
# Longer side in pixels of the picture in which detail is sought. Larger: grain counts as detail.
DETAIL_SIDE = 192
# Sigmas in pixels of the surroundings from which detail differs, there. Larger ones: wide gradients
# count as detail.
DETAIL_SIGMAS = (1.5, 5.0)
# Mean difference in L*a*b* from the surroundings below which a window shows nothing. Larger: faint
# patterns such as the veins of marble are nothing.
MIN_DETAIL = 1.2
# Half side in pixels of that window. Larger: the space around things counts as filled.
DETAIL_RADIUS = 10
# Share of that window that must be ground. Larger: less of the space at the product counts.
MIN_GROUND_SHARE = 0.05
# Sets that are empty when nothing else is named.
PLAIN_PLACES = frozenset({"studio", "podium", "abstract"})
# Share of the ground, and difference in L*a*b* from its median, within which it is one plain color;
# the rest is the product's shadow on it. Larger differences: swept gradients count as plain colors
# too. Smaller shares: walls with things in a corner do.
PLAIN_SHARE, PLAIN_DIFFERENCE = 0.6, 3.0
# Largest distance from the middle, as a share of a side, within the middle third.
THIRD = 1 / 6


def judge_size(picture: AssessedPicture) -> AdMeasurement:
    """Judges whether the product is large enough to be seen."""
    if picture.box is None:
        return SIZE.skip("no product known")
    _, _, width, height = picture.box
    return SIZE.judge(max(width / picture.ad.shape[1], height / picture.ad.shape[0]))


def judge_emptiness(picture: AssessedPicture) -> AdMeasurement:
    """Judges how much of the picture shows nothing; passes plain sets that the prompt describes.

    Words and a logo fill what they are on, as they do in a file that has them. Without a record of
    what the picture shows, it passes plain colors with the product's shadow on them.
    """
    if picture.mask is None:
        return EMPTY.skip("no product known")
    if is_described_as_plain(picture):
        return EMPTY.pass_over("plain set, as described")
    ad = picture.ad if picture.lettered is None else picture.lettered
    lab = lab_from_srgb(shrink_to_fit(ad, DETAIL_SIDE))
    ground = shrink_to_fit(picture.mask, DETAIL_SIDE) < FAINT_ALPHA
    if not ground.any():
        return EMPTY.pass_over("product fills the picture")
    if not picture.circumstances.HasField("shown_prompt") and _is_one_color(lab[ground]):
        return EMPTY.pass_over("plain color")
    return EMPTY.judge(measure_empty_share(lab, ground))


def is_described_as_plain(picture: AssessedPicture) -> bool:
    """Whether the picture shows a plain set and most of the prompt, which then describes it."""
    record = picture.circumstances.shown_prompt
    return record.place in PLAIN_PLACES and len(record.shown) > len(record.left_out)


def measure_empty_share(lab: np.ndarray, ground: np.ndarray) -> float:
    """Returns the share of the picture, 0 to 1, that lies outside the product and shows nothing.

    lab: L*a*b* float32 (h, w, 3), at most DETAIL_SIDE pixels long.
    ground: bool (h, w), outside the product.
    """
    weight = ground.astype(np.float32)
    detail = np.zeros(ground.shape, np.float32)
    for sigma in DETAIL_SIGMAS:
        difference = np.linalg.norm(lab - blur_weighted(lab, weight, sigma), axis=2)
        detail = np.maximum(detail, difference)
    detail_sum, ground_share = average_weighted_windows(detail[..., None], weight, DETAIL_RADIUS)
    detail_sum = detail_sum.reshape(ground.shape)
    is_empty = detail_sum < MIN_DETAIL * np.maximum(ground_share, MIN_GROUND_SHARE)
    return float((is_empty & ground).mean())


def judge_centering(picture: AssessedPicture) -> AdMeasurement:
    """Judges whether the product's middle lies within the middle third, or how far outside it."""
    if picture.box is None:
        return CENTERING.skip("no product known")
    x, y, width, height = picture.box
    rows, columns = picture.ad.shape[:2]
    offsets = ((x + width / 2) / columns - 0.5, (y + height / 2) / rows - 0.5)
    return CENTERING.judge(max(0.0, *(abs(offset) - THIRD for offset in offsets)))


def judge_crop(picture: AssessedPicture) -> AdMeasurement:
    """Judges the margin between the product and the picture's edges.

    Sides at which the photo cuts off the product do not count: the photo is to blame there.
    """
    if picture.solid is None or picture.box is None:
        return CROP.skip("no product known")
    x, y, width, height = picture.box
    rows, columns = picture.solid.shape
    cut = set(picture.circumstances.cut_sides)
    # Side: the margin in pixels, the picture's outermost pixels there, and the product's extent.
    sides = {
        image_pb2.SIDE_TOP: (y, picture.solid[0], width),
        image_pb2.SIDE_RIGHT: (columns - x - width, picture.solid[:, -1], height),
        image_pb2.SIDE_BOTTOM: (rows - y - height, picture.solid[-1], width),
        image_pb2.SIDE_LEFT: (x, picture.solid[:, 0], height),
    }
    margins = [
        margin / min(rows, columns) if margin else -np.count_nonzero(edge) / extent
        for side, (margin, edge, extent) in sides.items()
        if side not in cut
    ]
    return CROP.judge(float(min(margins))) if margins else CROP.pass_over("cut off by the photo")


def _is_one_color(lab: np.ndarray) -> bool:
    """Whether colors, L*a*b* float32 (n, 3), are nearly all alike."""
    differences = np.linalg.norm(lab - np.median(lab, axis=0), axis=1)
    return float((differences <= PLAIN_DIFFERENCE).mean()) >= PLAIN_SHARE


MEASUREMENTS = (judge_size, judge_emptiness, judge_centering, judge_crop)
