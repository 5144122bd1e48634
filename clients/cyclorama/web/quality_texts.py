"""Words the measurements of an ad for the page: what is looked at, and what to do on the page.

The command line names them by the same words.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cyclorama.measurement_texts import end_sentence


@dataclass(frozen=True)
class QualityText:
    """What the page says of a measurement.

    label: a few words. meaning: what is looked at. fault: what is wrong unless it is good. advice:
    what to do then. on_backdrop: what to do where the backdrop is the user's own, if that differs.
    says_value: whether the measured value is words that say which fault it is.
    """

    label: str
    meaning: str
    fault: str
    advice: str
    on_backdrop: str = ""
    says_value: bool = False


_FIX_CUTOUT = "Press Cut-out, and mark what is wrong."
_LARGER_PHOTO = "Use a larger or sharper photo, or make the product smaller."
_SAME_VIEW = "Try a new variation, which is seen from another height, or another place."
_SAME_LIGHT = "Try a new variation, or describe where the light comes from."
_NEARER_LIGHT = "Describe a light like that in the photo."
_MOVE = "Drag the product to where it belongs, or make it smaller."
_NEXT_SHADOW = "Choose another shadow under Placement, or try a new variation."
# Where the user's own backdrop takes the place of a described scene.
_FITTING_VIEW = "Use a photo taken from the height of the backdrop, or another backdrop."
_FITTING_LIGHT = "Use a backdrop with a light like that in the photo."
_OTHER_SHADOW = "Choose another shadow under Placement."
_LOST_FOOT = "Only if a part of its foot is missing, press Cut-out, and mark it."
# By the name of the measurement.
TEXTS: Mapping[str, QualityText] = {
    "pixel_lock": QualityText(
        "Product unchanged",
        "Whether the product is exactly as it was placed.",
        "The product is not as it was placed.",
        "Make the ad again.",
    ),
    "cutout_confidence": QualityText(
        "Cut-out",
        "How sure it is that the whole product was cut out, and no more.",
        "A part of the product may be missing, or too much may be left around it.",
        _FIX_CUTOUT,
    ),
    "cut_off": QualityText(
        "Whole product in the photo",
        "Whether the photo cuts off a part of the product.",
        "The photo cuts off a part of the product.",
        "Use a photo that shows all of it.",
    ),
    "transparency": QualityText(
        "See-through parts",
        "How much the scene shows through the product, as through glass.",
        "The scene shows through a large part of the product.",
        f"{_FIX_CUTOUT} A photo in front of a plain, light wall is best for glass.",
    ),
    "halo": QualityText(
        "Old edge",
        "Whether a rim of the old background is left around the product.",
        "A rim of the old background is left around the product.",
        "A scene about as light as the photo's old background hides it best.",
        "A backdrop about as light as the photo's old background hides it best.",
    ),
    "leftovers": QualityText(
        "Old surroundings",
        "Whether parts of the old surroundings hang on the product.",
        "Parts of the old surroundings hang on the product.",
        _FIX_CUTOUT,
    ),
    "soft_leftovers": QualityText(
        "Old shadow",
        "Whether a shadow or haze of the photo was cut out as well.",
        "A shadow or haze of the photo was cut out as well.",
        _FIX_CUTOUT,
    ),
    "outline": QualityText(
        "Clean edge",
        "Whether the product's edge is smooth.",
        "The product's edge is ragged.",
        _FIX_CUTOUT,
    ),
    "crumbs": QualityText(
        "Specks and holes",
        "Whether the cut-out has specks or holes.",
        "The cut-out has specks or holes.",
        _FIX_CUTOUT,
    ),
    "straight_cut": QualityText(
        "Missing side",
        "Whether a side of the product was cut off straight.",
        "A side of the product was cut off straight.",
        _FIX_CUTOUT,
    ),
    "place": QualityText(
        "Place",
        "Whether the ad shows the place that you described.",
        "The place that you described is not shown, or not all of it.",
        "Use a photo taken from the side, describe the place in other words, or use a backdrop.",
        says_value=True,
    ),
    "things": QualityText(
        "Everything you described",
        "How much of your description the ad leaves out.",
        "The ad leaves out a part of your description.",
        "Say what is crossed out or in part in other words, or leave it out.",
    ),
    "contact_gap": QualityText(
        "Stands on the ground",
        "Whether each part of the product that should touch the ground does.",
        "The product, or a part of it, floats above the ground or its shadow.",
        f"Drag the product to the ground. {_NEXT_SHADOW} {_LOST_FOOT}",
        f"Drag the product to the ground. {_OTHER_SHADOW} {_LOST_FOOT}",
    ),
    "floating_base": QualityText(
        "Shadow under the product",
        "Whether there is a shadow wherever the product touches the ground.",
        "A part of the product has no shadow under it.",
        _NEXT_SHADOW,
        _OTHER_SHADOW,
    ),
    "contact_beads": QualityText(
        "Smooth shadow",
        "Whether the shadow under the product is smooth.",
        "The shadow under the product is blotchy.",
        f"{_NEXT_SHADOW} A larger photo helps as well.",
        f"{_OTHER_SHADOW} A larger photo helps as well.",
    ),
    "pose": QualityText(
        "Standing or lying",
        "Whether the product stands or lies in the ad as it does in the photo.",
        "The product does not stand or lie as it does in the photo.",
        "Use a photo of the product as it is to stand or lie.",
    ),
    "lean": QualityText(
        "Upright",
        "Whether the product stands upright.",
        "The product leans.",
        "Use a photo that is held level.",
    ),
    "base_slope": QualityText(
        "Stands level",
        "Whether the product stands level.",
        "The product looks tipped over.",
        "Press Move, and turn the product until it stands level.",
    ),
    "view_mismatch": QualityText(
        "Same viewing height",
        "Whether photo and scene are seen from the same height.",
        "Photo and scene are seen from different heights.",
        _SAME_VIEW,
        _FITTING_VIEW,
    ),
    "prop_scale": QualityText(
        "True size",
        "Whether the product has a believable size next to the things around it.",
        "The product's size does not fit the things around it.",
        "Change the size of the product, or leave the things out of the description.",
        "Change the size of the product.",
    ),
    "light_side": QualityText(
        "Light from one side",
        "Whether product and scene are lit from the same side.",
        "Product and scene are lit from different sides.",
        _SAME_LIGHT,
        _FITTING_LIGHT,
    ),
    "light_agreement": QualityText(
        "Looks lit by the scene",
        "Whether the product looks lit by the light of the scene.",
        "The product does not look lit by the light of the scene.",
        _NEARER_LIGHT,
        _FITTING_LIGHT,
    ),
    "shadow_side": QualityText(
        "Shadow on the right side",
        "Whether the shadow falls away from the light.",
        "The shadow does not fall away from the light.",
        _SAME_LIGHT,
        _FITTING_LIGHT,
    ),
    "glow": QualityText(
        "No glow around it",
        "Whether a dark or light glow surrounds the product.",
        "A dark or light glow surrounds the product.",
        "Choose another shadow under Placement.",
    ),
    "color_shift": QualityText(
        "True colors",
        "Whether the product is close to the colors of its photo.",
        "The scene's light changes the product's colors more than a little.",
        "Press “Keep the photo's colors” if they must be exact.",
    ),
    "clipping": QualityText(
        "Exposure",
        "Whether parts are pure white or black, without detail.",
        "Parts are pure white or black, without detail.",
        "Use a photo that is neither too light nor too dark.",
    ),
    "lifted_blacks": QualityText(
        "Black stays black",
        "Whether what is black on the product looks gray.",
        "What is black on the product looks gray.",
        _NEARER_LIGHT,
        _FITTING_LIGHT,
    ),
    "enlargement": QualityText(
        "Size of the photo",
        "Whether the photo is large enough for this format.",
        "The photo is small for this format.",
        _LARGER_PHOTO,
    ),
    "softness": QualityText(
        "Sharpness",
        "Whether the product is as sharp as the scene.",
        "The product is not as sharp as the scene.",
        _LARGER_PHOTO,
    ),
    "product_share": QualityText(
        "Size of the product",
        "Whether the product is large enough to be noticed.",
        "The product is too small to be noticed.",
        "Make the product larger.",
    ),
    "empty_share": QualityText(
        "Empty area",
        "How much of the ad shows nothing.",
        "Much of the ad shows nothing.",
        "Make the product larger, or describe things that the scene should show.",
        "Make the product larger, or use a backdrop that shows more.",
    ),
    "centering": QualityText(
        "Balance",
        "Whether the product is far from the middle.",
        "The product is far from the middle.",
        _MOVE,
    ),
    "crop": QualityText(
        "Distance from the edge",
        "Whether the product touches or leaves the picture.",
        "The product touches or leaves the picture.",
        _MOVE,
    ),
    "surroundings_chroma": QualityText(
        "Color of the scene",
        "Whether the scene has some color; a gray one looks dull.",
        "The scene is gray, which looks dull.",
        "Describe a color, a material or a warm light, or choose a backdrop with color.",
        "Use a backdrop with more color.",
    ),
    "contrast": QualityText(
        "Easy to see",
        "Whether the product stands out from what is behind it.",
        "The product hardly stands out from what is behind it.",
        "Take a lighter or a darker scene, or name a material or color that the product lacks.",
        "Use a backdrop in a color that the product does not have.",
    ),
    "legibility": QualityText(
        "Readable words",
        "Whether the words stand out from what is behind them.",
        "The words hardly stand out from what is behind them.",
        "Choose another place or another color under Look of the words.",
    ),
    "text_height": QualityText(
        "Size of the words",
        "Whether the smallest words can be read on a phone.",
        "The smallest words are hard to read on a phone.",
        "Shorten the words, or make the product smaller, so that they have more room.",
    ),
}


# What only another photo changes, which comes after what a press on the page does.
ABOUT_PHOTO = frozenset({"enlargement", "softness", "clipping", "cut_off", "pose"})

# What the calibration of the quality report expects, of 10: of ads without a fault, and of those
# with the faults that the marked ads have on average.
FAULTLESS_MARK, AVERAGE_MARK = 6.0, 4.6


def word_mark(score: float) -> str:
    """Returns a sentence or two that say what an ad's mark is and what to compare it with."""
    return (
        f"{score:g} of 10 is the mark that a strict reviewer is expected to give. By the ads that "
        f"reviewers marked, one without any fault has {FAULTLESS_MARK:g}, and one with the faults "
        f"of most has {AVERAGE_MARK:g}."
    )


def word_score(reasons: str, count: int | None = None) -> str:
    """Returns the reasons for a mark as a sentence, with measurements as the page calls them.

    count: how many at most, those that cost most; None for all.
    """
    return end_sentence("; ".join(map(_word_reason, reasons.split("; ")[:count])))


def _word_reason(reason: str) -> str:
    """Returns "Old edge costs 0.4" for "halo 5 Delta E costs 0.4"; other reasons as they are."""
    measured, _, cost = reason.rpartition(" costs ")
    name = measured.partition(" ")[0]
    if name in TEXTS:
        return f"{TEXTS[name].label} costs {cost}"
    return reason.replace("measurements not", "checks not").replace("measurement not", "check not")
