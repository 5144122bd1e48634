"""Signs of progress as messages."""

import numpy as np

from cyclorama.v1 import engine_pb2
from services.imaging.thumbnails import thumbnail


def progress_message(fraction: float, picture: np.ndarray | None = None) -> engine_pb2.Progress:
    """Writes a Progress message; picture: uint8 RGB (h, w, 3) of the work so far."""
    seen = None if picture is None else thumbnail(picture)
    return engine_pb2.Progress(fraction=fraction, preview=seen)
