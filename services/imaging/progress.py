"""Signs of progress as messages."""

import numpy as np

from cyclorama.v1 import engine_pb2
from services.imaging.images import preview


def progress_message(fraction: float, picture: np.ndarray | None = None) -> engine_pb2.Progress:
    """Writes a Progress message; picture: a small uint8 RGB (h, w, 3) of the work so far."""
    seen = None if picture is None else preview(picture)
    return engine_pb2.Progress(fraction=fraction, preview=seen)
