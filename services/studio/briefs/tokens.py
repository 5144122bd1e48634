"""Splits briefs into words that remember where they are in the text."""

import re
import unicodedata
from dataclasses import dataclass

# A hexadecimal color, an aperture such as f/1.8, a fraction, a focal length such as 85 mm, a
# number, a word, or punctuation. Hyphens and apostrophes separate words.
PATTERN = re.compile(
    r"#(?:[0-9a-f]{6}|[0-9a-f]{3})\b|f/?\d+(?:\.\d+)?\b|\d/\d\b|\d+\s?mm\b|\d+(?:\.\d+)?|[^\W\d_]+"
    r"|[.,;:!?()\[\]|/\n\"“”„«»\u2013—•+&*=]|\s-\s"
)
# Signs that stand for words.
SIGNS = {"&": "and", "+": "and"}


@dataclass(frozen=True)
class Token:
    """A word of a brief.

    word: in lower case, without accents of the English vocabulary; empty for punctuation.
    start, end: its place in the text, in characters.
    sign: the punctuation; empty for a word.
    """

    word: str
    start: int
    end: int
    sign: str = ""


def split_tokens(text: str) -> list[Token]:
    """Splits a text into words and punctuation."""
    return [_create_token(match) for match in PATTERN.finditer(fold_case(text))]


def split_phrase(phrase: str) -> tuple[str, ...]:
    """Splits a phrase of a word list into its words, as split_tokens does with a brief."""
    return tuple(token.word for token in split_tokens(phrase) if token.word)


def fold_case(text: str) -> str:
    """Returns a text in lower case, with plain apostrophes, as long as it was."""
    lower = "".join(c.lower() if len(c.lower()) == 1 else c for c in text)
    return lower.replace("\u2019", "'").replace("°", " ")


def remove_accents(word: str) -> str:
    """Returns a word without accents: café becomes cafe."""
    parts = unicodedata.normalize("NFKD", word)
    return "".join(c for c in parts if not unicodedata.combining(c))


def _create_token(match: re.Match[str]) -> Token:
    text = match.group()
    if text in SIGNS:
        return Token(SIGNS[text], match.start(), match.end())
    if text[0].isalnum() or text[0] == "#":
        word = text.replace(" ", "") if text.endswith("mm") else text
        return Token(word, match.start(), match.end())
    return Token("", match.start(), match.end(), text.strip() or "\n")
