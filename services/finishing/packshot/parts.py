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
# The most letters that are looked for; a full page of small print has about 4000. Larger: patterns
# of many strokes take seconds; smaller: lettering counts as crumbs.
MAX_LETTERS = 5000


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

    A line is a row of small parts of about the same height, close together. Of more than
    MAX_LETTERS parts, which are a pattern and no text, none is a line.

    marks: bool (h, w).
    """
    _, labels, stats, _ = cv2.connectedComponentsWithStats(marks.view(np.uint8))
    heights = stats[:, cv2.CC_STAT_HEIGHT]
    low, high = (share * marks.shape[0] for share in LETTER_HEIGHTS)
    letters = 1 + np.flatnonzero((heights[1:] >= max(low, 2)) & (heights[1:] <= high))
    if len(letters) > MAX_LETTERS:
        return 0, np.zeros_like(marks)
    letters = letters[np.argsort(stats[letters, cv2.CC_STAT_LEFT], kind="stable")]
    lines = _number_lines(stats[letters])
    is_line = np.bincount(lines) >= LETTERS
    is_letter = np.zeros(len(stats), bool)
    is_letter[letters] = is_line[lines]
    return int(np.count_nonzero(is_line)), is_letter[labels]


def _number_lines(letters: np.ndarray) -> np.ndarray:
    """Returns the number of each letter's line, the first one that it continues: int64 (n,).

    letters: OpenCV's statistics of parts, from left to right: int32 (n, 5).
    """
    numbers = np.empty(len(letters), np.int64)
    last_letters = np.empty_like(letters)
    count = 0
    for index, letter in enumerate(letters):
        continued = np.flatnonzero(_find_followed(last_letters[:count], letter))
        numbers[index] = continued[0] if len(continued) else count
        count = max(count, numbers[index] + 1)
        last_letters[numbers[index]] = letter
    return numbers


def _find_followed(last_letters: np.ndarray, letter: np.ndarray) -> np.ndarray:
    """Returns after which of the lines' last letters a part may be the next one: bool (n,).

    last_letters, letter: OpenCV's statistics, int32 (n, 5) and (5,).
    """
    x, y, width, height, _ = last_letters.T
    next_x, next_y, _, next_height, _ = letter
    lower = np.minimum(height, next_height)
    overlap = np.minimum(y + height, next_y + next_height) - np.maximum(y, next_y)
    return (
        (np.maximum(height, next_height) <= LETTER_FACTOR * lower)
        & (overlap >= lower / 2)
        & (next_x - (x + width) <= LETTER_GAP * lower)
    )
