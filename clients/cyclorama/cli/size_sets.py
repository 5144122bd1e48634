"""Every size of some platforms, for `create --sizes`: which there are, and what they refuse."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import cyclorama

# Keyword arguments that are words and a logo on the ad, and their look.
LETTERING = (
    *("headline", "call_to_action", "logo", "text_anchor", "text_size", "text_look", "text_color"),
    *("button_color", "font", "font_file", "without_veil"),
)


def choose_sizes(
    platforms: "Iterable[cyclorama.Platform]", names: str
) -> "Iterator[tuple[cyclorama.Platform, tuple[int, int]]]":
    """Yields each platform of a name with each of its sizes.

    names: of platforms or families, such as "meta" or "google-display", separated by commas.
    Raises ValueError for one that there is not.
    """
    by_name: dict[str, list[cyclorama.Platform]] = {}
    for platform in platforms:
        for name in dict.fromkeys((platform.name, create_slug(platform.family))):
            by_name.setdefault(name, []).append(platform)
    for name in map(create_slug, names.split(",")):
        if name not in by_name:
            raise ValueError(f"--sizes {name}: choose from {', '.join(sorted(by_name))}")
        for platform in by_name[name]:
            for size in platform.sizes:
                yield platform, size


def leave_out_lettering(
    client: "cyclorama.Client", arguments: Mapping[str, Any]
) -> tuple[dict[str, Any], str]:
    """Leaves out words and logo where the platform refuses them.

    Returns the keyword arguments, and why something is left out; empty if the platform takes all.
    """
    found = client.validate(**arguments)
    why = next((each.text for each in found if each.field == "lettering" and each.rejected), "")
    kept = {name: arguments[name] for name in arguments if not why or name not in LETTERING}
    return kept, why


def create_slug(text: str) -> str:
    """Returns the letters and digits of a text in lower case, with hyphens between them."""
    return re.sub(r"[\W_]+", "-", text.lower()).strip("-")
