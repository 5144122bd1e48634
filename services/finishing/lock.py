"""The pixel-lock certificate: what proves later that a product's pixels are still its own."""

import base64
import hashlib
from typing import Any

import cv2
import numpy as np

from services.imaging.delta_e import delta_e
from services.imaging.mask import OPAQUE_ALPHA

# Rows and columns are told apart by this many bytes; the proof is the SHA-256 over all of them.
MARK_BYTES = 4
# Sides of the cells whose mean colors tell a re-encoded picture from another one.
CELL = 16
ONE_BIT = (cv2.IMWRITE_PNG_BILEVEL, 1)


def certify(
    composite: np.ndarray, mask: np.ndarray, ad: np.ndarray, written: np.ndarray
) -> dict[str, Any]:
    """The certificate as plain JSON values.

    composite, ad: uint8 RGB (H, W, 3), before and after the surroundings were changed; mask:
    uint8 alpha (H, W), 255 where the product is locked; written: the pixels that the finished
    file decodes to.
    """
    locked = mask == OPAQUE_ALPHA
    lossless = written is ad or np.array_equal(written, ad)
    placed, kept = pick(composite, locked), pick(ad, locked)
    read = kept if lossless else pick(written, locked)
    distance = np.zeros(1) if np.array_equal(placed, read) else delta_e(placed, read)
    changed = placed != kept
    return {
        "layer_sha256": sha256(placed),
        "locked_pixels": len(placed),
        "differing_pixels": int((changed[:, 0] | changed[:, 1] | changed[:, 2]).sum()),
        "lossless": bool(lossless),
        "delta_e_max": round(float(distance.max()), 3),
        "delta_e_mean": round(float(distance.mean()), 4),
        "file": {
            "pixels_sha256": sha256(written),
            "locked_sha256": sha256(read),
            "rows": pack(line_marks(written, locked)),
            "columns": pack(column_marks(written, locked)),
            "cells": pack(cell_colors(written)),
        },
        "mask": pack(cv2.imencode(".png", locked.astype(np.uint8) * 255, ONE_BIT)[1]),
    }


def pick(pixels: np.ndarray, where: np.ndarray) -> np.ndarray:
    """The pixels (n, C) of uint8 (H, W, C) where bool (H, W) is set, row by row."""
    channels = pixels.shape[2]
    # Each as one value: numpy takes twenty times as long to pick the channels of each.
    whole = np.ascontiguousarray(pixels).view(f"V{channels}")[..., 0]
    return whole[where].view(np.uint8).reshape(-1, channels)


def line_marks(pixels: np.ndarray, locked: np.ndarray) -> np.ndarray:
    """A short digest of each row's locked pixels: uint8 (H, MARK_BYTES)."""
    marks = np.zeros((len(locked), MARK_BYTES), np.uint8)
    data = pick(pixels, locked)
    start = 0
    for row, end in enumerate(np.cumsum(np.count_nonzero(locked, axis=1)).tolist()):
        if end > start:
            digest = hashlib.blake2b(data[start:end], digest_size=MARK_BYTES)
            marks[row] = np.frombuffer(digest.digest(), np.uint8)
        start = end
    return marks


def column_marks(pixels: np.ndarray, locked: np.ndarray) -> np.ndarray:
    """The same of each column."""
    return line_marks(cv2.transpose(pixels), cv2.transpose(locked.view(np.uint8)).view(bool))


def cell_colors(pixels: np.ndarray) -> np.ndarray:
    """The mean color of each cell of uint8 RGB (H, W, 3), in uint8 (rows, columns, 3)."""
    height, width = (-(-side // CELL) for side in pixels.shape[:2])
    return cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA)


def sha256(pixels: np.ndarray) -> str:
    """The SHA-256 of an array's bytes, in hex."""
    return hashlib.sha256(np.ascontiguousarray(pixels)).hexdigest()


def pack(values: np.ndarray) -> str:
    """An array's bytes in base64."""
    return base64.b64encode(np.ascontiguousarray(values)).decode()
