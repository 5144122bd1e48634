"""Finds the claim and its signature in a signed store of credentials, so that it can be replaced.

A store is a tree of boxes (JUMBF, ISO/IEC 19566-5). Its last manifest is the newest, and the box of
its signature a COSE_Sign1 structure in CBOR (RFC 9052, RFC 8949).
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SUPERBOX, DESCRIPTION, CBOR = b"jumb", b"jumd", b"cbor"
CLAIM, SIGNATURE = b"c2pa.claim", b"c2pa.signature"
# Length of the UUID and the toggles before the label in a description box.
LABEL_START = 17
# The tag and array of four of COSE_Sign1, and the array with which what is signed starts.
SIGN1_HEAD, STRUCTURE_HEAD = b"\xd2\x84", b"\x84\x6aSignature1"
BYTE_STRING = 0x40  # Major type 2 of CBOR.
# How a PNG file begins, and its chunk of credentials (C2PA 2.2, section A.3.3).
PNG_SIGNATURE, PNG_CHUNK = b"\x89PNG\r\n\x1a\n", b"caBX"


@dataclass(frozen=True)
class SignedClaim:
    """What a signature signs (the Sig_structure of RFC 9052, section 4.4), and the signature."""

    signed_bytes: bytes
    signature: bytes


def find_signed_claim(store: bytes, signature_bytes: int) -> SignedClaim:
    """Finds the newest claim of a store; raises ValueError if it is not laid out as expected.

    signature_bytes: the length of its signature, which ends the box.
    """
    try:
        parts = dict(_list_parts(_list_superboxes(_unwrap(store))[-1]))
        claim = next(value for label, value in parts.items() if label.startswith(CLAIM))
        signed = parts[SIGNATURE]
    except (IndexError, KeyError, StopIteration, struct.error):
        raise ValueError("the store has no claim with a signature") from None
    if not signed.startswith(SIGN1_HEAD):
        raise ValueError("the signature is no COSE_Sign1")
    protected = _read_byte_string(signed[len(SIGN1_HEAD) :])
    # No additional data is signed.
    parts_signed = (STRUCTURE_HEAD, _encode(protected), _encode(b""), _encode(claim))
    return SignedClaim(b"".join(parts_signed), signed[-signature_bytes:])


def replace_signature(data: bytes, claim: SignedClaim, signature: bytes) -> bytes | None:
    """Returns a signed file with another signature of the same length.

    None where the signature is not in one piece in the file, as where a segment of JPEG ends within
    it, or is there twice by chance.
    """
    if data.count(claim.signature) != 1:
        return None
    replaced = data.replace(claim.signature, signature)
    return _correct_checksum(replaced) if data.startswith(PNG_SIGNATURE) else replaced


def _correct_checksum(png: bytes) -> bytes:
    """Returns a PNG with the right checksum of the chunk of its credentials."""
    start = len(PNG_SIGNATURE)
    while start + 12 <= len(png):
        size, kind = struct.unpack_from(">I4s", png, start)
        end = start + 8 + size
        if kind == PNG_CHUNK:
            checksum = struct.pack(">I", zlib.crc32(png[start + 4 : end]))
            return png[:end] + checksum + png[end + 4 :]
        start = end + 4
    return png


def _list_boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields type and content of each box in a row of boxes."""
    start = 0
    while start < len(data):
        size, kind = struct.unpack_from(">I4s", data, start)
        if size < 8:
            raise ValueError("a box has no length")
        yield kind, data[start + 8 : start + size]
        start += size


def _unwrap(box: bytes) -> bytes:
    """Returns the content of the first box."""
    return next(_list_boxes(box))[1]


def _list_superboxes(content: bytes) -> list[bytes]:
    """Returns the contents of the superboxes within one."""
    return [inner for kind, inner in _list_boxes(content) if kind == SUPERBOX]


def _list_parts(manifest: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yields the label and the CBOR of each part of a manifest that has some."""
    for part in _list_superboxes(manifest):
        boxes = dict(_list_boxes(part))
        if CBOR in boxes:
            yield boxes[DESCRIPTION][LABEL_START:].partition(b"\0")[0], boxes[CBOR]


def _read_byte_string(data: bytes) -> bytes:
    """Returns the byte string in CBOR that data starts with, of less than 64 KiB."""
    kind = data[0] - BYTE_STRING
    if 0 <= kind < 24:
        return data[1 : 1 + kind]
    size_bytes = {24: 1, 25: 2}.get(kind)
    if not size_bytes:
        raise ValueError("is no byte string")
    start = 1 + size_bytes
    return data[start : start + int.from_bytes(data[1:start], "big")]


def _encode(data: bytes) -> bytes:
    """Returns bytes as a byte string in CBOR, with the shortest length."""
    size = len(data)
    if size < 24:
        return bytes([BYTE_STRING + size]) + data
    for code, size_bytes in ((24, 1), (25, 2), (26, 4)):
        if size < 256**size_bytes:
            return bytes([BYTE_STRING + code]) + size.to_bytes(size_bytes, "big") + data
    raise ValueError("is too long")
