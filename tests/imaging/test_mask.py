import numpy as np

from services.imaging.mask import SOLID, foot_row, most_solid_part, solid_part


def draw_alpha(level: int = 255) -> np.ndarray:
    alpha = np.zeros((60, 80), np.uint8)
    alpha[10:30, 20:50] = level
    alpha[30:34, 20:50] = level // 3
    return alpha


def test_solid_is_what_is_more_opaque_than_not():
    assert (solid_part(np.uint8([0, SOLID - 1, SOLID, 255])) == [False, False, True, True]).all()


def test_of_a_faint_product_the_most_opaque_part_counts():
    assert solid_part(draw_alpha(90)).sum() == 0
    assert most_solid_part(draw_alpha(90)).sum() == 20 * 30
    assert (most_solid_part(draw_alpha()) == solid_part(draw_alpha())).all()


def test_the_foot_is_below_the_last_solid_row_and_at_the_end_where_none_is():
    assert foot_row(draw_alpha()) == 30
    assert foot_row(draw_alpha(90)) == 60
