"""Image formats: names, file suffixes and media types.

Read from the contract, where an option of every ImageFormat value states them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyclorama.v1 import image_pb2

PREFIX = "IMAGE_FORMAT_"
# The media type of formats that are not files, such as raw pixels.
BYTES_MEDIA_TYPE = "application/octet-stream"
# The generated stub types an extension as a plain descriptor.
_FORMAT_INFO: Any = image_pb2.image_format_info


@dataclass(frozen=True)
class Format:
    """An image format.

    name: as in Picture.format, such as "jpeg". suffixes: of file names, such as ".jpg", the usual
    one first; empty for formats that are not files. media_type: such as "image/jpeg". lossy:
    whether files may lose detail. web: whether all major web browsers display them.
    """

    name: str
    suffixes: tuple[str, ...]
    media_type: str
    lossy: bool = False
    web: bool = False

    @property
    def suffix(self) -> str:
        """The usual suffix of a file name; ".raw" for formats that are not files."""
        return self.suffixes[0] if self.suffixes else ".raw"

    @property
    def enum_name(self) -> str:
        """The name of the ImageFormat value, such as "IMAGE_FORMAT_JPEG"."""
        return f"{PREFIX}{self.name}".upper()


def _read_formats() -> dict[str, Format]:
    """Reads every image format from the contract's enum ImageFormat; returns them by name."""
    formats = {}
    for value in image_pb2.ImageFormat.DESCRIPTOR.values:
        if value.number:  # 0 is IMAGE_FORMAT_UNSPECIFIED.
            info: image_pb2.ImageFormatInfo = value.GetOptions().Extensions[_FORMAT_INFO]
            suffixes = tuple(f".{suffix}" for suffix in info.suffixes)
            name = format_name_from_number(value.number)
            media_type = info.media_type or BYTES_MEDIA_TYPE
            formats[name] = Format(name, suffixes, media_type, info.lossy, info.web)
    return formats


def format_name_from_number(number: int) -> str:
    """Returns the name of an ImageFormat value, such as "jpeg" for IMAGE_FORMAT_JPEG."""
    return image_pb2.ImageFormat.Name(number).removeprefix(PREFIX).lower()


FORMATS = _read_formats()
_NAMES_BY_SUFFIX = {
    suffix: image_format.name
    for image_format in FORMATS.values()
    for suffix in image_format.suffixes
}


def find_format(name: str) -> Format:
    """Returns the image format with a name or suffix such as "jpeg", "jpg" or ".jpg".

    Raises ValueError, which lists the valid names, for any other.
    """
    key = name.lower().removeprefix(".")
    key = _NAMES_BY_SUFFIX.get(f".{key}", key)
    if key not in FORMATS:
        raise ValueError(f"format {name}: use one of {', '.join(FORMATS)}")
    return FORMATS[key]


def format_name_from_path(path: str | Path) -> str:
    """Returns the image format of a path by its suffix, such as "jpeg" for ad.jpg.

    Raises ValueError, which lists the valid suffixes, for any other suffix.
    """
    suffix = Path(path).suffix.lower()
    if suffix not in _NAMES_BY_SUFFIX:
        raise ValueError(f"{path}: use a name that ends in {', '.join(_NAMES_BY_SUFFIX)}")
    return _NAMES_BY_SUFFIX[suffix]


def is_picture_path(path: Path) -> bool:
    """Returns whether a path has the suffix of an image format."""
    return path.suffix.lower() in _NAMES_BY_SUFFIX
