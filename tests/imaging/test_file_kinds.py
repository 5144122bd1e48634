"""Files that cannot be read are named by their kind, with what to do."""

import io

import pytest
from PIL import Image

from cyclorama.v1 import image_pb2
from services.imaging.file_kinds import find_brands, is_heif_file
from services.imaging.images import ImageCodec
from services.runtime.errors import InvalidImage
from services.runtime.settings import ImageSettings


def read_rejection(data: bytes) -> str:
    """Returns the text of the error that decoding a file raises."""
    with pytest.raises(InvalidImage) as caught:
        ImageCodec(ImageSettings()).read(image_pb2.Image(data=data), "photo")
    return str(caught.value)


def start_media_file(*brands: bytes) -> bytes:
    """Returns the start of an ISO base media file with these brands, the major one first."""
    box = b"ftyp" + brands[0] + bytes(4) + b"".join(brands)
    return (len(box) + 4).to_bytes(4) + box + bytes(40)


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"", "is no picture that can be read; send PNG, JPEG"),
        (bytes(100), "is no picture that can be read"),
        (b"notes about the product\n", "is no picture that can be read"),
        (b"%PDF-1.7 not a picture", "is a PDF document; export it as JPEG or PNG"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is a PostScript file"),
        (b"8BPS\0\1" + bytes(20), "is a Photoshop file; export it"),
        (b"PK\3\4" + bytes(40), "is a ZIP archive or office document"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "is an SVG drawing; export it"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- a -->\n<svg/>", "is an SVG drawing"),
        (b"<!DOCTYPE html><html>not found", "is a web page; save the picture itself"),
        (b"FUJIFILMCCD-RAW 0201", "is a camera RAW file; develop it"),
        (start_media_file(b"crx ", b"isom"), "is a camera RAW file; develop it"),
        (start_media_file(b"mp42", b"isom"), "is a video; export one frame"),
        (start_media_file(b"qt  "), "is a video; export one frame"),
        (b"\x1a\x45\xdf\xa3" + bytes(40), "is a video; export one frame"),
        (b"RIFF\0\0\0\0AVI LIST" + bytes(40), "is a video; export one frame"),
        (b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20), "is a JPEG XL file; export it"),
        (b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(20), "is a JPEG 2000 file; export it"),
        (start_media_file(b"avif", b"mif1"), "AVIF file, but it is damaged or cut short"),
        (b"\x89PNG\r\n\x1a\n" + bytes(4), "PNG file, but it is damaged or cut short"),
        (b"\xff\xd8\xff\xe0" + bytes(4), "JPEG file, but it is damaged or cut short"),
    ],
)
def test_a_file_that_cannot_be_read_is_named(data, text):
    assert text in read_rejection(data)


@pytest.mark.parametrize(
    ("brands", "expected"),
    [
        ((b"heic", b"mif1", b"heic"), True),
        ((b"mif1", b"heic"), True),
        ((b"mif1",), True),
        ((b"avif", b"mif1"), False),
        ((b"mif1", b"avif"), False),
        ((b"mp42",), False),
    ],
)
def test_heif_is_recognized_by_its_brands(brands, expected):
    assert is_heif_file(start_media_file(*brands)) == expected


def test_other_files_have_no_brands():
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    assert find_brands(out.getvalue()) == () and not is_heif_file(out.getvalue())
