"""Reads the words of a brief for the light of the set."""

from services.studio.briefs.meanings import find_inner_meanings
from services.studio.briefs.phrases import NounPhrase, Term
from services.studio.briefs.reading import Reading
from services.studio.briefs.wanted import want_thing

# Things that a word of light names along with it: the glow of a fireplace shows the fireplace.
GLOWING_THINGS = frozenset(("fireplace", "candle", "lamp", "fairy_lights", "string_lights"))
# Last words of the names of lamps, whose light adjectives describe.
LIGHT_NOUNS = frozenset(
    ("light", "lights", "lamp", "lamps", "bulb", "bulbs", "lantern", "lanterns")
)
# Kinds of nouns that a word such as "dark" or "soft" colors instead of lighting them.
COLORED_KINDS = frozenset(("thing", "surface", "base", "product", "maybe_product", "unknown"))


# The light of a low sun, and words with which a brief names the sky of one.
LOW_SUN = "golden_hour"
SKY_WORDS = frozenset(("sunset", "sundown", "sundowner", "sunrise", "sky", "setting", "rising"))
# Words that name a dark hour, not only a dark scene.
NIGHT_WORDS = frozenset(("night", "nighttime", "midnight", "moonlight", "moonlit"))


def add_light(reading: Reading, kind: str, term: Term) -> None:
    reading.lights.setdefault(kind)
    is_sky = not SKY_WORDS.isdisjoint(term.words)
    if is_sky or kind == LOW_SUN:
        reading.low_suns[reading.report.cut([term])] = is_sky
    if kind == "overcast":
        reading.overcasts.setdefault(reading.report.cut([term]))
    if not NIGHT_WORDS.isdisjoint(term.words):
        reading.nights.setdefault(reading.report.cut([term]))
    for inner in find_inner_meanings(term, "thing"):
        if inner.key in GLOWING_THINGS and not term.find("thing"):
            want_thing(reading, inner.key, term, NounPhrase([term]), [])


def is_color_of_noun(term: Term, phrase: NounPhrase) -> bool:
    """Returns whether a word such as "dark" is about the color of a noun, not about light."""
    head = phrase.head
    if head is None or head is term or not term.kinds & {"shade", "color"}:
        return False
    return bool(head.kinds & COLORED_KINDS) and not head.kinds & {"head", "light"}


def lights_noun(term: Term, phrase: NounPhrase) -> bool:
    """Returns whether an adjective such as "soft" speaks of light."""
    head = phrase.head
    nouns = {kind for each in phrase.terms if each is not term for kind in each.kinds}
    if nouns & {"head", "light", "side"}:
        return True
    if head is None or head is term:
        return ("product" not in nouns and not term.kinds & {"filler", "look"}) or len(
            phrase.terms
        ) == 1
    if head.words[-1] in LIGHT_NOUNS:
        return True
    part = head.find("part")
    if part is not None and part.key in ("light", "palette"):
        return True
    return bool(head.find("place")) and not head.kinds & {"surface", "thing"}


def is_shadow_of_noun(reading: Reading, phrase: NounPhrase) -> bool:
    """Returns whether a phrase names what casts a shadow: "shadow of a fern"."""
    i = reading.find_index(phrase)
    if not i or phrase.preposition_words not in ("of", "from"):
        return False
    return reading.phrases[i - 1].terms[-1].words[-1] in ("shadow", "shadows")
