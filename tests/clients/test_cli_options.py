"""Command-line options, and the fields of the contract that they become."""

import pytest

from cyclorama.cli.ad_flags import build_lettering
from cyclorama.cli.create import request_layers
from cyclorama.cli.options import (
    build_delivery,
    drop_none,
    parse_backdrop,
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


def test_a_backdrop_is_a_color_or_a_file(tmp_path):
    assert parse_backdrop("#FF0080") == {"color": {"red": 255, "green": 0, "blue": 128}}
    path = tmp_path / "table.jpg"
    path.write_bytes(b"picture")
    assert parse_backdrop(str(path)) == {"picture": {"data": b"picture"}}


@pytest.mark.parametrize("text", ["#fff", "#gggggg", "#ff008", "#ff00800", "#"])
def test_a_color_in_another_form_is_refused(text):
    with pytest.raises(ValueError, match="#rrggbb"):
        parse_backdrop(text)


def test_engines_are_options_of_their_stage():
    assert parse_engines(["segmentation=sam", "finishing=pillow"]) == {
        "segmentation": {"engine": {"name": "sam"}},
        "finishing": {"engine": {"name": "pillow"}},
    }
    assert parse_engines([]) == {}


@pytest.mark.parametrize("word", ["sam", "segmentation", "segmentation=", "=sam", "stage=sam"])
def test_an_engine_without_a_stage_or_a_name_is_refused(word):
    with pytest.raises(ValueError, match="write STAGE=ENGINE with segmentation, background"):
        parse_engines([word])


def test_options_are_added_to_those_of_an_engine_without_changing_them():
    engines = parse_engines(["background=a1111"])
    words = ["background.diffusion.steps=20", "background.diffusion.cfg_scale=7.5"]
    words.append("finishing.engine.name=a=b")
    assert parse_options(words, engines) == {
        "background": {"engine": {"name": "a1111"}, "diffusion": {"steps": 20, "cfg_scale": 7.5}},
        "finishing": {"engine": {"name": "a=b"}},
    }
    assert engines == {"background": {"engine": {"name": "a1111"}}}


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


def test_only_options_that_were_given_are_sent():
    assert drop_none({"a": 0, "b": None, "c": ""}) == {"a": 0, "c": ""}
    assert build_delivery("", None, None, None) == {}
    assert build_delivery("amazon-main", 90, 80, 72.0) == {
        "profile": "amazon-main",
        "quality": 90,
        "max_kilobytes": 80,
        "dpi": 72.0,
    }


def test_lettering_has_texts_and_a_logo_or_is_left_out(tmp_path):
    logo = tmp_path / "logo.png"
    logo.write_bytes(b"logo")
    assert build_lettering("", "", None) == {}
    assert build_lettering("New", "", logo) == {"headline": "New", "logo": {"data": b"logo"}}


def test_layers_are_pictures_or_one_photoshop_file(tmp_path):
    assert request_layers(None) == {}
    assert request_layers(tmp_path / "layers") == {"layers": True}
    assert request_layers(tmp_path / "ad.PSD") == {"layered_file": True}
