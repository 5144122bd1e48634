"""Reads from a product's name whether it is transparent."""

import re
from enum import IntEnum

# Words that name what light shines through, and those of things that are often made of it.
GLASS_WORDS = frozenset(
    {
        *("glass", "glassware", "crystal", "goblet", "carafe", "decanter", "wineglass", "tumbler"),
        *("acrylic", "plexiglass", "transparent", "clear"),
    }
)
MAYBE_GLASS_WORDS = frozenset(
    {
        *("jar", "vase", "bottle", "flask", "glasses", "lens", "prism", "beaker", "jug", "pitcher"),
        *("bowl", "vial", "ampoule", "flacon", "perfume", "shaker", "shakers", "teapot", "cloche"),
        "terrarium",
    }
)
# Words that take it back: what scatters light, and what only has glass in its name.
OPAQUE_WORDS = frozenset(
    {
        *("frosted", "opal", "milk", "opaque", "stained", "ceramic", "porcelain", "china"),
        *("stoneware", "clay", "concrete", "wooden", "metal", "steel", "stainless", "aluminum"),
        *("aluminium", "copper", "brass", "silicone", "leather", "plush", "cleaner", "case"),
        "sunglasses",
    }
)


class GlassHint(IntEnum):
    """How strongly a product's name speaks for glass."""

    NONE = 0
    MAYBE = 1
    GLASS = 2


def read_glass_hint(product: str) -> GlassHint:
    """Returns how strongly a product's name, such as "wine glass", speaks for transparent glass."""
    words = set(re.findall(r"[a-z]+", product.lower()))
    if words & OPAQUE_WORDS:
        return GlassHint.NONE
    if words & GLASS_WORDS:
        return GlassHint.GLASS
    return GlassHint.MAYBE if words & MAYBE_GLASS_WORDS else GlassHint.NONE
