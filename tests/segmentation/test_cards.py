"""Network cards: known ones are complete, own ones are data, invalid ones are explained."""

from pathlib import Path

import pytest

from services.runtime.errors import EngineNotReady
from services.segmentation.cards import FOLDER, list_card_names, load_card

KNOWN = (
    *("birefnet-general", "birefnet-general-lite", "birefnet-hr", "bria-rmbg-2.0"),
    *("isnet-general-use", "u2net", "u2netp"),
)
CARD = (FOLDER / "u2netp.toml").read_text()


def write_card(models: Path, old: str = "", new: str = "") -> str:
    """Writes the card of u2netp as "mine", with one text replaced; returns its name."""
    assert old in CARD
    (models / "mine.toml").write_text(CARD.replace(old, new))
    return "mine"


def test_the_known_cards_are_listed_without_a_folder_for_models(tmp_path):
    assert list_card_names(tmp_path / "missing") == KNOWN


@pytest.mark.parametrize("name", KNOWN)
def test_a_known_card_is_valid(name, tmp_path):
    card = load_card(name, tmp_path)
    assert card.name == name and card.file.endswith(".onnx")
    assert card.input.height == card.input.width
    assert card.non_commercial == ("-NC-" in card.license)


def test_the_default_network_can_be_fetched_and_checked(tmp_path):
    card = load_card("u2netp", tmp_path)
    assert card.wheel and len(card.sha256) == 64


def test_a_card_in_the_folder_for_models_is_found(tmp_path):
    name = write_card(tmp_path, "height = 320", "height = 512")
    assert name in list_card_names(tmp_path)
    assert load_card(name, tmp_path).input.height == 512


def test_an_own_card_replaces_a_known_one(tmp_path):
    (tmp_path / "u2netp.toml").write_text(CARD.replace("320", "640"))
    assert load_card("u2netp", tmp_path).input.width == 640
    assert list_card_names(tmp_path) == KNOWN


@pytest.mark.parametrize("name", ["magic", "../u2netp", ""])
def test_an_unknown_card_names_the_choices_and_how_to_add_one(name, tmp_path):
    with pytest.raises(EngineNotReady, match=r"birefnet-general.*in .*\.toml in the folder"):
        load_card(name, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("height = 320", "height = 8", "input.height: input should be greater than or equal to 32"),
        ('"maximum"', '"max"', "input.divide_by: input should be 'maximum', 1 or 255"),
        ("0.485, ", "", "input.mean.2: field required"),
        ("0.229", "0", "input.std.0: input should be greater than 0"),
        ('"probability"', '"sigmoid"', "output.kind: input should be 'probability' or 'logit'"),
        ("index = 0", "", "output.index: field required"),
        ("title", "titel", "titel: extra inputs are not permitted"),
        ("u2netp.onnx", "../u2netp.onnx", "file: string should match pattern"),
        ("==0.1.3", "", "wheel.requirement: string should match pattern"),
        ("309c8469", "309c", "sha256: string should match pattern"),
    ],
)
def test_an_invalid_card_names_file_key_and_what_is_allowed(old, new, text, tmp_path):
    with pytest.raises(EngineNotReady) as failure:
        load_card(write_card(tmp_path, old, new), tmp_path)
    assert str(failure.value).startswith("network card mine.toml: ")
    assert text in str(failure.value)


def test_all_invalid_keys_are_named_at_once(tmp_path):
    (tmp_path / "mine.toml").write_text(CARD.replace("index = 0", "").replace("title", "titel"))
    with pytest.raises(EngineNotReady, match=r"output.index.*titel"):
        load_card("mine", tmp_path)


def test_a_fetched_file_needs_a_checksum(tmp_path):
    line = next(line for line in CARD.splitlines() if line.startswith("sha256"))
    with pytest.raises(EngineNotReady, match="fetched needs its sha256"):
        load_card(write_card(tmp_path, line), tmp_path)


def test_a_card_that_is_no_toml_is_named(tmp_path):
    (tmp_path / "mine.toml").write_bytes(b"title = \xff")
    with pytest.raises(EngineNotReady, match=r"mine.toml is not valid TOML"):
        load_card("mine", tmp_path)
    (tmp_path / "mine.toml").write_text("[input")
    with pytest.raises(EngineNotReady, match=r"mine.toml is not valid TOML"):
        load_card("mine", tmp_path)
