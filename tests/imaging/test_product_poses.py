"""Names of products decide how they are shown."""

import pytest

from services.imaging.product_poses import find_usual_stance


@pytest.mark.parametrize(
    ("product", "stance"),
    [
        ("wrist watch", "lying"),
        ("Tank Top", "lying"),
        ("T-shirt in white", "lying"),
        ("watch box", "standing"),
        ("gold necklace with a ring", "lying"),
        ("bottle with a lying chain", None),
        ("crystal chandelier", "hanging"),
        ("running shoes", None),
        ("", None),
    ],
)
def test_the_last_known_word_of_the_name_decides(product, stance):
    assert find_usual_stance(product) == stance
