"""The JSON that the page's server sends: events, ads, campaigns and errors."""

import base64

import grpc
import pytest

from cyclorama.errors import CycloramaError
from cyclorama.results import Ad, Event, Measurement, ProfileReport
from cyclorama.web.ad_cache import AdCache
from cyclorama.web.ad_stream import align_photo, encode_data_url, event_to_json
from cyclorama.web.error_messages import ErrorMessage, explain_error, format_sentence
from cyclorama.web.form_options import read_ad_arguments, read_campaign_arguments, read_prompts
from cyclorama.web.measurements import describe_profile, describe_quality
from cyclorama.web.placements import describe_placement
from cyclorama.web.settings import read_page_settings


def create_manifest(**placement) -> dict:
    """Returns a manifest with a product in the middle of its photo, placed in a box of the ad."""
    segmentation = {
        "stage": "segmentation",
        "bounds": {"x": 25, "y": 50, "width": 50, "height": 100},
        "photo_size": {"width": 100, "height": 200},
    }
    compositing = {"stage": "compositing", "placement": placement}
    return {"stages": [segmentation, compositing], "ad": {"width": 400, "height": 800}}


def test_an_event_has_sentences_and_a_preview_as_a_data_url():
    event = Event("background", "finished", 1.0, b"\xff\xd8x", "flat", 2.0, ("photo: dark",), True)
    sent = event_to_json(event)
    assert sent["kind"] == "finished" and sent["cached"] and sent["seconds"] == 2.0
    kind, _, data = sent["preview"].partition(",")
    assert kind == "data:image/jpeg;base64" and base64.b64decode(data) == b"\xff\xd8x"


def test_a_preview_with_alpha_is_webp_and_a_missing_one_is_empty():
    assert encode_data_url(b"RIFFx").startswith("data:image/webp;base64,")
    assert encode_data_url(b"") == ""


def test_a_photo_is_aligned_with_the_product_of_the_ad():
    box = {"x": 100, "y": 200, "width": 200, "height": 400}
    aligned = align_photo(create_manifest(box=box))
    assert aligned == {"left": 0.0, "top": 0.0, "width": 1.0, "height": 1.0}
    # Zero is the default of the contract, which JSON leaves out.
    corner = {"width": 50, "height": 100}
    assert align_photo(create_manifest(box=corner))["left"] == pytest.approx(-25 / 400)


@pytest.mark.parametrize("turned", [{"rotation": 5}, {"flipped": True}])
def test_a_photo_of_a_turned_product_is_not_aligned(turned):
    box = {"x": 100, "y": 200, "width": 200, "height": 400}
    assert align_photo(create_manifest(box=box, **turned)) is None


@pytest.mark.parametrize(
    ("turned", "sides"),
    [
        ({}, ["top", "left"]),
        ({"flipped": True}, ["top", "right"]),
        ({"rotation": -5.0}, ["top", "left"]),
        ({"rotation": 5.5}, []),
    ],
)
def test_a_place_says_at_which_sides_the_photo_cut_the_product_off(turned, sides):
    box = {"x": 100, "y": 200, "width": 200, "height": 400}
    manifest = create_manifest(box=box, scale=1.0, **turned)
    manifest["stages"][0] |= {"cut_sides": ["SIDE_TOP", "SIDE_LEFT"], "output": {"width": 50}}
    assert describe_placement(manifest)["cut_sides"] == sides


def test_an_error_is_sent_with_its_kind_and_advice():
    error = ErrorMessage("Title", "Text.", "Advice.", call_id="ab")
    assert error.to_json() == {
        "kind": "error",
        "title": "Title",
        "text": "Text.",
        "advice": "Advice.",
        "stage": "",
        "call_id": "ab",
        "can_retry": False,
        "technical": "",
    }


@pytest.mark.parametrize("retry_seconds", [None, 2.0])
def test_only_transient_errors_offer_and_advise_a_retry(retry_seconds):
    error = CycloramaError(
        grpc.StatusCode.UNAVAILABLE,
        "segmentation: why",
        reason="STAGE_UNREACHABLE",
        stage="segmentation",
        retry_seconds=retry_seconds,
    )
    explained = explain_error(error)
    assert explained.can_retry is ("Try again." in explained.advice) is error.is_transient
    assert explained.text == "Why." and explained.stage == "segmentation"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", ""),
        ("is it running?", "Is it running?"),
        ("already done.", "Already done."),
        ("seed: 1 to 5", "The variation 1 to 5."),
        ("unknown_field: 1 to 5", "Unknown_field: 1 to 5."),
    ],
)
def test_a_text_becomes_a_sentence(text, sentence):
    assert format_sentence(text) == sentence


def test_an_unknown_measurement_is_described_by_its_name_and_note():
    unknown = Measurement("new_rule", "1.01", "2", "warn", "what it is", 1.01, "", "look at it")
    (sent,) = describe_quality([unknown])
    assert sent == {
        "name": "new_rule",
        "verdict": "warn",
        "label": "New rule",
        "text": "What it is.",
        "remedy": "Look at it.",
        "detail": "Measured 1.01; good is 2",
    }


def test_a_profile_is_described_rule_by_rule():
    rule = Measurement("shortest_side", "64 px", "500 px", "fail", "", 64, "px", "make it larger")
    report = ProfileReport("amazon-main", "https://a", "2026-11-23", (rule,), False)
    sent = describe_profile(report)
    assert (sent["name"], sent["passed"], sent["checked"]) == ("amazon-main", False, "2026-11-23")
    assert sent["rules"][0]["label"] == "Shortest side"
    assert sent["rules"][0]["remedy"] == "Make it larger."
    assert describe_profile(None) is None


def test_a_product_is_scaled_up_to_the_whole_ad_at_most():
    fields = read_ad_arguments({"scale": 200})
    assert fields == {"width_share": 1.0, "height_share": 1.0, "reuse": True}


def test_lettering_and_profile_are_arguments_of_an_ad():
    form = {"headline": "New", "call": "", "profile": "amazon-main", "negative": "people"}
    assert read_ad_arguments(form) == {
        "negative_prompt": "people",
        "headline": "New",
        "profile": "amazon-main",
        "reuse": True,
    }


def test_a_campaign_does_not_reuse_and_has_sizes_only_when_they_are_chosen():
    assert read_campaign_arguments({"sizes": []}) == {}
    assert read_campaign_arguments({"sizes": [["1", "2"]], "seed": 0})["sizes"] == [(1, 2)]


def test_prompts_are_a_list_without_empty_lines():
    assert read_prompts({"prompts": [" sand ", "", "  ", 3]}) == ["sand", "3"]
    assert read_prompts({}) == []
    with pytest.raises(ValueError, match="send a list"):
        read_prompts({"prompts": "sand"})


def test_keys_of_cached_ads_differ_and_an_unknown_key_finds_nothing():
    cache, ad = AdCache(1000), Ad(b"x", "png", 1, 1)
    first, second = cache.add(ad), cache.add(ad)
    assert first != second and len(first) >= 12
    assert cache.get("unknown") is None


def test_the_pages_token_comes_from_a_file_or_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("CYCLORAMA_TOKEN", "variable")
    assert read_page_settings([]).credentials.token == "variable"
    file = tmp_path / "token"
    file.write_text("file\n")
    monkeypatch.setenv("CYCLORAMA_TOKEN_FILE", str(file))
    monkeypatch.setenv("CYCLORAMA_CA", "ca.pem")
    credentials = read_page_settings([]).credentials
    assert (credentials.token, credentials.ca) == ("file", "ca.pem")
    assert "file" not in repr(credentials)
