"""Products named in prompts of the diffusion engine: a warning, or moved to the negative prompt."""

import pytest

from services.background.engine import BackgroundRequest
from services.background.engines.diffusion import resolve_product_mentions


def test_a_prompt_without_a_product_stays_as_it_is():
    request = BackgroundRequest("marble table, soft light")
    assert resolve_product_mentions(request) == (request, ())


def test_a_named_product_is_warned_of():
    request = BackgroundRequest("perfume bottle on a marble table")
    unchanged, (warning,) = resolve_product_mentions(request)
    assert unchanged == request
    assert warning.reason == "PROMPT_NAMES_PRODUCT"
    assert "perfume bottle" in warning.message and "product_to_negative" in warning.message
    # It may run in the process of the stage.
    assert "the model may paint a second one" in warning.message


def test_a_named_product_moves_to_the_negative_prompt_on_request():
    request = BackgroundRequest(
        "perfume bottle on a marble table", negative_prompt="people", product_to_negative=True
    )
    changed, warnings = resolve_product_mentions(request)
    assert warnings == ()
    assert changed.prompt == "on a marble table"
    assert changed.negative_prompt == "people, perfume bottle"


def test_the_negative_prompt_is_the_product_alone_where_it_was_empty():
    request = BackgroundRequest("a mug on a desk", product_to_negative=True)
    assert resolve_product_mentions(request)[0].negative_prompt == "mug"


def test_a_prompt_that_names_nothing_else_keeps_the_product_and_gets_a_warning():
    request = BackgroundRequest("Headphones", product_to_negative=True)
    unchanged, (warning,) = resolve_product_mentions(request)
    assert unchanged == request and "nothing of the prompt would be left" in warning.message


@pytest.mark.parametrize("product", ["zunga drone", "Zunga Drone"])
def test_the_requests_product_is_searched_for(product):
    request = BackgroundRequest(
        "my Zunga drone on a beach", product=product, product_to_negative=True
    )
    changed, _ = resolve_product_mentions(request)
    assert (changed.prompt, changed.negative_prompt) == ("on a beach", "zunga drone")


def test_other_fields_of_the_request_are_preserved():
    request = BackgroundRequest("a mug on a desk", 640, 480, 7, product_to_negative=True)
    changed, _ = resolve_product_mentions(request)
    assert (changed.width, changed.height, changed.seed) == (640, 480, 7)
