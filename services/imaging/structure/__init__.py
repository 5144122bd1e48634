"""Limits on the structure of image files, checked before any decoder reads them.

Decoders spend time on each scan, segment, chunk, block and tag, however small it is: a file of
some hundred kilobytes can keep them busy for minutes. Each check here takes one pass over the file
that stops at its limit, and mirrors how the decoders find the parts of a file.
"""

from collections.abc import Callable, Mapping

from services.imaging.structure.bmp import find_bmp_excess
from services.imaging.structure.gif import find_gif_excess
from services.imaging.structure.jpeg import find_jpeg_excess
from services.imaging.structure.png import find_png_excess
from services.imaging.structure.tiff_pixels import find_tiff_file_excess
from services.runtime.errors import InvalidImage

# The checks by how files of their format start.
_CHECKS: Mapping[bytes, Callable[[bytes], str]] = {
    b"\xff\xd8\xff": find_jpeg_excess,
    b"\x89PNG": find_png_excess,
    b"GIF8": find_gif_excess,
    b"BM": find_bmp_excess,
    b"II": find_tiff_file_excess,
    b"MM": find_tiff_file_excess,
}


def check_structure(data: bytes, field: str) -> None:
    """Raises InvalidImage for a file that would keep its decoder busy for too long.

    data: the bytes of a file of any kind. field: path of the image in the request, for the error.
    """
    for start, find_excess in _CHECKS.items():
        excess = find_excess(data) if data.startswith(start) else ""
        if excess:
            raise InvalidImage(field, excess)
