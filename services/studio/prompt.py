"""Reads a prompt: the family of scenes, colors, light, camera and excluded things it names."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from services.imaging.color import lab_from_srgb
from services.imaging.scene import RGB
from services.studio import lexicon
from services.studio.color import hex_from_rgb, rgb_from_lab

# Similarity (difflib's ratio, 0 to 1) from which an unknown word is a misspelling. Smaller: more
# misspellings are understood, and more other words are mistaken for known ones.
MIN_SPELLING_SIMILARITY = 0.8
# Letters of the shortest word that is corrected; shorter words resemble too many others.
MIN_CORRECTED_LENGTH = 5
# Token that stands for any punctuation.
PAUSE_TOKEN = "."
# Words between two related words at most, plus one. Larger: more distant words are related.
NEARBY_WORDS, GOBO_NEARBY_WORDS = 2, 3
# Words after a color that are searched for the part that it colors.
WORDS_TO_PART = 3
# Lightness in CIE Lab that "pastel" and the like approach, and that "dark" and the like do.
LIGHT_GOAL, DARK_GOAL = 96, 8

Key = TypeVar("Key", str, float)


@dataclass(frozen=True)
class LightOptions:
    """What a prompt asks of the light; None where it asks nothing.

    azimuth: degrees, as in the contract's Light.
    hard: hard (True) or soft (False) shadows.
    kelvin: color temperature.
    low: a low sun.
    gobo: pattern of shadows: palm, leaves, window or blinds.
    mood: "dark" or "bright".
    """

    azimuth: float | None = None
    hard: bool | None = None
    kelvin: float | None = None
    low: bool = False
    gobo: str | None = None
    mood: str | None = None


@dataclass(frozen=True)
class PromptReading:
    """What a prompt asks for.

    family: name of the best family; None when the prompt names no place or material.
    colors: sRGB by part (wall, podium, surface, accent).
    material: of the surface.
    pitch: degrees that the camera looks down.
    view_angle: degrees that it sees along the image's shorter side.
    blur_factor: of the lens aperture; 1 is as usual.
    excluded: things that must not be in the image (see lexicon.REMOVABLE_THINGS).
    known_words: words and phrases that were understood.
    unknown_words: words that were not, in the prompt's order.
    """

    family: str | None = None
    colors: Mapping[str, RGB] = field(default_factory=dict)
    material: str | None = None
    light: LightOptions = LightOptions()
    pitch: float | None = None
    view_angle: float | None = None
    blur_factor: float = 1.0
    excluded: frozenset[str] = frozenset()
    known_words: frozenset[str] = frozenset()
    unknown_words: tuple[str, ...] = ()

    def to_parameters(self) -> dict[str, object]:
        """Converts the reading to plain JSON values, without what the prompt left open."""
        light = {
            key: value for key, value in vars(self.light).items() if value not in (None, False)
        }
        return {
            "understood": sorted(self.known_words),
            "not_understood": list(self.unknown_words),
            "colors": {part: hex_from_rgb(color) for part, color in self.colors.items()},
            "light": light,
            "avoid": sorted(self.excluded),
            **({"material": self.material} if self.material else {}),
            **({"blur": self.blur_factor} if self.blur_factor != 1 else {}),
        }


def read_scene_prompt(
    prompt: str, negative: str, families: Mapping[str, Mapping[str, int]]
) -> PromptReading:
    """Reads what a prompt asks for, and what it or the negative prompt excludes.

    prompt, negative: what the image should and should not show.
    families: words that select each family, with their weights, by the family's name.
    """
    vocabulary = _collect_vocabulary(families)
    wanted, unwanted = _split_at_negations(_correct_spelling(_split_words(prompt), vocabulary))
    unwanted += [PAUSE_TOKEN, *_correct_spelling(_split_words(negative), vocabulary)]
    text, unwanted_text = _PromptText(wanted, vocabulary), _PromptText(unwanted, vocabulary)
    excluded = frozenset(
        thing
        for thing, names in lexicon.REMOVABLE_THINGS.items()
        if unwanted_text.find_phrases(names)
    )
    reading = PromptReading(
        family=_choose_family(text, families),
        material=text.pick_key(lexicon.SURFACE_MATERIALS),
        pitch=text.pick_key(lexicon.CAMERA_PITCHES),
        view_angle=text.pick_key(lexicon.VIEW_ANGLES),
        blur_factor=text.pick_key(lexicon.BLUR_FACTORS) or 1.0,
        light=_read_light(text, unwanted_text),
        excluded=excluded,
        colors=_read_colors(text),
    )
    text.find_phrases(name for names in lexicon.REMOVABLE_THINGS.values() for name in names)
    known = frozenset(text.found | {f"no {thing}" for thing in excluded})
    return replace(reading, known_words=known, unknown_words=text.list_unknown_words())


class _PromptText:
    """Tokens of a prompt, and the words and phrases that were found in it so far."""

    def __init__(self, tokens: list[str], vocabulary: frozenset[str]) -> None:
        """Starts with nothing found.

        tokens: words of the prompt, in lower case.
        vocabulary: all words that mean something to the studio.
        """
        self.tokens = tokens
        self.vocabulary = vocabulary
        self.found: set[str] = set()

    def positions(self, phrase: str) -> list[int]:
        """Returns the indices of the tokens at which a word or phrase begins; empty without any."""
        words = phrase.replace("-", " ").split()
        starts = range(len(self.tokens) - len(words) + 1)
        return [i for i in starts if self.tokens[i : i + len(words)] == words]

    def find_phrases(self, phrases: Iterable[str]) -> list[str]:
        """Returns those of the phrases that occur, and marks them as found."""
        found = [phrase for phrase in phrases if self.positions(phrase)]
        self.found.update(found)
        return found

    def pick_key(self, table: Mapping[Key, tuple[str, ...]]) -> Key | None:
        """Returns the first key of a table one of whose phrases occurs; None without any.

        table: phrases by key. The phrases that occur are marked as found.
        """
        return next((key for key, phrases in table.items() if self.find_phrases(phrases)), None)

    def list_unknown_words(self) -> tuple[str, ...]:
        """Lists words that belong to no phrase found so far, each once, without filler words."""
        known = {
            position + step
            for phrase in self.found
            for position in self.positions(phrase)
            for step in range(len(phrase.replace("-", " ").split()))
        }
        words = (token for i, token in enumerate(self.tokens) if i not in known)
        return tuple(dict.fromkeys(w for w in words if w not in lexicon.FILLER_WORDS))

    def find_near(
        self, words: Iterable[str], others: Iterable[str], reach: int = NEARBY_WORDS
    ) -> list[str]:
        """Returns those of the words that occur near one of the others, and marks both as found.

        reach: largest distance in tokens.
        """
        marks = {i: other for other in others for i in self.positions(other)}
        found = [
            word
            for word in words
            if any(abs(i - j) <= reach for i in self.positions(word) for j in marks)
        ]
        if found:
            self.found.update(found, marks.values())
        return found


def _split_words(prompt: str) -> list[str]:
    """Splits a prompt into lower-case words; PAUSE_TOKEN stands for any punctuation."""
    return [
        PAUSE_TOKEN if token in ".,;:!?()|/" else token
        for token in re.findall(r"[a-z0-9']+|[.,;:!?()|/]", prompt.lower().replace("-", " "))
    ]


def _correct_spelling(tokens: list[str], vocabulary: frozenset[str]) -> list[str]:
    """Replaces each unknown token by a known word of almost the same spelling, if there is one.

    tokens: words of a prompt, in lower case; the result is as long.
    vocabulary: known words.
    """

    def correct_word(token: str) -> str:
        """Returns the known word closest to a token, or the token itself."""
        if len(token) < MIN_CORRECTED_LENGTH or token in vocabulary:
            return token
        close = difflib.get_close_matches(token, vocabulary, 1, MIN_SPELLING_SIMILARITY)
        return close[0] if close and close[0][0] == token[0] else token

    return [correct_word(token) for token in tokens]


def _split_at_negations(tokens: list[str]) -> tuple[list[str], list[str]]:
    """Separates the tokens that follow a "no" or "without" from the others.

    Returns the wanted and the unwanted tokens. A pause or a word such as "with" ends a negation.
    """
    wanted: list[str] = []
    unwanted: list[str] = []
    is_negated = False
    for token in tokens:
        if token in lexicon.NEGATION_WORDS:
            is_negated = True
            wanted.append(PAUSE_TOKEN)
        elif is_negated and token in (PAUSE_TOKEN, "with", "but", "on", "in"):
            is_negated = False
        (unwanted if is_negated else wanted).append(token)
    return wanted, unwanted


def _choose_family(text: _PromptText, families: Mapping[str, Mapping[str, int]]) -> str | None:
    """Returns the name of the family whose words weigh most in the prompt; None when none occurs.

    text: words of the prompt; the winner's words are marked as found in it.
    families: words with their weights, by family.
    """
    scores = {
        name: sum(weight for word, weight in words.items() if text.positions(word))
        for name, words in families.items()
    }
    best = max(scores, key=lambda name: scores[name])
    if not scores[best]:
        return None
    text.find_phrases(families[best])
    return best


def _read_light(text: _PromptText, denied: _PromptText) -> LightOptions:
    """Reads what the prompt asks of the light.

    text: the wanted words; denied: the words that it excludes.
    """
    nouns = lexicon.LIGHT_NOUNS
    # "Warm" and the like count only near a word of light; of several temperatures, the last.
    temperatures = [
        (kelvin, word)
        for kelvin, words in lexicon.COLOR_TEMPERATURES.items()
        for word in text.find_phrases(words)
    ]
    applicable = [
        kelvin
        for kelvin, word in temperatures
        if word not in lexicon.TEMPERATURE_WORDS_NEAR_LIGHT or text.find_near([word], nouns)
    ]
    gobos = [
        name
        for name, words in lexicon.GOBO_WORDS.items()
        if text.find_near(words, nouns, reach=GOBO_NEARBY_WORDS)
        or text.find_phrases(w for w in words if w in lexicon.GOBO_WORDS_ALONE)
    ]
    excluded_gobo = denied.find_phrases(w for words in lexicon.GOBO_WORDS.values() for w in words)
    return LightOptions(
        azimuth=text.pick_key(lexicon.LIGHT_AZIMUTHS),
        hard=_read_hardness(text),
        kelvin=applicable[-1] if applicable else None,
        low=bool(text.find_phrases(lexicon.LOW_SUN_WORDS)),
        gobo=gobos[0] if gobos and not excluded_gobo else None,
        mood=text.pick_key(lexicon.MOOD_WORDS),
    )


def _read_hardness(text: _PromptText) -> bool | None:
    """Returns True when the prompt asks for hard light, False for soft light, None for neither.

    text: words of the prompt; those that decide are marked as found.
    """
    nouns = lexicon.LIGHT_NOUNS
    if text.find_near(lexicon.SOFT_LIGHT_WORDS, nouns) or text.find_phrases(
        lexicon.SOFT_LIGHT_WORDS_ALONE
    ):
        return False
    if text.find_near(lexicon.HARD_LIGHT_WORDS, nouns) or text.find_phrases(
        lexicon.HARD_LIGHT_WORDS_ALONE
    ):
        return True
    return None


def _read_colors(text: _PromptText) -> dict[str, RGB]:
    """Reads sRGB colors by the part of the set (wall, podium, surface, accent) that follows them.

    text: words of the prompt; those that count are marked as found.

    Colors without a part color the wall, then the accents; further ones are dropped. The name of a
    wood colors the surface unless a color does.
    """
    by_part: dict[str, RGB] = {}
    without_part: list[RGB] = []
    for start, end, color in _find_colors(text):
        part = _find_part_after(text, end)
        name = " ".join(text.tokens[start:end])
        if part == "other" or (part is None and name in lexicon.FOOD_COLORS):
            continue
        text.found.add(name)
        if part:
            by_part.setdefault(part, color)
        else:
            without_part.append(color)
    for part, color in zip(
        (p for p in ("wall", "accent") if p not in by_part), without_part, strict=False
    ):
        by_part[part] = color
    woods = lexicon.WOOD_COLORS
    wood = next((woods[name] for name in woods if text.positions(name)), None)
    return {"surface": wood, **by_part} if wood else by_part


def _find_colors(text: _PromptText) -> Iterable[tuple[int, int, RGB]]:
    """Yields every color of a prompt as (first token, end token, sRGB).

    text: words of the prompt.

    The end is the index after the last token. Adjacent names ("blue green") are merged into one
    color. Modifiers before a color ("pale blue") belong to it
    and change its sRGB. Longer names win over shorter ones within them.
    """
    used: set[int] = set()
    names = sorted(lexicon.COLORS, key=lambda name: (-len(name.split()), name))
    found = []
    for name in names:
        for start in text.positions(name):
            end = start + len(name.split())
            if not used.intersection(range(start, end)):
                used.update(range(start, end))
                found.append((start, end, lexicon.COLORS[name]))
    found.sort()
    for start, end, color in _merge_adjacent_colors(found):
        while start and text.tokens[start - 1] in lexicon.COLOR_MODIFIERS:
            start -= 1
            color = _modify_color(color, *lexicon.COLOR_MODIFIERS[text.tokens[start]])
        yield start, end, color


def _merge_adjacent_colors(found: list[tuple[int, int, RGB]]) -> list[tuple[int, int, RGB]]:
    """Merges color names in a row, as in "sage green"; the first one's color counts.

    found: first token, end and sRGB of each, in the prompt's order; the result is alike.
    """
    merged: list[tuple[int, int, RGB]] = []
    for start, end, color in found:
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end, merged[-1][2])
        else:
            merged.append((start, end, color))
    return merged


def _find_part_after(text: _PromptText, end: int) -> str | None:
    """Returns the part of the set named within three words after a color.

    text: words of the prompt; the part's word is marked as found.
    end: index of the token after the color.

    None at a pause or a joining word. "other" before a word that means nothing to a set, as it
    names the product ("gold watch").
    """
    for token in text.tokens[end : end + WORDS_TO_PART]:
        for part, names in lexicon.SET_PARTS.items():
            if token in names:
                text.found.add(token)
                return part
        if token in lexicon.COLOR_PHRASE_ENDS:
            return None
        if token not in text.vocabulary:
            return "other"
    return None


def _modify_color(color: RGB, toward_white: float, saturation: float) -> RGB:
    """Lightens or darkens an sRGB color in CIE Lab and scales its saturation.

    toward_white: share of the way to white, or, below 0, to black.
    saturation: factor.
    """
    lightness, a, b = lab_from_srgb(np.array([[color]], np.uint8))[0, 0]
    goal = LIGHT_GOAL if toward_white > 0 else DARK_GOAL
    lightness += (goal - lightness) * abs(toward_white)
    return rgb_from_lab(lightness, a * saturation, b * saturation)


def _collect_vocabulary(families: Mapping[str, Mapping[str, int]]) -> frozenset[str]:
    """Collects every single word that means something to the studio or to one of the families.

    families: words with their weights, by family. Phrases are split into words.
    """
    tables: tuple[Mapping[str, tuple[str, ...]] | Mapping[float, tuple[str, ...]], ...] = (
        lexicon.SET_PARTS,
        lexicon.SURFACE_MATERIALS,
        lexicon.CAMERA_PITCHES,
        lexicon.LIGHT_AZIMUTHS,
        lexicon.GOBO_WORDS,
        lexicon.VIEW_ANGLES,
        lexicon.BLUR_FACTORS,
        lexicon.COLOR_TEMPERATURES,
        lexicon.MOOD_WORDS,
        lexicon.REMOVABLE_THINGS,
    )
    phrases = {phrase for table in tables for names in table.values() for phrase in names}
    phrases |= {*lexicon.COLORS, *lexicon.COLOR_MODIFIERS, *lexicon.LIGHT_NOUNS}
    phrases |= {*lexicon.HARD_LIGHT_WORDS, *lexicon.SOFT_LIGHT_WORDS}
    phrases |= {*lexicon.NEGATION_WORDS, *lexicon.COLOR_PHRASE_FILLERS, *lexicon.COLOR_PHRASE_ENDS}
    phrases |= {word for words in families.values() for word in words}
    return frozenset(word for phrase in phrases for word in phrase.replace("-", " ").split())
