"""The services read the properties of image formats from the contract alone."""

from PIL import Image, features

from cyclorama.v1 import image_pb2
from services.runtime import formats
from services.runtime.formats import AVIF, JPEG, PNG, RAW_GRAY, RAW_RGB, RAW_RGBA, TIFF, WEBP


def test_each_format_of_the_contract_states_its_properties():
    assert set(formats.FORMAT_INFO) == set(image_pb2.ImageFormat.values()) - {0}
    for info in formats.FORMAT_INFO.values():
        assert bool(info.raw_channels) != bool(info.suffixes)
        assert bool(info.suffixes) == info.media_type.startswith("image/")
        assert info.color or info.alpha or info.raw_channels == 1


def test_stages_write_images_cutouts_and_files_in_suitable_formats():
    assert set(formats.RGB_FORMATS) == {PNG, JPEG, WEBP, RAW_RGB}
    assert set(formats.RGBA_FORMATS) == {PNG, WEBP, RAW_RGBA}
    assert set(formats.FILE_FORMATS) == {PNG, JPEG, WEBP, RAW_RGB, AVIF, TIFF}
    assert formats.RAW_CHANNELS == {RAW_GRAY: 1, RAW_RGB: 3, RAW_RGBA: 4}


def test_lossy_formats_are_listed_by_name():
    assert {"JPEG", "WEBP", "AVIF"} == formats.LOSSY_FORMATS


def test_pillow_knows_each_file_format_by_its_name_and_suffixes():
    assert features.check("avif")
    known = Image.registered_extensions()
    for name, suffixes in formats.FILE_SUFFIXES.items():
        assert {known[suffix] for suffix in suffixes} == {name}
    assert formats.FILE_SUFFIXES["JPEG"][0] == ".jpg"


def test_names_are_joined_with_or():
    assert (
        formats.join_names(map(formats.name_from_format, formats.RGBA_FORMATS))
        == "PNG, WEBP or RAW_RGBA"
    )
    assert formats.join_names(["PNG"]) == "PNG"
