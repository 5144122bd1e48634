"""ICC profiles for tests: with any name, and of ink."""

import struct

# Bytes of a profile's header, and of each entry in the table of tags after it (ICC.1).
HEADER, ENTRY = 128, 12


def name_profile(profile: bytes, name: str) -> bytes:
    """Returns an ICC profile without a description with one added, which says `name`."""
    (count,) = struct.unpack_from(">I", profile, HEADER)
    table_end = HEADER + 4 + ENTRY * count
    tags = [struct.unpack_from(">4sII", profile, HEADER + 4 + ENTRY * n) for n in range(count)]
    text = name.encode() + b"\0"
    # A textDescriptionType: its ASCII text, and empty ones in other scripts.
    description = struct.pack(">4s4xI", b"desc", len(text)) + text + bytes(78)
    description += bytes(-len(description) % 4)
    entries = [(tag, offset + ENTRY, size) for tag, offset, size in tags]
    entries.append((b"desc", len(profile) + ENTRY, len(description)))
    table = b"".join(struct.pack(">4sII", *entry) for entry in entries)
    body = struct.pack(">I", count + 1) + table + profile[table_end:] + description
    return struct.pack(">I", HEADER + len(body)) + profile[4:HEADER] + body


def build_ink_profile() -> bytes:
    """Returns the ICC profile of a printer with gray ink for cyan, and black for the others.

    The profile has a table of Lab colors for no ink and full ink of each kind.
    """
    identity = struct.pack(">9i", *(0x10000 * (n % 4 == 0) for n in range(9)))
    ramp = bytes(range(256))
    colors = b""
    for corner in range(16):
        cyan, others = corner & 8, corner & 7
        lightness = 0 if others else 128 if cyan else 255
        colors += bytes([lightness, 128, 128])
    table = struct.pack(">4s4x4B", b"mft1", 4, 3, 2, 0) + identity + 4 * ramp + colors + 3 * ramp
    start = HEADER + 4 + ENTRY
    size = start + len(table)
    header = struct.pack(
        ">I4xI4s4s4s12x4s28x3i48x",
        *(size, 0x02400000, b"prtr", b"CMYK", b"Lab ", b"acsp"),
        *(0xF6D6, 0x10000, 0xD32D),
    )
    return header + struct.pack(">I4sII", 1, b"A2B0", start, len(table)) + table
