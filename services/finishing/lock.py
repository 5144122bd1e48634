"""The pixel-lock certificate, which proves later that a product's pixels are unchanged."""

import base64
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np

from services.imaging.box import crop_to_box, find_bounding_box
from services.imaging.delta_e import delta_e
from services.imaging.mask import OPAQUE_ALPHA
from services.imaging.png import encode_png

# Bytes of the digests that locate changed rows and columns; the proof is the SHA-256 over all
# pixels. Larger: larger certificates, fewer changed rows missed (now 1 in 2**32).
DIGEST_BYTES = 4
# Side in pixels of the cells whose mean colors show how near a re-encoded picture is. Larger:
# smaller certificates, a coarser comparison.
CELL_SIDE = 16
# Width in pixels up to which a soft area is an edge rather than transparent: the largest blur of
# enlarged cut-outs. Larger: thin glass does not count.
SOFT_EDGE_WIDTH = 8
EDGE_WINDOW = np.ones((SOFT_EDGE_WIDTH + 1,) * 2, np.uint8)
# Where the product is in the composite, a field of certificates in manifests.
TRANSFORM = "transform"
# Bytes up to which the PNG in a certificate has the whole alpha, several times what products with
# soft edges need; beyond it has one bit per pixel, locked or not. Larger: certificates of smoke and
# veils may exceed MAX_MANIFEST_CHARACTERS.
MAX_ALPHA_BYTES = 2**20
ONE_BIT = (cv2.IMWRITE_PNG_BILEVEL, 1)


def create_pixel_lock(
    composite: np.ndarray, mask: np.ndarray, ad: np.ndarray, written: np.ndarray
) -> dict[str, Any]:
    """Returns the certificate that a file's product pixels are unchanged, as plain JSON values.

    It contains digests by which anybody can verify the file later, the number of product pixels
    that the inpainting or the file format changed, and that of transmissive pixels, through which
    the background shines, so that they are not locked. Its mask is the PNG of the product's alpha.

    composite, ad: uint8 RGB (H, W, 3), before and after the inpainting.
    mask: uint8 alpha (H, W), 255 where the product is locked.
    written: uint8 RGB (H, W, 3), the pixels that the finished file decodes to.
    """
    locked = mask == OPAQUE_ALPHA
    lossless = written is ad or np.array_equal(written, ad)
    # The locked pixels as composited, after the inpainting, and as the file decodes to them.
    placed, kept = select_pixels(composite, locked), select_pixels(ad, locked)
    read = kept if lossless else select_pixels(written, locked)
    is_kept = np.array_equal(placed, read)
    distance = np.zeros(1) if is_kept else delta_e(placed, read)
    changed = placed != kept
    placed_sha256 = hash_pixels(placed)
    return {
        "layer_sha256": placed_sha256,
        "locked_pixels": len(placed),
        "transmissive_pixels": int(np.count_nonzero(find_transmissive_pixels(mask))),
        # In any channel; numpy's `any` along an axis is slower.
        "differing_pixels": int((changed[:, 0] | changed[:, 1] | changed[:, 2]).sum()),
        "lossless": bool(lossless),
        "delta_e_max": round(float(distance.max()), 3),
        "delta_e_mean": round(float(distance.mean()), 4),
        "file": {
            "pixels_sha256": hash_pixels(written),
            "locked_sha256": placed_sha256 if is_kept else hash_pixels(read),
            "rows": base64_from_array(hash_rows(written, locked)),
            "columns": base64_from_array(hash_columns(written, locked)),
            "cells": base64_from_array(average_cell_colors(written)),
        },
        "mask": base64.b64encode(_encode_mask(mask)).decode(),
    }


def hash_certificate(certificate: Mapping[str, Any]) -> str:
    """Returns the SHA-256 of a certificate in the JSON Canonicalization Scheme (RFC 8785), in hex.

    Without `transform`, which the gateway adds for the manifest.
    """
    hashed = {name: value for name, value in certificate.items() if name != TRANSFORM}
    text = json.dumps(_write_whole_numbers(hashed), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _write_whole_numbers(value: Any) -> Any:
    """Returns JSON values with whole numbers as int, as RFC 8785 writes 0.0 as 0."""
    if isinstance(value, dict):
        return {name: _write_whole_numbers(each) for name, each in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _encode_mask(mask: np.ndarray) -> bytes:
    """Encodes alpha, uint8 (h, w), as a PNG file.

    One of more than MAX_ALPHA_BYTES is reduced to the opaque pixels, at one bit each.
    """
    png = encode_png(mask)
    if len(png) > MAX_ALPHA_BYTES:
        opaque = np.equal(mask, OPAQUE_ALPHA).astype(np.uint8) * OPAQUE_ALPHA
        png = cv2.imencode(".png", opaque, ONE_BIT)[1].tobytes()
    return png


def find_transmissive_pixels(mask: np.ndarray) -> np.ndarray:
    """Returns where the background shines through a product, as through glass: bool (h, w).

    The soft edge of an opaque product, up to SOFT_EDGE_WIDTH wide, does not count.

    mask: uint8 alpha (h, w) of the product.
    """
    soft = ((mask > 0) & (mask < OPAQUE_ALPHA)).astype(np.uint8)
    return cv2.morphologyEx(soft, cv2.MORPH_OPEN, EDGE_WINDOW).astype(bool)


def select_pixels(pixels: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Returns the pixels, uint8 (n, C), at which `where` is set, row by row.

    pixels: uint8 (H, W, C).
    where: bool (H, W).
    """
    channels = pixels.shape[2]
    # Each pixel as one value of C bytes, numpy's type V: selecting its channels one by one takes
    # twenty times as long.
    whole_pixels = np.ascontiguousarray(pixels).view(f"V{channels}")[..., 0]
    return whole_pixels[where].view(np.uint8).reshape(-1, channels)


def hash_rows(pixels: np.ndarray, locked: np.ndarray) -> np.ndarray:
    """Returns a short digest of each row's locked pixels: uint8 (H, DIGEST_BYTES).

    Locked are the product's pixels, which must stay as they are.

    pixels: uint8 RGB (H, W, 3).
    locked: bool (H, W); the digests of rows without a locked pixel are 0.
    """
    digests = np.zeros((len(locked), DIGEST_BYTES), np.uint8)
    locked_pixels = select_pixels(pixels, locked)
    # Each row's pixels follow those of the row before.
    ends = np.cumsum(np.count_nonzero(locked, axis=1)).tolist()
    start = 0
    for row, end in enumerate(ends):
        if end > start:
            row_bytes = locked_pixels[start:end].data
            digest = hashlib.blake2b(row_bytes, digest_size=DIGEST_BYTES)
            digests[row] = np.frombuffer(digest.digest(), np.uint8)
        start = end
    return digests


def hash_columns(pixels: np.ndarray, locked: np.ndarray) -> np.ndarray:
    """Returns a short digest of each column's locked pixels: uint8 (W, DIGEST_BYTES).

    Locked are the product's pixels, which must stay as they are.

    pixels: uint8 RGB (H, W, 3).
    locked: bool (H, W); the digests of columns without a locked pixel are 0.
    """
    # Transposing takes longer than hashing, so that only the part with locked pixels is transposed.
    box = x, _, width, _ = find_bounding_box(locked)
    digests = np.zeros((locked.shape[1], DIGEST_BYTES), np.uint8)
    if width:
        # OpenCV does not transpose bool arrays, but the same bytes as uint8.
        locked_columns = cv2.transpose(crop_to_box(locked, box).view(np.uint8)).view(bool)
        columns = cv2.transpose(crop_to_box(pixels, box))
        digests[x : x + width] = hash_rows(columns, locked_columns)
    return digests


def average_cell_colors(pixels: np.ndarray) -> np.ndarray:
    """Returns the mean colors of cells of about CELL_SIDE pixels: uint8 RGB (rows, columns, 3).

    pixels: uint8 RGB (H, W, 3).
    """
    rows, columns = (math.ceil(side / CELL_SIDE) for side in pixels.shape[:2])
    return cv2.resize(pixels, (columns, rows), interpolation=cv2.INTER_AREA)


def hash_pixels(pixels: np.ndarray) -> str:
    """Returns the SHA-256 of the bytes of uint8 (H, W, 3) or (n, 3), in hex."""
    return hashlib.sha256(np.ascontiguousarray(pixels).data).hexdigest()


def base64_from_array(values: np.ndarray) -> str:
    """Encodes the bytes of an array, uint8 (n, ...), in base64."""
    return base64.b64encode(np.ascontiguousarray(values).data).decode()
