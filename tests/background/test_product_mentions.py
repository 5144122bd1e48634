"""Products named in prompts: mentions, removed, and not confused with styles or absences."""

import pytest

from services.background.engines.diffusion.product_mentions import find_product_mentions


@pytest.mark.parametrize(
    ("prompt", "names", "remaining"),
    [
        ("A perfume bottle on a marble table", ("perfume bottle",), "on a marble table"),
        (
            "on a marble table with my sneakers, soft light",
            ("sneaker",),
            "on a marble table, soft light",
        ),
        ("wooden table, two mugs and a jar, garden", ("mug", "jar"), "wooden table, garden"),
        ("Headphones", ("headphones",), ""),
    ],
)
def test_a_product_in_the_prompt_is_found_and_removed(prompt, names, remaining):
    mentions = find_product_mentions(prompt)
    assert mentions.names == names
    assert mentions.remaining_prompt == remaining


@pytest.mark.parametrize(
    "prompt",
    [
        "on a marble table, soft morning light",
        "product photography, studio light",
        "an empty product podium in pastel sage",
        "a beach without any bottles",
        "wooden desk with no laptop",
        "bootcamp in a watchful town",
    ],
)
def test_styles_absences_and_similar_words_are_no_product(prompt):
    mentions = find_product_mentions(prompt)
    assert mentions.names == () and mentions.remaining_prompt == prompt


def test_a_given_product_is_the_only_one_searched_for():
    mentions = find_product_mentions("my Zunga drone over a bottle on the beach", "zunga drone")
    assert mentions.names == ("zunga drone",)
    assert mentions.remaining_prompt == "over a bottle on the beach"
