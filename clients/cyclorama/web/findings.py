"""What was measured on an ad, in plain words."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from cyclorama.results import Ad, Finding

# By finding: its name, what it means when it passes, and what to do when not.
QUALITY = {
    "cutout_confidence": (
        "Cut-out",
        "The outline of the product is reliable.",
        "The outline may be wrong. Look at the edge, or use a photo on a plain background.",
    ),
    "halo": (
        "Edge",
        "Nothing of the old background shows around the product.",
        "A rim of the old background may show. A photo on a plain background helps.",
    ),
    "contact_gap": (
        "Footing",
        "The product stands on the ground.",
        "The product seems to float or sink. Try another placement.",
    ),
    "shadow_direction": (
        "Shadow",
        "The shadow falls away from the light.",
        "The shadow does not fit the light. Try another shadow.",
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
        "Colour",
        "The scene's light leaves the product's colours as they are, or nearly so.",
        "The scene's light shifts the colours. Turn on “Keep the product's exact colours”.",
    ),
    "clipping": (
        "Exposure",
        "Light and dark parts of the product keep their detail.",
        "Parts of the product are pure white or black. A better exposed photo helps.",
    ),
}
UNKNOWN = "Does not apply to this picture."


def quality_facts(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """Every measurement but the pixel lock, which is told apart."""
    return [_plain(each) for each in findings if each.name != "pixel_lock"]


def profile_facts(ad: Ad) -> dict[str, Any] | None:
    """How a platform's rules were met; None when none were asked for."""
    if ad.profile is None:
        return None
    rules = [
        {
            "verdict": each.verdict,
            "label": _words(each.name).capitalize(),
            "text": each.note and f"{each.note[:1].upper()}{each.note[1:]}.",
            "detail": _detail(each),
        }
        for each in ad.profile.findings
    ]
    told = {"name": ad.profile.profile, "passed": ad.profile.passed, "rules": rules}
    return told | {"checked": ad.profile.checked}


def lock_facts(certificate: Mapping[str, Any]) -> dict[str, str]:
    """The pixel-lock certificate of a manifest as a verdict and two sentences."""
    locked, differing = certificate["locked_pixels"], certificate["differing_pixels"]
    if differing:
        text = f"{differing:,} of {locked:,} locked pixels are not as they were placed."
        return {"verdict": "fail", "title": "The product was changed", "text": text}
    if certificate["lossless"]:
        text = f"All {locked:,} locked pixels in this file are exactly as they were placed."
        return {"verdict": "pass", "title": "Product pixels untouched", "text": text}
    mean, most = certificate["delta_e_mean"], certificate["delta_e_max"]
    text = (
        f"All {locked:,} locked pixels were as placed before the file was written. This type of "
        f"file then shifts colours a little: by {mean:.1f} on average and {most:.1f} at most, "
        "where 1 is the least that the eye sees. PNG keeps them exactly."
    )
    return {"verdict": "pass", "title": "Product pixels untouched", "text": text}


def _plain(finding: Finding) -> dict[str, str]:
    label, good, bad = QUALITY.get(finding.name, (_words(finding.name).capitalize(), "", ""))
    text = {"pass": good, "unknown": UNKNOWN}.get(finding.verdict, bad)
    told = {"verdict": finding.verdict, "label": label, "text": text or finding.note}
    return told | {"detail": _detail(finding)}


def _detail(finding: Finding) -> str:
    measured = _rounded(finding.measured)
    return f"Measured {measured}; good is {finding.limit}" if finding.limit else measured


def _rounded(text: str) -> str:
    """A bare number with two digits behind the point; anything else as it is."""
    return f"{float(text):.2f}" if re.fullmatch(r"\d+\.\d+", text) else text


def _words(name: str) -> str:
    return name.replace("_", " ")
