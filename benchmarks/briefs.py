"""How well the studio reads briefs, compared with a reader of one word list per kind of set.

python -m benchmarks.briefs [--quick] [--half even|odd] [--misses] [--pictures N]

Reads the prompts of prompts.json in $CYCLORAMA_EVAL, or of --prompts, and scores what the studio
reports about each against what an art director expects: the share of prompts with the right place,
surface, camera and pose; the mean share of things shown, of things shown or reported as left out,
of colors kept, of light heeded and of impossible words reported. --pictures N renders N prompts
and looks for the colors in the pixels instead of the parameters. Theirs is the reader before, which
was measured then.
"""

import argparse
import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from services.imaging.color import lab_from_srgb
from services.imaging.scene import RGB
from services.studio.briefs.colors import is_hex_color, parse_color, read_colors
from services.studio.briefs.description import describe_brief
from services.studio.briefs.phrases import find_terms
from services.studio.briefs.reader import read_brief
from services.studio.briefs.tokens import split_tokens
from services.studio.briefs.vocabulary import form_plurals, load_vocabulary
from services.studio.planning import RenderRequest
from services.studio.rendering import RenderedSet, Renderer

# Shares of the reader before, and goals.
BASELINE = {
    "place": 0.54,
    "silently wrong": 0.76,
    "things shown": 0.21,
    "things shown or reported": 0.84,
    "surface": 0.46,
    "colors": 0.68,
    "light": 0.76,
    "camera": 0.91,
    "pose": 0.70,
}
GOALS = {
    "place": 0.95,
    "silently wrong": 0.0,
    "things shown": 0.60,
    "things shown or reported": 1.0,
    "surface": 0.90,
    "colors": 0.90,
    "light": 0.90,
    "camera": 0.90,
    "pose": 0.90,
}
# CIE76 distances within which a color counts as the one that was named, or given as a hex value.
NAMED_DISTANCE, HEX_DISTANCE = 30.0, 14.0
# Lightness from which a color is pale, and chroma up to which it is.
PASTEL_LIGHTNESS, PASTEL_CHROMA = 78.0, 40.0
# Pixels of the pictures, and the share of them that a color has to fill.
SIDE, MIN_SHARE = 192, 0.005

Score = dict[str, float | None]


def main() -> None:
    """Scores the prompts one after another."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="record no results")
    parser.add_argument("--half", choices=("even", "odd"), help="only prompts of these indices")
    parser.add_argument("--misses", action="store_true", help="print what is wrong, by prompt")
    parser.add_argument("--pictures", type=int, default=0, metavar="N", help="render N prompts")
    folder = os.environ.get("CYCLORAMA_EVAL", "")
    default = Path(folder) / "prompts.json" if folder else None
    parser.add_argument("--prompts", type=Path, default=default, help="file of prompts")
    arguments = parse_arguments(parser)
    if arguments.prompts is None:
        parser.error("set CYCLORAMA_EVAL to the folder of prompts.json, or state --prompts FILE")
    start, step = {"even": (0, 2), "odd": (1, 2)}.get(arguments.half, (0, 1))
    expectations = json.loads(arguments.prompts.read_text())[start::step]
    scores = [score_prompt(each) for each in expectations]
    if arguments.misses:
        print_misses(expectations, scores)
    for score, rendered in zip(
        scores, render_colors(expectations[: arguments.pictures]), strict=False
    ):
        score["colors"] = rendered
    is_partial = arguments.quick or arguments.half is not None
    write_report("briefs", list(build_rows(scores)), is_partial, ("pyspellchecker",))


def score_prompt(expected: Mapping[str, Any]) -> Score:
    """Scores what is read in one prompt; None where nothing is expected.

    expected: an entry of prompts.json.
    """
    found = describe_brief(read_brief(expected["prompt"]))
    shown, reported = list_shown_words(found), list_reported_words(found)
    things, impossible = expected["things"], expected["impossible"]
    is_shown = [any_in(each, shown) for each in things]
    is_reported = [any_in(each, reported) for each in things]
    either = [one or other for one, other in zip(is_shown, is_reported, strict=True)]
    impossible_reported = [any_in(each, reported) for each in impossible]
    place = found.get("place", "none") in as_list(expected["place"])
    silent = not (place or reported) or not all(either) or not all(impossible_reported)
    return {
        "place": float(place),
        "surface": score_choice(expected["surface"], list_surface_words(found)),
        "camera": score_choice(expected["camera"], [found.get("camera")]),
        "pose": score_choice(expected["pose"], [found.get("pose")]),
        "things shown": mean_share(is_shown),
        "things shown or reported": mean_share(either),
        "colors": score_colors(expected["colors"], found),
        "light": mean_share(
            [bool({*as_list(each)} & {*found.get("light", [])}) for each in expected["light"]]
        ),
        "impossible reported": mean_share(impossible_reported),
        "silently wrong": float(silent),
    }


def list_shown_words(found: Mapping[str, Any]) -> list[str]:
    """Lists the words of what is shown, in lower case."""
    things = [text for thing in found.get("things", []) for text in thing.values()]
    return [text.lower() for text in (*things, *found.get("understood", []))]


def list_reported_words(found: Mapping[str, Any]) -> list[str]:
    """Lists the words that are reported as left out, in lower case."""
    return [each["words"].lower() for each in found.get("left_out", [])]


def list_surface_words(found: Mapping[str, Any]) -> list[str]:
    """Lists the names of the surface and of its finer kind."""
    return [found.get("surface", ""), found.get("surface_kind", "")]


def any_in(expected: str | Sequence[str], texts: Iterable[str]) -> bool:
    """Returns whether one of the expected words is in one of the texts, singular or plural."""
    forms = {
        form
        for word in as_list(expected)
        for form in (word, word.removesuffix("s"), *form_plurals(word))
    }
    padded = [f" {text.replace('-', ' ')} " for text in texts]
    return any(f" {form.lower().replace('-', ' ')} " in text for form in forms for text in padded)


def as_list(value: str | Sequence[str] | None) -> Sequence[str]:
    """Returns a list of the alternatives that a field of prompts.json allows."""
    if value is None:
        return []
    return [value] if isinstance(value, str) else value


def score_choice(expected: str | Sequence[str] | None, found: Sequence[str | None]) -> float | None:
    """Returns whether one of the allowed values was found; None where any is allowed."""
    allowed = as_list(expected)
    return float(bool({*allowed} & {*found})) if allowed else None


def mean_share(hits: Sequence[bool]) -> float | None:
    """Returns the share of hits; None without any to score."""
    return sum(hits) / len(hits) if hits else None


def score_colors(expected: Sequence[str], found: Mapping[str, Any]) -> float | None:
    """Returns the share of colors among those of the parameters.

    A thing or surface whose own name contains the color has it: terracotta pots.
    """
    colors = [parse_color(color) for color in found.get("colors", [])]
    names = [*list_shown_words(found), *list_surface_words(found)]
    return mean_share(
        [
            any_in(each, names) or any(has_color(name, colors) for name in as_list(each))
            for each in expected
        ]
    )


def has_color(name: str, colors: Sequence[RGB]) -> bool:
    """Returns whether a named color, a hex value or any pastel is among sRGB colors."""
    if not colors:
        return False
    lab = lab_from_srgb(np.array([colors], np.uint8))[0]
    if name == "pastel":
        chroma = np.hypot(lab[:, 1], lab[:, 2])
        return bool(((lab[:, 0] >= PASTEL_LIGHTNESS) & (chroma <= PASTEL_CHROMA)).any())
    goal = lab_from_srgb(np.array([[find_color(name)]], np.uint8))[0, 0]
    limit = HEX_DISTANCE if is_hex_color(name.lower()) else NAMED_DISTANCE
    return bool((np.linalg.norm(lab - goal, axis=1) <= limit).any())


def find_color(name: str) -> RGB:
    """Returns the sRGB of a color's name or hex value."""
    if is_hex_color(name.lower()):
        return parse_color(name.lower())
    terms = find_terms(split_tokens(name), load_vocabulary())
    return read_colors([term for term in terms if term is not None])[0]


def render_colors(expectations: Sequence[Mapping[str, Any]]) -> list[float | None]:
    """Renders prompts and returns the share of colors that fill enough pixels of each."""
    if not expectations:
        return []
    renderer = Renderer()
    return [
        mean_share([is_seen(name, render_pixels(renderer, each["prompt"])) for name in wanted])
        if (wanted := each["colors"])
        else None
        for each in expectations
    ]


def render_pixels(renderer: Renderer, prompt: str) -> np.ndarray:
    """Renders a prompt: uint8 RGB (SIDE, SIDE, 3)."""
    *_, result = renderer.render(RenderRequest(prompt, SIDE, SIDE))
    assert isinstance(result, RenderedSet)
    return result.pixels


def is_seen(name: str, pixels: np.ndarray) -> bool:
    """Returns whether a color fills at least MIN_SHARE of uint8 RGB pixels (H, W, 3)."""
    flat = pixels.reshape(-1, 3)
    return sum(has_color(name, [tuple(color)]) for color in flat[::8]) >= MIN_SHARE * len(flat) / 8


def print_misses(expectations: Sequence[Mapping[str, Any]], scores: Sequence[Score]) -> None:
    """Prints the fields in which each prompt misses, with what was read."""
    for expected, score in zip(expectations, scores, strict=True):
        missed = [
            name
            for name, value in score.items()
            if value is not None and value != float(name != "silently wrong")
        ]
        if missed:
            print(f"\n{expected['prompt']}\n  misses {', '.join(missed)}")
            print("  expected", {name: expected.get(name) for name in expected if name in missed})
            print("  found", describe_brief(read_brief(expected["prompt"])))


def build_rows(scores: Sequence[Score]) -> Iterable[BenchmarkRow]:
    """Yields the claims: means over the prompts of which something is expected."""

    def average(name: str) -> float:
        return float(np.mean([value for score in scores if (value := score[name]) is not None]))

    for name in (*BASELINE, "impossible reported"):
        yield BenchmarkRow(
            name,
            "share",
            BASELINE.get(name, 0.0),
            average(name),
            GOALS.get(name, 1.0),
            lower_is_better=name == "silently wrong",
        )


if __name__ == "__main__":
    main()
