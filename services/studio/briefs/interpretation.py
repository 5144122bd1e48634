"""Interprets the noun phrases of a brief: each becomes a part of the set, or is left out."""

from collections.abc import Collection, Sequence

from services.imaging.scene import RGB
from services.studio.briefs.blends import read_blends
from services.studio.briefs.brief import Brief, NamedWall
from services.studio.briefs.colors import list_pastels, read_colors
from services.studio.briefs.compounds import (
    find_finer_thing,
    read_hues_of_things,
    read_inner_meanings,
)
from services.studio.briefs.contents import report_contents
from services.studio.briefs.grounds import (
    can_be_under,
    is_only_ground,
    read_ground,
    show_reflections,
    stand_on_steps,
    vote_surface,
)
from services.studio.briefs.hidden_colors import report_hidden_colors
from services.studio.briefs.light import create_light_options
from services.studio.briefs.light_words import (
    add_light,
    is_color_of_noun,
    is_shadow_of_noun,
    lights_noun,
)
from services.studio.briefs.looks import report_looks
from services.studio.briefs.materials import settle_materials, tile_furniture
from services.studio.briefs.meanings import (
    find_inner_meanings,
    is_filler,
    is_flavor,
    is_unavailable,
    list_keys,
)
from services.studio.briefs.noun_colors import (
    acts_as_color,
    color_part,
    find_inner_hue,
    read_bare_colors,
)
from services.studio.briefs.omissions import leave_out_noun, report_indoor_rain, report_lost_words
from services.studio.briefs.phrases import NounPhrase, Term
from services.studio.briefs.place_words import (
    FLOATING_SETTINGS,
    hint_places,
    look_at_sea,
    settle_place_words,
    sit_outside,
    vote_place,
)
from services.studio.briefs.places import HINTED, NAMED, SEEN_BEHIND, find_usual_surface
from services.studio.briefs.poses import choose_pose, is_pose_of_product
from services.studio.briefs.reading import Reading
from services.studio.briefs.report import cut_text
from services.studio.briefs.seasons import find_season
from services.studio.briefs.styles import choose_light_wood, read_style
from services.studio.briefs.vocabulary import load_words
from services.studio.briefs.wanted import settle_things, want_thing

# What in the air makes a picture of its own where no place is named.
ABSTRACT_AIR = frozenset(("smoke", "powder", "splash", "bubbles", "sparkle", "petals"))
# Kinds of light in which other things than leaves cast shadows.
SHADOWS = {"palm_leaf": "palm_shadow", "blinds": "blinds_shadow", "window": "window"}
# Words for the whole set, which name no studio.
VAGUE_WALLS = frozenset(("scene", "environment", "interior", "room"))
# What a product hangs on and no set shows.
HANGERS = frozenset(("hanger", "hook", "rack", "rail", "clothesline", "line"))
# Last words of the names of walls.
WALLS = frozenset(("wall", "walls"))
# Share of its hints for places that a thing gives before the name of another: "graffiti bowl".
MODIFIER_WEIGHT = 0.5
# Groups of impossible words that may own or adorn a thing: "women's bag", "dog bowl".
OWNERS = frozenset(("people", "animals"))


def interpret_phrases(
    prompt: str,
    phrases: Sequence[NounPhrase],
    products: Sequence[NounPhrase],
    made: Collection[str],
) -> Reading:
    """Reads all noun phrases of a brief.

    prompt: as typed. phrases: its noun phrases; products: those that name the product.
    made: keys of the things that can be built.
    """
    reading = Reading(prompt, phrases, products, made)
    for phrase in phrases:
        _read_phrase(reading, phrase)
    read_blends(reading)
    return reading


def exclude_phrase(reading: Reading, phrase: NounPhrase, text: str) -> None:
    """Excludes what a noun phrase names.

    text: of the prompt or negative prompt that it is in.
    """
    terms = [term for term in phrase.terms if not is_filler(term) or term.find("removable")]
    for term in terms:
        for meaning in term.meanings:
            if meaning.kind in ("thing", "removable"):
                reading.excluded.add(meaning.key)
            elif meaning.kind == "light":
                reading.denied_lights.add(meaning.key)
    if terms:
        reading.report.exclusions.append(f"no {cut_text(text, terms)}")


def conclude_brief(reading: Reading) -> Brief:
    """Returns the brief, without its language."""
    show_reflections(reading)
    place, setting = reading.places.choose(
        lights=reading.lights.keys() - reading.denied_lights,
        has_material=reading.surfaces.has_material,
        from_above=reading.values.get("pitch") == "90",
        in_air=bool(reading.air & ABSTRACT_AIR) or reading.values.get("pose") == "floating",
    )
    place, setting = look_at_sea(reading, place, setting)
    place, setting = sit_outside(reading, place, setting)
    stand_on_steps(reading, place)
    tile_furniture(reading, place)
    surface, surface_kind = reading.surfaces.choose(find_usual_surface(place, setting))
    style = read_style(reading, place, surface)
    surface, surface_kind = choose_light_wood(style, surface, surface_kind)
    settle_materials(reading, surface, surface_kind)
    things = settle_things(reading, place, surface)
    report_contents(reading)
    settle_place_words(reading, place, setting)
    report_hidden_colors(reading, place)
    report_lost_words(reading)
    report_looks(reading)
    report_indoor_rain(reading, place)
    is_on_water = surface == "water" or setting in FLOATING_SETTINGS.values()
    pitch, view = reading.values.get("pitch"), reading.values.get("view")
    return Brief(
        place=place,
        setting=setting,
        surface=surface,
        surface_kind=surface_kind,
        things=things,
        light=create_light_options(
            reading.lights.keys() - reading.denied_lights,
            reading.sides,
            tuple(dict.fromkeys(reading.lamp_colors)),
        ),
        colors=reading.colors,
        palette=tuple(dict.fromkeys(reading.palette)),
        gradient=reading.gradient,
        split=reading.split,
        air=frozenset(reading.air),
        pitch=None if pitch is None else float(pitch),
        view_angle=None if view is None else float(view),
        blur_factor=float(reading.values.get("blur", 1)),
        pose=choose_pose(reading, place, is_on_water),  # type: ignore[arg-type]
        text_area=reading.values.get("text_area"),
        season=find_season(reading.phrases),
        style=style,
        on_shelf=reading.on_shelf,
        excluded=frozenset(reading.excluded),
        product=_name_product(reading),
        understood=reading.report.list_understood(),
        left_out=reading.report.list_left_out(),
        in_part=tuple(reading.in_part),
        named_places=tuple(reading.named_places),
        low_suns=tuple(reading.low_suns.items()),
        unseen_materials=tuple(reading.unseen_materials.items()),
        nights=tuple(reading.nights),
        overcasts=tuple(reading.overcasts),
        walls=tuple(reading.walls),
    )


def _read_phrase(reading: Reading, phrase: NounPhrase) -> None:
    """Reads one noun phrase: light and camera, then its noun, with its colors."""
    if phrase.negated:
        exclude_phrase(reading, phrase, reading.prompt)
        return
    for term in phrase.terms:
        _read_direct(reading, term, phrase)
    if phrase in reading.products:
        return
    head = phrase.head
    before = [term for term in phrase.modifiers() if not is_flavor(term, head)]
    colors = read_colors(phrase.terms if head is None else before)
    if head is None or acts_as_color(reading, phrase, head):
        read_bare_colors(reading, phrase, read_colors(phrase.terms))
        return
    colors, reading.pending = [*reading.pending, *colors], []
    if head.kinds & {"nearest", "nearest_place"} or is_unavailable(head):
        leave_out_noun(reading, phrase, head)
        return
    for term in phrase.modifiers():
        _read_modifier(reading, term, phrase, head)
    _read_head(reading, head, phrase, colors)


def _read_direct(reading: Reading, term: Term, phrase: NounPhrase) -> None:
    """Reads words of light, camera, lens, pose and lettering."""
    for meaning in term.meanings:
        if meaning.kind in ("pitch", "view", "blur", "text_area"):
            reading.values.setdefault(meaning.kind, meaning.key)
        elif meaning.kind == "bokeh":
            reading.air.add("bokeh")
        elif meaning.kind == "side":
            reading.sides.append(meaning.key)
            for inner in find_inner_meanings(term, "light"):
                add_light(reading, inner.key, term)
        elif phrase in reading.products and term.find("light_adjective"):
            # A cold beer is not in cold light.
            continue
        elif (meaning.kind == "light" and not is_color_of_noun(term, phrase)) or (
            meaning.kind == "light_adjective" and lights_noun(term, phrase)
        ):
            add_light(reading, meaning.key, term)
        elif meaning.kind == "pose" and is_pose_of_product(reading, term, phrase):
            reading.values.setdefault("pose", meaning.key)
            if HANGERS & set(term.words):
                reading.show_in_part(term, "hanging")
        elif meaning.kind == "empty":
            reading.excluded.add("props")
        elif meaning.kind == "hint" and phrase not in reading.products:
            reading.places.hints[meaning.key] += HINTED
            reading.place_words.append(term)
            continue
        else:
            continue
        reading.report.use(term)


def _read_modifier(reading: Reading, term: Term, phrase: NounPhrase, head: Term) -> None:
    """Reads a word before the noun of a phrase, without its colors."""
    place, surface, thing = term.find("place"), term.find("surface"), term.find("thing")
    if (term.find("color") and not is_flavor(term, head)) or (term.find("shade") and phrase.colors):
        reading.report.use(term)
    if place is not None:
        vote_place(reading, term, phrase, is_modifier=bool(head.find("thing")))
    if surface is not None and (can_be_under(head) or phrase.preposition == "on"):
        vote_surface(reading, surface.key, surface.detail, phrase, head, word=term)
        reading.report.use(term)
    elif thing is not None and thing.key == "tiles" and head.find("base"):
        vote_surface(reading, "tiles", "", phrase, head, word=term)
        reading.report.use(term)
    elif thing is not None and not term.find("color") and _is_lit_or_placed(head):
        want_thing(reading, thing.key, term, phrase, [])
    elif thing is not None and head.find("thing"):
        reading.places.hint(load_words("things")[thing.key].get("hints", {}), MODIFIER_WEIGHT)
    hint_places(reading, term)
    if head.find("thing") and _is_owner(term, phrase):
        reading.report.drop(term)


def _read_head(reading: Reading, head: Term, phrase: NounPhrase, colors: list[RGB]) -> None:
    """Reads the noun of a phrase."""
    part, thing = head.find("part"), head.find("thing")
    if "pastel" in {term.text for term in phrase.terms} and not colors:
        colors = list(list_pastels())[: None if thing is None else 1]
    if head.find("place"):
        vote_place(reading, head, phrase)
    elif part is not None and part.key == "wall" and not thing and head.text not in VAGUE_WALLS:
        reading.places.add("studio", "", limit=SEEN_BEHIND if phrase.behind else NAMED)
        reading.report.use(head)
    colors = colors or find_inner_hue(head)
    if part is not None and part.key == "wall" and not colors:
        colors = read_hues_of_things(reading, phrase)
    if part is not None and part.key == "wall" and not thing and head.words[-1] in WALLS:
        _record_wall(reading, head, phrase, colors)
    read_ground(reading, head, phrase, bool(colors))
    is_ground = is_only_ground(head, phrase)
    if thing is not None and is_shadow_of_noun(reading, phrase):
        add_light(reading, SHADOWS.get(thing.key, "leaf_shadow"), head)
        reading.report.use(head)
    elif thing is not None and not is_ground:
        want_thing(reading, find_finer_thing(reading, phrase) or thing.key, head, phrase, colors)
        if part is not None:
            color_part(reading, head, colors)
    else:
        color_part(reading, head, colors)
    if part is not None and colors:
        reading.report.use(head)
    read_inner_meanings(reading, head)


def _record_wall(reading: Reading, head: Term, phrase: NounPhrase, colors: Sequence[RGB]) -> None:
    """Records the words for a wall, with its color and material."""
    materials = [term.find("surface") for term in (*phrase.modifiers(), head)]
    material = next((each.key for each in materials if each is not None), "")
    named = [*phrase.modifiers(), head]
    words = reading.report.cut(named)
    reading.walls.append(NamedWall(words, next(iter(colors), None), material))


def _is_owner(term: Term, phrase: NounPhrase) -> bool:
    """Returns whether a word says whose a thing is, as in "dog bowl", not who does something."""
    following = phrase.terms[phrase.terms.index(term) + 1 :]
    is_active = any(word.endswith("ing") for each in following for word in each.words)
    is_plural = term.words[-1].endswith("s")
    return bool(list_keys(term) & OWNERS) and not is_active and not is_plural


def _is_lit_or_placed(head: Term) -> bool:
    """Returns whether a noun is a place, or light that a thing before it sheds."""
    part = head.find("part")
    return bool(head.kinds & {"place", "light"} or (part is not None and part.key == "light"))


def _name_product(reading: Reading) -> str:
    """Returns the words that name the product, as typed; empty without any."""
    phrase = next(iter(reading.products), None)
    if phrase is None or phrase.head is None:
        return ""
    return reading.report.cut([*phrase.modifiers(), phrase.head])
