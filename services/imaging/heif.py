"""Opens HEIF files, such as the HEIC of phones, and has them decoded by a process of their own.

A decoder of HEVC that crashes on a corrupt file would end all calls in flight here, and again with
each retry.
"""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from PIL import Image

from services.imaging.file_kinds import HEIF_SEQUENCE, find_brands
from services.runtime.errors import InvalidImage

# -P: do not import from the program's folder.
_COMMAND = (sys.executable, "-P", str(Path(__file__).with_name("heif_worker.py")))
# After which the process is ended: 32 megapixels with 10 bits take 20 s on a busy core. Larger: a
# corrupt file can keep a call busy for longer.
TIMEOUT_SECONDS = 120
# Brands of files whose pictures may all be frames of a track (ISO/IEC 23008-12).
_SEQUENCE_BRANDS = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"}
_DAMAGED = "starts as a HEIF file, but it is damaged or cut short; export or send it again"


class HeifPicture(Image.Image):
    """The primary picture of a HEIF file.

    Its `info` has an EXIF block and an ICC profile like those of other pictures, and as
    `color_codes` the codes for primaries and transfer of ITU-T H.273, which may be None.
    """

    format = "HEIF"

    def __init__(self, data: bytes, field: str, max_pixels: int) -> None:
        """Opens a file; raises InvalidImage if it contains no picture that is coded with HEVC.

        data: the bytes of the file.
        field: path of the image in the request, for the error.
        max_pixels: of a picture that is decoded as well, so that it can be loaded.
        """
        super().__init__()
        header, pixels = _run_decoder(data, field, max_pixels)
        self._size, self._mode = tuple(header["size"]), header["mode"]
        blocks = {name: base64.b64decode(text) for name, text in header["blocks"].items()}
        self.info = {**blocks, "color_codes": header["codes"]}
        if pixels:
            self.im = Image.frombytes(self.mode, self.size, pixels).im


def _run_decoder(data: bytes, field: str, max_pixels: int) -> tuple[dict[str, Any], bytes]:
    """Returns what heif_worker.py writes about a file: a header, and the pixels or nothing.

    data: the bytes of the file.
    field: path of the image in the request, for the InvalidImage that is raised if it fails.
    max_pixels: of a picture that is decoded.
    """
    # The decoder leaves the missing parts of a picture black.
    if _is_cut_short(data):
        raise InvalidImage(field, _DAMAGED)
    command = [*_COMMAND, str(max_pixels)]
    try:
        process = subprocess.run(command, input=data, capture_output=True, timeout=TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        text = f"takes more than {TIMEOUT_SECONDS} s to decode; export it as JPEG"
        raise InvalidImage(field, text) from None
    if process.returncode:
        raise InvalidImage(field, _describe_failure(data, process.stderr))
    header, _, pixels = process.stdout.partition(b"\n")
    return json.loads(header), pixels


def _describe_failure(data: bytes, reason: bytes) -> str:
    """Returns why a file cannot be decoded and what to send instead.

    data: the bytes of the file.
    reason: the decoder's words, or nothing if it crashed.
    """
    if _SEQUENCE_BRANDS & set(find_brands(data)):
        return HEIF_SEQUENCE
    if b"unsupported" in reason.lower():
        return "is a HEIF file with pictures that are not coded with HEVC; export it as JPEG"
    return _DAMAGED


def _is_cut_short(data: bytes) -> bool:
    """Whether a box at the top level of a HEIF file, such as its pixels, ends after the file."""
    at, end = 0, len(data)
    # Cameras may append what is no box.
    while at < end and data[at + 4 : at + 8] in (b"ftyp", b"meta", b"mdat", b"free", b"moov"):
        size = int.from_bytes(data[at : at + 4])
        # 1 stands for 64 bits after the type, and 0 for all that is left (ISO/IEC 14496-12, 4.2).
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16])
        at += size or end - at
    return at > end
