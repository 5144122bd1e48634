"""Opens HEIF files, such as the HEIC of phones, and has them decoded by a process of their own.

A decoder of HEVC that crashes on a corrupt file would end all calls in flight here, and again with
each retry.
"""

import base64
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from services.imaging.file_kinds import HEIF_SEQUENCE, find_brands
from services.imaging.resources import CHECK_SECONDS
from services.runtime.errors import InvalidImage

# -P: do not import from the program's folder.
_COMMAND = (sys.executable, "-P", str(Path(__file__).with_name("heif_worker.py")))
# After which the process is ended: 32 megapixels with 10 bits take 20 s on a busy core. Larger: a
# corrupt file can keep a call busy for longer.
TIMEOUT_SECONDS = 120
# Boxes that are looked at for the size of the largest picture. Files of phones have up to about 10.
MAX_SIZE_BOXES = 10_000
# Brands of files whose pictures may all be frames of a track (ISO/IEC 23008-12).
_SEQUENCE_BRANDS = {b"hevc", b"hevx", b"hevm", b"hevs", b"msf1"}
_DAMAGED = "starts as a HEIF file, but it is damaged or cut short; export or send it again"


class HeifPicture(Image.Image):
    """The primary picture of a HEIF file.

    Its `info` has an EXIF block and an ICC profile like those of other pictures, and as
    `color_codes` the codes for primaries and transfer of ITU-T H.273, which may be None.
    """

    format = "HEIF"

    def __init__(
        self, data: bytes, field: str, max_pixels: int, check_active: Callable[[], None]
    ) -> None:
        """Opens a file; raises InvalidImage if it contains no picture that is coded with HEVC.

        data: the bytes of the file.
        field: path of the image in the request, for the error.
        max_pixels: of a picture that is decoded as well, so that it can be loaded.
        check_active: raises an error if the caller no longer waits, which ends the decoder.
        """
        super().__init__()
        # The decoder leaves the missing parts of a picture black.
        if _is_cut_short(data):
            raise InvalidImage(field, _DAMAGED)
        output = _run_decoder(data, field, max_pixels, check_active)
        end = output.index(b"\n")
        header = json.loads(output[:end])
        self._size, self._mode = tuple(header["size"]), header["mode"]
        blocks = {name: base64.b64decode(text) for name, text in header["blocks"].items()}
        self.info = {**blocks, "color_codes": header["codes"]}
        if len(output) > end + 1:
            self.im = Image.frombytes(self.mode, self.size, memoryview(output)[end + 1 :]).im


def find_largest_heif_size(data: bytes) -> tuple[int, int]:
    """Returns (width, height) of the largest picture that a HEIF file describes; (0, 0) if none.

    That is at least the size of its primary picture, which only a decoder can find.

    data: the bytes of the file, of which the boxes ispe state sizes (ISO/IEC 23008-12, 6.5.3).
    """
    size, at = (0, 0), data.find(b"ispe")
    # The pictures of a file share their boxes if they have the same size.
    for _ in range(MAX_SIZE_BOXES):
        if at < 0:
            break
        width, height = (int.from_bytes(data[at + i : at + i + 4]) for i in (8, 12))
        size = max(size, (width, height), key=lambda sides: sides[0] * sides[1])
        at = data.find(b"ispe", at + 4)
    return size


def _run_decoder(
    data: bytes, field: str, max_pixels: int, check_active: Callable[[], None]
) -> bytes:
    """Returns what heif_worker.py writes about a file: a line of JSON, and the pixels or nothing.

    data: the bytes of the file.
    field: path of the image in the request, for the InvalidImage that is raised if it fails.
    max_pixels: of a picture that is decoded.
    check_active: raises an error if the caller no longer waits.
    """
    pipe, end = subprocess.PIPE, time.monotonic() + TIMEOUT_SECONDS
    command = [*_COMMAND, str(max_pixels)]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe) as process:
        try:
            output, reason = _wait_for_output(process, data, end, check_active)
        except subprocess.TimeoutExpired:
            text = f"takes more than {TIMEOUT_SECONDS} s to decode; export it as JPEG"
            raise InvalidImage(field, text) from None
        finally:
            process.kill()
    if process.returncode:
        raise InvalidImage(field, _describe_failure(data, reason))
    return output


def _wait_for_output(
    process: "subprocess.Popen[bytes]", data: bytes, end: float, check_active: Callable[[], None]
) -> tuple[bytes, bytes]:
    """Returns what a decoder wrote to its output and as errors, once it has ended.

    Raises TimeoutExpired if it has not ended by then, and the error of check_active.

    data: what it reads. end: a time of time.monotonic().
    """
    unsent: bytes | None = data
    while True:
        try:
            return process.communicate(unsent, timeout=CHECK_SECONDS)
        except subprocess.TimeoutExpired:
            # What was not sent yet is kept by the process.
            unsent = None
            check_active()
            if time.monotonic() > end:
                raise


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
