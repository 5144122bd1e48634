"""The things that sets can show: one module each, and one entry in THINGS."""

from services.studio.things.thing import Thing

# By the name of their entry in briefs/words/things.toml.
THINGS: dict[str, Thing] = {}
