"""Usual heights of products by their kind, for the scale of the things next to them."""

import re

# Millimeters that products of a kind are tall as they are photographed, by words of their names.
# Rounded middles of what shops list.
HEIGHTS_MM: dict[str, float] = {
    **dict.fromkeys(("ring", "rings", "earring", "earrings", "earbuds", "stud"), 30.0),
    **dict.fromkeys(("necklace", "pendant", "bracelet", "watch", "wristwatch", "lipstick"), 80.0),
    **dict.fromkeys(("soap", "cream", "jar", "tin", "balm", "compact", "macaron"), 70.0),
    **dict.fromkeys(("mug", "cup", "candle", "can", "glass", "tumbler"), 105.0),
    **dict.fromkeys(("perfume", "fragrance", "cologne", "serum", "dropper", "attar"), 115.0),
    **dict.fromkeys(("shoe", "shoes", "sneaker", "sneakers", "loafers", "heels", "trainer"), 140.0),
    **dict.fromkeys(("boot", "boots", "headphones", "headset", "speaker", "camera"), 200.0),
    **dict.fromkeys(("tube", "lotion", "shampoo", "spray", "sunscreen", "phone"), 175.0),
    **dict.fromkeys(("bottle", "wine", "whiskey", "whisky", "vase", "cider", "beer", "oil"), 270.0),
    **dict.fromkeys(("bag", "handbag", "backpack", "lamp", "laptop", "helmet", "ball"), 320.0),
    **dict.fromkeys(("shirt", "dress", "jacket", "hoodie", "jeans", "suitcase"), 650.0),
    **dict.fromkeys(("chair", "armchair", "stool", "table", "desk", "bicycle"), 900.0),
    **dict.fromkeys(("sofa", "couch", "bed", "wardrobe", "fridge"), 1100.0),
}


def find_usual_height(product: str) -> float | None:
    """Returns the millimeters that a product is usually tall; None for an unknown kind.

    product: its name, such as "perfume bottle". The first word that is known decides, so that a
    perfume bottle is a perfume.
    """
    words = re.findall(r"[a-z]+", product.lower())
    return next((HEIGHTS_MM[word] for word in words if word in HEIGHTS_MM), None)
