"""The frame of a picture: what is near its edges, and so seldom product."""

import numpy as np


def frame_width(height: int, width: int, share: float) -> int:
    """Pixels of a frame that is as wide as a share of the longer side, at least one."""
    return max(1, round(share * max(height, width)))


def draw_frame(height: int, width: int, share: float) -> np.ndarray:
    """Where a frame of that width is: bool (height, width)."""
    margin = frame_width(height, width, share)
    frame = np.ones((height, width), bool)
    frame[margin : height - margin, margin : width - margin] = False
    return frame
