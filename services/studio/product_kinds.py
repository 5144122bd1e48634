"""Kinds of products, and which things suit only one kind: lemons are no props of a wristwatch."""

import re

# Words of the names of products of each kind.
KIND_WORDS: dict[str, frozenset[str]] = {
    "kitchen": frozenset(
        (
            *("beer", "blender", "bottle", "bowl", "bread", "butter", "can", "candy", "carafe"),
            *("cereal", "cheese", "chocolate", "cider", "cocoa", "coffee", "cookie", "cookware"),
            *("cup", "cutlery", "drink", "espresso", "food", "gin", "glass", "granola", "grinder"),
            *("honey", "jam", "jar", "juice", "kettle", "kitchen", "knife", "lemonade", "matcha"),
            *("milk", "mill", "mug", "muesli", "oil", "olive", "pan", "pasta", "pepper", "pesto"),
            *("plate", "pot", "rum", "salt", "sauce", "shaker", "shakers", "snack", "soda"),
            *("spice", "spices", "syrup", "tea", "teapot", "toaster", "tumbler", "vinegar"),
            *("vodka", "whiskey", "whisky", "wine", "yogurt"),
        )
    ),
    "care": frozenset(
        (
            *("balm", "bath", "brush", "conditioner", "cream", "deodorant", "gel", "hairdryer"),
            *("lotion", "mask", "razor", "scrub", "serum", "shampoo", "skincare", "soap"),
            *("sponge", "toothbrush", "toothpaste", "towel", "wash"),
        )
    ),
}
# For each thing that suits one kind alone, that kind.
KINDS_OF_THINGS: dict[str, str] = {
    **dict.fromkeys(("bowl", "citrus_slice", "coffee_beans", "cookie", "croissant"), "kitchen"),
    **dict.fromkeys(("cutlery", "cutting_board", "herbs", "jar", "lemon", "plate"), "kitchen"),
    **dict.fromkeys(("tomato", "wine_glass"), "kitchen"),
    "soap": "care",
}


def suits_product(thing: str, product: str) -> bool:
    """Returns whether a thing that the brief does not name may be next to a product.

    thing: key of THINGS. product: its name, such as "olive oil"; empty: not known, so that only
    what suits any product may be there. No product is next to another one of its kind.
    """
    words = frozenset(re.findall(r"[a-z]+", product.lower()))
    kind = KINDS_OF_THINGS.get(thing)
    return thing not in words and (kind is None or bool(words & KIND_WORDS[kind]))
