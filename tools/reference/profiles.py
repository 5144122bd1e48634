"""The page about the rules of platforms, from their data files."""

from typing import Any

from services.runtime.profiles import (
    PlatformProfile,
    PlatformRule,
    list_profile_names,
    load_profile,
)
from tools.reference.tables import code, table

HEAD = """# Profiles

What is checked for each platform, and what an ad gets that is asked for with its profile. Made from
`services/runtime/platforms/`; `make reference` writes this page anew.

"""


def page() -> str:
    """The whole page."""
    profiles = [load_profile(name, "profile") for name in list_profile_names()]
    index = [(f"[{each.name}](#{each.name})", each.title, str(each.checked)) for each in profiles]
    head = HEAD + table(["profile", "for", "rules as of"], index)
    return "\n".join([head, *map(_section, profiles)])


def _section(profile: PlatformProfile) -> str:
    rules = [(code(rule.check), _bounds(rule), _weight(rule)) for rule in profile.rules]
    set_ = [(code(name), code(value)) for name, value in _flat(profile.request)]
    fixed = [(code(name), why) for name, why in profile.fixed.items()]
    parts = [
        f"## {profile.name}\n\n{profile.title}. Source: {profile.source}, {profile.checked}.\n",
        table(["check", "asked", "when it fails"], rules),
        "What an ad gets unless the request says otherwise:\n",
        table(["field", "value"], set_),
    ]
    if fixed:
        parts += ["What must stay so; another wish is refused:\n", table(["field", "why"], fixed)]
    return "\n".join(parts)


def _weight(rule: PlatformRule) -> str:
    if rule.check == "by_eye":
        return "a person looks"
    return "warns" if rule.advice else "fails"


def _bounds(rule: PlatformRule) -> str:
    bounds = ", ".join(f"{name} {_plain(value)}" for name, value in rule.bounds.items())
    return rule.text or bounds


def _flat(fields: Any, prefix: str = "") -> list[tuple[str, str]]:
    """A nested mapping as names with dots, and plain values."""
    found = []
    for name, value in fields.items():
        if isinstance(value, dict):
            found += _flat(value, f"{prefix}{name}.")
        else:
            found.append((f"{prefix}{name}", _plain(value)))
    return found


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " or ".join(map(_plain, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
