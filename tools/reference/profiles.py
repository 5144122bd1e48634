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


def render_page() -> str:
    """Returns the page as Markdown."""
    profiles = [load_profile(name, "profile") for name in list_profile_names()]
    index = [(f"[{each.name}](#{each.name})", each.title, str(each.checked)) for each in profiles]
    head = HEAD + table(["profile", "platform", "rules as of"], index)
    return "\n".join([head, *map(_section, profiles)])


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
    bounds = ", ".join(f"{name} {_format_value(value)}" for name, value in rule.bounds.items())
    return "; ".join(filter(None, (bounds, rule.text)))


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
