"""The look of an ad's text by its prompt."""

import pytest

from cyclorama.v1 import ads_pb2, finishing_pb2
from gateway.text_look import choose_text_look


@pytest.mark.parametrize(
    ("prompt", "look"),
    [
        ("dark luxury, navy velvet, spotlight", "EDITORIAL"),
        ("linen table in the evening, dried lavender, warm light", "EDITORIAL"),
        ("modern bathroom shelf with white marble, eucalyptus, bright and airy", "LIGHT"),
        ("neon street at night, wet asphalt", "POSTER"),
        ("kitchen counter, bright morning", "MODERN"),
        ("", "MODERN"),
    ],
)
def test_a_look_suits_the_words_of_the_scene(prompt, look):
    ad = ads_pb2.CreateAdRequest(prompt=prompt)
    assert choose_text_look(ad) == finishing_pb2.TextLook.Value(f"TEXT_LOOK_{look}")


def test_the_callers_look_and_font_come_first():
    ad = ads_pb2.CreateAdRequest(prompt="neon street at night")
    ad.lettering.font = "garamond"
    assert choose_text_look(ad) == finishing_pb2.TEXT_LOOK_MODERN
    ad.lettering.look = finishing_pb2.TEXT_LOOK_LIGHT
    assert choose_text_look(ad) == finishing_pb2.TEXT_LOOK_LIGHT
