"""Segment Anything in its true architecture, with seeded weights instead of trained ones."""

import pickle
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from services.runtime.errors import EngineNotReady
from services.segmentation.engine import Prompt, Settings, open_engine
from services.segmentation.engines.sam import centered_box
from services.segmentation.engines.sam.package import import_package
from tests.pictures import assert_image_equal, draw_product

PHOTO, _ = draw_product(240, 320)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    """A file of vit_b weights, as Meta's are written."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "weights.pth"
    torch.save(import_package().sam_model_registry["vit_b"]().state_dict(), path)
    return path


@pytest.fixture(scope="module")
def sam(checkpoint):
    return open_engine("sam", Settings(checkpoint=checkpoint))


def opened(path: Path):
    return open_engine("sam", Settings(checkpoint=path))


def test_a_photo_is_cut_out_and_the_same_photo_gives_the_same_bytes(sam):
    first, second = (sam.find(PHOTO, Prompt()) for _ in range(2))
    x, y, width, height = first.bounds
    assert first.cutout.dtype == np.uint8 and first.cutout.shape == (height, width, 4)
    assert 0 <= x < x + width <= 320 and 0 <= y < y + height <= 240
    assert first.cutout[..., 3].any() and 0 <= first.confidence <= 1
    assert_image_equal(first.cutout, second.cutout)


def test_the_model_is_asked_as_its_own_predictor_would_be(sam, checkpoint):
    package = import_package()
    predictor = package.SamPredictor(package.sam_model_registry["vit_b"](str(checkpoint)))
    predictor.set_image(PHOTO)
    expected, scores, _ = predictor.predict(box=np.array([8, 6, 312, 234]), multimask_output=True)
    found, found_scores = sam.ask(PHOTO, centered_box(240, 320, 0.95))
    assert found.shape == (3, 240, 320) and found.dtype == bool
    assert (found == expected).mean() > 0.999
    assert np.allclose(found_scores, scores, atol=1e-4)


def test_the_version_names_the_model_that_the_file_holds(sam):
    assert "vit_b" in sam.version and torch.__version__ in sam.version


def test_the_box_is_centered_and_covers_the_share_of_each_side():
    assert centered_box(200, 400, 0.95) == pytest.approx([10, 5, 390, 195])
    assert centered_box(100, 100, 1.0) == pytest.approx([0, 0, 100, 100])


def test_no_stand_in_for_torchvision_stays_behind(sam):
    assert not [name for name in sys.modules if name.partition(".")[0] == "torchvision"]


def test_without_a_checkpoint_the_setting_is_named():
    with pytest.raises(EngineNotReady, match="CYCLORAMA_SEGMENTATION_CHECKPOINT"):
        open_engine("sam", Settings())


def test_a_checkpoint_that_is_not_there_is_named_without_its_folder(tmp_path):
    with pytest.raises(EngineNotReady, match=r"sam\.pth") as caught:
        opened(tmp_path / "sam.pth")
    assert str(tmp_path) not in str(caught.value)


def test_a_checkpoint_cut_short_is_refused(checkpoint, tmp_path):
    short = tmp_path / "short.pth"
    with checkpoint.open("rb") as whole:
        short.write_bytes(whole.read(1_000_000))
    with pytest.raises(EngineNotReady, match="download it again"):
        opened(short)


@pytest.mark.parametrize(
    "state",
    [
        {},
        {"image_encoder.pos_embed": torch.zeros(1, 64, 64, 768)},
        {"image_encoder.pos_embed": torch.zeros(1, 64, 64, 5)},
        [torch.zeros(3)],
    ],
    ids=["empty", "one tensor", "another width", "a list"],
)
def test_weights_of_something_else_are_refused(tmp_path, state):
    path = tmp_path / "other.pth"
    torch.save(state, path)
    with pytest.raises(EngineNotReady, match="no Segment Anything checkpoint"):
        opened(path)


def test_a_file_that_would_run_code_is_refused_and_runs_none(tmp_path):
    trace, path = tmp_path / "trace", tmp_path / "evil.pth"

    class Evil:
        def __reduce__(self):
            return Path.touch, (trace,)

    torch.save({"image_encoder.pos_embed": Evil()}, path)
    bare = tmp_path / "bare.pth"
    bare.write_bytes(pickle.dumps(Evil()))
    for file in (path, bare):
        with pytest.raises(EngineNotReady, match="no Segment Anything checkpoint"):
            opened(file)
    assert not trace.exists()
