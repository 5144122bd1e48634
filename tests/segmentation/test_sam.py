"""Segment Anything in its true architecture, with seeded weights instead of trained ones."""

import pickle
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from services.runtime.errors import CallCancelled, EngineNotReady, OutOfMemory
from services.segmentation.consensus import overlap
from services.segmentation.engine import Prompt
from services.segmentation.engines import Settings, open_engine
from services.segmentation.engines.sam.choosing import centered_box
from services.segmentation.engines.sam.model import Question
from services.segmentation.engines.sam.package import import_package
from tests.support.pictures import assert_image_equal, draw_product
from tests.support.serving import REQUEST, scripted

PHOTO, TRUTH = draw_product(240, 320)
SAMPLE = np.array(Image.open("clients/samples/bottle.jpg").convert("RGB").resize((500, 720)))


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory) -> Path:
    """A file of vit_b weights, as Meta's are written."""
    torch.manual_seed(0)
    path = tmp_path_factory.mktemp("weights") / "weights.pth"
    torch.save(import_package().sam_model_registry["vit_b"]().state_dict(), path)
    return path


@pytest.fixture(scope="module")
def sam(checkpoint):
    return opened(checkpoint)


@pytest.fixture
def model(sam):
    return sam._model


def opened(path: Path):
    # Equal to the package's own, whatever this machine could do faster.
    return open_engine("sam", Settings(checkpoint=path, precision="float32"))


@pytest.fixture(scope="module")
def predictor(checkpoint):
    """The package's own."""
    package = import_package()
    model = package.sam_model_registry["vit_b"](str(checkpoint))
    return package.SamPredictor(model.to("cuda" if torch.cuda.is_available() else "cpu"))


def test_a_photo_is_cut_out_and_the_same_photo_gives_the_same_bytes(sam):
    first, second = (sam.find(PHOTO, Prompt()) for _ in range(2))
    x, y, width, height = first.bounds
    assert first.cutout.dtype == np.uint8 and first.cutout.shape == (height, width, 4)
    assert 0 <= x < x + width <= 320 and 0 <= y < y + height <= 240
    assert first.cutout[..., 3].any() and 0 <= first.confidence <= 1
    assert_image_equal(first.cutout, second.cutout)


@pytest.mark.parametrize("photo", [PHOTO, SAMPLE], ids=["drawn", "rendered"])
def test_answers_are_those_of_the_packages_own_predictor(model, predictor, photo):
    height, width = photo.shape[:2]
    box = centered_box(height, width, 0.95)
    points = ((width / 2, height / 2, True), (3, 3, False))
    predictor.set_image(photo)
    embedding = model.embed(photo)
    error = embedding.features - predictor.features
    assert float(error.norm() / predictor.features.norm()) < 1e-5
    for question in (Question(box), Question(points=points), Question(box, points, several=False)):
        expected, predicted, low = predictor.predict(
            np.array([point[:2] for point in question.points]) if question.points else None,
            np.array([point[2] for point in question.points]) if question.points else None,
            None if question.box is None else np.array(question.box),
            multimask_output=question.several,
            return_logits=True,
        )
        logits, own_predicted = model.ask(embedding, question)
        assert np.allclose(logits, low, atol=1e-4)
        assert np.allclose(own_predicted, predicted, atol=1e-4)
        for ours, theirs in zip(logits, expected, strict=True):
            enlarged = model.enlarge(ours, embedding, (height, width))
            assert overlap(enlarged > 0, theirs > 0) > 0.9999


def test_an_earlier_answer_can_be_asked_about_again(model, predictor):
    predictor.set_image(PHOTO)
    embedding = model.embed(PHOTO)
    box = centered_box(240, 320, 0.5)
    low, _ = model.ask(embedding, Question(box))
    expected = predictor.predict(box=box, mask_input=low[:1], multimask_output=False)[1]
    _, predicted = model.ask(embedding, Question(box, logits=low[0], several=False))
    assert np.allclose(predicted, expected, atol=1e-4)


def test_noise_of_untrained_weights_is_not_trusted_and_every_score_is_told(sam):
    found = sam.find(PHOTO, Prompt())
    assert found.doubt
    assert [notice.reason for notice in found.warnings] == ["LOW_CONFIDENCE"]
    assert found.confidence == pytest.approx(found.candidates[0].score)
    assert len(found.candidates) >= 4
    assert sum(candidate.refined for candidate in found.candidates) == 1


@pytest.mark.parametrize(
    "prompt",
    [
        Prompt(box=(60, 40, 200, 160)),
        Prompt(points=((160, 120, True), (4, 4, False))),
        Prompt(mask=TRUTH),
    ],
    ids=["box", "points", "mask"],
)
def test_other_prompts_ask_about_the_same_embedding(sam, prompt, monkeypatch):
    default = sam.find(PHOTO, Prompt())
    monkeypatch.setattr(sam._model, "_embed", None)
    found = sam.find(PHOTO, prompt)
    scores = [candidate.score for candidate in found.candidates]
    assert scores != [candidate.score for candidate in default.candidates]


def test_a_cancelled_call_ends_between_two_blocks_of_the_encoder(sam, model, monkeypatch):
    encode = model._encode
    inside, gone, ended = (threading.Event() for _ in range(3))

    def watched(pictures, check):
        def first_then_gone():
            inside.set()
            assert gone.wait(10)
            check()

        try:
            return encode(pictures, first_then_gone)
        except CallCancelled:
            ended.set()
            raise

    monkeypatch.setattr(model, "_encode", watched)
    with scripted(lambda: sam.find(np.ascontiguousarray(PHOTO[:, ::-1]), Prompt())) as stub:
        call = stub.SegmentProduct.future(REQUEST, timeout=60)
        assert inside.wait(10)
        call.cancel()
        call.add_done_callback(lambda _: gone.set())
        assert ended.wait(30)


def test_a_gpu_without_memory_says_so_and_lives_on(model, monkeypatch):
    def exhausted(*_):
        raise torch.OutOfMemoryError("CUDA out of memory at 0x7f")

    other = np.ascontiguousarray(PHOTO[::-1])
    with monkeypatch.context() as patch:
        patch.setattr(model, "_encode", exhausted)
        with pytest.raises(OutOfMemory, match="no memory left") as caught:
            model.embed(other)
    assert "0x7f" not in str(caught.value)
    assert model.embed(PHOTO).features.shape == (1, 256, 64, 64)


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
