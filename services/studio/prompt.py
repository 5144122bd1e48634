"""Reads a prompt: which family of scenes, which colours, light, view and things it asks for."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import cv2
import numpy as np

from services.imaging.scene import RGB
from services.studio import lexicon
from services.studio.color import as_hex

SPELLING = 0.8
SHORTEST_MISSPELT = 5
PAUSE = "."


@dataclass(frozen=True)
class Wishes:
    """What is asked of the light; None where nothing is.

    azimuth: degrees, as in the contract's Light; gobo: what throws a pattern of shadows;
    mood: "dark" or "bright".
    """

    azimuth: float | None = None
    hard: bool | None = None
    kelvin: float | None = None
    low: bool = False
    gobo: str | None = None
    mood: str | None = None


@dataclass(frozen=True)
class Direction:
    """What a prompt asks for.

    family: the best one's name, or None when the prompt says nothing of a place or material;
    colors: sRGB by part (wall, podium, surface, accent); material: of the surface;
    pitch: of the camera, degrees; view: the angle that it sees along the shorter side, degrees;
    blur: how much more than usual is out of focus, 1 = as usual; avoid: what has to stay out;
    words: all that was understood; missed: what was not, in the prompt's order.
    """

    family: str | None = None
    colors: Mapping[str, RGB] = field(default_factory=dict)
    material: str | None = None
    light: Wishes = Wishes()
    pitch: float | None = None
    view: float | None = None
    blur: float = 1.0
    avoid: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()
    missed: tuple[str, ...] = ()

    def told(self) -> dict[str, object]:
        """The same in plain JSON values, without what was left open."""
        light = {
            key: value for key, value in vars(self.light).items() if value not in (None, False)
        }
        return {
            "understood": sorted(self.words),
            "not_understood": list(self.missed),
            "colors": {part: as_hex(color) for part, color in self.colors.items()},
            "light": light,
            "avoid": sorted(self.avoid),
            **({"material": self.material} if self.material else {}),
            **({"blur": self.blur} if self.blur != 1 else {}),
        }


def read(prompt: str, negative: str, families: Mapping[str, Mapping[str, int]]) -> Direction:
    """Reads a prompt and a negative prompt.

    families: for each family's name the words that speak for it, with their weight.
    """
    vocabulary = _vocabulary(families)
    wanted, unwanted = _part(_spell(_tokens(prompt), vocabulary))
    unwanted += [PAUSE, *_spell(_tokens(negative), vocabulary)]
    text, denied = _Text(wanted, vocabulary), _Text(unwanted, vocabulary)
    avoid = frozenset(thing for thing, names in lexicon.THINGS.items() if denied.find(names))
    direction = Direction(
        family=_family(text, families),
        material=text.pick(lexicon.SURFACES),
        pitch=text.pick(lexicon.PITCHES),
        view=text.pick(lexicon.VIEWS),
        blur=text.pick(lexicon.BLURS) or 1.0,
        light=_light(text, denied),
        avoid=avoid,
        colors=_colors(text),
    )
    text.find(name for names in lexicon.THINGS.values() for name in names)
    words = frozenset(text.heard | {f"no {thing}" for thing in avoid})
    return replace(direction, words=words, missed=text.missed())


class _Text:
    """Tokens of a prompt, and which of their words and phrases have been heard."""

    def __init__(self, tokens: list[str], vocabulary: frozenset[str]) -> None:
        self.tokens = tokens
        self.vocabulary = vocabulary
        self.heard: set[str] = set()

    def places(self, phrase: str) -> list[int]:
        """Where a word or phrase begins."""
        words = phrase.replace("-", " ").split()
        starts = range(len(self.tokens) - len(words) + 1)
        return [i for i in starts if self.tokens[i : i + len(words)] == words]

    def find(self, phrases: Iterable[str]) -> list[str]:
        """Those of the phrases that occur."""
        found = [phrase for phrase in phrases if self.places(phrase)]
        self.heard.update(found)
        return found

    def pick(self, table: Mapping) -> object | None:
        """The first key of a table one of whose phrases occurs."""
        return next((key for key, phrases in table.items() if self.find(phrases)), None)

    def missed(self) -> tuple[str, ...]:
        """The words that no heard phrase accounts for, without those that only join others."""
        heard = {
            place + step
            for phrase in self.heard
            for place in self.places(phrase)
            for step in range(len(phrase.replace("-", " ").split()))
        }
        words = (token for i, token in enumerate(self.tokens) if i not in heard)
        return tuple(dict.fromkeys(w for w in words if w not in lexicon.JOINING))

    def near(self, words: Iterable[str], others: Iterable[str], reach: int = 2) -> list[str]:
        """Those of the words that stand at most `reach` words from one of the others."""
        marks = {i: other for other in others for i in self.places(other)}
        found = [
            word
            for word in words
            if any(abs(i - j) <= reach for i in self.places(word) for j in marks)
        ]
        if found:
            self.heard.update(found, marks.values())
        return found


def _tokens(prompt: str) -> list[str]:
    """Lower-case words; a full stop stands for any punctuation."""
    return [
        PAUSE if token in ".,;:!?()|/" else token
        for token in re.findall(r"[a-z0-9']+|[.,;:!?()|/]", prompt.lower().replace("-", " "))
    ]


def _spell(tokens: list[str], vocabulary: frozenset[str]) -> list[str]:
    """Replaces each unknown word by a known one that is spelt almost the same."""

    def corrected(token: str) -> str:
        if len(token) < SHORTEST_MISSPELT or token in vocabulary:
            return token
        close = difflib.get_close_matches(token, vocabulary, 1, SPELLING)
        return close[0] if close and close[0][0] == token[0] else token

    return [corrected(token) for token in tokens]


def _part(tokens: list[str]) -> tuple[list[str], list[str]]:
    """Parts what is wanted from what follows a "no" or "without"."""
    wanted, unwanted, denying = [], [], False
    for token in tokens:
        if token in lexicon.NEGATIONS:
            denying = True
            wanted.append(PAUSE)
        elif denying and token in (PAUSE, "with", "but", "on", "in"):
            denying = False
        (unwanted if denying else wanted).append(token)
    return wanted, unwanted


def _family(text: _Text, families: Mapping[str, Mapping[str, int]]) -> str | None:
    scores = {
        name: sum(weight for word, weight in words.items() if text.places(word))
        for name, words in families.items()
    }
    best = max(scores, key=scores.get)
    if not scores[best]:
        return None
    text.find(families[best])
    return best


def _light(text: _Text, denied: _Text) -> Wishes:
    lights = lexicon.LIGHTS
    warm = [(k, word) for k, words in lexicon.WARMTH.items() for word in text.find(words)]
    telling = [k for k, word in warm if word not in lexicon.BY_LIGHT or text.near([word], lights)]
    gobos = [
        name
        for name, words in lexicon.GOBOS.items()
        if text.near(words, lights, 3) or text.find(w for w in words if w in lexicon.GOBO_ALONE)
    ]
    denied_gobo = denied.find(w for words in lexicon.GOBOS.values() for w in words)
    return Wishes(
        azimuth=text.pick(lexicon.SIDES),
        hard=_hardness(text),
        kelvin=telling[-1] if telling else None,
        low=bool(text.find(lexicon.LOW_SUN)),
        gobo=gobos[0] if gobos and not denied_gobo else None,
        mood=text.pick(lexicon.MOODS),
    )


def _hardness(text: _Text) -> bool | None:
    if text.near(lexicon.SOFT, lexicon.LIGHTS) or text.find(lexicon.SOFT_ALONE):
        return False
    if text.near(lexicon.HARD, lexicon.LIGHTS) or text.find(lexicon.HARD_ALONE):
        return True
    return None


def _colors(text: _Text) -> dict[str, RGB]:
    """Colours by the part that they stand before; loose ones go to the wall, then the accent."""
    bound: dict[str, RGB] = {}
    loose: list[RGB] = []
    for start, end, color in _color_places(text):
        part = _part_after(text, end)
        name = " ".join(text.tokens[start:end])
        if part == "other" or (part is None and name in lexicon.FOODS):
            continue
        text.heard.add(name)
        if part:
            bound.setdefault(part, color)
        else:
            loose.append(color)
    for part, color in zip((p for p in ("wall", "accent") if p not in bound), loose, strict=False):
        bound[part] = color
    wood = next((lexicon.WOODS[name] for name in lexicon.WOODS if text.places(name)), None)
    return {"surface": wood, **bound} if wood else bound


def _color_places(text: _Text) -> Iterable[tuple[int, int, RGB]]:
    """Every colour with its shade words: first token, end, sRGB; the longest names win."""
    taken: set[int] = set()
    names = sorted(lexicon.COLORS, key=lambda name: (-len(name.split()), name))
    found = []
    for name in names:
        for start in text.places(name):
            end = start + len(name.split())
            if not taken.intersection(range(start, end)):
                taken.update(range(start, end))
                found.append((start, end, lexicon.COLORS[name]))
    found.sort()
    for start, end, color in _merged(found):
        while start and text.tokens[start - 1] in lexicon.SHADES:
            start -= 1
            color = _shaded(color, *lexicon.SHADES[text.tokens[start]])
        yield start, end, color


def _merged(found: list[tuple[int, int, RGB]]) -> list[tuple[int, int, RGB]]:
    """Of two colour names in a row, as in "sage green", the first one counts."""
    merged: list[tuple[int, int, RGB]] = []
    for start, end, color in found:
        if merged and merged[-1][1] == start:
            merged[-1] = (merged[-1][0], end, merged[-1][2])
        else:
            merged.append((start, end, color))
    return merged


def _part_after(text: _Text, end: int) -> str | None:
    """The part named within three words; None at a pause or a joining word; "other" before a word
    that means nothing to a set, for it names the product, as in "gold watch"."""
    for token in text.tokens[end : end + 3]:
        for part, names in lexicon.PARTS.items():
            if token in names:
                text.heard.add(token)
                return part
        if token in lexicon.PAUSES:
            return None
        if token not in text.vocabulary:
            return "other"
    return None


def _shaded(color: RGB, towards_white: float, saturation: float) -> RGB:
    """Lightens (or, below 0, darkens) an sRGB colour in CIE Lab and changes its saturation."""
    pixel = np.float32([[color]]) / 255
    lightness, a, b = cv2.cvtColor(pixel, cv2.COLOR_RGB2LAB)[0, 0]
    goal = 96 if towards_white > 0 else 8
    lightness += (goal - lightness) * abs(towards_white)
    lab = np.float32([[[lightness, a * saturation, b * saturation]]])
    rgb = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB)[0, 0], 0, 1)
    return tuple(int(v) for v in np.rint(rgb * 255))


def _vocabulary(families: Mapping[str, Mapping[str, int]]) -> frozenset[str]:
    """Every word that means something."""
    tables = (lexicon.PARTS, lexicon.SURFACES, lexicon.PITCHES, lexicon.SIDES, lexicon.GOBOS)
    tables += (lexicon.VIEWS, lexicon.BLURS)
    tables += (lexicon.WARMTH, lexicon.MOODS, lexicon.THINGS)
    phrases = {phrase for table in tables for names in table.values() for phrase in names}
    phrases |= {*lexicon.COLORS, *lexicon.SHADES, *lexicon.HARD, *lexicon.SOFT, *lexicon.LIGHTS}
    phrases |= {*lexicon.NEGATIONS, *lexicon.BETWEEN, *lexicon.PAUSES}
    phrases |= {word for words in families.values() for word in words}
    return frozenset(word for phrase in phrases for word in phrase.replace("-", " ").split())
