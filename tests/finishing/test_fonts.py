"""Fonts of lettering: the scripts that they draw, and files that callers send."""

import struct

import pytest

from services.finishing.engines.pillow.fonts import (
    FONTS,
    check_characters,
    is_embedding_restricted,
    open_named_font,
    read_font_file,
)
from services.runtime.errors import InvalidRequest
from tests.support.fonts import GARAMOND, rewrite_font

TEXTS = {
    "Latin": "ABCXYZ abcxyz ÄÖÜß àâçéèêëîïôûù ąćęłńóśźż őű şğıİ øåæœ ñ¿¡ 0123456789 &%!?@#€$£…",
    "Vietnamese": "ẢẤẦẨẪẬẮẰẲẴẶẸẺẼẾỀỂỄỆỈỊỌỎỐỒỔỖỘỚỜỞỠỢỤỦỨỪỬỮỰỲỴỶỸĐƠƯ ảấầẩẫậắằẳẵặẹẻẽếềểễệỉịọỏốồổỗộ",
    "Cyrillic": "АБВГДЕЁЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ абвгдеёжзийклмнопрстуфхцчшщъыьэюя ґєії ђљњћџ",
    "Greek": "ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩ αβγδεζηθικλμνξοπρσςτυφχψω άέήίόύώ ϊϋΐΰ",
}


@pytest.mark.parametrize("name", FONTS)
@pytest.mark.parametrize("script", TEXTS)
def test_every_font_draws_the_letters_of_every_script(name, script):
    font = open_named_font(name).at_size(40)
    missing_sign = bytes(font.getmask("\uffff"))
    assert any(missing_sign)
    for letter in TEXTS[script].replace(" ", ""):
        drawn = bytes(font.getmask(letter))
        assert any(drawn) and drawn != missing_sign, letter
    check_characters(TEXTS[script], open_named_font(name), "lettering.headline")


def test_a_missing_character_is_named_with_its_script_and_those_that_work():
    with pytest.raises(InvalidRequest) as refused:
        check_characters("Sale 日 ع", open_named_font("garamond"), "lettering.headline")
    text = str(refused.value)
    assert "日 (Chinese)" in text and "ع (Arabic)" in text and "EB Garamond lacks" in text
    assert "has Latin, Vietnamese, Cyrillic, Greek;" in text


def test_a_name_without_a_font_is_rejected_with_the_names_that_have_one():
    with pytest.raises(InvalidRequest, match="choose from inter-bold, inter-semibold, "):
        open_named_font("comic")


@pytest.mark.parametrize("flavor", [None, "woff2"])
def test_a_font_file_is_read_in_every_format(flavor):
    font = read_font_file(rewrite_font(flavor))
    assert font.name == "EB Garamond SemiBold"
    assert font.at_size(40).getlength("Ωж") == open_named_font("garamond").at_size(40).getlength(
        "Ωж"
    )


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"<html>", "is no font file; send TTF"),
        (GARAMOND[:3000], "is no font file that can be read"),
        (GARAMOND + bytes(4 * 2**20), "at most 4,194,304 are allowed"),
        (b"wOF2" + bytes(12) + struct.pack(">L", 2**31) + bytes(60), "unpacks to 2,147,483,648"),
    ],
    ids=["no font", "truncated", "too large", "bomb"],
)
def test_a_file_that_is_no_usable_font_is_rejected(data, problem):
    with pytest.raises(InvalidRequest, match=problem):
        read_font_file(data)


def test_restricted_embedding_is_read_from_the_file():
    assert is_embedding_restricted(rewrite_font(rights=2))
    assert not is_embedding_restricted(rewrite_font(rights=8))
    assert not is_embedding_restricted(b"\0\1\0\0\xff\xff")
