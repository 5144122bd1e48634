"""Draws a product that stands on a ground, with or without faults where both meet."""

import cv2
import numpy as np

from cyclorama.v1 import compositing_pb2, finishing_pb2, image_pb2, scene_pb2
from services.finishing.quality.picture import AssessedPicture

SIDE = 200
# Rows of the foot and columns of the sides of the drawn product.
FOOT, LEFT, RIGHT = 150, 60, 140
GROUND = 190


def draw_standing_product(
    *,
    lift: int = 0,
    shadow: float = 0.5,
    beads: float = 0.0,
    with_composite: bool = True,
    with_scene: bool = True,
) -> AssessedPicture:
    """A soft-edged box whose shadow darkens the ground just below its foot.

    lift: rows by which the product is above its shadow. shadow: share of the light that it takes.
    beads: share of the shadow that every other three columns lack.
    """
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    alpha[50 - lift : FOOT - lift, LEFT:RIGHT] = 255
    alpha = cv2.GaussianBlur(alpha, (3, 3), 0)
    ground = np.full((SIDE, SIDE, 3), GROUND, np.float32)
    taken = np.zeros((SIDE, SIDE), np.float32)
    taken[FOOT - 3 : FOOT + 8, LEFT - 6 : RIGHT + 6] = shadow
    taken = cv2.GaussianBlur(taken, (0, 0), 2)
    taken *= 1 - beads * (np.arange(SIDE) % 6 < 3)
    shaded = ground * (1 - taken[..., None])
    product = np.float32([60, 90, 160])
    cover = alpha[..., None].astype(np.float32) / 255
    ad, composite = (np.uint8(cover * product + (1 - cover) * below) for below in (shaded, ground))
    known = describe_scene() if with_scene else finishing_pb2.Circumstances()
    return AssessedPicture(ad, alpha, composite if with_composite else None, 0, known)


def describe_scene(
    stance: str = "standing",
    *,
    camera_pitch: float = 10.0,
    stands: bool = True,
    **view,
) -> finishing_pb2.Circumstances:
    """What is known of a product that is placed in a scene; view: fields of its photo's View."""
    return finishing_pb2.Circumstances(
        scene=scene_pb2.Scene(
            ground_line=FOOT / SIDE,
            camera_pitch=camera_pitch,
            stance=f"STANCE_{stance.upper()}",
        ),
        placement=compositing_pb2.Placement(
            stands=stands,
            scale=1,
            box=image_pb2.Box(x=LEFT, y=50, width=RIGHT - LEFT, height=FOOT - 50),
        ),
        view=scene_pb2.View(**view),
    )
