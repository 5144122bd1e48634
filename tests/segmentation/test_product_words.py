import pytest

from services.segmentation.product_words import GlassHint, read_glass_hint


@pytest.mark.parametrize("name", ["wine glass", "Crystal decanter", "a glass jar with a lid"])
def test_words_for_glass_are_understood(name):
    assert read_glass_hint(name) is GlassHint.GLASS


@pytest.mark.parametrize("name", ["water bottle", "vase", "reading glasses"])
def test_things_that_are_often_of_glass_are_a_weak_hint(name):
    assert read_glass_hint(name) is GlassHint.MAYBE


@pytest.mark.parametrize(
    "name", ["", "sneaker", "glass cleaner", "steel bottle", "frosted glass", "fiberglass boat"]
)
def test_other_products_are_no_hint(name):
    assert read_glass_hint(name) is GlassHint.NONE
