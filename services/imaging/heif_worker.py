"""Decodes one HEIF file, as a program that heif.py runs.

Reads the file from standard input, and writes a line of JSON that describes the primary picture,
then its pixels if they are at most as many as the argument says.
"""

import base64
import json
import resource
import sys
from typing import Any

import pi_heif

# Address space in bytes. A picture of 64 megapixels takes half of it; libheif has limits of its
# own, which keep within that too. Larger: a corrupt file may take more memory.
MEMORY_BYTES = 2 << 30


def main(max_pixels: int) -> None:
    """Describes the picture of the file on standard input; decodes it if it is small enough."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    file = pi_heif.open_heif(sys.stdin.buffer.read())
    header = json.dumps(describe_picture(file))
    width, height = file.size
    pixels = file.data if width * height <= max_pixels else b""
    sys.stdout.buffer.write(header.encode() + b"\n")
    sys.stdout.buffer.write(pixels)


def describe_picture(file: pi_heif.HeifFile) -> dict[str, Any]:
    """Returns size, Pillow mode, EXIF block, ICC profile and color codes of the primary picture.

    The decoder rotates and mirrors as the format says, so the orientation in the EXIF block is
    reset.
    """
    pi_heif.set_orientation(file.info)
    nclx = file.info.get("nclx_profile", {})
    blocks = {name: file.info.get(name) for name in ("exif", "icc_profile")}
    return {
        "size": file.size,
        "mode": file.mode,
        "codes": [nclx.get(name) for name in ("color_primaries", "transfer_characteristics")],
        "blocks": {
            name: base64.b64encode(block).decode() for name, block in blocks.items() if block
        },
    }


if __name__ == "__main__":
    try:
        main(*map(int, sys.argv[1:]))
    # What the decoder raises, down to errors of its own Python code.
    except Exception as error:
        sys.exit(str(error))
