"""Limits on the blocks of GIF files (GIF89a specification, sections 15 to 26)."""

# Bytes per block on average in a large file: encoders fill blocks of up to 255. Smaller: more time,
# as the blocks of a frame are skipped one by one to find the next.
MIN_BLOCK_BYTES = 64
# Blocks that a file may have whatever its size. Larger: more time.
FREE_BLOCKS = 65_536

_EXTENSION, _IMAGE = 0x21, 0x2C
# Bytes before the first block, without the table of colors; of an image descriptor; and of the
# code size that follows it.
_HEADER_BYTES, _DESCRIPTOR_BYTES, _CODE_SIZE_BYTES = 13, 9, 1


def find_gif_excess(data: bytes) -> str:
    """Returns what is beyond the limits in a GIF file; empty if nothing is.

    data: the bytes of the file.
    """
    allowed = max(FREE_BLOCKS, len(data) // MIN_BLOCK_BYTES)
    try:
        blocks = _count_blocks(data, allowed)
    # Readers stop at the end of the file too.
    except IndexError:
        return ""
    return f"has more than {allowed:,} blocks; save it as PNG" if blocks > allowed else ""


def _count_blocks(data: bytes, most: int) -> int:
    """Counts the blocks of a GIF file up to one more than `most`; IndexError if it is truncated."""
    at, blocks = _HEADER_BYTES + _count_table_bytes(data[10]), 0
    while blocks <= most:
        blocks += 1
        kind = data[at]
        at += 1
        if kind == _IMAGE:
            at += _DESCRIPTOR_BYTES + _count_table_bytes(data[at + 8]) + _CODE_SIZE_BYTES
        elif kind == _EXTENSION:
            at += 1
        else:
            # Readers skip what is no block, byte by byte; the trailer of the file ends it.
            if kind == 0x3B:
                break
            continue
        while blocks <= most and (size := data[at]):
            blocks, at = blocks + 1, at + 1 + size
        at += 1
    return blocks


def _count_table_bytes(flags: int) -> int:
    """Returns the bytes of the table of colors that the flags before it announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
