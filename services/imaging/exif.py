"""Guards the reading of EXIF blocks, which Pillow takes apart tag by tag."""

from PIL import Image

from services.imaging.structure.tiff import find_tiff_excess

# Where Pillow finds a block in a picture's `info`, and the bytes before its byte order in some.
_BLOCK, _TEXT, _START = "exif", "Raw profile type exif", b"Exif\0\0"
# Lines before the hexadecimal digits of a block that ImageMagick stores as text.
_TEXT_HEAD_LINES = 3


def drop_endless_exif(picture: Image.Image) -> None:
    """Removes an EXIF block that would take long to read from an opened picture.

    Valid pixels are worth more than a corrupt EXIF block.
    """
    blocks = {name: _find_block(picture, name) for name in (_BLOCK, _TEXT)}
    for name, block in blocks.items():
        if find_tiff_excess(block.removeprefix(_START)):
            del picture.info[name]


def _find_block(picture: Image.Image, name: str) -> bytes:
    """Returns the EXIF block in an entry of a picture's `info`; empty if there is none."""
    value = picture.info.get(name, b"")
    if isinstance(value, bytes):
        return value
    try:
        return bytes.fromhex("".join(str(value).split("\n")[_TEXT_HEAD_LINES:]))
    except ValueError:
        return b""
