"""Picture formats as the client knows them: by name, by suffix, by media type."""

import pytest

from cyclorama import Picture
from cyclorama.formats import FORMATS, find_format, format_name_from_path
from cyclorama.operations import prepare_ad
from cyclorama.v1 import image_pb2


def test_every_format_of_the_contract_is_known():
    numbers = {number for name, number in image_pb2.ImageFormat.items() if number}
    assert {image_pb2.ImageFormat.Value(each.enum_name) for each in FORMATS.values()} == numbers
    suffixes = [suffix for each in FORMATS.values() for suffix in each.suffixes]
    assert len(suffixes) == len(set(suffixes)) and all(each[0] == "." for each in suffixes)


@pytest.mark.parametrize(
    ("path", "name", "media_type"),
    [
        ("ad.png", "png", "image/png"),
        ("ad.JPG", "jpeg", "image/jpeg"),
        ("ad.jpeg", "jpeg", "image/jpeg"),
        ("ad.tiff", "tiff", "image/tiff"),
    ],
)
def test_a_suffix_stands_for_a_format(path, name, media_type):
    assert format_name_from_path(path) == name and FORMATS[name].media_type == media_type


def test_formats_that_are_not_files_have_names_and_types_nevertheless():
    raw = find_format("raw_rgb")
    assert (raw.suffix, raw.media_type) == (".raw", "application/octet-stream")


def test_an_unknown_format_or_suffix_names_those_that_are_known(tmp_path):
    with pytest.raises(ValueError, match=r"ad.bmp: use a name that ends in \.png, \.jpg"):
        format_name_from_path("ad.bmp")
    with pytest.raises(ValueError, match="format: is 'gif'; give one of png, jpeg"):
        prepare_ad(b"photo", "x", format="gif")
    with pytest.raises(ValueError, match="the picture is png"):
        Picture(b"", "png", 1, 1).save(tmp_path / "ad.webp")
