"""Files as users send them: photos in many formats, and invalid files, all from a seed."""

import csv
import io
import random
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

# EXIF tag and value of a photo taken with a rotated camera.
ORIENTATION, ROTATED = 0x0112, 6
# Slow kinds, and one in how many files they are.
RARE = {"enormous": 50}


@dataclass(frozen=True)
class FileKind:
    """A kind of file.

    name: file name with suffix. create: returns its bytes for a seed; None for a missing file.
    reason: part of the error for an invalid file; empty if it is valid.
    """

    name: str
    create: Callable[[int], bytes | None]
    reason: str = ""


@dataclass(frozen=True)
class MixedFile:
    """One file of a mix. kind: a key of KINDS."""

    kind: str
    path: Path

    @property
    def reason(self) -> str:
        """Part of the error for an invalid file; empty if it is valid."""
        return KINDS[self.kind].reason


def write_mix(folder: Path, count: int, size: str, seed: int = 0) -> tuple[Path, list[MixedFile]]:
    """Writes `count` files and a campaign.csv of them; every kind appears early and repeatedly.

    size: of the ads, such as 256x256.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for number, kind in enumerate(shuffle_kinds(count, seed)):
        path = folder / f"{number:04d} {KINDS[kind].name}"
        data = KINDS[kind].create(seed * count + number)
        if data is not None:
            path.write_bytes(data)
        files.append(MixedFile(kind, path))
    campaign = folder / "campaign.csv"
    with campaign.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("photo", "prompt", "size"))
        lines.writerows((each.path.name, "white studio", size) for each in files)
    return campaign, files


def shuffle_kinds(count: int, seed: int) -> Sequence[str]:
    """Returns `count` keys of KINDS: each comes early and repeatedly, those in RARE seldom."""
    rng, kinds = random.Random(seed), list[str]()
    while len(kinds) < count:
        batch = [kind for kind in KINDS if len(kinds) % RARE.get(kind, 1) < len(KINDS)]
        rng.shuffle(batch)
        kinds += batch
    return kinds[:count]


def _draw_product(seed: int, side: int = 320) -> np.ndarray:
    """Draws a product on a light background: uint8 RGB (side, side, 3)."""
    rng = np.random.default_rng(seed)
    photo = np.full((side, side, 3), rng.integers(215, 245), np.uint8)
    color = [int(level) for level in rng.integers(20, 170, 3)]
    left, top = (side * rng.integers(20, 35, 2) // 100).tolist()
    cv2.rectangle(photo, (left, top), (side - left, side - top), color, -1)
    cv2.circle(photo, (side // 2, side // 2), side // 10, [250 - each for each in color], -1)
    noise = rng.integers(-3, 4, photo.shape)
    return np.clip(photo + noise, 0, 255).astype(np.uint8)


def _encode_file(pixels: np.ndarray, fmt: str, mode: str = "", **options: object) -> bytes:
    picture, out = Image.fromarray(pixels), io.BytesIO()
    (picture.convert(mode) if mode else picture).save(out, fmt, **options)
    return out.getvalue()


def _encode_rotated(seed: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = ROTATED
    return _encode_file(_draw_product(seed), "JPEG", exif=exif)


def _encode_16_bit(seed: int) -> bytes:
    return cv2.imencode(".png", _draw_product(seed).astype(np.uint16) * 257)[1].tobytes()


def _encode_cutout(seed: int) -> bytes:
    photo = _draw_product(seed)
    alpha = np.zeros(photo.shape[:2], np.uint8)
    cv2.circle(alpha, (photo.shape[1] // 2, photo.shape[0] // 2), photo.shape[0] // 4, 255, -1)
    return _encode_file(np.dstack([photo, alpha]), "PNG")


def _encode_palette(seed: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(_draw_product(seed)).quantize(64).save(out, "PNG")
    return out.getvalue()


def _encode_enlarged(seed: int, width: int, height: int) -> bytes:
    pixels = cv2.resize(_draw_product(seed), (width, height), interpolation=cv2.INTER_LINEAR)
    return _encode_file(pixels, "JPEG", quality=80)


def _encode_decompression_bomb(_seed: int) -> bytes:
    """Encodes a PNG of kilobytes that expands to 900 megapixels (PNG specification, 11.2)."""
    side = 30_000
    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(bytes(1 + side // 8)) for _ in range(side)) + rows.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _random_bytes(seed: int) -> bytes:
    return random.Random(seed).randbytes(20_000)


KINDS: Mapping[str, FileKind] = {
    "plain": FileKind("plain.jpg", lambda seed: _encode_file(_draw_product(seed), "JPEG")),
    "phone": FileKind("IMG 0042.JPG", _encode_rotated),
    "cmyk": FileKind("print.jpg", lambda seed: _encode_file(_draw_product(seed), "JPEG", "CMYK")),
    "deep": FileKind("16 bit.png", _encode_16_bit),
    "cut out": FileKind("cut out.png", _encode_cutout),
    "gif": FileKind("old.gif", lambda seed: _encode_file(_draw_product(seed), "GIF")),
    "webp": FileKind("web.webp", lambda seed: _encode_file(_draw_product(seed), "WEBP")),
    "gray": FileKind("gray.jpg", lambda seed: _encode_file(_draw_product(seed), "JPEG", "L")),
    "palette": FileKind("palette.png", _encode_palette),
    "misnamed": FileKind("really png.jpg", lambda seed: _encode_file(_draw_product(seed), "PNG")),
    "large": FileKind("12 megapixels.jpg", lambda seed: _encode_enlarged(seed, 4000, 3000)),
    "enormous": FileKind("60 megapixels.jpg", lambda seed: _encode_enlarged(seed, 8960, 6700)),
    "empty": FileKind("empty.jpg", lambda _: b"", "is empty"),
    "text": FileKind("notes.jpg", lambda seed: b"not a photo\n" * (seed + 1), "is no picture"),
    "cut short": FileKind(
        "half.jpg",
        lambda seed: _encode_file(_draw_product(seed), "JPEG", quality=95)[:8000],
        "damaged or cut short",
    ),
    "noise": FileKind("noise.jpg", _random_bytes, "is no picture"),
    "bomb": FileKind("bomb.png", _encode_decompression_bomb, "send sides of at most"),
    "black": FileKind(
        "black.png", lambda _: _encode_file(np.zeros((320, 320, 3), np.uint8), "PNG"), "stands out"
    ),
    "gone": FileKind("gone.jpg", lambda _: None, "No such file"),
}
