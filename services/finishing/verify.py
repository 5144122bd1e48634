"""Compares a file with its pixel-lock certificate and says in one sentence what became of it."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from cyclorama.v1 import image_pb2
from services.finishing.lock import (
    MARK_BYTES,
    cell_colors,
    column_marks,
    line_marks,
    pick,
    sha256,
)
from services.imaging.box import Box, crop_to_box
from services.imaging.delta_e import delta_e
from services.imaging.images import ImageCodec
from services.runtime.errors import InvalidRequest, Violation

MOST_BOXES = 16
# Differing rows and columns this near to each other count as one place.
NEAR = 8
# From this share of the locked rows on, nothing was painted over: everything was written anew.
ALL_OVER = 0.5


@dataclass(frozen=True)
class Certificate:
    """A certificate, unpacked: bool mask (H, W), digests of rows and columns, cell colors."""

    locked: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    cells: np.ndarray
    pixels_sha256: str
    locked_sha256: str
    lossless: bool
    delta_e_max: float


@dataclass(frozen=True)
class Verdict:
    """What became of a file; boxes are x, y, width, height around what differs."""

    locked: bool
    unchanged: bool
    sentence: str
    differing: tuple[Box, ...] = ()


def read_certificate(text: str, field: str, images: ImageCodec) -> Certificate:
    """Unpacks a certificate; raises InvalidRequest, naming the field, when it is none."""
    try:
        told = json.loads(text)
        mask = image_pb2.Image(data=base64.b64decode(told["mask"], validate=True))
        return _unpacked(told, images.read_gray(mask, field))
    except (ValueError, KeyError, TypeError, RecursionError, InvalidRequest):
        text = "is no pixel-lock certificate; send the one from the ad's manifest"
        raise InvalidRequest(Violation(field, text)) from None


def verify(pixels: np.ndarray, certificate: Certificate) -> Verdict:
    """Compares uint8 RGB (H, W, 3) with its certificate."""
    locked = certificate.locked
    count = int(locked.sum())
    if pixels.shape[:2] != locked.shape:
        sizes = (pixels.shape[1], pixels.shape[0], locked.shape[1], locked.shape[0])
        text = "the file is {} x {} pixels and the ad {} x {}: it was resized or cut"
        return Verdict(False, False, text.format(*sizes) + ", so no pixel can be compared")
    if sha256(pixels) == certificate.pixels_sha256:
        return Verdict(True, True, f"all pixels are as delivered; {_lock(certificate, count)}")
    if sha256(pick(pixels, locked)) == certificate.locked_sha256:
        text = f"the surroundings were changed after delivery; {_lock(certificate, count)}"
        return Verdict(True, False, text)
    return _differing(pixels, certificate, count)


def _lock(certificate: Certificate, count: int) -> str:
    if certificate.lossless:
        return f"all {count} locked product pixels are exactly those that were placed"
    return (
        f"all {count} locked product pixels are as written, within Delta E "
        f"{certificate.delta_e_max:.1f} of those that were placed"
    )


def _differing(pixels: np.ndarray, certificate: Certificate, count: int) -> Verdict:
    locked = certificate.locked
    rows = _changed(line_marks(pixels, locked), certificate.rows)
    columns = _changed(column_marks(pixels, locked), certificate.columns)
    share = len(rows) / max(1, int(locked.any(axis=1).sum()))
    if share > ALL_OVER and len(columns) > ALL_OVER * locked.any(axis=0).sum():
        return Verdict(False, False, _rewritten(pixels, certificate), ())
    boxes = tuple(_boxes(rows, columns, locked))
    if len(rows) == len(columns) == 1:
        text = f"one locked product pixel differs, at x {columns[0]}, y {rows[0]}"
    else:
        spans = f"x {columns[0]} to {columns[-1]}, y {rows[0]} to {rows[-1]}"
        text = f"locked product pixels differ in {len(rows)} rows, {spans}"
    return Verdict(False, False, f"{text}, of {count} that were locked", boxes)


def _rewritten(pixels: np.ndarray, certificate: Certificate) -> str:
    whole = cv2.resize(
        certificate.locked.astype(np.float32),
        certificate.cells.shape[1::-1],
        interpolation=cv2.INTER_AREA,
    )
    inside = whole > 0.999
    text = "the product's pixels differ all over, as after another encoding"
    if not inside.any():
        return f"{text}; none of them is proven"
    apart = delta_e(cell_colors(pixels)[inside], certificate.cells[inside])
    return (
        f"{text}; none of them is proven, and the mean colors of its parts are within "
        f"Delta E {apart.max():.1f} of the ad's"
    )


def _changed(now: np.ndarray, then: np.ndarray) -> np.ndarray:
    return np.flatnonzero((now != then).any(axis=1))


def _boxes(rows: np.ndarray, columns: np.ndarray, locked: np.ndarray) -> list[Box]:
    """Where changed rows and columns cross on locked pixels, near ones in one box."""
    places = [
        (int(across[0]), int(down[0]), int(np.ptp(across)) + 1, int(np.ptp(down)) + 1)
        for down in _runs(rows)
        for across in _runs(columns)
    ]
    return [place for place in places if crop_to_box(locked, place).any()][:MOST_BOXES]


def _runs(lines: np.ndarray) -> list[np.ndarray]:
    return np.split(lines, np.flatnonzero(np.diff(lines) > NEAR) + 1)


def _unpacked(told: dict[str, Any], mask: np.ndarray) -> Certificate:
    file = told["file"]
    height, width = mask.shape
    cells = cell_colors(np.zeros((height, width, 3), np.uint8)).shape
    return Certificate(
        locked=mask > 0,
        rows=_bytes(file["rows"]).reshape(height, MARK_BYTES),
        columns=_bytes(file["columns"]).reshape(width, MARK_BYTES),
        cells=_bytes(file["cells"]).reshape(cells),
        pixels_sha256=str(file["pixels_sha256"]),
        locked_sha256=str(file["locked_sha256"]),
        lossless=bool(told["lossless"]),
        delta_e_max=float(told["delta_e_max"]),
    )


def _bytes(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
