"""Pictures as images of Pillow, arrays of NumPy and files of other formats.

Pillow and NumPy are imported when they are needed; the client does not depend on them.
"""

import io
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import numpy
    import PIL.Image

# Of JPEG and WebP files, as the services write them: without chroma subsampling. Larger: larger
# files.
QUALITY = 95
# The mode of Pillow by raw format.
RAW_MODES = {"raw_rgb": "RGB", "raw_rgba": "RGBA", "raw_gray": "L"}
# Parameters of Pillow by format. TIFF and PNG are lossless, WebP as the services make it.
PARAMETERS: dict[str, dict[str, Any]] = {
    "jpeg": {"quality": QUALITY, "subsampling": 0},
    "webp": {"lossless": True},
    "avif": {"quality": QUALITY, "subsampling": "4:4:4"},
    "tiff": {"compression": "tiff_lzw"},
    "png": {},
}
# Where PNG and TIFF files have XMP, as its specification says.
XMP_CHUNK, XMP_TAG = "XML:com.adobe.xmp", 700


class EncodedPicture(Protocol):
    """Protocol of a picture as a service returned it, such as Picture."""

    @property
    def data(self) -> bytes:
        """The bytes of the file."""

    @property
    def format(self) -> str:
        """The name of its format, such as png."""

    @property
    def width(self) -> int:
        """Width in pixels."""

    @property
    def height(self) -> int:
        """Height in pixels."""


def decode_picture(picture: EncodedPicture) -> "PIL.Image.Image":
    """Returns a picture as an image of Pillow; raises ImportError when that is missing."""
    try:
        from PIL import Image
    except ImportError:
        raise ImportError("images need Pillow: pip install pillow") from None
    if picture.format in RAW_MODES:
        size = (picture.width, picture.height)
        return Image.frombytes(RAW_MODES[picture.format], size, picture.data)
    return Image.open(io.BytesIO(picture.data))


def array_from_picture(picture: EncodedPicture) -> "numpy.ndarray[Any, Any]":
    """Returns the pixels of a picture as uint8, (height, width) or (height, width, channels).

    Raises ImportError when NumPy or Pillow is missing.
    """
    try:
        import numpy
    except ImportError:
        raise ImportError("arrays need NumPy: pip install numpy pillow") from None
    if picture.format in RAW_MODES:
        shape = (picture.height, picture.width, len(RAW_MODES[picture.format]))
        pixels = numpy.frombuffer(picture.data, numpy.uint8).reshape(shape)
        return pixels.squeeze(axis=2).copy() if shape[2] == 1 else pixels.copy()
    image = decode_picture(picture)
    return numpy.array(image if image.mode in RAW_MODES.values() else image.convert("RGB"))


def convert_file(picture: EncodedPicture, format_name: str) -> bytes:
    """Returns a picture as a file of another format, with its color profile, XMP and resolution.

    format_name: such as jpeg. Raises ValueError, which asks for the format, when Pillow is missing
    or cannot write it.
    """
    advice = f'ask the service for it with format="{format_name}"'
    try:
        image = decode_picture(picture)
        if format_name == "jpeg" and image.mode != "RGB":
            image, source = image.convert("RGB"), image
            image.info = source.info
        buffer = io.BytesIO()
        image.save(buffer, format_name, **_read_metadata(image, format_name))
        return buffer.getvalue()
    except (ImportError, KeyError, OSError) as error:
        raise ValueError(
            f"the picture is {picture.format} and cannot be saved as {format_name} here ({error}); "
            f"{advice}"
        ) from None


def encode_for_notebook(picture: EncodedPicture, format_name: str) -> bytes | None:
    """Returns a picture as a file that notebooks display, png or jpeg; None in all other cases.

    A JPEG is not converted, and nothing is when Pillow is missing.
    """
    if picture.format == format_name:
        return picture.data
    if format_name != "png" or picture.format == "jpeg":
        return None
    try:
        return convert_file(picture, format_name)
    except ValueError:
        return None


def _read_metadata(image: "PIL.Image.Image", format_name: str) -> dict[str, Any]:
    """Returns the parameters of Pillow that keep what a file says of itself in another format."""
    parameters = dict(PARAMETERS[format_name])
    for name in ("icc_profile", "dpi"):
        if name in image.info:
            parameters[name] = image.info[name]
    xmp = image.info.get("xmp") or image.info.get(XMP_CHUNK)
    if xmp:
        data = xmp if isinstance(xmp, bytes) else xmp.encode()
        parameters |= _store_xmp(data, format_name)
    return parameters


def _store_xmp(xmp: bytes, format_name: str) -> dict[str, Any]:
    """Returns the parameters of Pillow that write XMP into a file of a format."""
    if format_name == "png":
        from PIL.PngImagePlugin import PngInfo

        chunks = PngInfo()
        chunks.add_itxt(XMP_CHUNK, xmp.decode())
        return {"pnginfo": chunks}
    return {"tiffinfo": {XMP_TAG: xmp}} if format_name == "tiff" else {"xmp": xmp}
