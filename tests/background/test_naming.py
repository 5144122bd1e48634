import pytest

from services.background.engines.diffusion.naming import find_product


@pytest.mark.parametrize(
    ("prompt", "named", "without"),
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
def test_a_product_in_the_prompt_is_found_and_cut_out(prompt, named, without):
    found = find_product(prompt)
    assert found.named == named
    assert found.without == without


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
def test_styles_absences_and_other_words_are_no_product(prompt):
    found = find_product(prompt)
    assert found.named == () and found.without == prompt


def test_a_product_that_was_told_is_the_one_looked_for():
    found = find_product("my Zunga drone over a bottle on the beach", "zunga drone")
    assert found.named == ("zunga drone",)
    assert found.without == "over a bottle on the beach"
