"""Measures how far a server moved pixels that it was told to keep."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Drift:
    """changed: share of the locked pixels that differ, 0 to 1. levels: mean absolute difference."""

    changed: float
    levels: float


def measure_drift(answer: np.ndarray, composite: np.ndarray, locked: np.ndarray) -> Drift:
    """Compares uint8 RGB (H, W, 3) within bool `locked` (H, W)."""
    apart = np.abs(answer[locked].astype(np.int16) - composite[locked])
    if not apart.size:
        return Drift(0.0, 0.0)
    return Drift(float((apart > 0).any(axis=1).mean()), float(apart.mean()))
