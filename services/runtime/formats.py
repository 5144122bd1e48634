"""The image formats of the contract; what each of them can hold is stated in image.proto."""

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

INFO: dict[int, image_pb2.ImageFormatInfo] = {
    value.number: value.GetOptions().Extensions[image_pb2.image_format_info]
    for value in image_pb2.ImageFormat.DESCRIPTOR.values
    if value.number != image_pb2.IMAGE_FORMAT_UNSPECIFIED
}


def name_of(fmt: int) -> str:
    """The format's name in the contract, less the prefix; for files it is also Pillow's name."""
    return image_pb2.ImageFormat.Name(fmt).removeprefix("IMAGE_FORMAT_")


def join_names(names: Iterable[str]) -> str:
    """Lists names of formats in a sentence: "PNG, WEBP or RAW_RGBA"."""
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last


# Channels of the formats that are not files.
RAW_CHANNELS = {fmt: info.raw_channels for fmt, info in INFO.items() if info.raw_channels}
# What a stage can be asked for: a picture, a picture with alpha, and of finishing a file.
RGB_FORMATS = tuple(f for f, info in INFO.items() if info.color and not info.finishing_only)
RGBA_FORMATS = tuple(f for f, info in INFO.items() if info.alpha and not info.finishing_only)
FILE_FORMATS = tuple(f for f, info in INFO.items() if info.color)
# Files that may lose detail, by the name of the format.
LOSSY_FORMATS = {name_of(fmt) for fmt, info in INFO.items() if info.lossy}
# Suffixes of files with their dot, the usual one first, by the name of the format.
FILE_SUFFIXES = {
    name_of(fmt): tuple(f".{suffix}" for suffix in info.suffixes)
    for fmt, info in INFO.items()
    if info.suffixes
}
