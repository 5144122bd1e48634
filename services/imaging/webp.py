"""Opens still WebP files and decodes them into one array.

Pillow decodes them as animations of one frame, which takes five copies of the picture.
"""

import struct
from collections.abc import Iterator

import cv2
import numpy as np
from PIL import Image

# Chunks that are looked at; files have up to six. Larger: more time for files of many small ones.
MAX_CHUNKS = 1024
# Bits of the flags in a file's VP8X chunk, and of the header of its lossless pixels (WebP container
# specification; WebP lossless bitstream specification, section 3).
_HAS_ALPHA, _IS_ANIMATED, _LOSSLESS_ALPHA = 0x10, 0x02, 1 << 28
# Bytes before the first chunk: RIFF, the length of what follows, and WEBP.
_FILE_HEADER_BYTES = 12
# Chunks of pixels, lossy and lossless; a still file has one of them. The chunk of an extended file
# comes first. Decoders take a file that starts with none of the three for a stream without chunks.
_PIXELS, _EXTENDED = (b"VP8 ", b"VP8L"), b"VP8X"
# Names of metadata in Pillow's `info`, by chunk.
_BLOCKS = {b"ICCP": "icc_profile", b"EXIF": "exif", b"XMP ": "xmp"}


class WebpPicture(Image.Image):
    """A still WebP file. Its `info` is like that of Pillow's pictures; it cannot be loaded.

    is_lossless: whether its pixels are coded without loss.
    """

    format = "WEBP"

    def __init__(self, data: bytes) -> None:
        """Opens a file; raises ValueError if it is truncated or contains no still picture."""
        super().__init__()
        self._data = data
        chunks = _read_chunks(data)
        self._size, has_alpha = _read_header(chunks)
        self._mode = "RGBA" if has_alpha else "RGB"
        self.is_lossless = b"VP8L" in chunks
        self.info = {name: bytes(chunks[key]) for key, name in _BLOCKS.items() if key in chunks}

    def decode(self) -> np.ndarray:
        """Decodes the file to uint8 RGB (h, w, 3), or RGBA (h, w, 4) if it has alpha.

        Raises ValueError if it is corrupt.
        """
        has_alpha = self.mode == "RGBA"
        flags = cv2.IMREAD_UNCHANGED if has_alpha else cv2.IMREAD_COLOR_RGB
        pixels = cv2.imdecode(
            np.frombuffer(self._data, np.uint8), flags | cv2.IMREAD_IGNORE_ORIENTATION
        )
        if pixels is None or pixels.shape[:2] != self.size[::-1]:
            raise ValueError("the WebP cannot be decoded")
        if has_alpha:
            swap = cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB
            cv2.cvtColor(pixels, swap, dst=pixels)
        return pixels


def is_still_webp(data: bytes) -> bool:
    """Whether the bytes of a file start as WebP without animation."""
    is_webp = data[:4] == b"RIFF" and data[8:12] == b"WEBP"
    return is_webp and not (data[12:16] == _EXTENDED and data[20:21] and data[20] & _IS_ANIMATED)


def find_webp_canvas(data: bytes) -> tuple[int, int]:
    """Returns (width, height) of a WebP file, also of an animation.

    Raises ValueError if it is truncated or contains no picture.
    """
    if is_still_webp(data):
        return _read_header(_read_chunks(data))[0]
    if len(data) < 30:
        raise ValueError("the WebP is truncated")
    return _read_canvas(data[20:30])


def _read_chunks(data: bytes) -> dict[bytes, memoryview]:
    """Returns the contents of the chunks of a still WebP file by name, the first of each.

    Raises ValueError if it is truncated, or if a decoder could find another picture in it.
    """
    if data[_FILE_HEADER_BYTES : _FILE_HEADER_BYTES + 4] not in (*_PIXELS, _EXTENDED):
        raise ValueError("the WebP does not start with a picture")
    chunks, pictures = dict[bytes, memoryview](), 0
    for name, content in _list_chunks(data):
        pictures += name in _PIXELS
        chunks.setdefault(name, content)
    if pictures > 1:
        raise ValueError("the WebP contains several pictures")
    return chunks


def _list_chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yields name and content of the first MAX_CHUNKS chunks of a WebP file.

    Raises ValueError if the file is shorter than it says.
    """
    end = int.from_bytes(data[4:8], "little") + 8
    if end > len(data):
        raise ValueError("the WebP is truncated")
    view, at = memoryview(data), _FILE_HEADER_BYTES
    for _ in range(MAX_CHUNKS):
        if at + 8 > end:
            return
        name, size = struct.unpack_from("<4sI", data, at)
        if at + 8 + size > end:
            raise ValueError("the WebP is truncated")
        yield name, view[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def _read_header(chunks: dict[bytes, memoryview]) -> tuple[tuple[int, int], bool]:
    """Returns (width, height) of a still picture, and whether it has alpha.

    Raises ValueError if there is no picture, or one of another size than the canvas.
    """
    extended = chunks.get(_EXTENDED)
    if lossless := chunks.get(b"VP8L"):
        bits = int.from_bytes(lossless[1:5], "little")
        size = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        has_alpha = bool(bits & _LOSSLESS_ALPHA)
    elif lossy := chunks.get(b"VP8 "):
        width, height = struct.unpack_from("<HH", lossy, 6)
        size = width & 0x3FFF, height & 0x3FFF
        has_alpha = extended is not None and bool(extended[0] & _HAS_ALPHA)
    else:
        raise ValueError("the WebP contains no picture")
    if extended is not None and _read_canvas(extended) != size:
        raise ValueError("the WebP states two sizes")
    return size, has_alpha


def _read_canvas(extended: bytes | memoryview) -> tuple[int, int]:
    """Returns (width, height) from the content of a VP8X chunk, after its flags."""
    # 24 bits each, less 1.
    width, height = (int.from_bytes(extended[at : at + 3], "little") + 1 for at in (4, 7))
    return width, height
