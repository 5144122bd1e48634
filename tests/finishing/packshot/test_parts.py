"""Parts on a white ground: products, lines of text, crumbs."""

import numpy as np

from services.finishing.packshot import parts
from services.finishing.packshot.parts import find_text_lines, sort_parts


def draw_strokes(height: int, width: int) -> np.ndarray:
    """Rows of upright strokes of 3 x 1 pixels, 2 apart, in rows 4 apart: bool (height, width)."""
    marks = np.zeros((height, width), bool)
    marks[:, ::2] = True
    marks[3::4] = False
    return marks


def test_each_row_of_letters_is_a_line():
    marks = np.zeros((100, 200), bool)
    marks[10:13, 20:180:2] = True
    marks[40:46, 20:180:6] = True
    marks[70:73, 20:26:2] = True
    count, in_line = find_text_lines(marks)
    assert count == 2
    assert in_line[:50].sum() == marks[:50].sum() and not in_line[50:].any()


def test_small_text_among_large_text_is_a_line_of_its_own():
    marks = np.zeros((200, 200), bool)
    marks[20:40, 10:90:20] = True
    marks[20:24, 11:91:20] = True
    marks[26:30, 120:180:5] = True
    assert find_text_lines(marks)[0] == 2


def test_a_pattern_of_countless_strokes_is_no_text(monkeypatch):
    marks = draw_strokes(40, 60)
    assert find_text_lines(marks)[0] == 10
    monkeypatch.setattr(parts, "MAX_LETTERS", 100)
    count, in_line = find_text_lines(marks)
    assert count == 0 and not in_line.any()


def test_fields_of_countless_strokes_are_crumbs():
    marks = np.zeros((400, 1000), bool)
    marks[:150] = True
    for left in range(20, 1000, 250):
        marks[200:390, left : left + 190] = draw_strokes(190, 190)
    found = sort_parts(marks)
    assert (found.count, found.text_lines, found.crumbs) == (1, 0, 4)
