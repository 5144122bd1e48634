"""What people really send: photos of every sort, and files that are none; all from a seed."""

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

ORIENTATION, TURNED_RIGHT = 0x0112, 6
# One of these in so many files: they take seconds each.
RARE = {"enormous": 50}


@dataclass(frozen=True)
class Kind:
    """A sort of file.

    name: of the file, with its suffix. make: its bytes, by a seed; None where it is not there.
    reason: words that say why it cannot be used; empty where it can.
    """

    name: str
    make: Callable[[int], bytes | None]
    reason: str = ""


@dataclass(frozen=True)
class Sent:
    """One file of a mix: its kind's word and its path."""

    kind: str
    path: Path

    @property
    def reason(self) -> str:
        """As of its kind."""
        return KINDS[self.kind].reason


def write_mix(folder: Path, count: int, size: str, seed: int = 0) -> tuple[Path, list[Sent]]:
    """Writes so many files and a campaign of them; every kind comes early and again and again.

    size: of the ads, such as 256x256.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sent = []
    for number, kind in enumerate(_order(count, seed)):
        path = folder / f"{number:04d} {KINDS[kind].name}"
        data = KINDS[kind].make(seed * count + number)
        if data is not None:
            path.write_bytes(data)
        sent.append(Sent(kind, path))
    campaign = folder / "campaign.csv"
    with campaign.open("w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(("photo", "prompt", "size"))
        lines.writerows((each.path.name, "white studio", size) for each in sent)
    return campaign, sent


def _order(count: int, seed: int) -> Sequence[str]:
    chance, order = random.Random(seed), list[str]()
    while len(order) < count:
        batch = [kind for kind in KINDS if len(order) % RARE.get(kind, 1) < len(KINDS)]
        chance.shuffle(batch)
        order += batch
    return order[:count]


def _product(seed: int, side: int = 320) -> np.ndarray:
    """A plain product on a light backdrop, uint8 RGB (side, side, 3)."""
    chance = np.random.default_rng(seed)
    photo = np.full((side, side, 3), chance.integers(215, 245), np.uint8)
    color = [int(level) for level in chance.integers(20, 170, 3)]
    left, top = (side * chance.integers(20, 35, 2) // 100).tolist()
    cv2.rectangle(photo, (left, top), (side - left, side - top), color, -1)
    cv2.circle(photo, (side // 2, side // 2), side // 10, [250 - each for each in color], -1)
    noise = chance.integers(-3, 4, photo.shape)
    return np.clip(photo + noise, 0, 255).astype(np.uint8)


def _file(pixels: np.ndarray, fmt: str, mode: str = "", **options: object) -> bytes:
    picture, out = Image.fromarray(pixels), io.BytesIO()
    (picture.convert(mode) if mode else picture).save(out, fmt, **options)
    return out.getvalue()


def _phone(seed: int) -> bytes:
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED_RIGHT
    return _file(_product(seed), "JPEG", exif=exif)


def _deep(seed: int) -> bytes:
    return cv2.imencode(".png", _product(seed).astype(np.uint16) * 257)[1].tobytes()


def _cut_out(seed: int) -> bytes:
    photo = _product(seed)
    alpha = np.zeros(photo.shape[:2], np.uint8)
    cv2.circle(alpha, (photo.shape[1] // 2, photo.shape[0] // 2), photo.shape[0] // 4, 255, -1)
    return _file(np.dstack([photo, alpha]), "PNG")


def _palette(seed: int) -> bytes:
    out = io.BytesIO()
    Image.fromarray(_product(seed)).quantize(64).save(out, "PNG")
    return out.getvalue()


def _enlarged(seed: int, width: int, height: int) -> bytes:
    pixels = cv2.resize(_product(seed), (width, height), interpolation=cv2.INTER_LINEAR)
    return _file(pixels, "JPEG", quality=80)


def _bomb(_seed: int) -> bytes:
    """A PNG of some kilobytes that unpacks to 900 megapixels (PNG specification, section 11.2)."""
    side = 30_000
    rows = zlib.compressobj(9)
    packed = b"".join(rows.compress(bytes(1 + side // 8)) for _ in range(side)) + rows.flush()
    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def _noise(seed: int) -> bytes:
    return random.Random(seed).randbytes(20_000)


KINDS: Mapping[str, Kind] = {
    "plain": Kind("plain.jpg", lambda seed: _file(_product(seed), "JPEG")),
    "phone": Kind("IMG 0042.JPG", _phone),
    "cmyk": Kind("print.jpg", lambda seed: _file(_product(seed), "JPEG", "CMYK")),
    "deep": Kind("16 bit.png", _deep),
    "cut out": Kind("cut out.png", _cut_out),
    "gif": Kind("old.gif", lambda seed: _file(_product(seed), "GIF")),
    "webp": Kind("web.webp", lambda seed: _file(_product(seed), "WEBP")),
    "grey": Kind("grey.jpg", lambda seed: _file(_product(seed), "JPEG", "L")),
    "palette": Kind("palette.png", _palette),
    "misnamed": Kind("really png.jpg", lambda seed: _file(_product(seed), "PNG")),
    "large": Kind("12 megapixels.jpg", lambda seed: _enlarged(seed, 4000, 3000)),
    "enormous": Kind("60 megapixels.jpg", lambda seed: _enlarged(seed, 8960, 6700)),
    "empty": Kind("empty.jpg", lambda _: b"", "is empty"),
    "text": Kind("notes.jpg", lambda seed: b"not a photo\n" * (seed + 1), "is no picture"),
    "cut short": Kind(
        "half.jpg",
        lambda seed: _file(_product(seed), "JPEG", quality=95)[:8000],
        "damaged or cut short",
    ),
    "noise": Kind("noise.jpg", _noise, "is no picture"),
    "bomb": Kind("bomb.png", _bomb, "send sides of at most"),
    "black": Kind(
        "black.png", lambda _: _file(np.zeros((320, 320, 3), np.uint8), "PNG"), "stands out"
    ),
    "gone": Kind("gone.jpg", lambda _: None, "No such file"),
}
