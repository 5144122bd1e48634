"""The image formats of the contract; image.proto states the properties of each."""

from collections.abc import Iterable

from cyclorama.v1 import image_pb2

PNG = image_pb2.IMAGE_FORMAT_PNG
JPEG = image_pb2.IMAGE_FORMAT_JPEG
WEBP = image_pb2.IMAGE_FORMAT_WEBP
RAW_RGB = image_pb2.IMAGE_FORMAT_RAW_RGB
RAW_RGBA = image_pb2.IMAGE_FORMAT_RAW_RGBA
RAW_GRAY = image_pb2.IMAGE_FORMAT_RAW_GRAY
AVIF = image_pb2.IMAGE_FORMAT_AVIF
TIFF = image_pb2.IMAGE_FORMAT_TIFF

FORMAT_INFO: dict[int, image_pb2.ImageFormatInfo] = {
    value.number: value.GetOptions().Extensions[
        # The generated stub declares every extension as a plain FieldDescriptor.
        image_pb2.image_format_info  # type: ignore[index]
    ]
    for value in image_pb2.ImageFormat.DESCRIPTOR.values
    if value.number != image_pb2.IMAGE_FORMAT_UNSPECIFIED
}


def name_from_format(fmt: int) -> str:
    """Returns the name of an image format, such as "PNG", which Pillow uses too.

    fmt: a value of the enum ImageFormat.
    """
    return image_pb2.ImageFormat.Name(fmt).removeprefix("IMAGE_FORMAT_")


def join_names(names: Iterable[str]) -> str:
    """Joins one or more names for use in a sentence: "PNG, WEBP or RAW_RGBA"."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


# Channels of the raw formats, which are bare pixels rather than files.
RAW_CHANNELS = {fmt: info.raw_channels for fmt, info in FORMAT_INFO.items() if info.raw_channels}
# The formats that callers may request: of images, of images with alpha, and of finished files.
RGB_FORMATS = tuple(f for f, info in FORMAT_INFO.items() if info.color and not info.finishing_only)
RGBA_FORMATS = tuple(f for f, info in FORMAT_INFO.items() if info.alpha and not info.finishing_only)
FILE_FORMATS = tuple(f for f, info in FORMAT_INFO.items() if info.color)
# Names of the lossy file formats.
LOSSY_FORMATS = {name_from_format(fmt) for fmt, info in FORMAT_INFO.items() if info.lossy}
# File suffixes with their dot, the usual one first, by the name of the format.
FILE_SUFFIXES = {
    name_from_format(fmt): tuple(f".{suffix}" for suffix in info.suffixes)
    for fmt, info in FORMAT_INFO.items()
    if info.suffixes
}
