"""Usual stances of products by their kind, which decide before a photo's outline does."""

import re

from services.imaging.view import Pose

# Stances of kinds whose outline misleads, by words of their names: flat and limp things that look
# as if they stood, and open ones that do stand. Other kinds are placed as their photo shows them.
STANCES: dict[str, Pose] = {
    **dict.fromkeys(("watch", "wristwatch", "smartwatch", "bracelet", "bangle", "anklet"), "lying"),
    **dict.fromkeys(("necklace", "pendant", "chain", "ring", "rings", "brooch"), "lying"),
    **dict.fromkeys(("earring", "earrings", "cufflinks", "keychain", "keyring"), "lying"),
    **dict.fromkeys(("sunglasses", "glasses", "eyeglasses", "spectacles", "goggles"), "lying"),
    **dict.fromkeys(("shirt", "shirts", "tshirt", "tee", "top", "blouse", "polo"), "lying"),
    **dict.fromkeys(("hoodie", "sweater", "sweatshirt", "cardigan", "jumper", "vest"), "lying"),
    **dict.fromkeys(("jacket", "coat", "dress", "skirt", "jeans", "trousers"), "lying"),
    **dict.fromkeys(("pants", "shorts", "leggings", "bikini", "swimsuit", "bra"), "lying"),
    **dict.fromkeys(("scarf", "tie", "belt", "socks", "gloves", "towel", "blanket"), "lying"),
    **dict.fromkeys(("hairdryer", "dryer", "comb", "toothbrush", "razor", "scissors"), "lying"),
    **dict.fromkeys(("pen", "pencil", "fork", "spoon", "knife", "spatula", "rug"), "lying"),
    **dict.fromkeys(("chandelier", "curtain", "curtains", "hammock", "bauble"), "hanging"),
    **dict.fromkeys(("drone", "kite", "balloon", "balloons", "airplane"), "floating"),
    **dict.fromkeys(("bicycle", "bike", "scooter", "tripod", "easel", "chair"), "standing"),
    **dict.fromkeys(("armchair", "stool", "table", "desk", "sofa", "lamp", "plant"), "standing"),
    **dict.fromkeys(("box", "case", "stand", "holder", "bag", "basket"), "standing"),
}
# Words that begin what a product comes with, after its own name.
ADDITIONS = re.compile(r"\b(?:with|of|in|for|on|from|and|by)\b|[,;(]")


def find_usual_stance(product: str) -> Pose | None:
    """Returns the stance that a kind of product is usually shown in; None for other kinds.

    product: its name, such as "gold wrist watch with a leather strap". The last word of the name
        itself that is known decides, so that a watch box is a box.
    """
    name = ADDITIONS.split(product.lower().replace("t-shirt", "tshirt"), maxsplit=1)[0]
    words = re.findall(r"[a-z]+", name)
    return next((STANCES[word] for word in reversed(words) if word in STANCES), None)
