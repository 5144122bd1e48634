"""Reads a brief: what its prompt, its negative prompt and the product's name ask of a set."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import cache

from services.studio.briefs.brief import Brief, LeftOut
from services.studio.briefs.interpretation import conclude_brief, exclude_phrase, interpret_phrases
from services.studio.briefs.labels import reorder_labels
from services.studio.briefs.phrases import Term, find_terms, group_phrases
from services.studio.briefs.products import find_product_phrases
from services.studio.briefs.spelling import repair_word
from services.studio.briefs.tokens import Token, remove_accents, split_tokens
from services.studio.briefs.translation import translate_tokens
from services.studio.briefs.vocabulary import load_vocabulary, load_words


def read_brief(
    prompt: str,
    negative_prompt: str = "",
    product: str = "",
    things: Collection[str] | None = None,
) -> Brief:
    """Reads what a set should show, and reports what it will not.

    prompt, negative_prompt: what the picture should and should not show.
    product: name of the product; it is neither built nor reported.
    things: keys of the things that can be built; None: all that things.toml marks as made.
    """
    language, tokens = translate_tokens(split_tokens(prompt))
    if not language:
        return _refuse_language(prompt, tokens)
    phrases = group_phrases(_find_terms(reorder_labels(tokens), is_repaired=language == "en"))
    reading = interpret_phrases(
        prompt=prompt,
        phrases=phrases,
        products=find_product_phrases(phrases, product),
        made=list_made_things() if things is None else frozenset(things),
    )
    _, unwanted = translate_tokens(split_tokens(negative_prompt))
    for phrase in group_phrases(_find_terms(unwanted, is_repaired=True)):
        exclude_phrase(reading, phrase, negative_prompt)
    return replace(conclude_brief(reading), language=language)


@cache
def list_made_things() -> frozenset[str]:
    """Returns the keys of things.toml that are marked as made."""
    return frozenset(key for key, entry in load_words("things").items() if entry.get("made"))


def _find_terms(tokens: Sequence[Token], is_repaired: bool) -> list[Term | None]:
    """Finds the phrases of the vocabulary in a brief.

    is_repaired: whether misspelled words are repaired.
    """
    vocabulary = load_vocabulary()
    words = [remove_accents(token.word) for token in tokens]
    if is_repaired:
        words = [repair_word(word, vocabulary.words) for word in words]
    pairs = zip(tokens, words, strict=True)
    return find_terms([replace(token, word=word) for token, word in pairs], vocabulary)


def _refuse_language(prompt: str, tokens: Sequence[Token]) -> Brief:
    """Reports all words of a brief in a language that is not read."""
    words = (prompt[token.start : token.end] for token in tokens if token.word)
    return Brief(left_out=tuple(map(LeftOut, dict.fromkeys(words))), language="")
