"""Generates docs/reference/sets.md from the studio's word lists and parts."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from services.studio.air import AIR, AIR_SHAPES
from services.studio.briefs.vocabulary import FOLDER, load_words
from services.studio.grounds import GROUNDS
from services.studio.grounds.ground import GroundShape
from services.studio.panoramas.cards import PanoramaCard, load_cards
from services.studio.things import THINGS
from tools.reference.tables import code, table

HEAD = """# Sets

What a prompt can ask of the engine `studio`, which [scenes](../scenes.md) describes. Each entry is
one of the words that name it; the lists in `services/studio/briefs/words/` have all of them.
Generated from these lists and from the studio's parts by `make reference`; do not edit.

"""
PLACES = """## Places

A place is in the light of a [photograph](#photographed-places) where one fits the brief, and is
modeled or painted otherwise.

"""
PHOTOGRAPHS = """
## Photographed places

The panoramas that set-up fetches, all under {{license}}.

"""
SURFACES = "\n## Surfaces\n\n"
STANDS = """
Stands are objects under the product, with the place around them: {stands}.
"""
THINGS_HEAD = "\n## Things\n\n"
LIGHT = """
## Light

Each kind goes with every place and surface. Light has a color where the prompt names one: "purple
light", "blue and pink neon". Words for its side: {sides}.

"""
AIR_HEAD = "\n## Air\n\n"
CAMERA = "\n## Camera, pose and lettering\n\n"
COLORS = """
## Colors

{count} names of colors, and hexadecimal values such as `#f4c2c2`. A color belongs to the noun that
it precedes: a surface, a thing, a light, or one of {parts}. "From purple to orange" is a gradient.
"""
IMPOSSIBLE = """
## Left out

No set shows these; the reply names them as left out, with the nearest that the studio offers.

"""
LOOKS = """
Words for how something looks are left out as well, with the noun that is shown without them: "wet
pebbles" (nearest: pebbles). They count as understood if what they describe looks so anyway, as in
"glossy marble", if the brief names a material that carries the style, as in "japanese bathroom,
hinoki wood", or if a surface has such a kind, as in "wet asphalt".

"""
# What patterns of shadows are of, by LightOptions.gobo.
GOBOS = {"palm": "palm leaves", "leaves": "leaves", "window": "window bars", "blinds": "blinds"}
# What kinds of light add to the key light.
LAMPS = {
    "backlit": "a bright rim",
    "rim": "a bright rim",
    "candle": "a low warm lamp",
    "spotlight": "a pool of light",
    "rays": "shafts of light in the air",
    "neon": "a colored lamp on each side",
    "colored": "a colored lamp on each side",
}
# Fields of camera.toml: what each is, in words.
CAMERA_FIELDS = {
    "pitches": "height of the camera",
    "view_angles": "lens",
    "blurs": "depth of field",
    "poses": "pose of the product",
    "text_areas": "room for lettering",
}


def render_page() -> str:
    """Returns the page as Markdown."""
    names = load_words("colors")["names"]
    parts = load_words("parts")
    (license,) = {card.license for card in load_cards().values()}
    sides = ", ".join(_quote(words[0]) for words in parts["sides"].values())
    return (
        HEAD
        + PLACES
        + table(["place", "finer settings", "photographed"], list_places())
        + PHOTOGRAPHS.format(license=license)
        + table(["panorama", "what it shows", "places"], list_photographs())
        + SURFACES
        + table(["surface", "kinds"], list_surfaces())
        + STANDS.format(stands=", ".join(list_stands()))
        + THINGS_HEAD
        + table(["group", "things"], list_things())
        + LIGHT.format(sides=sides)
        + table(["light", "effect"], list_lights())
        + AIR_HEAD
        + ", ".join(sorted({*AIR, *AIR_SHAPES, "bokeh"}))
        + ".\n"
        + CAMERA
        + table(["what", "words"], list_camera_words())
        + COLORS.format(count=len(names), parts=_join_first_words(parts["parts"].values()))
        + IMPOSSIBLE
        + table(["kind", "such as", "nearest"], list_impossible())
        + LOOKS
        + table(["looks", "such as"], list_looks())
    )


def list_places() -> Iterator[tuple[str, str, str]]:
    """Yields the words, finer settings and panoramas of each place."""
    for name, entry in load_words("places").items():
        settings = _join_first_words(each["words"] for each in entry.get("settings", {}).values())
        found = [code(title) for title, card in load_cards().items() if _fits(card, name)]
        yield entry["words"][0], settings, ", ".join(found)


def list_photographs() -> Iterator[tuple[str, str, str]]:
    """Yields the name, title and places of each panorama that set-up fetches."""
    places = load_words("places")
    for name, card in load_cards().items():
        fitting = [entry["words"][0] for place, entry in places.items() if _fits(card, place)]
        yield code(name), card.title, ", ".join(fitting)


def _fits(card: PanoramaCard, place: str) -> bool:
    return place in {key.split("/")[0] for key in card.fits}


def list_surfaces() -> Iterator[tuple[str, str]]:
    """Yields the name of each surface, and a word for each of its kinds."""
    for name, entry in load_words("surfaces").items():
        if name in GROUNDS:
            yield name, _join_first_words(entry.get("kinds", {}).values())


def list_stands() -> list[str]:
    """Lists the surfaces that are objects under the product."""
    return [name for name, ground in GROUNDS.items() if ground.shape is GroundShape.STAND]


def list_things() -> Iterator[tuple[str, str]]:
    """Yields the groups of things.toml, which are comments there, with the things of each."""
    entries = load_words("things")
    text = (FOLDER / "things.toml").read_text(encoding="utf-8")
    for group, lines in re.findall(r"^# (.+)\n((?:\w+ = .+\n)+)", text, re.MULTILINE):
        names = [line.split(" = ")[0] for line in lines.splitlines()]
        shown = [entries[name]["words"] for name in names if _is_shown(name, entries[name])]
        yield group, _join_first_words(shown)


def _is_shown(name: str, entry: Mapping[str, Any]) -> bool:
    """Returns whether a set can show a thing: by a builder, a place, a surface or the air."""
    return name in THINGS or any(entry.get(key) for key in ("part_of", "on", "air"))


def list_lights() -> Iterator[tuple[str, str]]:
    """Yields a word for each kind of light, and what it does."""
    for name, entry in load_words("light").items():
        added = [LAMPS[name]] if name in LAMPS else []
        yield entry["words"][0], ", ".join([*_describe_light(entry), *added])


def _describe_light(entry: Mapping[str, Any]) -> Iterator[str]:
    """Yields phrases that describe the fields of an entry of light.toml."""
    if "kelvin" in entry:
        yield f"{entry['kelvin']:.0f} K"
    if "elevation" in entry:
        yield f"{entry['elevation']:.0f} degrees above level"
    elif entry.get("low"):
        yield "a low sun"
    if entry.get("azimuth") == 180:
        yield "from behind"
    if "hard" in entry:
        yield "hard shadows" if entry["hard"] else "soft shadows"
    if "gobo" in entry:
        yield f"shadows of {GOBOS[entry['gobo']]}"
    if "mood" in entry:
        yield entry["mood"]


def list_camera_words() -> Iterator[tuple[str, str]]:
    """Yields the fields of the camera with a word for each of their values."""
    for field, title in CAMERA_FIELDS.items():
        yield title, _join_first_words(load_words("camera")[field].values())


def list_impossible() -> Iterator[tuple[str, str, str]]:
    """Yields what no set shows: the kind, some of its words, and the nearest to it."""
    for kind, entry in load_words("impossible").items():
        words = ", ".join(entry["words"][:3])
        yield kind.replace("_", " "), words, entry.get("nearest", "")


def list_looks() -> Iterator[tuple[str, str]]:
    """Yields the looks that are left out: the kind and some of its words."""
    for kind, entry in load_words("looks").items():
        yield kind, ", ".join(entry["words"][:5])


def _join_first_words(lists: Iterable[Sequence[str]]) -> str:
    """Returns the first word of each list, separated by commas."""
    return ", ".join(words[0] for words in lists)


def _quote(words: str) -> str:
    return f'"{words}"'
