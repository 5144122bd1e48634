"""Finds the words of a brief that name the product, which the set must not show."""

import itertools
from collections import deque
from collections.abc import Collection, Sequence

from services.studio.briefs.phrases import NounPhrase, Term
from services.studio.briefs.tokens import split_phrase
from services.studio.briefs.vocabulary import form_plurals, load_vocabulary, load_words

# Words that make what follows the product.
OWNING_WORDS = frozenset(("my", "our", "your"))
# Verbs that put the product somewhere.
PLACING_VERBS = frozenset(("place", "put", "show", "display", "feature", "arrange", "position"))
# Prepositions before where the product is.
LOCATING = frozenset(("on", "in", "against", "under", "behind"))
# Prepositions before a place that the product is at the edge of.
NEXT_TO = frozenset(("next to", "by", "beside", "near", "alongside"))
# Prepositions between what is around the product and the product, and words before a known one.
ACCOMPANYING = frozenset(
    (
        *("next to", "beside", "around", "near", "alongside", "by", "behind", "holding", "using"),
        *("presenting", "wearing", "carrying", "drinking", "eating", "offering", "serving"),
        *("spraying", "applying", "opening", "delivering", "riding", "pouring"),
    )
)
ARTICLES = frozenset(("the", "this"))
# What holds a product only where it begins the brief: "soy sauce bowl".
TABLEWARE = frozenset(("bowl", "glass", "cup", "plate", "mug", "tray"))
# Words before the product in "an ad for ..." and "photo of ...".
SUBJECT_WORDS = frozenset(("for", "of"))
# Kinds of what no set can show that a client sells models, toys or prints of, which name the
# product where the brief is about them: "duck in a pool".
SOLD_KINDS = frozenset(("animals", "vehicles", "fantasy", "brands"))
# The same where a word such as "our" or "the" marks them.
MARKED_KINDS = SOLD_KINDS | {"buildings", "landmarks", "space"}
# Kinds of words that can name a product whatever precedes them, as in "a pool with our duck".
UNBUILT_KINDS = frozenset(("product", "maybe_product", "unknown", "nearest", "impossible"))


def find_product_phrases(phrases: Sequence[NounPhrase], product: str) -> list[NounPhrase]:
    """Returns the noun phrases that name the product, the clearest one first.

    product: its name as the request states it; empty: not stated.
    """
    named = [phrase for phrase in phrases if _names(phrase, product)]
    owned = [phrase for phrase in phrases if _is_owned(phrase)]
    certain = [*named, *owned[:1], *(phrase for phrase in phrases if _is_accompanied(phrase))]
    subject = _find_subject(phrases)
    leading = [] if subject is None or certain else _choose_leading(phrases, subject)
    others = [
        phrase
        for i, phrase in enumerate(phrases)
        if (_is_listed_product(phrase) and not _is_tableware(phrase))
        and (not (certain or leading) or _has_article(phrase) or _is_placed(phrases, i))
    ]
    if not (certain or leading or others):
        others = [phrase for phrase in phrases if _is_posed(phrase)]
    elif not (certain or leading):
        # The first one, and words for all products of a kind: "skincare".
        specific = [phrase for phrase in others if not _is_general(phrase)]
        specific.sort(key=lambda phrase: not _is_package(phrase))
        others = [phrase for phrase in others if _is_general(phrase) or phrase is specific[0]]
    found = [*certain, *leading, *others]
    found += [each for each in phrases if _is_content(each, found, phrases)]
    return [phrase for i, phrase in enumerate(found) if phrase not in found[:i]]


def _is_content(
    phrase: NounPhrase, products: Sequence[NounPhrase], phrases: Sequence[NounPhrase]
) -> bool:
    """Returns whether a phrase names the content of the product: "a jar of jam"."""
    before = itertools.takewhile(lambda each: each is not phrase, phrases)
    last = next(iter(deque(before, 1)), None)
    is_of = phrase.preposition_words == "of" and phrase.joined_by == ""
    return is_of and any(last is each for each in products)


def _names(phrase: NounPhrase, product: str) -> bool:
    """Returns whether the head of a phrase is the last word of the product's name."""
    name, head = split_phrase(product), phrase.head
    if not name or head is None or phrase.negated or phrase.preposition == "with":
        return False
    return head.words[-1] in (name[-1], *form_plurals(name[-1]))


def _is_tableware(phrase: NounPhrase) -> bool:
    return phrase.head is not None and phrase.head.words[-1] in TABLEWARE


def _is_posed(phrase: NounPhrase) -> bool:
    """Returns whether a phrase says how what can be a product floats or stands."""
    may_be = phrase.head is not None and bool(phrase.head.find("maybe_product"))
    is_posed = any(term.find("pose") for term in phrase.terms)
    return may_be and is_posed and not phrase.preposition and not phrase.negated


def _is_general(phrase: NounPhrase) -> bool:
    return phrase.head is not None and bool(phrase.head.find("filler"))


def _is_accompanied(phrase: NounPhrase) -> bool:
    """Returns whether a phrase names the product that others are around: "next to the can"."""
    head = phrase.head
    may_be = head is not None and bool(head.kinds & {"product", "maybe_product"})
    is_next = phrase.preposition_words in ACCOMPANYING
    is_known = _has_article(phrase) or _has_owner(phrase)
    return may_be and is_next and is_known and not phrase.negated


def _has_article(phrase: NounPhrase) -> bool:
    return any(term.text in ARTICLES for term in phrase.terms)


def _has_owner(phrase: NounPhrase) -> bool:
    return any(word in OWNING_WORDS for term in phrase.terms for word in term.words)


def _is_placed(phrases: Sequence[NounPhrase], index: int) -> bool:
    """Returns whether a preposition of place follows a phrase."""
    following = next(iter(phrases[index + 1 : index + 2]), None)
    if following is None or following.joined_by == ",":
        return False
    head = following.head
    is_known = head is not None and (bool(head.find("place")) or _has_article(following))
    is_next = following.preposition_words in NEXT_TO and is_known
    return following.preposition in LOCATING or is_next


def _is_owned(phrase: NounPhrase) -> bool:
    """Returns whether a phrase names what the client calls their own: "our duck"."""
    head = phrase.head
    if head is None or phrase.negated or not _has_owner(phrase):
        return False
    is_figure = head.words[-1] == "model" and bool(next(phrase.nouns_before(), None))
    if not (_may_be_sold(head, MARKED_KINDS) or is_figure):
        return False
    is_around = phrase.preposition == "with" and bool(head.kinds & UNBUILT_KINDS)
    return not phrase.preposition or phrase.preposition_words in SUBJECT_WORDS or is_around


def _may_be_sold(head: Term, kinds: Collection[str]) -> bool:
    """Returns whether what no set can show is of these kinds; true for all other nouns."""
    impossible = head.find("impossible")
    return impossible is None or impossible.key in kinds


def _find_subject(phrases: Sequence[NounPhrase]) -> int | None:
    """Returns the index of the first phrase that is about something; None without one."""
    return next((i for i, phrase in enumerate(phrases) if phrase.head is not None), None)


def _choose_leading(phrases: Sequence[NounPhrase], index: int) -> list[NounPhrase]:
    """Returns the first phrase with a noun, if it names a product that is somewhere."""
    phrase = phrases[index]
    head = phrase.head
    is_subject = not phrase.preposition or phrase.preposition_words in SUBJECT_WORDS
    if head is None or phrase.negated or not is_subject:
        return []
    following = phrases[index + 1] if index + 1 < len(phrases) else None
    is_placed = _is_placed(phrases, index) or _has_article(phrase)
    is_posed = any(term.find("pose") for term in phrase.terms) or _only_poses(following)
    verbs = PLACING_VERBS & {word for term in phrase.terms for word in term.words}
    is_marked = _has_article(phrase) and not phrase.behind
    sold = head.find("impossible") and _may_be_sold(head, MARKED_KINDS if is_marked else SOLD_KINDS)
    may_be = head.kinds & {"maybe_product", "unknown", "nearest"} or _ends_in_product(head) or sold
    is_container = following is not None and following.preposition_words == "of"
    contains = following.head if is_container and following is not None else None
    is_placed = is_placed or bool(contains and contains.find("product"))
    if _is_product_noun(phrase) or (may_be and (is_placed or is_posed)):
        return [phrase]
    return [phrase] if verbs and is_placed and not head.find("place") else []


def _only_poses(phrase: NounPhrase | None) -> bool:
    """Returns whether a phrase says how the noun before it floats or stands: ", floating"."""
    if phrase is None or phrase.head is not None or phrase.preposition:
        return False
    return any(term.find("pose") for term in phrase.terms)


def _ends_in_product(head: Term) -> bool:
    """Returns whether the last word of a longer name can be a product: "baseball cap"."""
    kinds = {meaning.kind for meaning in load_vocabulary().find_meanings(head.words[-1:])}
    thing = head.find("thing")
    if thing is None or "maybe_product" not in kinds or head.words[0].endswith("ing"):
        return False
    return len(head.words) > 1 and "stands" not in load_words("things")[thing.key]


def _is_product_noun(phrase: NounPhrase) -> bool:
    """Returns whether the noun of a phrase names a product: "detergent", "detergent bottle"."""
    head = phrase.head
    if head is None or head.find("product"):
        return head is not None
    return _is_package(phrase)


def _is_package(phrase: NounPhrase) -> bool:
    """Returns whether a phrase names a product and its container: "detergent bottle"."""
    is_package = phrase.head is not None and bool(phrase.head.find("maybe_product"))
    return is_package and any(term.find("product") for term in phrase.modifiers())


def _is_listed_product(phrase: NounPhrase) -> bool:
    """Returns whether a phrase names a product and nothing that it is with or on."""
    head = phrase.head
    if head is None or phrase.negated or not _is_product_noun(phrase):
        return False
    return not phrase.preposition or phrase.preposition_words == "for"
