"""Drawn silhouettes of products whose pose is known: uint8 (300, 300), 255 on the product."""

from collections.abc import Callable

import cv2
import numpy as np

SIDE = 300
Draw = Callable[[np.ndarray], object]


def _fill(canvas: np.ndarray, *points: tuple[int, int]) -> None:
    cv2.fillPoly(canvas, [np.array(points, np.int32)], 255)


def _stroke(canvas: np.ndarray, thickness: int, *points: tuple[int, int]) -> None:
    cv2.polylines(canvas, [np.array(points, np.int32)], False, 255, thickness)


def _oval(canvas: np.ndarray, center: tuple[int, int], axes: tuple[int, int], line: int = -1):
    cv2.ellipse(canvas, center, axes, 0, 0, 360, 255, line)


def _draw_bottle(canvas: np.ndarray) -> None:
    cv2.rectangle(canvas, (110, 100), (190, 280), 255, -1)
    cv2.rectangle(canvas, (135, 20), (165, 100), 255, -1)


def _draw_necklace(canvas: np.ndarray) -> None:
    _oval(canvas, (150, 140), (90, 110), 4)
    _oval(canvas, (150, 265), (16, 16))


def _draw_ring(canvas: np.ndarray) -> None:
    _oval(canvas, (150, 170), (90, 90), 16)
    _fill(canvas, (125, 60), (175, 60), (165, 90), (135, 90))


def _draw_glasses(canvas: np.ndarray) -> None:
    _oval(canvas, (85, 150), (55, 40))
    _oval(canvas, (215, 150), (55, 40))
    _stroke(canvas, 10, (120, 130), (180, 130))


def _draw_watch(canvas: np.ndarray) -> None:
    cv2.rectangle(canvas, (130, 10), (170, 290), 255, -1)
    _oval(canvas, (150, 150), (38, 38))


def _draw_tshirt(canvas: np.ndarray) -> None:
    upper = ((120, 40), (180, 40), (240, 70), (280, 140), (235, 165), (215, 130))
    lower = ((215, 270), (85, 270), (85, 130), (65, 165), (20, 140), (60, 70))
    _fill(canvas, *upper, *lower)


def _draw_tank_top(canvas: np.ndarray) -> None:
    upper = ((75, 20), (95, 20), (110, 110), (190, 110), (205, 20), (225, 20))
    _fill(canvas, *upper, (250, 140), (235, 280), (65, 280), (50, 140))


def _draw_trousers(canvas: np.ndarray) -> None:
    legs = ((225, 280), (165, 280), (150, 110), (135, 280), (75, 280))
    _fill(canvas, (100, 20), (200, 20), *legs)


def _draw_hairdryer(canvas: np.ndarray) -> None:
    _fill(canvas, (60, 100), (170, 80), (260, 100), (260, 115), (170, 130), (60, 125))
    _fill(canvas, (130, 120), (170, 120), (160, 240), (130, 240))


def _draw_pen(canvas: np.ndarray) -> None:
    _stroke(canvas, 12, (40, 260), (260, 50))


def _draw_wine_glass(canvas: np.ndarray) -> None:
    cv2.ellipse(canvas, (150, 80), (55, 90), 0, 0, 180, 255, -1)
    cv2.rectangle(canvas, (145, 160), (155, 270), 255, -1)
    _oval(canvas, (150, 272), (45, 10))


def _draw_chair(canvas: np.ndarray) -> None:
    cv2.rectangle(canvas, (90, 20), (200, 140), 255, -1)
    _fill(canvas, (80, 140), (210, 140), (220, 170), (70, 170))
    for x, foot in ((80, (70, 285)), (210, (222, 285)), (100, (98, 262)), (195, (197, 262))):
        _stroke(canvas, 8, (x, 165), foot)


def _draw_table(canvas: np.ndarray) -> None:
    _oval(canvas, (150, 100), (130, 22))
    for x in (50, 110, 190, 250):
        _stroke(canvas, 6, (x, 105), (x, 250 if x in (50, 250) else 230))


def _draw_handbag(canvas: np.ndarray) -> None:
    _fill(canvas, (60, 120), (240, 120), (265, 270), (35, 270))
    cv2.ellipse(canvas, (150, 120), (60, 85), 0, 180, 360, 255, 9)


def _draw_box(canvas: np.ndarray) -> None:
    _fill(canvas, (60, 80), (170, 50), (260, 85), (250, 220), (150, 270), (70, 215))


def _draw_teapot(canvas: np.ndarray) -> None:
    _oval(canvas, (140, 180), (85, 80))
    _fill(canvas, (200, 190), (280, 90), (290, 105), (215, 230))
    _oval(canvas, (50, 175), (35, 45), 12)


def _draw_shoe(canvas: np.ndarray) -> None:
    upper = ((30, 150), (45, 90), (80, 95), (120, 85), (170, 130), (240, 150), (270, 175))
    _fill(canvas, *upper, (270, 200), (30, 200))


DRAWINGS: dict[str, Draw] = {
    name.removeprefix("_draw_"): draw for name, draw in globals().items() if name[:6] == "_draw_"
}


def draw_silhouette(name: str, turn: float = 0.0) -> np.ndarray:
    """Returns a drawn product, turned clockwise by degrees."""
    canvas = np.zeros((SIDE, SIDE), np.uint8)
    DRAWINGS[name](canvas)
    middle = SIDE / 2
    # OpenCV turns counterclockwise.
    matrix = cv2.getRotationMatrix2D((middle, middle), -turn, 0.8 if turn else 1.0)
    return cv2.warpAffine(canvas, matrix, (SIDE, SIDE))
