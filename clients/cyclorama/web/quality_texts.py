"""Words the measurements of an ad for the page: what is looked at, and what to do on the page."""

from collections.abc import Mapping
from dataclasses import dataclass

from cyclorama.measurement_texts import end_sentence


@dataclass(frozen=True)
class QualityText:
    """What the page says of a measurement.

    label: a few words. meaning: what is looked at. advice: what to do unless it is good.
    """

    label: str
    meaning: str
    advice: str


_FIX_CUTOUT = "Press Fix the cut-out, and mark what is wrong."
_LARGER_PHOTO = "Use a larger or sharper photo, or make the product smaller."
_SAME_VIEW = "Describe another place, or use a photo taken from the height of the scene."
_SAME_LIGHT = "Try a new variation, or describe where the light comes from."
_NEARER_LIGHT = "Describe a light like that in the photo."
_MOVE = "Drag the product to where it belongs, or make it smaller."
_NEXT_SHADOW = "Choose another shadow under Placement, or try a new variation."
# By the name of the measurement.
TEXTS: Mapping[str, QualityText] = {
    "pixel_lock": QualityText(
        "Product pixels", "Whether the product is exactly as it was placed.", "Make the ad again."
    ),
    "cutout_confidence": QualityText(
        "Cut-out", "How sure it is that the whole product was cut out, and no more.", _FIX_CUTOUT
    ),
    "cut_off": QualityText(
        "Whole product in the photo",
        "Whether the photo cuts off a part of the product.",
        "Use a photo that shows all of it.",
    ),
    "transparency": QualityText(
        "Clear parts",
        "How much the scene shows through the product, as through glass.",
        f"{_FIX_CUTOUT} A photo in front of a plain, light wall is best for glass.",
    ),
    "halo": QualityText(
        "Rim", "Whether a rim of the old background is left around the product.", _FIX_CUTOUT
    ),
    "leftovers": QualityText(
        "Leftovers", "Whether parts of the old surroundings hang on the product.", _FIX_CUTOUT
    ),
    "soft_leftovers": QualityText(
        "Old shadow", "Whether a shadow or haze of the photo was cut out as well.", _FIX_CUTOUT
    ),
    "outline": QualityText("Outline", "Whether the product's edge is smooth.", _FIX_CUTOUT),
    "crumbs": QualityText("Specks", "Whether the cut-out has specks or holes.", _FIX_CUTOUT),
    "straight_cut": QualityText(
        "Missing side", "Whether a side of the product was cut off straight.", _FIX_CUTOUT
    ),
    "place": QualityText(
        "Place",
        "Whether the ad shows the place that you described.",
        "Describe the place in other words, or use a backdrop of your own.",
    ),
    "things": QualityText(
        "Described things",
        "How much of your description the ad leaves out.",
        "Say what is crossed out in other words, or leave it out.",
    ),
    "contact_gap": QualityText(
        "Stands on the ground", "Whether there is a gap below the product.", _FIX_CUTOUT
    ),
    "floating_base": QualityText(
        "Shadow below", "Whether a shadow grounds the product all along its foot.", _NEXT_SHADOW
    ),
    "contact_beads": QualityText(
        "Even shadow",
        "Whether the shadow at the product's foot has stripes or beads.",
        f"{_NEXT_SHADOW} A larger photo helps as well.",
    ),
    "pose": QualityText(
        "Pose",
        "Whether the product stands or lies in the ad as it does in the photo.",
        "Use a photo of the product as it is to stand or lie.",
    ),
    "lean": QualityText(
        "Upright", "Whether the product stands upright.", "Use a photo that is held level."
    ),
    "base_slope": QualityText(
        "Level foot", "Whether the product's foot is as level as the scene.", _SAME_VIEW
    ),
    "view_mismatch": QualityText(
        "Camera height", "Whether photo and scene are seen from the same height.", _SAME_VIEW
    ),
    "prop_scale": QualityText(
        "True size",
        "Whether the product has a believable size next to the things around it.",
        "Change the size of the product, or leave the things out of the description.",
    ),
    "light_side": QualityText(
        "Side of the light", "Whether product and scene are lit from the same side.", _SAME_LIGHT
    ),
    "light_agreement": QualityText(
        "Color of the light",
        "Whether the product looks lit by the light of the scene.",
        _NEARER_LIGHT,
    ),
    "shadow_side": QualityText(
        "Side of the shadow", "Whether the shadow falls away from the light.", _SAME_LIGHT
    ),
    "glow": QualityText(
        "Glow",
        "Whether a dark or light glow surrounds the product.",
        "Choose another shadow under Placement.",
    ),
    "color_shift": QualityText(
        "True colors",
        "Whether the product keeps its colors in the light of the scene.",
        _NEARER_LIGHT,
    ),
    "clipping": QualityText(
        "Exposure",
        "Whether parts are pure white or black, without detail.",
        "Use a photo that is neither too light nor too dark.",
    ),
    "lifted_blacks": QualityText(
        "Deep blacks", "Whether what is black on the product looks gray.", _NEARER_LIGHT
    ),
    "enlargement": QualityText(
        "Size of the photo", "Whether the photo is large enough for this format.", _LARGER_PHOTO
    ),
    "softness": QualityText(
        "Sharpness", "Whether the product is as sharp as the scene.", _LARGER_PHOTO
    ),
    "product_share": QualityText(
        "Size of the product",
        "Whether the product is large enough to be noticed.",
        "Make the product larger.",
    ),
    "empty_share": QualityText(
        "Empty area",
        "How much of the ad shows nothing.",
        "Make the product larger, or add words, a scene with things in it or another backdrop.",
    ),
    "centering": QualityText("Balance", "Whether the product is far from the middle.", _MOVE),
    "crop": QualityText(
        "Distance from the edge", "Whether the product touches or leaves the picture.", _MOVE
    ),
    "surroundings_chroma": QualityText(
        "Color of the scene",
        "Whether the scene has some color; a gray one looks dull.",
        "Describe a color, a material or a warm light, or choose a backdrop with color.",
    ),
    "contrast": QualityText(
        "Stands out",
        "Whether the product stands out from what is behind it.",
        "Choose a background color that the product does not have.",
    ),
    "legibility": QualityText(
        "Readable words",
        "Whether the words stand out from what is behind them.",
        "Choose another place or another color under Look of the words.",
    ),
    "text_height": QualityText(
        "Size of the words",
        "Whether the smallest words can be read on a phone.",
        "Shorten the words, or make the product smaller, so that they have more room.",
    ),
}


def word_score(reasons: str) -> str:
    """Returns the reasons for a mark as a sentence, with measurements as the page calls them."""
    return end_sentence("; ".join(map(_word_reason, reasons.split("; "))))


def _word_reason(reason: str) -> str:
    """Returns "Rim costs 0.4" for "halo 5 Delta E costs 0.4"; other reasons as they are."""
    measured, _, cost = reason.rpartition(" costs ")
    name = measured.partition(" ")[0]
    if name in TEXTS:
        return f"{TEXTS[name].label} costs {cost}"
    return reason.replace("measurements not", "checks not").replace("measurement not", "check not")
