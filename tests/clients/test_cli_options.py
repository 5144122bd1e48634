"""Command-line options, and the arguments of the client that they become."""

import pytest

from cyclorama.ad_flags import build_ad_arguments
from cyclorama.cli.create import request_layers
from cyclorama.option_words import (
    parse_engines,
    parse_options,
    parse_size,
    parse_value,
    set_field,
)


@pytest.mark.parametrize(
    ("text", "size"), [("1024x768", (1024, 768)), ("1X2", (1, 2)), ("0x007", (0, 7))]
)
def test_a_size_is_width_and_height(text, size):
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text", ["", "x", "10", "10x", "x10", "10x10x10", "-1x5", "1.5x2", "a x b"]
)
def test_a_size_in_another_form_is_refused(text):
    with pytest.raises(ValueError, match="write WIDTHxHEIGHT"):
        parse_size(text)


def test_engines_are_named_by_stage():
    words = ["segmentation=sam", "finishing=pillow"]
    assert parse_engines(words) == {"segmentation": "sam", "finishing": "pillow"}
    assert parse_engines([]) == {}


@pytest.mark.parametrize("word", ["sam", "segmentation", "segmentation=", "=sam", "stage=sam"])
def test_an_engine_without_a_stage_or_a_name_is_refused(word):
    with pytest.raises(ValueError, match="write STAGE=ENGINE with segmentation, background"):
        parse_engines([word])


def test_options_are_added_to_others_without_changing_them():
    others = {"background": {"product": "mug"}}
    words = ["background.diffusion.steps=20", "background.diffusion.cfg_scale=7.5"]
    words.append("finishing.engine.name=a=b")
    assert parse_options(words, others) == {
        "background": {"product": "mug", "diffusion": {"steps": 20, "cfg_scale": 7.5}},
        "finishing": {"engine": {"name": "a=b"}},
    }
    assert others == {"background": {"product": "mug"}}


@pytest.mark.parametrize("text", ["88888888", "1e5", "true", "null", "[1]", "sd_xl", '"12"'])
def test_the_value_of_a_text_field_is_a_text(text):
    words = [f"background.diffusion.model={text}", f"inpainting.engine.name={text}"]
    value = text.strip('"')
    assert parse_options(words, {}) == {
        "background": {"diffusion": {"model": value}},
        "inpainting": {"engine": {"name": value}},
    }


def test_values_of_other_fields_are_json():
    words = ["background.diffusion.override_settings.CLIP_stop=2", "compositing.tint=0.1"]
    assert parse_options(words, {}) == {
        "background": {"diffusion": {"override_settings": {"CLIP_stop": 2}}},
        "compositing": {"tint": 0.1},
    }


@pytest.mark.parametrize(
    "word", ["tint=1", "compositing=1", "compositing.=1", "compositing..a=1", "compositing.tint="]
)
def test_an_option_without_a_field_or_a_value_is_refused(word):
    with pytest.raises(ValueError, match=r"write STAGE\.FIELD=VALUE"):
        parse_options([word], {})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3", 3),
        ("-0.5", -0.5),
        ("true", True),
        ("SHADOW_KIND_CAST", "SHADOW_KIND_CAST"),
        ("on marble", "on marble"),
        ("'3'", "'3'"),
        ('"3"', "3"),
        ('{"a": [1]}', {"a": [1]}),
        ("", ""),
    ],
)
def test_a_value_is_json_or_else_a_text(text, value):
    parsed = parse_value(text)
    assert parsed == value and type(parsed) is type(value)


def test_a_field_is_set_in_its_nested_message():
    fields = {"diffusion": {"cfg": 7}}
    set_field(fields, "diffusion.steps", 20)
    set_field(fields, "tint", 0)
    assert fields == {"diffusion": {"cfg": 7, "steps": 20}, "tint": 0}


def test_only_flags_that_are_set_become_arguments():
    unset = {"headline": "", "draft": False, "dpi": None, "engine": [], "option": None}
    assert build_ad_arguments(unset) == {}
    assert build_ad_arguments({"seed": 0, "product_height": 95.0, "call": "Buy"}) == {
        "seed": 0,
        "product_height_mm": 95.0,
        "call_to_action": "Buy",
    }


def test_a_backdrop_is_a_color_or_a_file(tmp_path):
    file = tmp_path / "table.jpg"
    file.touch()
    assert build_ad_arguments({"backdrop": "#FF0080"}) == {"backdrop": "#FF0080"}
    assert build_ad_arguments({"backdrop": str(file)}) == {"backdrop": file}
    with pytest.raises(ValueError, match="backdrop red: there is no such file; write a color"):
        build_ad_arguments({"backdrop": "red"})


def test_a_spot_is_three_shares():
    assert build_ad_arguments({"spot": "0.5, 0.6,0.4"}) == {"spot": (0.5, 0.6, 0.4)}
    for text in ("0.5,0.6", "left,0.6,0.4"):
        with pytest.raises(ValueError, match="write X,Y,WIDTH"):
            build_ad_arguments({"spot": text})


def test_layers_are_pictures_or_one_photoshop_file(tmp_path):
    assert request_layers(None) == {}
    assert request_layers(tmp_path / "layers") == {"layers": True}
    assert request_layers(tmp_path / "ad.PSD") == {"layered_file": True}
