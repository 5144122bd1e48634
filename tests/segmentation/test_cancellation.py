"""The long steps of a cut-out end soon after their caller has left."""

import cv2
import numpy as np
import pytest

from services.runtime.errors import CallCancelled
from services.runtime.guards.cancellation import track_call
from services.segmentation.confidence import assess_result
from services.segmentation.cutout import create_cutout
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.finished_cutout import is_finished_cutout
from services.segmentation.flattening import FlatPhoto, flatten_photo, keep_clear
from services.segmentation.glass import show_background_through
from services.segmentation.glass_outline import complete_glass
from services.segmentation.grabcut import run_grabcut
from services.segmentation.matting import estimate_alpha
from services.segmentation.scale import shrink_cutout, shrink_to_side
from services.segmentation.softening import soften_cutout
from services.segmentation.transmission import separate_transmission
from services.segmentation.transparent import AlphaSegmentation
from services.segmentation.view import estimate_view
from tests.support.pictures import draw_product

PHOTO, MASK = draw_product(600, 800)
CUTOUT = np.dstack([PHOTO, MASK.astype(np.uint8) * 255])
RESULT = SegmentationResult(CUTOUT, (0, 0, 800, 600), confidence=0.9)
PROMPT = SegmentationPrompt()
OPACITY = np.full(MASK.shape, 0.5, np.float32)
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
        lambda: shrink_to_side(PHOTO, 100),
        lambda: shrink_cutout(CUTOUT, 100),
        lambda: create_cutout(PHOTO, MASK, 300),
        lambda: assess_result(PHOTO, RESULT, PROMPT, None),
        lambda: show_background_through(PHOTO, RESULT, PROMPT),
        lambda: complete_glass(PHOTO, RESULT, is_certain=True),
        lambda: separate_transmission(CUTOUT, PHOTO, PHOTO.astype(np.float32), OPACITY),
        lambda: estimate_view(PHOTO, CUTOUT, (0, 0, 800, 600)),
        lambda: is_finished_cutout(CUTOUT),
        lambda: flatten_photo(CUTOUT, is_cut_out=True),
        lambda: keep_clear(RESULT, FlatPhoto(PHOTO, (0, 0, 800, 600), ~MASK)),
        lambda: AlphaSegmentation().segment(CUTOUT, PROMPT),
    ],
    ids=[
        *("GrabCut", "matting", "softening", "reduction", "limited size", "cutting out"),
        *("confidence", "transparency", "outline of glass", "transmission", "view"),
        *("kind of photo", "flattening", "clear area", "alpha"),
    ],
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
