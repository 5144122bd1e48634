"""Finds the product in a background's prompt: a diffusion model would paint a second one."""

import re
from dataclasses import dataclass

# What is sold in plain photos, singular, longer names first; a plural is read as well.
PRODUCTS = (
    "perfume bottle|wine bottle|water bottle|bottle|jar|tube|(?:tin|soda|beer|drinks?) can|flacon|"
    "vial|dropper|sprayer|perfume|cologne|lotion|serum|shampoo|conditioner|lipstick|mascara|"
    "nail polish|deodorant|toothpaste|soap dispenser|sneaker|running shoe|shoe|boot|sandal|handbag|"
    "backpack|purse|wallet|wristwatch|watch|necklace|bracelet|earring|sunglasses|headphones|"
    "headset|earbuds|smartphone|phone|laptop|tablet|speaker|keyboard|mug|tumbler|thermos|teapot|"
    "kettle|toaster|blender|coffee maker|chocolate bar|cereal box|gift box|packaging|product"
)
# "product photography" names a style, and what is absent is no product.
STYLES = r"(?!\s+(?:photo\w*|shots?|ads?|advert\w*|display|podium|stage|placement|showcase)\b)"
ABSENT = re.compile(r"\b(?:no|without|free of)\s+(?:any\s+)?(?:[\w-]+\s+)?$", re.IGNORECASE)
JOINTS = r"(?:\b(?:with|and|of|for|featuring|holding)\s+)?"
ARTICLES = r"(?:\b(?:an?|the|my|our|your|this|one|two|three|some|several)\s+)?"


@dataclass(frozen=True)
class Reading:
    """A prompt, the words in it that name a product, and the prompt without them."""

    named: tuple[str, ...]
    without: str


def find_product(prompt: str, product: str = "") -> Reading:
    """Looks for `product`, or where it is empty for common products, in a prompt."""
    words = re.escape(product.strip()) or PRODUCTS
    pattern = re.compile(rf"{JOINTS}{ARTICLES}\b({words})(?:e?s)?\b{STYLES}", re.IGNORECASE)
    found = [
        each for each in pattern.finditer(prompt) if not ABSENT.search(prompt[: each.start(1)])
    ]
    named = dict.fromkeys(each[1].lower() for each in found)
    return Reading(tuple(named), _cut(prompt, found) if found else prompt)


def _cut(prompt: str, found: list[re.Match[str]]) -> str:
    """Removes the matches, and the blanks, commas and conjunctions that stood between them."""
    for each in reversed(found):
        prompt = f"{prompt[: each.start()]} {prompt[each.end() :]}"
    clauses = (" ".join(clause.split()) for clause in prompt.split(","))
    clauses = (re.sub(r"^(?:and|with)\s+|\s+(?:and|with)$", "", each) for each in clauses)
    return ", ".join(clause for clause in clauses if clause.strip(" ."))
