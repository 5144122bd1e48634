"""Translates briefs in German, French and Spanish into English words, phrase by phrase."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from services.studio.briefs.spelling import is_english, repair_word
from services.studio.briefs.tokens import Token, remove_accents, split_phrase
from services.studio.briefs.vocabulary import load_vocabulary, load_words

LANGUAGES = {"de": "german", "fr": "french", "es": "spanish"}
# Languages whose adjectives follow their nouns.
ADJECTIVES_FOLLOW = frozenset(("fr", "es"))
# Endings of inflected forms, with what stands in their place in the word lists.
ENDINGS = {
    "de": [(e, "") for e in ("e", "n", "s", "en", "er", "es", "em")],
    "fr": [(e, "") for e in ("s", "x", "e", "es")] + [("aux", "al")],
    "es": [("s", ""), ("es", ""), ("a", "o"), ("as", "o"), ("os", "o"), ("ces", "z"), ("nes", "n")],
}
# Prepositions with an article, which phrases list without one.
ARTICLES = {"du": "de", "des": "de", "d": "de", "del": "de"}
# Letters of the shortest word that has an inflected ending, and of the shortest half of a compound.
MIN_STEM_LENGTH = 3
# Words of the longest phrase in the lists.
MAX_PHRASE_WORDS = 5
# Letters that join the halves of a German compound.
JOINTS = ("", "s", "n", "en", "er", "es", "e")
# Share of the words of a brief that its language knows at least, and the number of words of the
# shortest brief that is refused for its language.
MIN_KNOWN_SHARE, MIN_REFUSED_WORDS = 0.5, 3


@dataclass
class Translation:
    """A word or phrase of a brief in English.

    tokens: the English words, each with the place of the original in the text.
    kind: nouns, adjectives or others, as in the word lists; empty for what is in none.
    """

    tokens: list[Token]
    kind: str = ""


@dataclass
class Dictionary:
    """One language's words and phrases, without accents.

    entries: English words and kind of each phrase; a phrase may be a noun and an adjective.
    words: all words of the phrases; function_words: those that are neither nouns nor adjectives.
    """

    language: str
    entries: dict[tuple[str, ...], list[tuple[str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    words: set[str] = field(default_factory=set)
    function_words: set[str] = field(default_factory=set)

    def find(self, words: Sequence[str]) -> list[tuple[str, str]]:
        """Returns the English words and kinds of a phrase in any inflected form."""
        forms = [list(self._list_forms(word)) for word in words]
        for phrase in itertools.product(*forms):
            if phrase in self.entries:
                return self.entries[phrase]
        return []

    def find_compound(self, word: str) -> str:
        """Returns the English of a German compound such as "Marmortisch"; empty without one."""
        for cut in range(MIN_STEM_LENGTH, len(word) - MIN_STEM_LENGTH + 1):
            right = self.find([word[cut:]])
            for joint in JOINTS if right and right[0][1] == "nouns" else ():
                left = self.entries.get((word[:cut].removesuffix(joint),))
                if left and left[0][1] != "others":
                    return f"{left[0][0]} {right[0][0]}"
        return ""

    def _list_forms(self, word: str) -> Iterator[str]:
        yield ARTICLES.get(word, word)
        for ending, base in ENDINGS[self.language]:
            if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM_LENGTH:
                yield word.removesuffix(ending) + base


def translate_tokens(tokens: Sequence[Token]) -> tuple[str, list[Token]]:
    """Returns the language of a brief, and its words in English, each with its place in the text.

    The language is "en", "de", "fr" or "es"; empty for one that is not read.
    """
    language = detect_language(tokens)
    if language in ("", "en"):
        return language, list(tokens)
    translated = _translate_phrases(tokens, load_dictionary(language))
    if language in ADJECTIVES_FOLLOW:
        translated = _move_adjectives(translated)
    translated = _move_materials(translated)
    return language, [token for each in translated for token in each.tokens]


def detect_language(tokens: Sequence[Token]) -> str:
    """Returns the language that knows most words of a brief; empty where none knows half."""
    words = [remove_accents(token.word) for token in tokens if token.word[:1].isalpha()]
    vocabulary = load_vocabulary().words
    english = sum(word in vocabulary for word in words)
    if english == len(words):
        return "en"
    known = {name: _count_known(words, load_dictionary(name)) for name in LANGUAGES}
    for name in LANGUAGES:
        # Function words tell a language more surely than nouns, which English borrows.
        function = load_dictionary(name).function_words - vocabulary
        known[name] += sum(word in function for word in words)
    known["en"] = sum(word in vocabulary or is_english(word) for word in words)
    best = max(("en", *LANGUAGES), key=lambda name: known[name])
    enough = MIN_KNOWN_SHARE * len(words)
    if len(words) < MIN_REFUSED_WORDS or known[best] >= enough:
        return best
    misspelled = sum(repair_word(word, vocabulary) != word for word in words)
    return "en" if known["en"] + misspelled >= enough else ""


@cache
def load_dictionary(language: str) -> Dictionary:
    """Loads the word list of a language: "de", "fr" or "es"."""
    dictionary = Dictionary(language)
    for kind, words in load_words(LANGUAGES[language]).items():
        for phrase, english in words.items():
            key = tuple(map(remove_accents, split_phrase(phrase)))
            dictionary.entries[key].append((english, kind))
            dictionary.words.update(key)
            if kind == "others" and len(key) == 1:
                dictionary.function_words.update(key)
    return dictionary


def _count_known(words: Sequence[str], dictionary: Dictionary) -> int:
    """Counts the words that a dictionary knows, alone, in a phrase or as a compound."""
    return sum(
        word in dictionary.words
        or bool(dictionary.find([word]))
        or (dictionary.language == "de" and bool(dictionary.find_compound(word)))
        for word in words
    )


def _translate_phrases(tokens: Sequence[Token], dictionary: Dictionary) -> list[Translation]:
    """Translates the longest phrases first; words that the dictionary lacks stay as they are."""
    found: list[Translation] = []
    i = 0
    while i < len(tokens):
        count, english, kind = _match_phrase(tokens, i, dictionary, found)
        part = tokens[i : i + count]
        start, end = part[0].start, part[-1].end
        words = [Token(word, start, end) for word in split_phrase(english)] if english else [*part]
        found.append(Translation(words, kind))
        i += count
    return found


def _match_phrase(
    tokens: Sequence[Token], start: int, dictionary: Dictionary, before: Sequence[Translation]
) -> tuple[int, str, str]:
    """Returns the number of tokens, the English and the kind of the longest phrase at an index."""
    words = [remove_accents(token.word) for token in tokens[start : start + MAX_PHRASE_WORDS]]
    words = list(itertools.takewhile(bool, words))
    for count in range(len(words), 0, -1):
        if meanings := dictionary.find(words[:count]):
            english, kind = _choose_meaning(meanings, dictionary.language, before, len(words))
            return count, english, kind
    if words and dictionary.language == "de" and (english := dictionary.find_compound(words[0])):
        return 1, english, "nouns"
    return 1, "", ""


def _choose_meaning(
    meanings: Sequence[tuple[str, str]],
    language: str,
    before: Sequence[Translation],
    words_ahead: int,
) -> tuple[str, str]:
    """Returns the meaning that fits: an adjective next to a noun, else a noun."""
    if language in ADJECTIVES_FOLLOW:
        is_adjective = bool(before) and before[-1].kind == "nouns"
    else:
        is_adjective = words_ahead > 1
    adjectives = [meaning for meaning in meanings if meaning[1] == "adjectives"]
    return adjectives[0] if is_adjective and adjectives else meanings[0]


def _move_adjectives(translated: Sequence[Translation]) -> list[Translation]:
    """Puts adjectives before the noun that they follow: "marbre blanc" becomes "white marble".

    A word that is in no list counts as one.
    """
    result: list[Translation] = []
    for each in translated:
        describes = each.kind == "adjectives" or (not each.kind and bool(each.tokens[0].word))
        if describes and result and result[-1].kind == "nouns":
            result[-1] = replace(result[-1], tokens=[*each.tokens, *result[-1].tokens])
        else:
            result.append(each)
    return result


def _move_materials(translated: Sequence[Translation]) -> list[Translation]:
    """Puts a noun after "of" before the noun that it belongs to: "table de marbre"."""
    result: list[Translation] = []
    for each in translated:
        if _is_article(each, result[-1:]):
            continue
        joined = result[-2:]
        is_pair = each.kind == "nouns" and len(joined) == 2 and joined[0].kind == "nouns"
        if is_pair and _is_of(joined[1], each):
            result[-2:] = [Translation([*each.tokens, *joined[0].tokens], "nouns")]
            continue
        result.append(each)
    return result


def _is_article(word: Translation, before: Sequence[Translation]) -> bool:
    """Returns whether "of" follows a preposition and means "some": "sur du velours"."""
    is_of = [token.word for token in word.tokens][:1] == ["of"]
    return is_of and any(each.kind == "others" for each in before)


def _is_of(word: Translation, noun: Translation) -> bool:
    """Returns whether a word between two nouns makes the second a property of the first."""
    english = [token.word for token in word.tokens]
    if english == ["in"]:
        meanings = load_vocabulary().find_meanings(token.word for token in noun.tokens)
        return any(meaning.kind in ("surface",) for meaning in meanings)
    return english[:1] == ["of"]
