"""Image files that are made to exhaust a decoder's memory or time, all built by rules.

Each is far smaller than what it costs a decoder without limits; none is stored.
"""

import io
import struct
import zlib
from collections.abc import Callable, Mapping
from functools import cache, partial

import cv2
import numpy as np
from PIL import Image

Bomb = Callable[[], bytes]
"""Builds the bytes of a file."""

# Sides in pixels of a picture with as many pixels as are accepted.
WIDE, SQUARE = (16000, 4000), (8000, 8000)


def encode(picture: Image.Image, fmt: str, **options: object) -> bytes:
    """Encodes a picture with Pillow."""
    out = io.BytesIO()
    picture.save(out, fmt, **options)
    return out.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    """Returns a chunk of a PNG file (PNG specification, 5.3)."""
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )


def build_png(
    size: tuple[int, int], depth: int = 8, color: int = 2, extra: bytes = b"", share: float = 1
) -> bytes:
    """Builds a PNG of one color.

    size: (width, height). depth, color: as in IHDR. extra: chunks before the pixels.
    share: of the compressed pixels that are there; less than 1 truncates them.
    """
    width, height = size
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[color]
    row = bytes(1 + -(-width * channels * depth // 8))
    packer = zlib.compressobj(9)
    packed = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, color, 0, 0, 0))
    pixels = chunk(b"IDAT", packed[: int(len(packed) * share)])
    return b"\x89PNG\r\n\x1a\n" + head + extra + pixels + chunk(b"IEND", b"")


def build_flat_webp(size: tuple[int, int]) -> bytes:
    """Builds a lossless WebP of one color in 34 bytes (WebP lossless bitstream specification).

    Five prefix codes with one symbol each: every pixel takes no bits at all.
    """
    width, height = size
    bits = 0x2F | (width - 1) << 8 | (height - 1) << 22
    # No transform, no color cache, no meta prefix; each code is simple with one 8-bit symbol.
    at = 8 + 14 + 14 + 1 + 3 + 1 + 1 + 1
    for _ in range(5):
        bits |= 1 << at
        at += 2 + 1 + 1
    data = bits.to_bytes(14, "little")
    body = b"WEBPVP8L" + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def add_scans(size: tuple[int, int], count: int) -> bytes:
    """Builds a progressive gray JPEG that repeats its last scan."""
    data = encode(Image.new("L", size, 128), "JPEG", progressive=True)
    last = data[data.rindex(b"\xff\xda") : -2]
    return data[:-2] + last * count + data[-2:]


def add_segments(segment: bytes, count: int) -> bytes:
    """Builds a small JPEG with many equal segments."""
    data = encode(Image.new("RGB", (64, 64), "red"), "JPEG")
    return data[:2] + segment * count + data[2:]


def segment(code: int, content: bytes) -> bytes:
    """Returns a segment of a JPEG file."""
    return bytes((0xFF, code)) + struct.pack(">H", len(content) + 2) + content


def build_exif(tags: int, size: int, start: bytes = b"Exif\0\0") -> bytes:
    """Builds an EXIF block whose tags all have the whole block as their value."""
    entries = b"".join(struct.pack("<HHII", 1000 + i, 7, size, 8) for i in range(tags))
    block = b"II*\0" + struct.pack("<IH", 8, tags) + entries + bytes(4)
    return start + block.ljust(size + 16, b"\0")


def build_tiff(tags: Mapping[int, tuple[int, int, int]], size: int, count: int = 0) -> bytes:
    """Builds a TIFF file. tags: type, count and value by number. size: bytes of the file.

    count: of entries that the directory claims; 0 for those that there are.
    """
    entries = b"".join(struct.pack("<HHII", number, *tag) for number, tag in sorted(tags.items()))
    head = b"II*\0" + struct.pack("<IH", 8, count or len(tags)) + entries + bytes(4)
    return head.ljust(size, b"\0")


def raw_tiff(size: tuple[int, int], bits: int, channels: int = 1, kind: int = 1) -> dict:
    """Returns the tags of an uncompressed TIFF of one strip; `kind` is its sample format."""
    photometric = 2 if channels == 3 else 1
    return {
        256: (4, 1, size[0]),
        257: (4, 1, size[1]),
        258: (3, 1, bits),
        259: (3, 1, 1),
        262: (3, 1, photometric),
        273: (4, 1, 512),
        277: (3, 1, channels),
        278: (4, 1, size[1]),
        279: (4, 1, size[0] * size[1] * channels * bits // 8),
        339: (3, 1, kind),
    }


def build_jpeg_tiff(size: tuple[int, int], scans: int) -> bytes:
    """Builds a TIFF of one strip, which is a progressive gray JPEG that repeats its last scan."""
    stream = add_scans(size, scans)
    tags = raw_tiff(size, 8) | {259: (3, 1, 7), 279: (4, 1, len(stream))}
    return build_tiff(tags, 512) + stream


def build_gif(size: tuple[int, int], body: bytes) -> bytes:
    """Builds a GIF file with a table of two colors."""
    return b"GIF89a" + struct.pack("<HHBBB", *size, 0x80, 0, 0) + bytes(3) + b"\xff" * 3 + body


def gif_frame(size: tuple[int, int], blocks: bytes = b"\x02\x44\x01") -> bytes:
    """Returns a frame of a GIF file, of one pixel unless other blocks are given."""
    return b"," + struct.pack("<HHHHB", 0, 0, *size, 0) + b"\x02" + blocks + b"\0"


def box(kind: bytes, content: bytes) -> bytes:
    """Returns a box of an ISO base media file (ISO/IEC 14496-12, 4.2)."""
    return struct.pack(">I4s", len(content) + 8, kind) + content


def nest_boxes(brand: bytes, depth: int) -> bytes:
    """Builds an ISO base media file with boxes in boxes."""
    inner = b""
    for _ in range(depth):
        inner = box(b"meta", bytes(4) + inner) if len(inner) < 1 << 20 else inner
    return box(b"ftyp", brand + bytes(4) + brand + b"mif1") + inner


def resize_box(data: bytes, side: int) -> bytes:
    """Changes the size that an AVIF or HEIF file states."""
    at = data.index(b"ispe") + 8
    return data[:at] + struct.pack(">II", side, side) + data[at + 8 :]


def build_run_length_bmp(size: tuple[int, int], runs: int) -> bytes:
    """Builds a BMP of runs of one pixel."""
    body = b"\1\0" * runs
    head = struct.pack("<IiiHHIIiiII", 40, *size, 1, 8, 1, len(body), 0, 0, 2, 0)
    return b"BM" + struct.pack("<IHHI", 62 + len(body), 0, 0, 62) + head + bytes(8) + body


def build_short_lines_bmp(size: tuple[int, int]) -> bytes:
    """Builds a run-length encoded BMP with one pixel in each line; readers fill up the others."""
    blank = build_run_length_bmp(size, 0)
    return blank + b"\1\0\0\0" * size[1] + b"\0\1"


def build_double_webp(size: tuple[int, int]) -> bytes:
    """Builds a WebP with a lossy picture of this (width, height), and a small lossless one."""
    body = encode_flat("WEBP", "RGB", size)[8:] + build_flat_webp((64, 64))[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def build_canvas_webp(size: tuple[int, int], canvas: tuple[int, int]) -> bytes:
    """Builds a WebP of one color on a canvas of another (width, height) than its own."""
    sides = b"".join((side - 1).to_bytes(3, "little") for side in canvas)
    extended = b"VP8X" + struct.pack("<II", 10, 0) + sides
    body = b"WEBP" + extended + build_flat_webp(size)[12:]
    return b"RIFF" + struct.pack("<I", len(body)) + body


def truncate(data: bytes, share: float = 0.6) -> bytes:
    """Returns the first part of a file."""
    return data[: int(len(data) * share)]


@cache
def encode_flat(fmt: str, mode: str, size: tuple[int, int] = SQUARE) -> bytes:
    """Encodes a picture of one color with as many pixels as are accepted."""
    options = {"TIFF": {"compression": "tiff_lzw"}, "AVIF": {"speed": 10}}.get(fmt, {})
    return encode(Image.new(mode, size), fmt, **options)


def encode_flat_16_bit(size: tuple[int, int] = SQUARE) -> bytes:
    """Encodes a gray PNG of 16 bits in one level."""
    return build_png(size, 16, 0)


def animate(fmt: str, size: tuple[int, int], count: int) -> bytes:
    """Encodes an animation of blank frames, each unlike the one before in one pixel."""
    frames = [Image.new("RGB", size, (255, 255, 255 - i % 2)) for i in range(count)]
    options = {"lossless": True} if fmt == "WEBP" else {}
    return encode(frames[0], fmt, save_all=True, append_images=frames[1:], duration=20, **options)


TINY = (64, 64)
MEBIBYTE = 1 << 20
BOMBS: Mapping[str, Bomb] = {
    "webp, 34 bytes of 64 megapixels": partial(build_flat_webp, WIDE),
    "webp, truncated": lambda: truncate(encode_flat("WEBP", "RGB")),
    "webp, 1 million chunks": lambda: _pad_webp(1_000_000),
    "webp, second picture of 64 x 64": partial(build_double_webp, WIDE),
    "webp, canvas of 268 megapixels": partial(build_canvas_webp, TINY, (16384, 16384)),
    "webp, 1,000 frames": partial(animate, "WEBP", TINY, 1000),
    "png, 16-bit gray": encode_flat_16_bit,
    "png, 16-bit RGBA, truncated": partial(build_png, (8000, 8000), 16, 6, b"", 0.9),
    "png, RGB, truncated": partial(build_png, SQUARE, 8, 2, b"", 0.9),
    "png, palette missing": partial(build_png, SQUARE, 8, 3),
    "png, 900 megapixels of 1 bit": partial(build_png, (30000, 30000), 1, 0),
    "png, side beyond the limit": partial(build_png, (60000, 1000), 8, 0),
    "png, 1 million empty chunks": lambda: build_png(TINY, extra=chunk(b"teSt", b"") * 1_000_000),
    "png, 1 million empty IDAT": lambda: build_png(TINY, extra=chunk(b"IDAT", b"") * 1_000_000),
    "png, zTXt bomb": lambda: build_png(
        TINY, extra=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(16 * MEBIBYTE), 9))
    ),
    "png, 2,000 zTXt of 1 MiB": lambda: build_png(
        TINY, extra=chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(MEBIBYTE - 1), 9)) * 2000
    ),
    "png, iTXt bomb": lambda: build_png(
        TINY,
        extra=chunk(b"iTXt", b"a\0\1\0\0\0" + zlib.compress(bytes(16 * MEBIBYTE), 9)),
    ),
    "png, iCCP bomb": lambda: build_png(
        TINY, extra=chunk(b"iCCP", b"a\0\0" + zlib.compress(bytes(16 * MEBIBYTE), 9))
    ),
    "png, endless eXIf": lambda: build_png(
        TINY, extra=chunk(b"eXIf", build_exif(4000, 20 * MEBIBYTE, b""))
    ),
    "png, 2,000 frames": partial(animate, "PNG", TINY, 2000),
    "jpeg, 1,000 scans": partial(add_scans, (2000, 1500), 1000),
    "jpeg, 100,000 scans": partial(add_scans, (2000, 1500), 100_000),
    "jpeg, 60 scans of 64 megapixels": partial(add_scans, SQUARE, 60),
    "jpeg, 1 million APP1": lambda: add_segments(segment(0xE1, b""), 1_000_000),
    "jpeg, 1 million comments": lambda: add_segments(segment(0xFE, b"x"), 1_000_000),
    "jpeg, 40 MiB of fill bytes": lambda: add_segments(b"\xff", 40 * MEBIBYTE),
    "jpeg, 40 MiB of zeros": lambda: add_segments(b"\0", 40 * MEBIBYTE),
    "jpeg, 10 million restart markers": lambda: add_segments(b"\xff\xd0", 10_000_000),
    "jpeg, 500 EXIF segments": lambda: add_segments(segment(0xE1, b"Exif\0\0" + bytes(65000)), 500),
    "jpeg, endless EXIF": lambda: add_segments(segment(0xE1, build_exif(4000, 60000)), 1),
    "jpeg, endless MPF": lambda: add_segments(segment(0xE2, build_exif(4000, 60000, b"MPF\0")), 1),
    "jpeg, 500 Photoshop segments": lambda: add_segments(
        segment(0xED, b"Photoshop 3.0\0" + b"8BIM\4\4\0\0\0\0\0\0" * 5000), 500
    ),
    "jpeg, 64 megapixels, truncated": lambda: truncate(encode_flat("JPEG", "RGB")),
    "jpeg, 64 megapixels of CMYK": lambda: encode_flat("JPEG", "CMYK"),
    "tiff, 64 megapixels of floats": lambda: build_tiff(raw_tiff(SQUARE, 32, 1, 3), 4096),
    "tiff, 64 megapixels that are missing": lambda: build_tiff(raw_tiff(SQUARE, 8), 4096),
    "tiff, 60,000 tags": lambda: build_tiff(raw_tiff(TINY, 8), MEBIBYTE, count=60_000),
    "tiff, tags of 40 MiB each": lambda: build_tiff(
        raw_tiff(TINY, 8) | {40000 + i: (7, 40 * MEBIBYTE, 8) for i in range(4000)},
        41 * MEBIBYTE,
    ),
    "tiff, 5 million strips": lambda: build_tiff(
        raw_tiff(TINY, 8) | {273: (4, 5_000_000, 512), 278: (4, 1, 1)}, 24 * MEBIBYTE
    ),
    "tiff, tiles of 4,295 megapixels": lambda: build_tiff(
        raw_tiff(TINY, 8)
        | {322: (4, 1, 65536), 323: (4, 1, 65536), 324: (4, 1, 512), 259: (3, 1, 5)},
        4096,
    ),
    "tiff, JPEG of 100 scans": partial(build_jpeg_tiff, SQUARE, 94),
    "tiff, JPEG of 100,000 scans": partial(build_jpeg_tiff, (2000, 1500), 100_000),
    "tiff, directory that refers to itself": lambda: build_tiff(
        raw_tiff(TINY, 8) | {0x8769: (4, 1, 8), 0x8825: (4, 1, 8)}, 8192
    ),
    "gif, frame beyond the canvas": lambda: build_gif(TINY, gif_frame((65535, 65535)) + b";"),
    "gif, later frame beyond the canvas": lambda: build_gif(
        TINY, gif_frame(TINY) + gif_frame((65535, 65535)) + b";"
    ),
    "gif, 1 million frames": lambda: build_gif((1, 1), gif_frame((1, 1)) * 1_000_000 + b";"),
    "gif, 20 million blocks": lambda: build_gif(
        TINY, b"!\xfe" + b"\1x" * 20_000_000 + b"\0" + gif_frame(TINY) + b";"
    ),
    "bmp, 20 million runs": partial(build_run_length_bmp, (5000, 4000), 20_000_000),
    "bmp, lines of one pixel": partial(build_short_lines_bmp, WIDE),
    "avif, boxes in boxes": partial(nest_boxes, b"avif", 5000),
    "heif, boxes in boxes": partial(nest_boxes, b"heic", 5000),
    "avif, 64 megapixels that state 64 x 64": lambda: resize_box(encode_flat("AVIF", "RGB"), 64),
    "avif, 65,535 x 65,535": lambda: resize_box(
        encode(Image.new("RGB", TINY), "AVIF", speed=10), 65535
    ),
}
"""Builders of such files by what they are."""


def _pad_webp(count: int) -> bytes:
    """Builds a WebP file with many empty chunks before its pixels."""
    pixels = build_flat_webp(TINY)[12:]
    body = b"WEBP" + (b"JUNK" + bytes(4)) * count + pixels
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _draw_smooth(size: tuple[int, int]) -> np.ndarray:
    """Draws smooth colors from a seed: uint8 RGB (h, w, 3)."""
    colors = np.random.default_rng(0).integers(0, 255, (size[1] // 40, size[0] // 40, 3))
    return cv2.resize(colors.astype(np.uint8), size, interpolation=cv2.INTER_LINEAR)


def encode_legal_files(size: tuple[int, int]) -> Mapping[str, Bomb]:
    """Returns sound files of this (width, height), by what they are; one of each kind."""
    rgb = Image.fromarray(_draw_smooth(size))
    rgba = rgb.copy()
    rgba.putalpha(rgb.convert("L"))
    deep = np.asarray(rgb.convert("L")).astype(np.uint16) * 257
    pngs = {"compress_level": 1}
    return {
        "jpeg": partial(encode, rgb, "JPEG"),
        "jpeg, gray": lambda: encode(rgb.convert("L"), "JPEG"),
        "jpeg, CMYK": lambda: encode(rgb.convert("CMYK"), "JPEG"),
        "jpeg, progressive": partial(encode, rgb, "JPEG", progressive=True),
        "jpeg, progressive 4:4:4": partial(encode, rgb, "JPEG", progressive=True, subsampling=0),
        "png": partial(encode, rgb, "PNG", **pngs),
        "png, alpha": partial(encode, rgba, "PNG", **pngs),
        "png, gray of 16 bits": lambda: encode(Image.fromarray(deep), "PNG", **pngs),
        "png, palette": lambda: encode(rgb.quantize(16, method=2), "PNG"),
        "webp": partial(encode, rgb, "WEBP", method=0),
        "webp, alpha": partial(encode, rgba, "WEBP", method=0),
        "webp, lossless": partial(encode, rgb, "WEBP", method=0, lossless=True),
        "tiff": partial(encode, rgb, "TIFF"),
        "tiff, LZW": partial(encode, rgb, "TIFF", compression="tiff_lzw"),
        "tiff, one strip": partial(
            encode, rgb, "TIFF", compression="tiff_lzw", tiffinfo={278: size[1]}
        ),
        "gif": lambda: encode(rgb.quantize(16, method=2), "GIF"),
        "bmp": partial(encode, rgb, "BMP"),
        "avif": partial(encode, rgb, "AVIF", speed=10),
        "avif, alpha 4:4:4": partial(encode, rgba, "AVIF", speed=10, subsampling="4:4:4"),
        "gif, animated": lambda: encode(
            Image.new("RGB", size, "white"), "GIF", save_all=True, append_images=[rgb, rgb]
        ),
        "png, turned and mirrored": lambda: encode(rgba, "PNG", exif=_orient(7), **pngs),
    }


def _orient(value: int) -> Image.Exif:
    """Returns an EXIF block that states an orientation."""
    exif = Image.Exif()
    exif[0x0112] = value
    return exif
