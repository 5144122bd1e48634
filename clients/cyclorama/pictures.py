"""Pictures that callers pass, in any of the forms that Python has for them, as Image messages."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from os import PathLike, fspath
from pathlib import Path
from typing import Any, Protocol, TypeGuard, cast, runtime_checkable

from cyclorama.checks import describe
from cyclorama.defaults import MESSAGE_LIMIT
from cyclorama.formats import find_format
from cyclorama.results import Picture
from cyclorama.v1 import image_pb2

# Modes of PIL that a PNG file can store. CMYK and others are converted to RGB.
PNG_MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16")
# The raw format of an array by its number of channels.
ARRAY_FORMATS = {
    1: image_pb2.IMAGE_FORMAT_RAW_GRAY,
    3: image_pb2.IMAGE_FORMAT_RAW_RGB,
    4: image_pb2.IMAGE_FORMAT_RAW_RGBA,
}


@runtime_checkable
class ReadableFile(Protocol):
    """Protocol of a file that was opened in binary mode, or of a BytesIO."""

    def read(self) -> bytes:
        """Returns the rest of the file."""


@runtime_checkable
class PilImage(Protocol):
    """Protocol of an image of Pillow, which this package does not import."""

    @property
    def mode(self) -> str:
        """Returns the kind of its pixels, such as RGB."""

    def save(self, fp: Any, format: str | None = None, **params: Any) -> None:
        """Writes the image to a file."""

    def convert(self, mode: str) -> Any:
        """Returns the image in another mode, such as RGB."""

    def getexif(self) -> Any:
        """Returns the EXIF tags, which say how a camera was held."""


@runtime_checkable
class PixelArray(Protocol):
    """Protocol of an array of NumPy, which this package does not import."""

    @property
    def __array_interface__(self) -> dict[str, Any]:
        """Returns what the memory of the array contains."""


@dataclass(frozen=True)
class UploadedImage:
    """A picture that the gateway keeps, to be named in any number of calls: see Client.upload.

    image: the message by which the contract names it, with the SHA-256 of its bytes as uri. name:
    of the file, which ads of campaigns repeat; empty if it was read from no path.
    """

    image: image_pb2.Image
    name: str = ""


PictureLike = (
    bytes
    | bytearray
    | memoryview
    | str
    | PathLike[str]
    | ReadableFile
    | PilImage
    | PixelArray
    | Picture
    | UploadedImage
)


def image_from_picture(picture: PictureLike, name: str = "picture") -> image_pb2.Image:
    """Returns an Image message of a picture; a file is not decoded.

    picture: the bytes of a file, its path, an open file, a Picture or UploadedImage of an earlier
    call, an image of Pillow, or an array of uint8: (height, width, 3) in RGB, (height, width, 4) in
    RGBA, or (height, width) in gray; a bool array (height, width) is a mask. name: of the argument,
    which errors name.

    Raises TypeError for anything else, ValueError when it cannot be sent, and OSError when a file
    cannot be read.
    """
    match picture:
        case UploadedImage():
            return picture.image
        case Picture():
            return _image_from_result(picture)
        case bytes() | bytearray() | memoryview():
            return image_pb2.Image(data=bytes(picture))
        case str() | PathLike():
            return image_pb2.Image(data=_read_path(fspath(picture), name))
        case PilImage():
            return image_pb2.Image(data=_encode_pil_image(picture))
        case PixelArray():
            return _image_from_array(picture, name)
        case ReadableFile():
            return image_pb2.Image(data=_read_file(picture, name))
    raise TypeError(
        f"{name}: is {type(picture).__name__}; pass a path, bytes, an open file, an image of "
        "Pillow or an array of uint8"
    )


def iterate_pictures(pictures: PictureLike | Iterable[PictureLike]) -> Iterable[PictureLike]:
    """Returns several pictures as they are, and one as a list; else raises TypeError."""
    if is_picture(pictures):
        return [pictures]
    if isinstance(pictures, Mapping) or not isinstance(pictures, Iterable):
        raise TypeError(f"photos: is {describe(pictures)}; pass a picture, or a list of them")
    return cast(Iterable[PictureLike], pictures)


def name_of_picture(picture: PictureLike) -> str:
    """Returns the name of a picture's file; empty if it comes from no path."""
    if isinstance(picture, UploadedImage):
        return picture.name
    return Path(picture).name if isinstance(picture, str | PathLike) else ""


def is_picture(value: object) -> TypeGuard[PictureLike]:
    """Returns whether a value is one picture rather than a collection of them."""
    files = (bytes, bytearray, memoryview, str, PathLike, ReadableFile, Picture, UploadedImage)
    return isinstance(value, (*files, PilImage, PixelArray))


def _image_from_result(picture: Picture) -> image_pb2.Image:
    """Returns an Image message of a picture that a service returned."""
    return image_pb2.Image(
        data=picture.data,
        format=find_format(picture.format).enum_name,
        width=picture.width,
        height=picture.height,
    )


def _read_path(path: str, name: str) -> bytes:
    """Reads a file; raises ValueError when it is an address or larger than a message may be."""
    if path.startswith(("http://", "https://")):
        raise ValueError(f"{name}: {path} is an address; download it and pass the bytes")
    if not path:
        raise ValueError(f"{name}: is an empty path; leave it out, or name a file")
    with Path(path).open("rb") as file:
        # One byte more than allowed shows that there is more, without reading all of it.
        data = file.read(MESSAGE_LIMIT + 1)
    if len(data) > MESSAGE_LIMIT:
        raise ValueError(f"{path}: has more than {MESSAGE_LIMIT >> 20} MiB; send a smaller file")
    return data


def _read_file(file: ReadableFile, name: str) -> bytes:
    """Reads an open file from where it stands; raises ValueError when it was opened as text."""
    data = file.read()
    if not isinstance(data, bytes):
        raise ValueError(f'{name}: the file is open as text; open it with mode "rb"')
    return data


def _encode_pil_image(image: PilImage) -> bytes:
    """Returns an image of Pillow as the bytes of a PNG file, with its color profile and EXIF."""
    buffer = io.BytesIO()
    parameters = {"compress_level": 1, "exif": image.getexif().tobytes()}
    if image.mode not in PNG_MODES:
        # The profile of the other mode is not one of RGB.
        image, parameters = image.convert("RGB"), {**parameters, "icc_profile": None}
    image.save(buffer, "PNG", **parameters)
    return buffer.getvalue()


def _image_from_array(array: Any, name: str) -> image_pb2.Image:
    """Returns an Image message with the pixels of an array, as they are.

    Raises ValueError for a shape, a dtype or a size that cannot be sent.
    """
    shape = tuple(array.shape)
    if str(array.dtype) == "bool":
        array = array.astype("uint8") * 255
    channels = shape[2] if len(shape) == 3 else 1
    image_format = ARRAY_FORMATS.get(channels) if len(shape) in (2, 3) else None
    if str(array.dtype) != "uint8" or image_format is None or not array.size:
        raise ValueError(
            f"{name}: is an array of {array.dtype} with shape {shape}; pass uint8, 0 "
            "to 255, of shape (height, width, 3) in RGB, (height, width, 4) or (height, width)"
        )
    if array.nbytes > MESSAGE_LIMIT:
        raise ValueError(
            f"{name}: the array has {array.nbytes >> 20} MiB, and a call takes "
            f"{MESSAGE_LIMIT >> 20}; pass a JPEG or PNG file"
        )
    data = array.tobytes()
    return image_pb2.Image(data=data, format=image_format, width=shape[1], height=shape[0])
