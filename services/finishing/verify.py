"""Compares a file with its pixel-lock certificate and describes the difference in one sentence."""

import base64
import json
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from cyclorama.v1 import image_pb2
from services.finishing.lock import (
    DIGEST_BYTES,
    average_cell_colors,
    hash_columns,
    hash_pixels,
    hash_rows,
    select_pixels,
)
from services.imaging.box import Box, crop_to_box
from services.imaging.delta_e import delta_e
from services.imaging.images import ImageCodec
from services.runtime.errors import InvalidRequest, Violation

# Most boxes that a response lists, as its contract says. Larger: longer responses.
MAX_BOXES = 16
# Changed rows and columns at most so many pixels apart share a box. Larger: fewer, larger boxes.
MAX_GAP = 8
# Share of the locked rows, and of the columns, above which a change is a new encoding of the whole
# picture rather than a retouched place. Larger: new encodings are taken for retouched places.
REENCODED_SHARE = 0.5
# Share of a cell that must be locked for its mean color to be the product's. Not 1, as the share is
# averaged in float32.
WHOLE_CELL = 0.999


@dataclass(frozen=True)
class PixelLockCertificate:
    """A decoded certificate; its file has H rows and W columns.

    locked: bool (H, W), the locked pixels.
    rows, columns: uint8 (H, DIGEST_BYTES) and (W, DIGEST_BYTES), as hash_rows returns them.
    cells: uint8 RGB (rows, columns, 3), as average_cell_colors returns them.
    delta_e_max: largest CIEDE2000 difference between placed and written product pixels.
    """

    locked: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    cells: np.ndarray
    pixels_sha256: str
    locked_sha256: str
    lossless: bool
    delta_e_max: float


@dataclass(frozen=True)
class PixelVerification:
    """The comparison of a file with its certificate.

    locked: whether every locked pixel is unchanged.
    unchanged: whether every pixel is unchanged.
    sentence: the comparison in words.
    differing: boxes of x, y, width, height around the locked pixels that differ.
    """

    locked: bool
    unchanged: bool
    sentence: str
    differing: tuple[Box, ...] = ()


def read_pixel_lock(text: str, field: str, images: ImageCodec) -> PixelLockCertificate:
    """Decodes a certificate; raises InvalidRequest, naming the field, if it is not a valid one."""
    try:
        values = json.loads(text)
        mask = image_pb2.Image(data=base64.b64decode(values["mask"], validate=True))
        return _certificate_from_json(values, images.read_gray(mask, field))
    except (ValueError, KeyError, TypeError, RecursionError, InvalidRequest):
        text = "is no pixel-lock certificate; send the one from the ad's manifest"
        raise InvalidRequest(Violation(field, text)) from None


def verify_pixel_lock(pixels: np.ndarray, certificate: PixelLockCertificate) -> PixelVerification:
    """Compares a file's pixels, uint8 RGB (H, W, 3), with its certificate."""
    locked = certificate.locked
    if pixels.shape[:2] != locked.shape:
        sizes = (pixels.shape[1], pixels.shape[0], locked.shape[1], locked.shape[0])
        text = "the file is {} x {} pixels and the ad {} x {}: it was resized or cut"
        return PixelVerification(
            False, False, text.format(*sizes) + ", so no pixel can be compared"
        )
    if hash_pixels(pixels) == certificate.pixels_sha256:
        text = f"all pixels are as delivered; {_describe_lock(certificate)}"
        return PixelVerification(True, True, text)
    if hash_pixels(select_pixels(pixels, locked)) == certificate.locked_sha256:
        text = f"the surroundings were changed after delivery; {_describe_lock(certificate)}"
        return PixelVerification(True, False, text)
    return _locate_changes(pixels, certificate)


def _describe_lock(certificate: PixelLockCertificate) -> str:
    count = int(certificate.locked.sum())
    if certificate.lossless:
        return f"all {count} locked product pixels are exactly those that were placed"
    return (
        f"all {count} locked product pixels are as written, within Delta E "
        f"{certificate.delta_e_max:.1f} of those that were placed"
    )


def _locate_changes(pixels: np.ndarray, certificate: PixelLockCertificate) -> PixelVerification:
    locked = certificate.locked
    rows = _find_changed(hash_rows(pixels, locked), certificate.rows)
    columns = _find_changed(hash_columns(pixels, locked), certificate.columns)
    share = len(rows) / max(1, int(locked.any(axis=1).sum()))
    if share > REENCODED_SHARE and len(columns) > REENCODED_SHARE * locked.any(axis=0).sum():
        return PixelVerification(False, False, _describe_reencoding(pixels, certificate), ())
    boxes = tuple(_find_changed_boxes(rows, columns, locked))
    if len(rows) == len(columns) == 1:
        text = f"one locked product pixel differs, at x {columns[0]}, y {rows[0]}"
    else:
        spans = f"x {columns[0]} to {columns[-1]}, y {rows[0]} to {rows[-1]}"
        text = f"locked product pixels differ in {len(rows)} rows, {spans}"
    return PixelVerification(
        False, False, f"{text}, of {int(locked.sum())} that were locked", boxes
    )


def _describe_reencoding(pixels: np.ndarray, certificate: PixelLockCertificate) -> str:
    rows, columns = certificate.cells.shape[:2]
    locked_share = cv2.resize(
        certificate.locked.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA
    )
    inside = locked_share > WHOLE_CELL
    text = "the product's pixels differ all over, as after another encoding"
    if not inside.any():
        return f"{text}; none of them is proven"
    distance = delta_e(average_cell_colors(pixels)[inside], certificate.cells[inside])
    return (
        f"{text}; none of them is proven, and the mean colors of its parts are within "
        f"Delta E {distance.max():.1f} of the ad's"
    )


def _find_changed(digests: np.ndarray, certified: np.ndarray) -> np.ndarray:
    """Returns the indices, int (n,), at which digests differ from the certified ones."""
    return np.flatnonzero((digests != certified).any(axis=1))


def _find_changed_boxes(rows: np.ndarray, columns: np.ndarray, locked: np.ndarray) -> list[Box]:
    """Returns boxes where changed rows and columns cross on locked pixels, at most MAX_BOXES."""
    boxes = [
        (int(across[0]), int(down[0]), int(np.ptp(across)) + 1, int(np.ptp(down)) + 1)
        for down in _split_at_gaps(rows)
        for across in _split_at_gaps(columns)
    ]
    return [box for box in boxes if crop_to_box(locked, box).any()][:MAX_BOXES]


def _split_at_gaps(lines: np.ndarray) -> list[np.ndarray]:
    return np.split(lines, np.flatnonzero(np.diff(lines) > MAX_GAP) + 1)


def _certificate_from_json(values: dict[str, Any], mask: np.ndarray) -> PixelLockCertificate:
    file = values["file"]
    height, width = mask.shape
    cells = average_cell_colors(np.zeros((height, width, 3), np.uint8)).shape
    return PixelLockCertificate(
        locked=mask > 0,
        rows=_array_from_base64(file["rows"]).reshape(height, DIGEST_BYTES),
        columns=_array_from_base64(file["columns"]).reshape(width, DIGEST_BYTES),
        cells=_array_from_base64(file["cells"]).reshape(cells),
        pixels_sha256=str(file["pixels_sha256"]),
        locked_sha256=str(file["locked_sha256"]),
        lossless=bool(values["lossless"]),
        delta_e_max=float(values["delta_e_max"]),
    )


def _array_from_base64(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
