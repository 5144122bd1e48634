"""Repairs misspelled words, only those that no dictionary knows."""

from collections import defaultdict
from functools import cache, lru_cache

from spellchecker import SpellChecker

# Letters of the shortest word that is repaired; shorter words resemble too many others.
MIN_REPAIRED_LENGTH = 5
# Letters from which two mistakes are repaired instead of one.
MIN_LENGTH_OF_TWO_MISTAKES = 9
# Words whose look-up is remembered.
MAX_CACHED_WORDS = 4096


def repair_word(word: str, vocabulary: frozenset[str]) -> str:
    """Returns the known word that an unknown one misspells, or the word itself.

    word: in lower case. vocabulary: known words.

    A word of the English dictionary is never changed, nor is a plural or a British spelling of one.
    """
    if len(word) < MIN_REPAIRED_LENGTH or not word.isascii() or not word.isalpha():
        return word
    if word in vocabulary or is_english(word):
        return word
    return _find_nearest(word, vocabulary)


@lru_cache(MAX_CACHED_WORDS)
def _find_nearest(word: str, vocabulary: frozenset[str]) -> str:
    """Returns the known word that differs least from a word in lower case, or the word itself."""
    reach = 2 if len(word) >= MIN_LENGTH_OF_TWO_MISTAKES else 1
    found = [
        (distance, -len(known), known)
        for known in _list_candidates(vocabulary)[word[0]]
        if abs(len(known) - len(word)) <= reach
        and len(set(known) ^ set(word)) <= 2 * reach
        and (distance := count_mistakes(known, word)) <= reach
    ]
    # Of equally near words the longest: letters are left out more often than added.
    return min(found)[2] if found else word


@lru_cache(MAX_CACHED_WORDS)
def is_english(word: str) -> bool:
    """Returns whether a dictionary of English knows a word in lower case."""
    american = word.replace("our", "or").replace("ise", "ize")
    singular = word.removesuffix("s")
    return any(form in _open_dictionary() for form in (word, american, singular))


def count_mistakes(one: str, other: str) -> int:
    """Counts the letters to insert, delete, replace or swap with their neighbor.

    one, other: words. Returns their distance (optimal string alignment).
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, mark in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != mark))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == mark:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
    return row[-1]


@cache
def _list_candidates(vocabulary: frozenset[str]) -> dict[str, list[str]]:
    """Groups the words that others can misspell by their first letter."""
    groups: dict[str, list[str]] = defaultdict(list)
    for known in vocabulary:
        if len(known) >= MIN_REPAIRED_LENGTH - 1 and known.isalpha():
            groups[known[0]].append(known)
    return groups


@cache
def _open_dictionary() -> SpellChecker:
    return SpellChecker(language="en", distance=1)
