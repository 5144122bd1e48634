"""The long steps of a cut-out end soon after their caller has left."""

import cv2
import numpy as np
import pytest

from services.runtime.errors import CallCancelled
from services.runtime.guards.cancellation import track_call
from services.segmentation.grabcut import run_grabcut
from services.segmentation.matting import estimate_alpha
from services.segmentation.softening import soften_cutout
from tests.support.pictures import draw_product

PHOTO, MASK = draw_product(600, 800)
SEEDS = np.where(MASK, cv2.GC_PR_FGD, cv2.GC_PR_BGD).astype(np.uint8)


class LeavingCall:
    """A call whose caller leaves after being looked for some times; counts how often."""

    def __init__(self, max_looks: float) -> None:
        self.max_looks, self.looks = max_looks, 0

    def is_active(self) -> bool:
        self.looks += 1
        return self.looks <= self.max_looks


@pytest.mark.parametrize(
    "cut",
    [
        lambda: run_grabcut(PHOTO, SEEDS, 1),
        lambda: estimate_alpha(PHOTO, MASK),
        lambda: soften_cutout(PHOTO, PHOTO, MASK.astype(np.float32)),
    ],
    ids=["GrabCut", "matting", "softening"],
)
def test_a_step_looks_for_its_caller_and_ends_without_one(cut):
    waiting = LeavingCall(max_looks=float("inf"))
    with track_call(waiting):
        cut()
    assert waiting.looks
    with track_call(LeavingCall(max_looks=waiting.looks - 1)), pytest.raises(CallCancelled):
        cut()


def test_large_photos_are_softened_in_tiles_between_which_the_caller_is_looked_for():
    call = LeavingCall(max_looks=float("inf"))
    with track_call(call):
        soften_cutout(PHOTO, PHOTO, MASK.astype(np.float32))
    # Three by two tiles of at most 256 rows and 512 columns, and before the colors.
    assert call.looks == 7
