"""Finds out whether a file has Content Credentials, without the library that reads them."""

from importlib.util import find_spec

# How a store of credentials begins in every format: the type of its JUMBF description box and the
# UUID of C2PA (C2PA 2.2, section 11.1.4.2).
STORE_MARK = b"jumdc2pa\x00\x11\x00\x10\x80\x00\x00\xaa\x00\x38\x9b\x71"
# Where the signature of a format starts, the signature, and the media type.
SIGNATURES = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (8, b"WEBP", "image/webp"),
    (0, b"II*\0", "image/tiff"),
    (0, b"MM\0*", "image/tiff"),
    (0, b"GIF8", "image/gif"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypavis", "image/avif"),
    (4, b"ftyp", "image/heic"),
)


def has_credentials(data: bytes) -> bool:
    """Returns whether a file seems to have Content Credentials; 48 MiB take about 8 ms."""
    return STORE_MARK in data


def find_media_type(data: bytes) -> str:
    """Returns the media type of a picture file that can have credentials; empty for others."""
    for start, signature, media_type in SIGNATURES:
        if data.startswith(signature, start):
            return media_type
    return ""


def is_library_installed() -> bool:
    """Returns whether the library that signs and reads credentials is installed."""
    return find_spec("c2pa") is not None
