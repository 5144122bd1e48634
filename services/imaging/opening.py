"""Opens image files of the readable formats, whatever their names, without decoding them."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image, UnidentifiedImageError

from services.imaging.file_kinds import describe_unreadable_file, is_heif_file
from services.imaging.heif import HeifPicture
from services.imaging.resources import DecodingResources, WatchedFile
from services.imaging.structure import check_structure
from services.imaging.structure.avif import find_avif_excess
from services.imaging.webp import WebpPicture, is_still_webp
from services.runtime.errors import InvalidImage, ServiceError
from services.runtime.formats import FILE_SUFFIXES, join_names

# Suffixes of the formats that Pillow may open, by its name of each: those of the contract, and two
# that are never written. Others would run programs or read other files.
_PILLOW_FORMATS = FILE_SUFFIXES | {"BMP": (".bmp",), "GIF": (".gif",)}
READABLE_FORMATS = _PILLOW_FORMATS | {"HEIF": (".heic", ".heif", ".hif")}
"""Suffixes of the readable formats by the name of each, as `find_format_name` returns it."""

# Off, as our own limits apply to the header.
Image.MAX_IMAGE_PIXELS = None


# Blocks in which decoders read a file, between which they can be stopped. Larger: fewer of them,
# and more time until a decoder stops, as a block may describe a thousand times its size.
READ_BYTES = 4096


def open_image_file(
    data: bytes, field: str, max_pixels: int = 0, resources: DecodingResources | None = None
) -> Image.Image:
    """Opens an image file without decoding it; raises InvalidImage for any other file.

    A HEIF file can be loaded only if it has at most `max_pixels`, and a still WebP file only
    decoded by its own method.

    data: the bytes of the file, which alone decide on its format.
    field: path of the image in the request, for the error.
    max_pixels: of a HEIF file that is decoded at once, as starting its decoder again takes long.
    resources: of which check_active ends decoding; None for a program that decodes its own files.
    """
    check_structure(data, field)
    check_active = (resources or DecodingResources()).check_active
    with translate_decoder_errors(data, field):
        if is_heif_file(data):
            return HeifPicture(data, field, max_pixels, check_active)
        if is_still_webp(data):
            return WebpPicture(data)
        file = WatchedFile(data, check_active)
        picture = Image.open(file, formats=tuple(_PILLOW_FORMATS))
        if picture.format == "AVIF" and (excess := find_avif_excess(data, picture.size)):
            raise InvalidImage(field, excess)
        picture.decodermaxblock = READ_BYTES
        return picture


def find_format_name(picture: Image.Image) -> str:
    """Returns the name of an opened file's format, such as "PNG"."""
    # JPEG files of phones with a second picture, such as a map of brightness (CIPA DC-007).
    return "JPEG" if picture.format == "MPO" else picture.format or ""


@contextmanager
def translate_decoder_errors(data: bytes, field: str) -> Iterator[None]:
    """Turns the exceptions of image decoders within a `with` block into InvalidImage.

    MemoryError passes, as it says nothing about the image.

    data: the bytes of the file.
    field: path of the image in the request, for the error.
    """
    try:
        yield
    except (MemoryError, ServiceError):
        raise
    except UnidentifiedImageError:
        formats = join_names(READABLE_FORMATS)
        text = describe_unreadable_file(data) or f"is no picture that can be read; send {formats}"
        raise InvalidImage(field, text) from None
    # Corrupt files make the decoders raise almost anything, down to struct.error and SyntaxError.
    except Exception as error:
        # They hold pictures and files for as long as the error is handled.
        traceback.clear_frames(error.__traceback__)
        raise InvalidImage(field, "is damaged or cut short; export or send it again") from error
