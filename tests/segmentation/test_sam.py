"""Segment Anything in its true architecture, with seeded weights instead of trained ones."""

import os
import pickle
import re
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from services.runtime.errors import (
    CallCancelled,
    EngineNotConfigured,
    EngineNotReady,
    OutOfMemory,
)
from services.segmentation.consensus import compute_iou
from services.segmentation.engine import SegmentationPrompt
from services.segmentation.engines import SegmentationSettings, open_engine
from services.segmentation.engines.sam.model import SamPrompt
from services.segmentation.engines.sam.package import (
    import_segment_anything,
    load_sam_checkpoint,
)
from services.segmentation.engines.sam.selection import compute_centered_box
from tests.support.pictures import assert_image_equal, draw_product
from tests.support.serving import REQUEST, serve_function

PHOTO, TRUTH = draw_product(240, 320)
SAMPLE = np.array(Image.open("clients/samples/bottle.jpg").convert("RGB").resize((500, 720)))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory, small_vit_b) -> Path:
    """A file of vit_b weights, as Meta's are written."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "weights.pth"
    torch.save(import_segment_anything().sam_model_registry["vit_b"]().state_dict(), path)
    return path


@pytest.fixture(scope="module")
def sam(checkpoint):
    return open_sam(checkpoint)


@pytest.fixture
def model(sam):
    return sam._model


def open_sam(path: Path):
    # Equal to the package's own, whatever this machine could do faster.
    return open_engine("sam", SegmentationSettings(checkpoint=path, precision="float32"))


@pytest.fixture(scope="module")
def predictor(checkpoint):
    """The package's own."""
    package = import_segment_anything()
    model = package.sam_model_registry["vit_b"](str(checkpoint))
    return package.SamPredictor(model.to("cuda" if torch.cuda.is_available() else "cpu"))


@pytest.mark.slow
def test_equal_photos_return_equal_cutouts(sam):
    first, second = (sam.segment(PHOTO, SegmentationPrompt()) for _ in range(2))
    x, y, width, height = first.bounds
    assert first.cutout.dtype == np.uint8 and first.cutout.shape == (height, width, 4)
    assert 0 <= x < x + width <= 320 and 0 <= y < y + height <= 240
    assert first.cutout[..., 3].any() and 0 <= first.confidence <= 1
    assert_image_equal(first.cutout, second.cutout)


@pytest.mark.slow
@pytest.mark.parametrize("photo", [PHOTO, SAMPLE], ids=["drawn", "rendered"])
def test_masks_equal_those_of_the_packages_own_predictor(model, predictor, photo):
    height, width = photo.shape[:2]
    box = compute_centered_box(height, width, 0.95)
    points = ((width / 2, height / 2, True), (3, 3, False))
    predictor.set_image(photo)
    embedding = model.embed_photo(photo)
    error = embedding.features - predictor.features
    assert float(error.norm() / predictor.features.norm()) < 1e-5
    for prompt in (
        SamPrompt(box),
        SamPrompt(points=points),
        SamPrompt(box, points, multimask=False),
    ):
        expected, predicted, low = predictor.predict(
            np.array([point[:2] for point in prompt.points]) if prompt.points else None,
            np.array([point[2] for point in prompt.points]) if prompt.points else None,
            None if prompt.box is None else np.array(prompt.box),
            multimask_output=prompt.multimask,
            return_logits=True,
        )
        logits, own_predicted = model.predict_masks(embedding, prompt)
        assert np.allclose(logits, low, atol=1e-4)
        assert np.allclose(own_predicted, predicted, atol=1e-4)
        for ours, theirs in zip(logits, expected, strict=True):
            enlarged = model.upsample_logits(ours, embedding, (height, width))
            assert compute_iou(enlarged > 0, theirs > 0) > 0.9999


def test_the_logits_of_an_earlier_mask_can_be_a_prompt(model, predictor):
    predictor.set_image(PHOTO)
    embedding = model.embed_photo(PHOTO)
    box = compute_centered_box(240, 320, 0.5)
    low, _ = model.predict_masks(embedding, SamPrompt(box))
    expected = predictor.predict(box=box, mask_input=low[:1], multimask_output=False)[1]
    _, predicted = model.predict_masks(embedding, SamPrompt(box, logits=low[0], multimask=False))
    assert np.allclose(predicted, expected, atol=1e-4)


def test_masks_of_untrained_weights_are_doubted_and_every_score_is_reported(sam):
    result = sam.segment(PHOTO, SegmentationPrompt())
    assert result.doubt
    assert [warning.reason for warning in result.warnings] == ["LOW_CONFIDENCE"]
    assert result.confidence == pytest.approx(result.candidates[0].score)
    assert len(result.candidates) >= 4
    assert sum(candidate.refined for candidate in result.candidates) == 1


@pytest.mark.parametrize(
    "prompt",
    [
        SegmentationPrompt(box=(60, 40, 200, 160)),
        SegmentationPrompt(points=((160, 120, True), (4, 4, False))),
        SegmentationPrompt(mask=TRUTH),
    ],
    ids=["box", "points", "mask"],
)
def test_other_prompts_reuse_the_cached_embedding(sam, prompt, monkeypatch):
    default = sam.segment(PHOTO, SegmentationPrompt())
    monkeypatch.setattr(sam._model, "_embed_photo", None)
    result = sam.segment(PHOTO, prompt)
    scores = [candidate.score for candidate in result.candidates]
    assert scores != [candidate.score for candidate in default.candidates]


def test_a_cancelled_call_stops_the_encoder_between_blocks(sam, model, monkeypatch):
    encode = model._encode
    inside, gone, ended = (threading.Event() for _ in range(3))

    def watched(images, check):
        def first_then_gone():
            inside.set()
            assert gone.wait(10)
            check()

        try:
            return encode(images, first_then_gone)
        except CallCancelled:
            ended.set()
            raise

    monkeypatch.setattr(model, "_encode", watched)
    with serve_function(
        lambda: sam.segment(np.ascontiguousarray(PHOTO[:, ::-1]), SegmentationPrompt())
    ) as stub:
        call = stub.SegmentProduct.future(REQUEST, timeout=60)
        assert inside.wait(10)
        call.cancel()
        call.add_done_callback(lambda _: gone.set())
        assert ended.wait(30)


def test_exhausted_gpu_memory_is_reported_and_the_next_call_works(model, monkeypatch):
    def exhausted(*_):
        raise torch.OutOfMemoryError("CUDA out of memory at 0x7f")

    other = np.ascontiguousarray(PHOTO[::-1])
    with monkeypatch.context() as patch:
        patch.setattr(model, "_encode", exhausted)
        with pytest.raises(OutOfMemory, match="no memory left") as caught:
            model.embed_photo(other)
    assert "0x7f" not in str(caught.value)
    assert model.embed_photo(PHOTO).features.shape == (1, 256, 64, 64)


def test_the_version_names_the_model_in_the_file(sam):
    assert "vit_b" in sam.version and torch.__version__ in sam.version


def test_the_box_is_centered_and_covers_the_share_of_each_side():
    assert compute_centered_box(200, 400, 0.95) == pytest.approx([10, 5, 390, 195])
    assert compute_centered_box(100, 100, 1.0) == pytest.approx([0, 0, 100, 100])


def test_replaced_torchvision_modules_are_removed_after_the_import(sam):
    assert not [name for name in sys.modules if name.partition(".")[0] == "torchvision"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux frees memory on request")
def test_weights_that_were_copied_take_no_memory_and_can_be_read_again(checkpoint):
    loaded = load_sam_checkpoint(checkpoint, torch.device("cpu"))
    weights = loaded.image_encoder.blocks[0].mlp.lin1.weight
    before = weights.clone()
    used = measure_mapped_bytes(checkpoint)
    loaded.release_pages()
    freed = used - measure_mapped_bytes(checkpoint)
    # All but the pages that they share with other weights.
    assert freed > 0.9 * weights.nbytes
    assert torch.equal(weights, before)


def measure_mapped_bytes(file: Path) -> int:
    """Returns the bytes of memory that the mappings of a file take in this process."""
    mappings = Path("/proc/self/smaps").read_text().split("VmFlags")
    kib = [re.search(r"Rss: +(\d+) kB", each)[1] for each in mappings if str(file) in each]
    return sum(map(int, kib)) * 1024


@pytest.mark.slow
def test_loading_does_not_import_the_compiler_of_torch(tmp_path):
    """It takes seconds. The file lacks most weights, which loading only says after that."""
    path = tmp_path / "weights.pth"
    torch.save({"image_encoder.pos_embed": torch.zeros(1, 64, 64, 768)}, path)
    code = f"""
import contextlib, pathlib, sys, torch
from services.segmentation.engines.sam.package import EngineNotReady, load_sam_checkpoint
with contextlib.suppress(EngineNotReady):
    load_sam_checkpoint(pathlib.Path({str(path)!r}), torch.device("cpu"))
sys.exit("torch._dynamo" in sys.modules or "segment_anything" not in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_large_tensors_get_huge_pages(sam):
    assert os.environ["THP_MEM_ALLOC_ENABLE"] == "1"


def test_a_missing_checkpoint_is_reported_with_the_setting():
    with pytest.raises(EngineNotConfigured, match="CYCLORAMA_SEGMENTATION_CHECKPOINT"):
        open_engine("sam", SegmentationSettings())


def test_a_checkpoint_that_does_not_exist_is_named_without_its_folder(tmp_path):
    with pytest.raises(EngineNotReady, match=r"sam\.pth") as caught:
        open_sam(tmp_path / "sam.pth")
    assert str(tmp_path) not in str(caught.value)


def test_a_truncated_checkpoint_is_rejected(checkpoint, tmp_path):
    short = tmp_path / "short.pth"
    with checkpoint.open("rb") as whole:
        short.write_bytes(whole.read(1_000_000))
    with pytest.raises(EngineNotReady, match="download it again"):
        open_sam(short)


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
def test_weights_of_another_model_are_rejected(tmp_path, state):
    path = tmp_path / "other.pth"
    torch.save(state, path)
    with pytest.raises(EngineNotReady, match="no Segment Anything checkpoint"):
        open_sam(path)


def test_a_file_that_would_run_code_is_rejected_without_running_it(tmp_path):
    trace, path = tmp_path / "trace", tmp_path / "evil.pth"

    class Evil:
        def __reduce__(self):
            return Path.touch, (trace,)

    torch.save({"image_encoder.pos_embed": Evil()}, path)
    bare = tmp_path / "bare.pth"
    bare.write_bytes(pickle.dumps(Evil()))
    for file in (path, bare):
        with pytest.raises(EngineNotReady, match="no Segment Anything checkpoint"):
            open_sam(file)
    assert not trace.exists()
