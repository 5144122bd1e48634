"""The things that sets can show: a module for each kind, and an entry in one of two tables."""

from services.studio.things.made import MADE_THINGS
from services.studio.things.natural import NATURAL_THINGS
from services.studio.things.thing import Thing

# By the name of their entry in briefs/words/things.toml.
THINGS: dict[str, Thing] = NATURAL_THINGS | MADE_THINGS
# Things that look alike on a set.
THINGS |= {
    name: THINGS[twin]
    for name, twin in (
        ("beach_towel", "towel"),
        ("bow", "ribbon"),
        ("burlap", "sack"),
        ("chains", "chain"),
        ("hammer", "tools"),
        ("pot", "pan"),
        ("straw_hat", "hat"),
        ("water_bottle_prop", "bottle_prop"),
        ("wicker_basket", "basket"),
    )
}
