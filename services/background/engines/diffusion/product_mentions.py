"""Finds products named in a background's prompt: a diffusion model would paint a second one."""

import re
from dataclasses import dataclass

# Alternatives of a regular expression: products of plain photos in the singular, longer names
# first; plurals match as well.
PRODUCT_WORDS = (
    "perfume bottle|wine bottle|water bottle|bottle|jar|tube|(?:tin|soda|beer|drinks?) can|flacon|"
    "vial|dropper|sprayer|perfume|cologne|lotion|serum|shampoo|conditioner|lipstick|mascara|"
    "nail polish|deodorant|toothpaste|soap dispenser|sneaker|running shoe|shoe|boot|sandal|handbag|"
    "backpack|purse|wallet|wristwatch|watch|necklace|bracelet|earring|sunglasses|headphones|"
    "headset|earbuds|smartphone|phone|laptop|tablet|speaker|keyboard|mug|tumbler|thermos|teapot|"
    "kettle|toaster|blender|coffee maker|chocolate bar|cereal box|gift box|packaging|product"
)
# What follows makes a product word name a style, as in "product photography".
STYLE_WORDS = r"(?!\s+(?:photo\w*|shots?|ads?|advert\w*|display|podium|stage|placement|showcase)\b)"
# What precedes makes it name an absence, as in "without any bottles".
ABSENCE_WORDS = re.compile(r"\b(?:no|without|free of)\s+(?:any\s+)?(?:[\w-]+\s+)?$", re.IGNORECASE)
# Words that are removed with the product that follows them.
JOINING_WORDS = r"(?:\b(?:with|and|of|for|featuring|holding)\s+)?"
ARTICLES = r"(?:\b(?:an?|the|my|our|your|this|one|two|three|some|several)\s+)?"


@dataclass(frozen=True)
class ProductMentions:
    """The products that a prompt names, and the prompt without them."""

    names: tuple[str, ...]
    remaining_prompt: str


def find_product_mentions(prompt: str, product: str = "") -> ProductMentions:
    """Finds where a prompt names a product; returns the names found and the prompt without them.

    Names of a style ("product photography") or an absence ("no bottles") do not count.

    product: the name to look for; if it is empty, the names of many common products.
    """
    words = re.escape(product.strip()) or PRODUCT_WORDS
    pattern = re.compile(
        rf"{JOINING_WORDS}{ARTICLES}\b({words})(?:e?s)?\b{STYLE_WORDS}", re.IGNORECASE
    )
    mentions = [
        match
        for match in pattern.finditer(prompt)
        if not ABSENCE_WORDS.search(prompt[: match.start(1)])
    ]
    # A dict drops repetitions and keeps the order.
    names = dict.fromkeys(match[1].lower() for match in mentions)
    return ProductMentions(tuple(names), _remove_mentions(prompt, mentions) if mentions else prompt)


def _remove_mentions(prompt: str, mentions: list[re.Match[str]]) -> str:
    """Removes parts of a prompt, and the commas, "and", "with" and spaces that they leave over.

    mentions: matches of a regular expression in the prompt, in their order.
    """
    # From the end, so that the positions of earlier matches stay valid.
    for match in reversed(mentions):
        prompt = f"{prompt[: match.start()]} {prompt[match.end() :]}"
    clauses = (" ".join(clause.split()) for clause in prompt.split(","))
    trimmed = (re.sub(r"^(?:and|with)\s+|\s+(?:and|with)$", "", clause) for clause in clauses)
    return ", ".join(clause for clause in trimmed if clause.strip(" ."))
