"""Finds the lines of a frame or border around a picture."""

from dataclasses import dataclass

import cv2
import numpy as np

# Width of the strip along an edge that is searched for a line, and the greatest thickness of the
# line, as shares of the side. Larger: straight edges of products may count as lines.
STRIP, THICKNESS = 0.08, 0.05
# Share of a row that a line covers at least, and that the row behind it covers at most. A larger
# first share misses lines with rounded corners.
COVERED, CLEARED = 0.92, 0.6
# Rows behind a line, as a share of the side, of which one has to be clear.
BEHIND = 0.01


@dataclass(frozen=True)
class Frame:
    """The lines along the edges of a picture, by the pixels from the edge to where each ends.

    A frame has at least three of them; without one, all are 0.
    """

    top: int = 0
    right: int = 0
    bottom: int = 0
    left: int = 0

    @property
    def lines(self) -> int:
        """The number of edges that have a line."""
        return sum(bool(end) for end in (self.top, self.right, self.bottom, self.left))


def find_frame(marks: np.ndarray) -> Frame:
    """Returns the frame of a picture: lines along three or four of its edges.

    marks: uint8 (H, W), 1 where the picture is not white, else 0.
    """
    rows = cv2.reduce(marks, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel()
    columns = cv2.reduce(marks, 0, cv2.REDUCE_AVG, dtype=cv2.CV_32F).ravel()
    found = Frame(
        top=_find_line_end(rows),
        right=_find_line_end(columns[::-1]),
        bottom=_find_line_end(rows[::-1]),
        left=_find_line_end(columns),
    )
    return found if found.lines >= 3 else Frame()


def _find_line_end(covered: np.ndarray) -> int:
    """Returns where the first line from an edge ends, in pixels from the edge; 0 without one.

    covered: float32 (n,), the share of each row from that edge on that is not white, 0 to 1.
    """
    length = len(covered)
    starts = np.flatnonzero(covered[: int(STRIP * length)] >= COVERED)
    if not starts.size:
        return 0
    start = int(starts[0])
    breaks = np.flatnonzero(covered[start:] < COVERED)
    if not breaks.size or breaks[0] > THICKNESS * length:
        return 0
    end = start + int(breaks[0])
    behind = covered[end : end + 1 + int(BEHIND * length)]
    return end if behind.min() <= CLEARED else 0
