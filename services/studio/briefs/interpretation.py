"""Interprets the noun phrases of a brief: each becomes a part of the set, or is left out."""

import itertools
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Literal

from services.imaging.scene import RGB
from services.studio.briefs import surfaces
from services.studio.briefs.brief import Brief, LeftOut, WantedThing
from services.studio.briefs.colors import (
    PLAIN_HUES,
    fade_color,
    is_chromatic,
    list_pastels,
    measure_lightness,
    parse_color,
    read_colors,
)
from services.studio.briefs.light import create_light_options
from services.studio.briefs.phrases import NounPhrase, Term, is_describing
from services.studio.briefs.places import (
    FACED,
    HINTED,
    NAMED,
    OF_SOMETHING,
    ROOMS,
    SEEN_BEHIND,
    PlaceVotes,
    find_usual_surface,
)
from services.studio.briefs.vocabulary import Meaning, load_vocabulary, load_words

Position = Literal["near", "behind", "air", "under"]

# Words that put a thing in the air.
AIR_WORDS = frozenset(("flying", "falling", "floating", "swirling", "drifting", "air", "midair"))
# Things that a word of light names along with it: the glow of a fireplace shows the fireplace.
GLOWING_THINGS = frozenset(("fireplace", "candle", "lamp", "fairy_lights", "string_lights"))
# What in the air makes a picture of its own where no place is named.
ABSTRACT_AIR = frozenset(("smoke", "powder", "splash", "bubbles", "sparkle", "petals"))
# Kinds of light that the name of a thing can tell: "morning mist".
TIMES = frozenset(("morning", "golden_hour", "dusk", "afternoon", "midday", "moonlight"))
# Lightness in CIE Lab below which a wall makes the picture dark.
DARK_LIGHTNESS = 20
# Settings whose words name what grows there: an apple orchard has apples.
GROWING_SETTINGS = frozenset(("orchard", "field", "meadow"))
# What sand adds to the hints for a beach.
SAND_HINT = 2.0
# Places that are a way of arranging things, which any other place can be as well.
STYLES = frozenset(("studio", "podium", "tabletop", "flat_lay", "abstract", "festive"))
# Settings whose words fit every room: "interior".
ANY_ROOM = frozenset(("home", "shelf", "windowsill"))
# Places whose words also name another one.
SAME_PLACES = {"street_night": {"street_night", "street_day"}}
# Kinds of light in which other things than leaves cast shadows.
SHADOWS = {"palm_leaf": "palm_shadow", "blinds": "blinds_shadow", "window": "window"}
# Groups of impossible words that may own or adorn a thing: "women's bag", "dog bowl".
OWNERS = frozenset(("people", "animals"))
# Kinds of nouns that a word such as "dark" or "soft" colors instead of lighting them.
COLORED_KINDS = frozenset(("thing", "surface", "base", "product", "maybe_product", "unknown"))
# Furniture that is painted where a color is given and no material.
PAINTED = "plain"
METALS = frozenset(load_words("colors")["metals"]["words"])


class Interpretation:
    """A brief while it is read."""

    def __init__(
        self,
        prompt: str,
        phrases: Sequence[NounPhrase],
        products: Sequence[NounPhrase],
        made: Collection[str],
    ) -> None:
        """Interprets all noun phrases.

        prompt: as typed. phrases: its noun phrases; products: those that name the product.
        made: keys of the things that can be built.
        """
        self.prompt, self.phrases, self.products, self.made = prompt, phrases, products, made
        self.places, self.surfaces = PlaceVotes(), surfaces.SurfaceVotes()
        self.wanted: list[tuple[WantedThing, Term, NounPhrase]] = []
        self.lights: dict[str, None] = {}
        self.denied_lights: set[str] = set()
        self.sides: list[str] = []
        self.lamp_colors: list[RGB] = []
        self.colors: dict[str, RGB] = {}
        self.palette: list[RGB] = []
        self.gradient: tuple[RGB, RGB] | None = None
        self.split: tuple[RGB, RGB] | None = None
        self.air: set[str] = set()
        self.excluded: set[str] = set()
        # The first word of each kind of camera, lens, pose and text area.
        self.values: dict[str, str] = {}
        self.used: list[tuple[Term, NounPhrase]] = []
        # Words that name or suggest a place, which count as understood if that place is chosen.
        self.place_words: list[tuple[Term, NounPhrase]] = []
        # Places in the text of what is left out.
        self.reported: list[tuple[int, int]] = []
        self.exclusions: list[str] = []
        self.left_out: list[tuple[int, LeftOut]] = []
        self._pending: list[RGB] = []
        for phrase in phrases:
            self._read_phrase(phrase)
        self._read_blends()

    def exclude(self, phrase: NounPhrase, text: str) -> None:
        """Excludes what a noun phrase names.

        text: of the prompt or negative prompt that it is in.
        """
        terms = [term for term in phrase.terms if not _is_filler(term) or term.find("removable")]
        for term in terms:
            for meaning in term.meanings:
                if meaning.kind in ("thing", "removable"):
                    self.excluded.add(meaning.key)
                elif meaning.kind == "light":
                    self.denied_lights.add(meaning.key)
        if terms:
            self.exclusions.append(f"no {cut_text(text, terms)}")

    def finish(self) -> Brief:
        """Returns the brief, without its language."""
        lights = self.lights.keys() - self.denied_lights
        self._show_reflections()
        place, setting = self.places.choose(
            lights=lights,
            has_material=self.surfaces.has_material,
            from_above=self.values.get("pitch") == "90",
            in_air=bool(self.air & ABSTRACT_AIR) or self.values.get("pose") == "floating",
        )
        surface, surface_kind = self.surfaces.choose(find_usual_surface(place, setting))
        things = self._settle_things(place, surface)
        self._settle_place_words(place)
        self._report_lost_things()
        pitch, view = self.values.get("pitch"), self.values.get("view")
        brief = Brief(
            place=place,
            setting=setting,
            surface=surface,
            surface_kind=surface_kind,
            things=things,
            light=create_light_options(lights, self.sides, tuple(dict.fromkeys(self.lamp_colors))),
            colors=self.colors,
            palette=tuple(dict.fromkeys(self.palette)),
            gradient=self.gradient,
            split=self.split,
            air=frozenset(self.air),
            pitch=None if pitch is None else float(pitch),
            view_angle=None if view is None else float(view),
            blur_factor=float(self.values.get("blur", 1)),
            pose=self._choose_pose(place),  # type: ignore[arg-type]
            text_area=self.values.get("text_area"),
            excluded=frozenset(self.excluded),
            product=self._name_product(),
            understood=self._list_understood(),
            left_out=self._list_left_out(),
        )
        return brief

    def _read_phrase(self, phrase: NounPhrase) -> None:
        """Reads one noun phrase: light and camera, then its noun, with its colors."""
        if phrase.negated:
            self.exclude(phrase, self.prompt)
            return
        for term in phrase.terms:
            self._read_direct(term, phrase)
        if phrase in self.products:
            return
        head = phrase.head
        colors = read_colors(phrase.terms if head is None else [*phrase.modifiers()])
        if head is None or self._acts_as_color(phrase, head):
            self._read_bare_colors(phrase, read_colors(phrase.terms))
            return
        colors, self._pending = [*self._pending, *colors], []
        if head.kinds & {"nearest", "nearest_place"} or _is_unavailable(head):
            self._leave_out(phrase, head)
            return
        for term in phrase.modifiers():
            self._read_modifier(term, phrase, head)
        self._read_head(head, phrase, colors)

    def _read_direct(self, term: Term, phrase: NounPhrase) -> None:
        """Reads words of light, camera, lens, pose and lettering."""
        for meaning in term.meanings:
            if meaning.kind in ("pitch", "view", "blur", "text_area"):
                self.values.setdefault(meaning.kind, meaning.key)
            elif meaning.kind == "bokeh":
                self.air.add("bokeh")
            elif meaning.kind == "side":
                self.sides.append(meaning.key)
                for inner in _find_inner(term, "light"):
                    self._add_light(inner.key, term)
            elif (meaning.kind == "light" and not self._is_color_of_noun(term, phrase)) or (
                meaning.kind == "light_adjective" and self._lights_noun(term, phrase)
            ):
                self._add_light(meaning.key, term)
            elif meaning.kind == "pose" and self._is_of_product(term, phrase):
                self.values.setdefault("pose", meaning.key)
            elif meaning.kind == "empty":
                self.excluded.add("props")
            elif meaning.kind == "hint" and phrase not in self.products:
                self.places.hints[meaning.key] += HINTED
                self.place_words.append((term, phrase))
                continue
            else:
                continue
            self.used.append((term, phrase))

    def _add_light(self, kind: str, term: Term) -> None:
        self.lights.setdefault(kind)
        for inner in _find_inner(term, "thing"):
            if inner.key in GLOWING_THINGS and not term.find("thing"):
                self._want(inner.key, term, NounPhrase([term]), [])

    def _is_color_of_noun(self, term: Term, phrase: NounPhrase) -> bool:
        """Returns whether a word such as "dark" is about the color of a noun, not about light."""
        head = phrase.head
        if head is None or head is term or not term.kinds & {"shade", "color"}:
            return False
        return bool(head.kinds & COLORED_KINDS) and not head.kinds & {"head", "light"}

    def _lights_noun(self, term: Term, phrase: NounPhrase) -> bool:
        """Returns whether an adjective such as "soft" speaks of light."""
        head = phrase.head
        nouns = {kind for each in phrase.terms if each is not term for kind in each.kinds}
        if nouns & {"head", "light", "side"}:
            return True
        if head is None or head is term:
            return ("product" not in nouns and not term.find("filler")) or len(phrase.terms) == 1
        part = head.find("part")
        if part is not None and part.key in ("light", "palette"):
            return True
        return bool(head.find("place")) and not head.kinds & {"surface", "thing"}

    def _is_of_product(self, term: Term, phrase: NounPhrase) -> bool:
        """Returns whether a word of pose is about the product, not about a thing."""
        if phrase in self.products:
            return True
        head = None if term is phrase.terms[0] and phrase.preposition else phrase.head
        if head is not None:
            return bool(head.kinds & {"product", "maybe_product", "unknown"})
        i = self._index(phrase)
        before = self.phrases[i - 1] if i else None
        if before is None or before in self.products or before.clause != phrase.clause:
            return True
        return before.head is None or not before.head.kinds & {"thing", "light"}

    def _index(self, phrase: NounPhrase) -> int:
        return next(i for i, each in enumerate(self.phrases) if each is phrase)

    def _acts_as_color(self, phrase: NounPhrase, head: Term) -> bool:
        """Returns whether a noun such as "mint" stands for a color."""
        if not head.find("color") or head.kinds & {"part", "place"}:
            return False
        is_drink = head.find("product") and phrase.preposition == "with"
        if not head.kinds & {"thing", "surface"} and not is_drink:
            return True
        before = list(phrase.modifiers())
        if before and before[-1].find("shade") and before[-1].text not in ("soft", "rich"):
            return True
        i = self._index(phrase)
        around = self.phrases[max(i - 1, 0) : i + 2]
        joined = [
            each
            for each in around
            if each is not phrase
            and (each.joined_by or phrase.joined_by or each.preposition == "of")
        ]
        pure = any(
            term.find("color") and not term.kinds & {"thing", "surface"}
            for each in joined
            for term in each.terms
        )
        return phrase.preposition in ("in", "of", "") and pure and not head.find("surface")

    def _read_bare_colors(self, phrase: NounPhrase, colors: list[RGB]) -> None:
        """Reads a noun phrase without a noun: its colors are of what follows or precedes it."""
        texts = {term.text for term in phrase.terms}
        if not colors and "pastel" in texts:
            colors = list(list_pastels())
        for term in phrase.terms:
            if term.find("color") or (term.find("shade") and colors):
                self.used.append((term, phrase))
            elif not term.meanings and not is_describing(term):
                self._leave_out(phrase, term)
        if not colors:
            return
        following = self._find_joined_noun(phrase)
        before = self._find_noun_before(phrase)
        if following is not None:
            self._pending += colors
        elif before is not None and len(colors) == 1 and not self._pending:
            self._bind(before, colors)
        else:
            self.palette += [*self._pending, *colors]
            self._pending = []

    def _find_joined_noun(self, phrase: NounPhrase) -> NounPhrase | None:
        """Returns the next noun phrase of a list of colors: "pink and blue lights"."""
        for each in self.phrases[self._index(phrase) + 1 :]:
            if each.joined_by not in ("and", "or", ",") or (not each.colors and each.head):
                return None
            if each.head is not None and not self._acts_as_color(each, each.head):
                return each if each.joined_by != "," else None
        return None

    def _find_noun_before(self, phrase: NounPhrase) -> NounPhrase | None:
        """Returns the noun that "in blue" follows."""
        i = self._index(phrase)
        if not i or phrase.preposition not in ("in", "of") or phrase.joined_by:
            return None
        before, following = self.phrases[i - 1], self.phrases[i + 1 : i + 2]
        is_list = (
            bool(following)
            and following[0].joined_by in ("and", ",")
            and (following[0].head is None or self._acts_as_color(following[0], following[0].head))
        )
        head = before.head
        if is_list or head is None or before in self.products or before.clause != phrase.clause:
            return None
        return before if head.kinds & {"part", "base", "surface", "thing", "place"} else None

    def _bind(self, phrase: NounPhrase, colors: list[RGB]) -> None:
        """Colors the noun of a phrase that was read before."""
        head = phrase.head
        for i, (thing, term, owner) in enumerate(self.wanted):
            if owner is phrase and term is head:
                self.wanted[i] = (_recolor(thing, colors[0]), term, owner)
                self.palette += colors[1:]
                return
        if head is not None:
            self._color_part(head, colors)

    def _color_part(self, head: Term, colors: list[RGB]) -> None:
        """Colors the part of the set that a noun names."""
        part, place = head.find("part"), head.find("place")
        if not colors:
            return
        if head.kinds & {"base", "surface"} and not (part and part.key == "wall"):
            self.colors.setdefault("surface", colors[0])
            self.palette += colors[1:]
        elif (part and part.key == "light") or (part is None and head.find("light")):
            self.lamp_colors += [color for color in colors if is_chromatic(color)]
        elif part and part.key in ("wall", "podium", "accent"):
            if part.key == "wall" and measure_lightness(colors[0]) < DARK_LIGHTNESS:
                self.lights.setdefault("dark")
            self.colors.setdefault(part.key, colors[0])
            self.palette += colors[1:]
        elif place and place.key in ROOMS:
            self.colors.setdefault("wall", colors[0])
            self.palette += colors[1:]
        else:
            self.palette += colors

    def _read_modifier(self, term: Term, phrase: NounPhrase, head: Term) -> None:
        """Reads a word before the noun of a phrase, without its colors."""
        place, surface, thing = term.find("place"), term.find("surface"), term.find("thing")
        if term.find("color") or (term.find("shade") and phrase.colors):
            self.used.append((term, phrase))
        if place is not None:
            self._vote_place(term, phrase, is_modifier=bool(head.find("thing")))
        if surface is not None and _can_be_under(head):
            self._vote_surface(surface.key, surface.detail, phrase, head)
            self.used.append((term, phrase))
        elif thing is not None and thing.key == "tiles" and head.find("base"):
            self._vote_surface("tiles", "", phrase, head)
            self.used.append((term, phrase))
        elif thing is not None and not term.find("color") and _is_lit_or_placed(head):
            self._want(thing.key, term, phrase, [])
        is_active = head.words[0].endswith("ing")
        owner = head.find("thing") and _find_keys(term) & OWNERS and not is_active
        is_adjective = is_describing(term) or term.text.endswith("y")
        if _is_unavailable(term) and not term.find("product") and not owner and not is_adjective:
            self._report(term, term, "")

    def _read_head(self, head: Term, phrase: NounPhrase, colors: list[RGB]) -> None:
        """Reads the noun of a phrase."""
        part, thing = head.find("part"), head.find("thing")
        if "pastel" in {term.text for term in phrase.terms} and not colors:
            colors = list(list_pastels())[: None if thing is None else 1]
        if head.find("place"):
            self._vote_place(head, phrase)
        elif part is not None and part.key == "wall" and not thing:
            self.places.add("studio", "", limit=SEEN_BEHIND if phrase.behind else NAMED)
            self.used.append((head, phrase))
        colors = colors or _find_inner_hue(head)
        self._read_ground(head, phrase, bool(colors))
        is_ground = self._is_only_ground(head, phrase)
        if thing is not None and self._is_shadow(phrase):
            self._add_light(SHADOWS.get(thing.key, "leaf_shadow"), head)
            self.used.append((head, phrase))
        elif thing is not None and not is_ground:
            self._want(thing.key, head, phrase, colors)
            if part is not None:
                self._color_part(head, colors)
        else:
            self._color_part(head, colors)
        if part is not None and colors:
            self.used.append((head, phrase))
        for inner in _find_inner(head, "place"):
            if inner.key == "podium" and thing is not None:
                self.places.add("podium", "", limit=NAMED)
            if inner.key == "festive" and inner.detail:
                self.places.add("festive", inner.detail, limit=HINTED * 2 if thing else NAMED)
        for inner in _find_inner(head, "light") if thing is not None else ():
            if inner.key in TIMES:
                self._add_light(inner.key, head)

    def _is_shadow(self, phrase: NounPhrase) -> bool:
        """Returns whether a phrase names what casts a shadow: "shadow of a fern"."""
        i = self._index(phrase)
        if not i or phrase.preposition_words not in ("of", "from"):
            return False
        return self.phrases[i - 1].terms[-1].words[-1] in ("shadow", "shadows")

    def _read_ground(self, head: Term, phrase: NounPhrase, is_colored: bool) -> None:
        """Lets a noun for furniture, a material or a stand vote for the surface."""
        surface, base, thing = head.find("surface"), head.find("base"), head.find("thing")
        if surface is not None:
            self._vote_surface(surface.key, surface.detail, phrase, head)
            self.used.append((head, phrase))
        elif base is not None or _is_furniture(head):
            key = PAINTED if is_colored and base is not None else "wood"
            self._vote_surface(key, "", phrase, head, is_material=False)
            self.used.append((head, phrase))
        elif thing is not None:
            self._read_stand(head, phrase, load_words("things")[thing.key])

    def _read_stand(self, head: Term, phrase: NounPhrase, entry: dict[str, Any]) -> None:
        """Lets a thing that the product can be on vote for the surface.

        entry: of the thing in things.toml.
        """
        is_plural = head.words[-1] not in entry.get("words", ()) and head.words[-1].endswith("s")
        offered = entry.get("offers") and phrase.preposition != "with" and not is_plural
        if "stands" not in entry or not (offered or phrase.preposition in ("on", "in")):
            return
        if materials := _find_inner(head, "surface"):
            self._vote_surface(materials[0].key, materials[0].detail, phrase, head)
            return
        if not entry["stands"]:
            return
        metal = any(term.text in METALS for term in phrase.modifiers())
        key, _, kind = ("metal:brass" if metal else entry["stands"]).partition(":")
        self._vote_surface("wood" if key == "tray" else key, kind, phrase, head, is_material=False)

    def _is_only_ground(self, head: Term, phrase: NounPhrase) -> bool:
        """Returns whether a noun such as "stone" names a material, not a thing."""
        if not head.kinds & {"surface", "base"} or not head.find("thing"):
            return False
        has_article = any(term.text in ("a", "the", "an", "one") for term in phrase.terms)
        is_plural = head.words[-1].endswith("s") and not head.words[-1].endswith("ss")
        return phrase.preposition in ("on", "in") and not has_article and not is_plural

    def _vote_place(self, term: Term, phrase: NounPhrase, is_modifier: bool = False) -> None:
        """Lets a word for a place vote; one before the name of a thing only suggests it."""
        limits = {"behind": SEEN_BEHIND, "against": FACED, "of": OF_SOMETHING}
        limit = SEEN_BEHIND if phrase.behind else limits.get(phrase.preposition, NAMED)
        if phrase.preposition_words in ("for", "like"):
            limit = NAMED
        if term is not phrase.head:
            # The nearer to the noun, the more telling: "cabin kitchen shelf" is in a kitchen.
            limit = min(limit, NAMED - 1 + phrase.terms.index(term) / len(phrase.terms))
        self.place_words.append((term, phrase))
        for meaning in term.meanings:
            if meaning.kind != "place":
                continue
            if is_modifier and meaning.key != "festive":
                self.places.hints[meaning.key] += HINTED
                continue
            self.places.add(meaning.key, meaning.detail, limit if limit < NAMED else 99)
            if meaning.detail in GROWING_SETTINGS and not term.find("thing"):
                for inner in _find_inner(term, "thing"):
                    self._want(inner.key, term, phrase, [])

    def _vote_surface(
        self, key: str, kind: str, phrase: NounPhrase, head: Term, is_material: bool = True
    ) -> None:
        """Lets a word for what the product is on vote."""
        self.places.hints["beach"] += SAND_HINT if key == "sand" else 0
        part = head.find("part")
        if (
            phrase.behind
            or phrase.preposition in ("behind", "against", "of")
            or (part is not None and part.key == "wall" and not head.find("base"))
        ):
            strength = surfaces.BARE - 1
        elif phrase.preposition in ("on", "in"):
            strength = surfaces.ON
        elif phrase.preposition == "with":
            strength = surfaces.WITH
        else:
            strength = surfaces.LISTED if phrase.clause else surfaces.LEADING
        if head.find("thing") and not head.kinds & {"surface", "base"}:
            is_listed = phrase.preposition != "on" and phrase.clause > 0 and not is_material
            strength = surfaces.BARE - 1 if is_listed else strength
        self.surfaces.add(strength, key, kind, is_material)

    def _want(self, key: str, term: Term, phrase: NounPhrase, colors: list[RGB]) -> None:
        """Adds a thing to be seen."""
        entry = load_words("things")[key]
        first = next((each for each in phrase.terms if not _is_filler(each)), term)
        counts = [each.find("count") for each in phrase.terms]
        count = next((int(each.key) for each in counts if each is not None), None)
        thing = WantedThing(
            name=key,
            words=self._cut([first, term]),
            color=colors[0] if colors else None,
            count=count,
            position=self._find_position(entry, phrase),
        )
        if len(colors) > 1:
            self.palette += colors
        if "air" in entry:
            self.air.add(entry["air"])
        weight = 0.5 if phrase.behind else 1.0
        for place, hint in entry.get("hints", {}).items():
            self.places.hints[place] += hint * weight
        self.wanted.append((thing, term, phrase))

    def _find_position(self, entry: dict[str, Any], phrase: NounPhrase) -> Position:
        words = {word for term in phrase.terms for word in term.words}
        if phrase.behind or phrase.preposition == "behind":
            return "behind"
        if words & AIR_WORDS:
            return "air"
        if phrase.preposition == "on" and "stands" in entry:
            return "under"
        position: Position = entry.get("position", "air" if "air" in entry else "near")
        return position

    def _leave_out(self, phrase: NounPhrase, head: Term) -> None:
        """Reports a noun phrase whose noun is unknown or that no set can show."""
        first = next((each for each in phrase.terms if not _is_filler(each)), head)
        nearest = ""
        is_place = bool(head.find("nearest_place"))
        if not head.meanings and phrase.preposition == "in":
            self.places.blocked = max(self.places.blocked, OF_SOMETHING)
        if phrase.preposition == "on":
            self._read_materials(phrase, head)
        for meaning in head.meanings:
            if meaning.kind in ("nearest", "nearest_place"):
                nearest = meaning.key.replace("_", " ")
            elif meaning.kind == "impossible":
                entry = load_words("impossible")[meaning.key]
                nearest = entry.get("nearest", "")
                is_place |= entry.get("is_place", False)
        if is_place and not phrase.behind:
            limits = {"behind": SEEN_BEHIND, "of": OF_SOMETHING}
            self.places.blocked = max(self.places.blocked, limits.get(phrase.preposition, NAMED))
        self._report(first, head, nearest)

    def _read_materials(self, phrase: NounPhrase, head: Term) -> None:
        """Lets the material of something that cannot be shown vote for the surface."""
        for term in phrase.modifiers():
            if surface := term.find("surface"):
                self._vote_surface(surface.key, surface.detail, phrase, head)

    def _report(self, first: Term, last: Term, nearest: str) -> None:
        words = self._cut([first, last])
        self.reported.append((min(first.start, last.start), max(first.end, last.end)))
        self.left_out.append((min(first.start, last.start), LeftOut(words, nearest)))

    def _read_blends(self) -> None:
        """Reads gradients ("from purple to orange") and walls of two colors."""
        phrases = [phrase for phrase in self.phrases if not phrase.negated]
        pair = next(
            (
                (before[-1], after[0])
                for one, other in itertools.pairwise(phrases)
                if other.preposition_words in ("to", "into")
                and (before := read_colors(one.terms))
                and (after := read_colors(other.terms))
            ),
            None,
        )
        blends = [p for p in phrases if any(t.find("gradient") for t in p.terms)]
        splits = [p for p in phrases if any(t.find("split") for t in p.terms)]
        if pair is not None or blends:
            self.gradient = pair or self._find_two_colors(blends[0], is_single_enough=True)
            self._drop_colors(self.gradient)
            self.places.add("studio", "gradient", limit=NAMED)
        elif splits and (two := self._find_two_colors(splits[0])):
            self.split = two
            self._drop_colors(two)
            self.places.add("studio", "split", limit=NAMED)
        for phrase in (*blends, *splits):
            self.used += [
                (term, phrase) for term in phrase.terms if term.kinds & {"gradient", "split"}
            ]

    def _find_two_colors(
        self, phrase: NounPhrase, is_single_enough: bool = False
    ) -> tuple[RGB, RGB] | None:
        """Returns the two colors of the clause of a phrase, else of the whole brief."""
        clause = [each for each in self.phrases if each.clause == phrase.clause]
        for group in (clause, self.phrases):
            colors = [color for each in group for color in read_colors(each.terms, merge=False)]
            if len(colors) > 1:
                return colors[0], colors[1]
        if colors and is_single_enough:
            return colors[0], fade_color(colors[0])
        return None

    def _drop_colors(self, colors: Iterable[RGB] | None) -> None:
        """Removes the colors of a gradient or split from the wall and the palette."""
        dropped = set(colors or ())
        self.palette = [color for color in self.palette if color not in dropped]
        if self.colors.get("wall") in dropped:
            del self.colors["wall"]

    def _show_reflections(self) -> None:
        """Makes the surface glossy if the brief wants reflections and names no surface."""
        if any(thing.name == "reflection" for thing, _, _ in self.wanted):
            self.surfaces.add(1, "acrylic")

    def _settle_things(self, place: str | None, surface: str | None) -> tuple[WantedThing, ...]:
        """Returns the things to build; those that are part of the place or surface need not be."""
        things: dict[str, WantedThing] = {}
        for thing, term, phrase in self.wanted:
            entry = load_words("things")[thing.name]
            is_part = place in entry.get("part_of", ()) or surface in entry.get("on", ())
            if thing.name in self.excluded:
                self.reported.append((term.start, term.end))
                continue
            if thing.name in self.made:
                things.setdefault(f"{thing.name} {thing.color}", thing)
            if thing.name in self.made or is_part or entry.get("air") in self.air:
                self.used.append((term, phrase))
            else:
                self._report(term, term, entry.get("nearest", ""))
        return tuple(things.values())

    def _settle_place_words(self, place: str | None) -> None:
        """Counts the words for the chosen place as understood, and reports those for others."""
        shown = {(term.start, term.end) for term, _ in self.used}
        for term, phrase in self.place_words:
            meanings = [m for m in term.meanings if m.kind in ("place", "hint")]
            kinds = {meaning.key for meaning in meanings}
            if kinds & SAME_PLACES.get(place or "", {place}):
                self.used.append((term, phrase))
            elif any(meaning.detail in ANY_ROOM for meaning in meanings):
                if place in ROOMS:
                    self.used.append((term, phrase))
            elif term.find("place") and not kinds & STYLES and (term.start, term.end) not in shown:
                self._report(term, term, (place or "").replace("_", " "))

    def _report_lost_things(self) -> None:
        """Reports things that no rule has read: nothing that a brief names is lost silently."""
        read = [(term.start, term.end) for term, _ in self.used] + self.reported
        for phrase in self.phrases:
            if phrase.negated or phrase in self.products:
                continue
            head = phrase.head
            # The first part of a compound such as "lemon cake" is no thing of its own.
            is_compound = head is not None and bool(head.kinds & {"thing", "nearest", "product"})
            for term in phrase.terms:
                is_thing = bool(term.find("thing")) and not term.kinds & {"color", "filler"}
                is_read = any(start <= term.start and term.end <= end for start, end in read)
                if is_thing and not is_read and (term is head or not is_compound):
                    self._report(term, term, "")

    def _choose_pose(self, place: str | None) -> str | None:
        """Returns the pose that the brief names, or that follows from camera and stand."""
        if "pose" in self.values:
            return self.values["pose"]
        if place == "flat_lay" or self.values.get("pitch") == "90":
            return "lying"
        stands = {"pedestal", "stairs"}
        return "standing" if stands & {thing.name for thing, _, _ in self.wanted} else None

    def _name_product(self) -> str:
        """Returns the words that name the product, as typed; empty without any."""
        phrase = next(iter(self.products), None)
        if phrase is None or phrase.head is None:
            return ""
        return self._cut([*phrase.modifiers(), phrase.head])

    def _cut(self, terms: Sequence[Term]) -> str:
        """Returns the words of terms as typed, without function words around them."""
        return cut_text(self.prompt, [term for term in terms if not _is_filler(term)] or terms)

    def _list_understood(self) -> tuple[str, ...]:
        """Returns the words that have an effect, those of a noun phrase together."""
        marks = {(term.start, term.end) for term, _ in self.used}
        spans: list[tuple[int, int]] = []
        for phrase in self.phrases:
            is_open = False
            for term in phrase.terms:
                if (term.start, term.end) in marks:
                    start, end = spans.pop() if is_open else (term.start, term.end)
                    spans.append((min(start, term.start), max(end, term.end)))
                    is_open = True
                elif not _is_filler(term):
                    is_open = False
        words = [self.prompt[start:end] for start, end in spans]
        return tuple(dict.fromkeys([*words, *self.exclusions]))

    def _list_left_out(self) -> tuple[LeftOut, ...]:
        """Returns what is left out, in the brief's order; all of it where nothing has an effect."""
        found = dict.fromkeys(each for _, each in sorted(self.left_out, key=lambda item: item[0]))
        if found or self.used or self.exclusions:
            return tuple(found)
        return tuple(LeftOut(self._cut(phrase.terms)) for phrase in self.phrases)


def cut_text(text: str, terms: Sequence[Term]) -> str:
    """Returns the part of a text that terms span; translated ones may be in another order."""
    return text[min(term.start for term in terms) : max(term.end for term in terms)]


def _is_filler(term: Term) -> bool:
    """Returns whether a term asks for nothing by itself."""
    return bool(term.meanings) and term.kinds <= {"filler", "count", "behind", "around", "head"}


def _is_unavailable(term: Term) -> bool:
    """Returns whether a term names something that no set can show, or is unknown."""
    shown = {"thing", "place", "surface", "base", "part", "light"}
    return not term.kinds & shown and bool(term.kinds & {"impossible", "unknown", "product"})


def _is_furniture(head: Term) -> bool:
    """Returns whether the name of a place ends in furniture, and the place has no own surface."""
    place = head.find("place")
    has_own = place is not None and find_usual_surface(place.key, place.detail)[0]
    return bool(_find_inner(head, "base")) and not has_own


def _find_keys(term: Term) -> frozenset[str]:
    return frozenset(meaning.key for meaning in term.meanings)


def _can_be_under(head: Term) -> bool:
    """Returns whether the product can be on what a noun names."""
    thing = head.find("thing")
    if thing is not None and not head.kinds & {"surface", "base"}:
        entry = load_words("things")[thing.key]
        return "stands" in entry or entry.get("position") == "under"
    return bool(head.kinds & {"surface", "base", "place", "part"})


def _find_inner(term: Term, kind: str) -> list[Meaning]:
    """Returns the meanings of a kind that parts of a longer phrase have."""
    count = len(term.words)
    spans = [(i, j) for i in range(count) for j in range(i + 1, count + 1) if j - i < count]
    vocabulary = load_vocabulary()
    return [
        meaning
        for i, j in spans
        for meaning in vocabulary.find_meanings(term.words[i:j])
        if meaning.kind == kind
    ]


def _find_inner_hue(head: Term) -> list[RGB]:
    """Returns the color in a longer name of a material or thing, such as "white marble"."""
    if not head.kinds & {"surface", "thing"} or head.find("place") or len(head.words) < 2:
        return []
    names = [color for color in _find_inner(head, "color") if head.words[0] in PLAIN_HUES]
    return [parse_color(names[0].key)] if names else []


def _is_lit_or_placed(head: Term) -> bool:
    """Returns whether a noun is a place, or light that a thing before it sheds."""
    part = head.find("part")
    return bool(head.kinds & {"place", "light"} or (part is not None and part.key == "light"))


def _recolor(thing: WantedThing, color: RGB) -> WantedThing:
    return WantedThing(thing.name, thing.words, color, thing.count, thing.position)
