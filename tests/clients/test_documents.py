"""Limits on files that users write and send, checked before any call."""

import pytest

from cyclorama.defaults import MESSAGE_LIMIT
from cyclorama.documents import MAX_DOCUMENT_MIB, check_limits, read_json
from cyclorama.pictures import image_from_picture

DEEP = 100_000
LAUGHS = "a: &a [1, 2, 3, 4, 5, 6, 7, 8, 9]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize("text", ["[" * 33 + "]" * 33, "[" * DEEP + "]" * DEEP, '{"a":' * DEEP])
def test_deep_json_is_refused(text):
    with pytest.raises(ValueError, match=r"nested deeper than 32"):
        read_json(text)


def test_valid_json_is_read():
    assert read_json('{"a": [1, {"b": null}]}') == {"a": [1, {"b": None}]}


def test_too_many_values_are_refused():
    with pytest.raises(ValueError, match="more than 200000 values"):
        check_limits([0] * 200_000)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (f"photo: {'[' * 3000}", "nested deeper"),
        (f"photo: {'[' * 40}{']' * 40}", "nested deeper than 32"),
        (LAUGHS, "more than 200000 values"),
        ("x" * (MAX_DOCUMENT_MIB * 2**20 + 1), "more than 16 MiB"),
    ],
    ids=["very deep", "deep", "aliases", "large"],
)
def test_a_campaign_file_out_of_bounds_is_refused_in_a_sentence(command, tmp_path, text, hint):
    file = tmp_path / "campaign.yaml"
    file.write_text(text)
    status, _, err = command("campaign", file)
    assert status == 2 and hint in err and "Traceback" not in err


def test_a_table_with_a_huge_field_is_refused_in_a_sentence(command, tmp_path):
    file = tmp_path / "ads.csv"
    file.write_text("photo,prompt\n" + "x" * 200_000 + ",y\n")
    status, _, err = command("campaign", file)
    assert status == 2 and "ads.csv, line 2: a cell is too long" in err and "Traceback" not in err


@pytest.mark.parametrize("text", ["[1]", "{", '{"horizon": "x"}', "[" * DEEP], ids=str)
def test_a_wrong_scene_is_refused_in_a_sentence(command, photo, tmp_path, text):
    scene = tmp_path / "scene.json"
    scene.write_text(text)
    words = ("composite", photo, photo, "-o", tmp_path / "x.png", "--scene", scene)
    status, _, err = command("stage", *words)
    assert status == 2 and "scene.json" in err and "Traceback" not in err


@pytest.mark.parametrize("option", ["compositing.x=" + "[" * DEEP, "compositing.x=" + "[" * 40])
def test_a_deep_option_is_refused_in_a_sentence(command, photo, tmp_path, option):
    words = ("create", photo, "--prompt", "x", "-o", tmp_path / "ad.png", "--option", option)
    status, _, err = command(*words)
    assert status == 2 and "Traceback" not in err


@pytest.mark.parametrize("words", [("replay", "--photo"), ("verify", "--manifest")])
def test_a_deep_manifest_is_refused_in_a_sentence(command, photo, tmp_path, words):
    manifest = tmp_path / "ad.json"
    manifest.write_text("[" * DEEP)
    name, option = words
    first, second = (manifest, photo) if name == "replay" else (photo, manifest)
    status, _, err = command(name, first, option, second)
    assert status == 2 and "Traceback" not in err


def test_a_photo_larger_than_a_message_is_not_read_to_its_end(tmp_path):
    photo = tmp_path / "huge.jpg"
    with photo.open("wb") as file:
        file.seek(MESSAGE_LIMIT)
        file.write(b"x")
    with pytest.raises(ValueError, match=r"huge.jpg: has more than 64 MiB"):
        image_from_picture(photo)
