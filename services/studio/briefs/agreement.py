"""Makes what a brief reports as understood agree with what its set does not show, or in part."""

from collections.abc import Iterable
from dataclasses import replace

from services.studio.briefs.brief import Brief, LeftOut

# Words that say how a thing is seen, and nothing where it is not.
SEEN_WORDS = frozenset(
    ("out", "of", "focus", "in", "the", "background", "a", "an", "behind", "blurred", "with", "and")
)


def report_unseen(brief: Brief, found: Iterable[LeftOut]) -> Brief:
    """Returns the brief with more reported as left out instead of understood.

    found: words, each with the nearest that is seen; what remains of a longer phrase is understood:
    without "marble", "marble kitchen counter" is shown in part.
    """
    understood, left_out = list(brief.understood), list(brief.left_out)
    for each in found:
        holding = [phrase for phrase in understood if _contains(phrase, each.words)]
        rests = [(phrase, _remove_words(phrase, each.words)) for phrase in holding]
        parted = [LeftOut(phrase, rest) for phrase, rest in rests if rest]
        understood = [
            p for p in understood if p not in holding or any(p == e.words for e in parted)
        ]
        left_out += parted or [replace(each, words=next(iter(holding), each.words))]
    return replace(
        brief,
        understood=tuple(understood),
        left_out=tuple(dict.fromkeys(left_out)),
        in_part=tuple(each for each in dict.fromkeys(left_out) if each.words in understood),
    )


def show_in_part(brief: Brief, found: Iterable[LeftOut]) -> Brief:
    """Returns the brief with understood words reported as shown in part.

    found: words, or a part of them, each with what is seen of them.
    """
    nearest: dict[str, str] = {each.words: each.nearest for each in brief.in_part}
    for each in found:
        for phrase in brief.understood:
            if _contains(phrase, each.words):
                nearest.setdefault(phrase, each.nearest)
    in_part = tuple(LeftOut(p, nearest[p]) for p in brief.understood if p in nearest)
    # "Old cellar" is no nearer than "cellar".
    left_out = (replace(e, nearest=nearest.get(e.nearest, e.nearest)) for e in brief.left_out)
    return replace(brief, in_part=in_part, left_out=tuple(dict.fromkeys((*left_out, *in_part))))


def join_looks(brief: Brief) -> Brief:
    """Returns the brief in which no word is both understood and a part of what is left out.

    "Wet slate" whose slate is shown becomes one phrase that is shown in part.
    """
    understood = list(brief.understood)
    for each in brief.left_out:
        parts = [p for p in understood if p != each.words and _contains(each.words, p)]
        if not parts:
            continue
        at = understood.index(parts[0])
        understood = [phrase for phrase in understood if phrase not in parts]
        if each.nearest and each.words not in understood:
            understood.insert(at, each.words)
    kept = tuple(understood)
    in_part = tuple(each for each in brief.left_out if each.words in kept)
    return replace(brief, understood=kept, in_part=in_part)


def _contains(phrase: str, words: str) -> bool:
    """Returns whether whole words are in a phrase, in this order and next to each other."""
    return f" {words.lower()} " in f" {phrase.lower()} "


def _remove_words(phrase: str, words: str) -> str:
    """Returns what a phrase asks for besides some of its words; empty for nothing that is seen."""
    start = f" {phrase.lower()} ".index(f" {words.lower()} ")
    rest = f"{phrase[:start].rstrip()} {phrase[start + len(words) :].lstrip()}".strip()
    return "" if SEEN_WORDS.issuperset(rest.lower().split()) else rest
