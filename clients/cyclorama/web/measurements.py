"""Describes the measurements of an ad in plain language."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cyclorama.results import Ad, Measurement

# By measurement: its label, its meaning when it passes, and what to do when it does not.
QUALITY_TEXTS = {
    "cutout_confidence": (
        "Cut-out",
        "The outline of the product is reliable.",
        "The outline may be wrong. Look at the edge, or use a photo on a plain background.",
    ),
    "halo": (
        "Edge",
        "No rim of the photo's background shows around the product.",
        "A rim of the photo's background may show. A photo on a plain background helps.",
    ),
    "contact_gap": (
        "Footing",
        "The product stands on the ground.",
        "The product seems to float or sink. Try another placement.",
    ),
    "shadow_direction": (
        "Shadow",
        "The shadow falls away from the light.",
        "The shadow does not match the light. Try another shadow.",
    ),
    "sharpness": (
        "Sharpness",
        "The photo has enough pixels for this format.",
        "The product had to be enlarged. Use a larger photo or a smaller format.",
    ),
    "product_share": (
        "Product size",
        "The product is large enough to see.",
        "The product is small in the picture. Make it larger.",
    ),
    "color_shift": (
        "Color",
        "The scene's light hardly changes the product's colors.",
        "The scene's light shifts the colors. Turn on “Keep the product's exact colors”.",
    ),
    "clipping": (
        "Exposure",
        "Light and dark parts of the product keep their detail.",
        "Parts of the product are pure white or black. A photo with better exposure helps.",
    ),
}
UNKNOWN = "Does not apply to this picture."


def describe_quality(measurements: Iterable[Measurement]) -> list[dict[str, str]]:
    """Describes an ad's measurements in plain language, each as JSON for the page.

    Omits pixel_lock, whether the product's pixels are unchanged: describe_pixel_lock describes it.
    """
    return [
        _describe_measurement(measurement)
        for measurement in measurements
        if measurement.name != "pixel_lock"
    ]


def describe_profile(ad: Ad) -> dict[str, Any] | None:
    """Describes whether an ad meets its platform's rules, as JSON for the page.

    Returns None when no platform was requested.
    """
    if ad.profile is None:
        return None
    rules = [
        {
            "verdict": rule.verdict,
            "label": _split_words(rule.name).capitalize(),
            "text": rule.note and f"{rule.note[:1].upper()}{rule.note[1:]}.",
            "detail": _format_value(rule),
        }
        for rule in ad.profile.measurements
    ]
    return {
        "name": ad.profile.profile,
        "passed": ad.profile.passed,
        "rules": rules,
        "checked": ad.profile.checked,
    }


def describe_pixel_lock(certificate: Mapping[str, Any]) -> dict[str, str]:
    """Describes whether an ad shows the product's pixels unchanged: a verdict, a title and a text.

    certificate: `pixel_lock` of the ad's manifest. Locked pixels are the opaque ones of the
    product, which no stage may change once it is placed.
    """
    locked, differing = certificate["locked_pixels"], certificate["differing_pixels"]
    if differing:
        text = f"{differing:,} of {locked:,} locked pixels are not as they were placed."
        return {"verdict": "fail", "title": "The product was changed", "text": text}
    if certificate["lossless"]:
        text = f"All {locked:,} locked pixels in this file are exactly as they were placed."
        return {"verdict": "pass", "title": "Product pixels untouched", "text": text}
    # CIE color differences; 1 is just noticeable.
    mean, most = certificate["delta_e_mean"], certificate["delta_e_max"]
    text = (
        f"All {locked:,} locked pixels were as placed before the file was written. This type of "
        f"file then shifts colors a little: by {mean:.1f} on average and {most:.1f} at most, "
        "where 1 is the least that the eye can see. PNG keeps them exactly."
    )
    return {"verdict": "pass", "title": "Product pixels untouched", "text": text}


def _describe_measurement(measurement: Measurement) -> dict[str, str]:
    """Describes a measurement of an ad's quality: its verdict, label, text and value."""
    # A measurement that this page does not know yet is labeled with its name.
    label, passed_text, failed_text = QUALITY_TEXTS.get(
        measurement.name, (_split_words(measurement.name).capitalize(), "", "")
    )
    text = {"pass": passed_text, "unknown": UNKNOWN}.get(measurement.verdict, failed_text)
    return {
        "verdict": measurement.verdict,
        "label": label,
        "text": text or measurement.note,
        "detail": _format_value(measurement),
    }


def _format_value(measurement: Measurement) -> str:
    """Returns the measured value, rounded, and its limit, if it has one, as text for people."""
    measured = _round_number(measurement.measured)
    return f"Measured {measured}; good is {measurement.limit}" if measurement.limit else measured


def _round_number(text: str) -> str:
    """Rounds a bare number to two decimals; returns any other text unchanged."""
    return f"{float(text):.2f}" if re.fullmatch(r"\d+\.\d+", text) else text


def _split_words(name: str) -> str:
    """Returns a name such as "contact_gap" as words."""
    return name.replace("_", " ")
