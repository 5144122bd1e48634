"""Groups the words of a brief into noun phrases: what is where, in which color, wanted or not."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from services.studio.briefs.tokens import Token
from services.studio.briefs.vocabulary import Meaning, Vocabulary

# Kinds of meanings that can be what a noun phrase is about, and those that only tell the light.
HEAD_KINDS = frozenset(
    (
        "impossible",
        "nearest",
        "nearest_place",
        "product",
        "maybe_product",
        "thing",
        "base",
        "surface",
        "place",
        "part",
        "light",
        "unknown",
    )
)
LIGHT_KINDS = frozenset(("light", "side", "head", "filler", "shade", "pose", "count", "hint"))
# Endings of words that describe something instead of naming it.
DESCRIBING_ENDINGS = (
    "ing",
    "ed",
    "ly",
    "ful",
    "ous",
    "ish",
    "less",
    "like",
    "ical",
    "esque",
)
# Letters of the shortest word that such an ending makes a describing one: "ring" is a thing.
MIN_DESCRIBING_LENGTH = 6
# Prepositions with which names of places and surfaces begin.
GROUND_PREPOSITIONS = {"in": "in", "on": "on", "at": "in", "by": "in"}
# Words that begin a noun phrase.
ARTICLES = frozenset(("a", "an", "the", "this", "my", "our", "your"))
# Kinds of meanings that end a noun phrase and belong to none.
BREAKING_KINDS = frozenset(("preposition", "join", "negation"))


@dataclass(frozen=True)
class Term:
    """A phrase of the vocabulary in a brief, or a word that it lacks.

    words: in lower case, repaired. start, end: its place in the text.
    meanings: empty for an unknown word.
    """

    words: tuple[str, ...]
    start: int
    end: int
    meanings: tuple[Meaning, ...]

    def find(self, kind: str) -> Meaning | None:
        """Returns the first meaning of a kind; None without one."""
        return next((each for each in self.meanings if each.kind == kind), None)

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of the meanings; "unknown" for a word without any."""
        return frozenset(each.kind for each in self.meanings) or frozenset(("unknown",))

    @property
    def text(self) -> str:
        """The words, separated by spaces."""
        return " ".join(self.words)


@dataclass
class NounPhrase:
    """A noun with what precedes it, such as "on a white marble table".

    terms: without prepositions and function words.
    preposition: key of the preposition before it ("on", "with" and so on); empty without one.
    preposition_words: the preposition as typed, in lower case.
    joined_by: word or comma that joins it to the one before it; empty without one.
    clause: number of the clause; punctuation separates clauses.
    negated: whether the brief excludes it.
    behind: whether it is to be far behind the product.
    """

    terms: list[Term] = field(default_factory=list)
    preposition: str = ""
    preposition_words: str = ""
    joined_by: str = ""
    clause: int = 0
    negated: bool = False
    behind: bool = False

    @property
    def head(self) -> Term | None:
        """What the phrase is about: its last noun; None where it has only describing words."""
        nouns = [
            term
            for term in reversed(self.terms)
            if term.kinds & HEAD_KINDS and not is_describing(term)
        ]
        last = next(iter(nouns), None)
        is_light = last is not None and last.kinds <= LIGHT_KINDS
        # Words of light follow what they light: "a table by the window"; colors precede them.
        lit = (each for each in nouns if each.kinds - LIGHT_KINDS and not each.find("color"))
        return next(lit, last) if is_light else last

    def modifiers(self) -> Iterator[Term]:
        """Yields the terms before the head, or all without one."""
        head = self.head
        for term in self.terms:
            if term is head:
                return
            yield term

    def nouns_before(self) -> Iterator[Term]:
        """Yields the nouns before the head: "castle" of "our castle model"."""
        return (each for each in self.modifiers() if each.meanings and each.kinds & HEAD_KINDS)

    @property
    def colors(self) -> list[Term]:
        """The colors before the head."""
        return [term for term in self.modifiers() if term.find("color")]


def find_terms(tokens: Sequence[Token], vocabulary: Vocabulary) -> list[Term | None]:
    """Finds the longest phrases of a vocabulary in a brief; None stands for punctuation."""
    found: list[Term | None] = []
    i, all_tokens = 0, list(tokens)
    while i < len(all_tokens):
        if not all_tokens[i].word:
            found.append(None)
            i += 1
            continue
        count = vocabulary.match_longest(all_tokens, i) or 1
        part = all_tokens[i : i + count]
        words = tuple(token.word for token in part)
        is_hex = words[0].startswith("#")
        meanings = (Meaning("color", words[0]),) if is_hex else vocabulary.find_meanings(words)
        start, end = min(token.start for token in part), max(token.end for token in part)
        found.append(Term(words, start, end, meanings))
        i += count
    return found


def group_phrases(terms: Sequence[Term | None]) -> list[NounPhrase]:
    """Groups the terms of a brief into noun phrases; None stands for punctuation."""
    phrases, current = [NounPhrase()], NounPhrase()
    for term, after in itertools.pairwise([*terms, None]):
        following = _break_phrase(term, after, current)
        if following is not None:
            phrases.append(current)
            current = following
        elif term is not None:
            current.terms.append(term)
    phrases.append(current)
    return _extend_negations([phrase for phrase in phrases if phrase.terms])


def is_describing(term: Term) -> bool:
    """Returns whether an unknown word describes something instead of naming it."""
    if term.meanings:
        return False
    (word,) = term.words
    return len(word) >= MIN_DESCRIBING_LENGTH and word.endswith(DESCRIBING_ENDINGS)


def _break_phrase(term: Term | None, after: Term | None, current: NounPhrase) -> NounPhrase | None:
    """Starts the noun phrase that a term or punctuation begins; None if it continues the current.

    after: the next term. A word such as "behind" after a noun marks the current one.
    """
    if term is None:
        return NounPhrase(joined_by=",", clause=current.clause + 1)
    is_before_noun = after is not None and after.text in ARTICLES
    if term.find("behind") and _follows_noun(term, current):
        current.behind = True
        is_preposition = is_before_noun and term.find("preposition")
        return _open_phrase("behind", term, current) if is_preposition else None
    if is_before_noun and _is_verb(term):
        return _open_phrase("with", term, current)
    if meaning := _find_breaking(term):
        return _start_phrase(term, meaning, current)
    if _contains_preposition(term):
        key = GROUND_PREPOSITIONS.get(term.words[0], "with")
        return NounPhrase([term], key, term.words[0], clause=current.clause)
    return None


def _open_phrase(preposition: str, term: Term, before: NounPhrase) -> NounPhrase:
    """Starts a noun phrase after a term that stands for a preposition."""
    return NounPhrase([], preposition, term.text, clause=before.clause)


def _find_breaking(term: Term) -> Meaning | None:
    """Returns the meaning with which a term ends a noun phrase; None where it does not."""
    return next((each for each in term.meanings if each.kind in BREAKING_KINDS), None)


def _start_phrase(term: Term, meaning: Meaning, before: NounPhrase) -> NounPhrase:
    """Starts the noun phrase after a preposition, a joining word or a negation."""
    if meaning.key == "joins":
        return replace(before, terms=[], joined_by=term.text, behind=False)
    is_negation = meaning.kind == "negation"
    following = NounPhrase(
        preposition="" if is_negation else meaning.key,
        preposition_words=term.text,
        clause=before.clause,
        negated=is_negation or (before.negated and not before.terms),
    )
    # "Standing on" is a preposition that also tells the pose.
    following.terms += [term] if term.find("pose") else []
    return following


def _contains_preposition(term: Term) -> bool:
    """Returns whether a term is a whole phrase: "in the sand", "dusted with flour"."""
    first, *others = term.words
    is_ground = bool(term.kinds & {"place", "surface"}) and first in GROUND_PREPOSITIONS
    is_covering = bool(term.find("thing")) and first.endswith("ed") and "with" in others
    return bool(others) and (is_ground or is_covering)


def _is_verb(term: Term) -> bool:
    """Returns whether an unknown word is a verb in its progressive form: "riding a wave"."""
    return is_describing(term) and term.text.endswith("ing")


def _follows_noun(term: Term, phrase: NounPhrase) -> bool:
    """Returns whether a word such as "behind" follows a noun, and is no preposition itself."""
    return phrase.head is not None or not term.find("preposition")


def _extend_negations(phrases: list[NounPhrase]) -> list[NounPhrase]:
    """Extends a negation over a list that ends with "or": "no text, logo or watermark"."""
    for i, phrase in enumerate(phrases):
        following = phrases[i + 1 :] if phrase.negated else []
        listed = [*itertools.takewhile(_continues_list, following)]
        ends = [j for j, each in enumerate(listed, 1) if each.joined_by in ("or", "nor")]
        for each in listed[: ends[-1] if ends else 0]:
            each.negated = True
    return phrases


def _continues_list(phrase: NounPhrase) -> bool:
    return bool(phrase.joined_by) and (phrase.joined_by != "," or not phrase.preposition)
