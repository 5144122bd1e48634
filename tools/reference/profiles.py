"""Generates docs/reference/profiles.md from the data files of the platform profiles."""

from typing import Any

from services.runtime.profiles import (
    PlatformProfile,
    PlatformRule,
    list_profile_names,
    load_profile,
)
from tools.reference.tables import code, table

HEAD = """# Profiles

The rules of each advertising platform, and the defaults that its profile sets for an ad. Generated
from `services/runtime/platforms/` by `make reference`; do not edit.

"""
# What each check of a rule looks at.
MEANINGS = {
    "format": "format of the file, by its content",
    "suffix": "the suffix of the file's name fits its format",
    "size": "width and height in pixels, exactly",
    "least_size": "smallest width and height in pixels for the nearest of these ratios",
    "ratio": "width divided by height",
    "width": "width in pixels",
    "shortest_side": "shorter of width and height, in pixels",
    "longest_side": "longer of width and height, in pixels",
    "megapixels": "width times height",
    "kilobytes": "size of the file in kB of 1000 bytes",
    "srgb": "the colors are sRGB",
    "full_chroma": "the colors are stored at full resolution (4:4:4)",
    "still": "the file is not an animation",
    "white_background": "everything around the product is pure white",
    "product_share": "the product's share of the picture's width or height, whichever is larger",
    "whole_product": "neither the picture's frame nor the photo's cuts the product off",
    "safe_zone": "strips that the platform covers, as shares of the sides, are free of the product",
    "extra_objects": "the picture shows the product alone",
    "text": "no line of text is in the picture",
    "border": "no line runs along an edge of the picture",
    "residue": "no old shadow or backdrop sticks to the product",
    "cutout": "confidence that the cut-out is the whole product, without a warning about it",
    "source_mark": "the IPTC metadata say if a model made pixels",
    "by_eye": "what only a person can judge",
}
# How the bounds of a rule are written before their values; others have their names.
BOUND_WORDS = {"least": "at least ", "most": "at most ", "allowed": "", "sizes": ""}


def render_page() -> str:
    """Returns the page as Markdown."""
    profiles = [load_profile(name, "profile") for name in list_profile_names()]
    index = [(f"[{each.name}](#{each.name})", each.title, str(each.checked)) for each in profiles]
    head = HEAD + table(["profile", "platform", "rules as of"], index)
    meanings = [(code(name), text) for name, text in MEANINGS.items()]
    checks = "## Checks\n\n" + table(["check", "meaning"], meanings)
    return "\n".join([head, checks, *map(_section, profiles)])


def _section(profile: PlatformProfile) -> str:
    rules = [(code(rule.check), _requirement(rule), _severity(rule)) for rule in profile.rules]
    set_ = [(code(name), code(value)) for name, value in _flatten(profile.request)]
    fixed = [(code(name), why) for name, why in profile.fixed.items()]
    sizes = ", ".join(f"{width} x {height}" for width, height in profile.sizes)
    parts = [
        f"## {profile.name}\n\n{profile.title}. Source: {profile.source}, {profile.checked}.\n",
        f"Usual sizes: {sizes}. Family: {profile.family}.\n",
        table(["check", "requirement", "if not met"], rules),
        "Defaults for an ad with this profile:\n",
        table(["field", "value"], set_),
    ]
    if fixed:
        parts += [
            "Fixed fields; a request that changes one is rejected:\n",
            table(["field", "reason"], fixed),
        ]
    return "\n".join(parts)


def _severity(rule: PlatformRule) -> str:
    if rule.check == "by_eye":
        return "needs a person"
    if rule.start is not None:
        return f"failure from {rule.start}, warning before"
    return "warning" if rule.advice else "failure"


def _requirement(rule: PlatformRule) -> str:
    bounds = [_format_bound(name, value) for name, value in rule.bounds.items()]
    return "; ".join(filter(None, (", ".join(bounds), rule.text)))


def _format_bound(name: str, value: Any) -> str:
    """Returns a bound in words, such as "at least 500" or "1200 x 628 or 300 x 300"."""
    if name == "tolerance":
        return f"within {value:.0%}"
    if isinstance(value, list) and isinstance(value[0], list):
        value = [" x ".join(map(str, pair)) for pair in value]
    return f"{BOUND_WORDS.get(name, f'{name} ')}{_format_value(value)}"


def _flatten(fields: Any, prefix: str = "") -> list[tuple[str, str]]:
    """Returns a nested mapping as dotted names and formatted values."""
    found = []
    for name, value in fields.items():
        if isinstance(value, dict):
            found += _flatten(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", _format_value(value)))
    return found


def _format_value(value: Any) -> str:
    if isinstance(value, list):
        return " or ".join(map(_format_value, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
