"""Picture formats: their names, the suffixes of their files, their media types.

All of it is read from the contract, where every value of ImageFormat has these facts as an option.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cyclorama.v1 import image_pb2

PREFIX = "IMAGE_FORMAT_"
# The media type of bytes that are no file of their own.
BYTES = "application/octet-stream"
# The types of the generated code take an extension for a bare descriptor.
_INFO: Any = image_pb2.image_format_info


@dataclass(frozen=True)
class Format:
    """A picture format.

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
        """The name of its value of ImageFormat, such as "IMAGE_FORMAT_JPEG"."""
        return f"{PREFIX}{self.name}".upper()


def _read_contract() -> dict[str, Format]:
    """Every format by its name."""
    formats = {}
    for value in image_pb2.ImageFormat.DESCRIPTOR.values:
        if value.number:
            info: image_pb2.ImageFormatInfo = value.GetOptions().Extensions[_INFO]
            suffixes = tuple(f".{suffix}" for suffix in info.suffixes)
            name = name_of(value.number)
            media_type = info.media_type or BYTES
            formats[name] = Format(name, suffixes, media_type, info.lossy, info.web)
    return formats


def name_of(number: int) -> str:
    """The name of a value of ImageFormat, such as "jpeg"."""
    return image_pb2.ImageFormat.Name(number).removeprefix(PREFIX).lower()


FORMATS = _read_contract()
_BY_SUFFIX = {suffix: each.name for each in FORMATS.values() for suffix in each.suffixes}


def find_format(name: str) -> Format:
    """The format of a name such as "jpeg"; ValueError names the choices."""
    if name.lower() not in FORMATS:
        raise ValueError(f"format {name}: use one of {', '.join(FORMATS)}")
    return FORMATS[name.lower()]


def format_for(path: str | Path) -> str:
    """The picture format that a file name's suffix stands for; ValueError names the choices."""
    suffix = Path(path).suffix.lower()
    if suffix not in _BY_SUFFIX:
        raise ValueError(f"{path}: use a name that ends in {', '.join(_BY_SUFFIX)}")
    return _BY_SUFFIX[suffix]


def read_format(manifest: str | bytes) -> Format:
    """The format of the file that a manifest, a JSON text, belongs to."""
    return find_format(json.loads(manifest)["ad"]["format"])
