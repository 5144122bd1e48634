"""Parts the claim of a headline from its offer, such as "20 % off this week"."""

import re
import unicodedata

# Words of offers in the languages of most callers; figures, prices and percents say it in any.
OFFER_WORDS = re.compile(
    r"\b(free|off|save|sale|shipping|delivery|discount|limited|gratis|kostenlos|rabatt|versand"
    r"|gratuit\w*|livraison|offerte?s?|remise|promo\w*|env[ií]o|oferta|descuento|sconto|spedizione)\b",
    re.IGNORECASE,
)
# Ends of sentences, after which something else is said.
SENTENCE_END = (".", "!", "?", "…")


def split_offer(headline: str) -> tuple[str, str]:
    """Returns the claim and the offer of a headline, each with its own line breaks.

    The offer begins after an empty line, after a line that ends a sentence, or with a line that has
    a figure, a price or one of OFFER_WORDS; it is empty where no line but the first does.
    """
    lines = [line.strip() for line in headline.strip().splitlines()]
    for index, line in enumerate(lines):
        if index and _begins_offer(lines[index - 1], line):
            return "\n".join(filter(None, lines[:index])), "\n".join(filter(None, lines[index:]))
    return headline, ""


def _begins_offer(before: str, line: str) -> bool:
    """Whether a line after another one is an offer."""
    if not line:
        return True
    has_figure = any(unicodedata.category(letter) in ("Nd", "Sc") for letter in line)
    is_new_sentence = before.endswith(SENTENCE_END)
    return has_figure or is_new_sentence or bool(OFFER_WORDS.search(line))
