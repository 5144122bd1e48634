"""Sorts what lies on a white ground into products, lines of text and crumbs."""

from dataclasses import dataclass

import cv2
import numpy as np

# Parts closer together than this share of the longer side belong together. Larger: crumbs next to
# the product are not counted.
GAP_SHARE = 0.02
# A part from this share of the largest one's area on is another product of a pair or set, a
# smaller one is left over. Larger: small products of a set count as left over.
PAIR_SHARE = 0.1
# Least pixels of a crumb. Larger: specks are not counted.
CRUMB_AREA = 3
# Heights of letters as shares of the picture's height. Larger: large lettering counts as crumbs.
LETTER_HEIGHTS = (0.006, 0.12)
# The most that letters of a line differ in height, as a factor; their largest gap, in heights of
# the lower one; and the least number of letters of a line. Fewer: three crumbs in a row are text.
LETTER_FACTOR, LETTER_GAP, LETTERS = 2.5, 1.5, 4


@dataclass(frozen=True)
class GroundParts:
    """What lies on the ground.

    products: bool (h, w), the largest part and others of its kind. count: the number of them.
    crumbs: the number of small parts that are not text. text_lines: the number of lines of text.
    """

    products: np.ndarray
    count: int
    crumbs: int
    text_lines: int


def sort_parts(marks: np.ndarray) -> GroundParts:
    """Sorts the parts on a white ground by size and place.

    marks: bool (h, w), what is not ground; not empty.
    """
    gap = max(1, round(GAP_SHARE * max(marks.shape) / 2))
    kernel = np.ones((2 * gap + 1,) * 2, np.uint8)
    count, joined = cv2.connectedComponents(cv2.dilate(marks.view(np.uint8), kernel))
    areas = np.bincount(joined[marks], minlength=count)
    is_product = areas >= PAIR_SHARE * areas.max()
    is_product[0] = False
    others = marks & ~is_product[joined]
    is_line, in_line = find_text_lines(others)
    left_over = np.bincount(joined[others & ~in_line], minlength=count)
    return GroundParts(
        products=marks & is_product[joined],
        count=int(np.count_nonzero(is_product)),
        crumbs=int(np.count_nonzero(left_over >= CRUMB_AREA)),
        text_lines=is_line,
    )


def find_text_lines(marks: np.ndarray) -> tuple[int, np.ndarray]:
    """Returns how many lines of text there are, and what belongs to them: bool (h, w).

    A line is a row of small parts of about the same height, close together.

    marks: bool (h, w).
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(marks.view(np.uint8))
    heights = stats[:, cv2.CC_STAT_HEIGHT]
    low, high = (share * marks.shape[0] for share in LETTER_HEIGHTS)
    letters = [n for n in range(1, len(stats)) if max(low, 2) <= heights[n] <= high]
    letters.sort(key=lambda number: stats[number, cv2.CC_STAT_LEFT])
    lines: list[list[int]] = []
    for letter in letters:
        line = next((each for each in lines if _follows(stats[each[-1]], stats[letter])), None)
        if line is None:
            lines.append([letter])
        else:
            line.append(letter)
    lines = [line for line in lines if len(line) >= LETTERS]
    is_letter = np.zeros(len(stats), bool)
    is_letter[[letter for line in lines for letter in line]] = True
    return len(lines), is_letter[labels]


def _follows(last: np.ndarray, letter: np.ndarray) -> bool:
    """Whether a part may be the next letter of a line; both as OpenCV's statistics: int (5,)."""
    x, y, width, height, _ = (int(value) for value in last)
    next_x, next_y, _, next_height, _ = (int(value) for value in letter)
    lower = min(height, next_height)
    overlap = min(y + height, next_y + next_height) - max(y, next_y)
    return (
        max(height, next_height) <= LETTER_FACTOR * lower
        and overlap >= lower / 2
        and next_x - (x + width) <= LETTER_GAP * lower
    )
