"""Compares a file with its pixel-lock certificate and describes the difference in one sentence."""

import base64
import json
from dataclasses import dataclass
from functools import cached_property
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
from services.imaging.mask import OPAQUE_ALPHA
from services.runtime.errors import InvalidRequest, Violation

# Most boxes that a response lists, as its contract says. Larger: longer responses.
MAX_BOXES = 16
# Changed rows and columns at most so many pixels apart share a box. Larger: fewer, larger boxes.
MAX_GAP = 8
# Share of the locked rows, and of the columns, above which a change is a new encoding of the whole
# picture rather than a retouched place. Larger: new encodings are taken for retouched places.
REENCODED_SHARE = 0.5
# CIEDE2000 of the mean colors of a cell before and after another encoding, and the share of cells
# within it from which on a file shows the certified picture. Larger, and a smaller share: other
# pictures pass as retouched ones.
ALIKE_CELL, ALIKE_SHARE = 6.0, 0.5
# Share of a cell that must be locked for its mean color to be the product's. Not 1, as the share is
# averaged in float32.
WHOLE_CELL = 0.999


@dataclass(frozen=True)
class PixelLockCertificate:
    """A decoded certificate; its file has H rows and W columns.

    mask: uint8 alpha (H, W) of the product.
    rows, columns: uint8 (H, DIGEST_BYTES) and (W, DIGEST_BYTES), as hash_rows returns them.
    cells: uint8 RGB (rows, columns, 3), as average_cell_colors returns them.
    delta_e_max: largest CIEDE2000 difference between placed and written product pixels.
    differing: number of locked pixels that were changed before the file was written.
    transmissive: number of pixels through which the background shines; they are not locked.
    """

    mask: np.ndarray
    rows: np.ndarray
    columns: np.ndarray
    cells: np.ndarray
    pixels_sha256: str
    locked_sha256: str
    lossless: bool
    delta_e_max: float
    differing: int
    transmissive: int

    @cached_property
    def locked(self) -> np.ndarray:
        """The locked pixels, those where the product is opaque: bool (H, W)."""
        return np.equal(self.mask, OPAQUE_ALPHA)


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
    """Decodes the JSON of a pixel-lock certificate; raises InvalidRequest if it is not a valid one.

    field: the request's field with the certificate, which the error names.
    images: decodes the picture of the locked pixels in it.
    """
    try:
        values = json.loads(text)
        mask = image_pb2.Image(data=base64.b64decode(values["mask"], validate=True))
        return _certificate_from_json(values, images.read_gray(mask, field))
    # Callers may send any JSON: deeply nested arrays make json.loads raise RecursionError.
    except (ValueError, KeyError, TypeError, RecursionError, InvalidRequest):
        problem = "is no pixel-lock certificate; send the one from the ad's manifest"
        raise InvalidRequest(Violation(field, problem)) from None


def verify_pixel_lock(pixels: np.ndarray, certificate: PixelLockCertificate) -> PixelVerification:
    """Compares a file's pixels with the certificate that was issued with it.

    Returns whether the locked pixels, those of the product, and all others are unchanged, with a
    sentence on it, and boxes around the locked pixels that differ.

    pixels: uint8 RGB (H, W, 3).
    """
    (height, width), (ad_height, ad_width) = pixels.shape[:2], certificate.locked.shape
    if (height, width) != (ad_height, ad_width):
        sentence = (
            f"the file is {width} x {height} pixels and the ad {ad_width} x {ad_height}: "
            "it was resized or cut, so no pixel can be compared"
        )
        return PixelVerification(locked=False, unchanged=False, sentence=sentence)
    if hash_pixels(pixels) == certificate.pixels_sha256:
        sentence = f"all pixels are as delivered; {_describe_lock(certificate)}"
        return PixelVerification(locked=True, unchanged=True, sentence=sentence)
    if has_locked_pixels(pixels, certificate):
        sentence = f"the surroundings were changed after delivery; {_describe_lock(certificate)}"
        return PixelVerification(locked=True, unchanged=False, sentence=sentence)
    return _locate_changes(pixels, certificate)


def has_locked_pixels(pixels: np.ndarray, certificate: PixelLockCertificate) -> bool:
    """Returns whether every locked pixel of a file is as its certificate says.

    pixels: uint8 RGB (H, W, 3), of the certificate's size.
    """
    return hash_pixels(select_pixels(pixels, certificate.locked)) == certificate.locked_sha256


def count_changed_pixels(pixels: np.ndarray, certificate: PixelLockCertificate) -> int | None:
    """Returns how many locked pixels differ from those that were placed, as far as lines show it.

    None for a file that was encoded again, in which all may differ.

    pixels: uint8 RGB (H, W, 3), of the certificate's size.
    """
    if has_locked_pixels(pixels, certificate):
        return certificate.differing
    rows, columns = _find_changed_lines(pixels, certificate)
    if _is_reencoded(rows, columns, certificate.locked):
        return None
    crossing = certificate.locked[np.ix_(rows, columns)]
    return max(certificate.differing, int(np.count_nonzero(crossing)))


def shows_certified_picture(pixels: np.ndarray, certificate: PixelLockCertificate) -> bool:
    """Returns whether a file shows the picture of its certificate, encoded again or retouched.

    pixels: uint8 RGB (H, W, 3), of the certificate's size.
    """
    distance = delta_e(average_cell_colors(pixels), certificate.cells)
    return float(np.mean(distance <= ALIKE_CELL)) >= ALIKE_SHARE


def _describe_lock(certificate: PixelLockCertificate) -> str:
    """Says in words that a file's product pixels are those that its certificate was issued for."""
    count, transmissive = int(certificate.locked.sum()), certificate.transmissive
    unlocked = f"; {transmissive} transparent ones are not locked" if transmissive else ""
    if certificate.lossless:
        return f"all {count} locked product pixels are exactly those that were placed{unlocked}"
    return (
        f"all {count} locked product pixels are as written, within Delta E "
        f"{certificate.delta_e_max:.1f} of those that were placed{unlocked}"
    )


def _locate_changes(pixels: np.ndarray, certificate: PixelLockCertificate) -> PixelVerification:
    """Says where a file whose product pixels were changed differs from its certificate.

    Compares digests of rows and columns, and returns boxes where changed ones cross. A file that
    differs all over was encoded again; it gets no boxes.

    pixels: uint8 RGB (H, W, 3), the file's.
    """
    locked = certificate.locked
    rows, columns = _find_changed_lines(pixels, certificate)
    if _is_reencoded(rows, columns, locked):
        sentence = _describe_reencoding(pixels, certificate)
        return PixelVerification(locked=False, unchanged=False, sentence=sentence)
    if len(rows) == len(columns) == 1:
        place = f"one locked product pixel differs, at x {columns[0]}, y {rows[0]}"
    else:
        spans = f"x {columns[0]} to {columns[-1]}, y {rows[0]} to {rows[-1]}"
        place = f"locked product pixels differ in {len(rows)} rows, {spans}"
    return PixelVerification(
        locked=False,
        unchanged=False,
        sentence=f"{place}, of {int(locked.sum())} that were locked",
        differing=tuple(_find_changed_boxes(rows, columns, locked)),
    )


def _describe_reencoding(pixels: np.ndarray, certificate: PixelLockCertificate) -> str:
    """Says in words how near the mean colors of a file that was encoded again are to the ad's.

    Compares cells, small squares of the picture, that are all product.

    pixels: uint8 RGB (H, W, 3), the file's.
    """
    rows, columns = certificate.cells.shape[:2]
    locked_share = cv2.resize(
        certificate.locked.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA
    )
    is_product = locked_share > WHOLE_CELL
    sentence = (
        "the product's pixels differ all over, as after another encoding; none of them is proven"
    )
    if not is_product.any():
        return sentence
    distance = delta_e(average_cell_colors(pixels)[is_product], certificate.cells[is_product])
    return (
        f"{sentence}, and the mean colors of its parts are within "
        f"Delta E {distance.max():.1f} of the ad's"
    )


def _find_changed_lines(
    pixels: np.ndarray, certificate: PixelLockCertificate
) -> tuple[np.ndarray, np.ndarray]:
    """Returns the rows and the columns, int (n,), whose locked pixels differ from the certificate.

    pixels: uint8 RGB (H, W, 3), the file's.
    """
    locked = certificate.locked
    return (
        _find_changed(hash_rows(pixels, locked), certificate.rows),
        _find_changed(hash_columns(pixels, locked), certificate.columns),
    )


def _is_reencoded(rows: np.ndarray, columns: np.ndarray, locked: np.ndarray) -> bool:
    """Returns whether the changed rows and columns, int (n,), are most of the locked ones.

    locked: bool (H, W).
    """
    locked_rows, locked_columns = (locked.any(axis=axis).sum() for axis in (1, 0))
    most_rows = len(rows) > REENCODED_SHARE * max(1, locked_rows)
    return most_rows and len(columns) > REENCODED_SHARE * locked_columns


def _find_changed(digests: np.ndarray, certified: np.ndarray) -> np.ndarray:
    """Returns the indices, int (n,), at which digests differ from the certified ones."""
    return np.flatnonzero((digests != certified).any(axis=1))


def _find_changed_boxes(rows: np.ndarray, columns: np.ndarray, locked: np.ndarray) -> list[Box]:
    """Returns boxes (x, y, width, height) where changed rows and columns cross, at most MAX_BOXES.

    Changed lines up to MAX_GAP pixels apart share a box; boxes without a locked pixel are left out.

    rows, columns: ascending indices, int (n,), of the changed ones.
    locked: bool (H, W), the pixels that the certificate covers.
    """
    boxes = [
        (int(near_x[0]), int(near_y[0]), int(np.ptp(near_x)) + 1, int(np.ptp(near_y)) + 1)
        for near_y in _split_at_gaps(rows)
        for near_x in _split_at_gaps(columns)
    ]
    return [box for box in boxes if crop_to_box(locked, box).any()][:MAX_BOXES]


def _split_at_gaps(lines: np.ndarray) -> list[np.ndarray]:
    """Splits ascending row or column indices, int (n,), where more than MAX_GAP lie between."""
    return np.split(lines, np.flatnonzero(np.diff(lines) > MAX_GAP) + 1)


def _certificate_from_json(values: dict[str, Any], mask: np.ndarray) -> PixelLockCertificate:
    """Builds a certificate from its JSON values.

    Raises KeyError, TypeError or ValueError for missing values and those of another type or size.

    mask: uint8 alpha (H, W) of the product, decoded from the values.
    """
    file = values["file"]
    height, width = mask.shape
    # Of any picture of this size, as only the number of cells matters.
    cells_shape = average_cell_colors(np.zeros((height, width, 3), np.uint8)).shape
    return PixelLockCertificate(
        mask=mask,
        rows=_array_from_base64(file["rows"]).reshape(height, DIGEST_BYTES),
        columns=_array_from_base64(file["columns"]).reshape(width, DIGEST_BYTES),
        cells=_array_from_base64(file["cells"]).reshape(cells_shape),
        pixels_sha256=str(file["pixels_sha256"]),
        locked_sha256=str(file["locked_sha256"]),
        lossless=bool(values["lossless"]),
        delta_e_max=float(values["delta_e_max"]),
        differing=int(values["differing_pixels"]),
        # Certificates of earlier releases do not count them.
        transmissive=int(values.get("transmissive_pixels", 0)),
    )


def _array_from_base64(text: str) -> np.ndarray:
    """Decodes base64 to its bytes, uint8 (n,); raises ValueError if it is invalid."""
    return np.frombuffer(base64.b64decode(text, validate=True), np.uint8)
