"""Networks of several shapes, run as their cards say."""

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from onnx import TensorProto

from services.runtime.errors import CallCancelled, EngineNotReady
from services.runtime.guards.cancellation import track_call
from services.segmentation.network import SegmentationNetwork, prepare_photo
from tests.support.networks import make_card, write_network
from tests.support.pictures import assert_image_equal
from tools import ROOT

# The left half is dark, so that tiny networks take it for the product.
PHOTO = np.full((100, 200, 3), 220, np.uint8)
PHOTO[:, :100] = 30


def assert_left_half(probability: np.ndarray, side: int) -> None:
    assert probability.dtype == np.float32 and probability.shape == (side, side)
    assert probability[:, : side // 2 - 1].min() > 0.9
    assert probability[:, side // 2 + 1 :].max() < 0.1
    assert probability.min() >= 0 and probability.max() <= 1


@pytest.mark.parametrize(
    ("outputs", "index", "kind"),
    [
        (("probability",), 0, "probability"),
        (("probability", "photo"), 0, "probability"),
        (("photo", "photo", "logit"), -1, "logit"),
        (("photo", "logit", "photo"), 1, "logit"),
    ],
)
@pytest.mark.parametrize("side", [64, 1024])
def test_a_network_returns_the_probability_that_its_card_describes(
    outputs, index, kind, side, tmp_path
):
    path = write_network(tmp_path, outputs, side)
    network = SegmentationNetwork(make_card(side, index, kind), path)
    assert_left_half(network.estimate_probability(PHOTO), side)


def test_a_network_of_any_size_takes_that_of_its_card(tmp_path):
    network = SegmentationNetwork(make_card(96), write_network(tmp_path, side="side"))
    assert_left_half(network.estimate_probability(PHOTO), 96)


def test_a_network_of_half_precision_returns_float32(tmp_path):
    path = write_network(tmp_path, ("logit",), element=TensorProto.FLOAT16)
    network = SegmentationNetwork(make_card(kind="logit"), path)
    assert_left_half(network.estimate_probability(PHOTO), 64)


def test_a_photo_without_a_product_has_low_probability_everywhere(tmp_path):
    network = SegmentationNetwork(make_card(), write_network(tmp_path))
    assert network.estimate_probability(np.full_like(PHOTO, 220)).max() < 0.1


def test_the_input_is_normalized_as_the_card_says():
    colors = {"mean": [0.5, 0.25, 0], "std": [0.5, 0.25, 2]}
    size = {"height": 32, "width": 64}
    photo = np.zeros((10, 10, 3), np.uint8)
    photo[...] = 100, 50, 200
    card = make_card(input={**size, **colors, "divide_by": 255})
    expected = (np.array([100, 50, 200]) / 255 - colors["mean"]) / colors["std"]
    assert prepare_photo(photo, card).shape == (1, 3, 32, 64)
    assert prepare_photo(photo, card)[0, :, 0, 0] == pytest.approx(expected, abs=1e-6)
    card = make_card(input={**size, **colors, "divide_by": "maximum"})
    expected = (np.array([100, 50, 200]) / 200 - colors["mean"]) / colors["std"]
    assert prepare_photo(photo, card)[0, :, 31, 63] == pytest.approx(expected, abs=1e-6)
    assert np.isfinite(prepare_photo(0 * photo, card)).all()


class CountedSession:
    """A session that counts its runs."""

    def __init__(self, session) -> None:
        self._session, self.runs = session, 0

    def run(self, *arguments):
        self.runs += 1
        return self._session.run(*arguments)


def test_the_network_runs_once_for_a_photo_that_it_saw_before(tmp_path):
    network = SegmentationNetwork(make_card(), write_network(tmp_path))
    network._session = session = CountedSession(network._session)
    first, again = (network.estimate_probability(PHOTO.copy()) for _ in range(2))
    assert session.runs == 1
    assert_image_equal(first, again)
    network.estimate_probability(PHOTO[:, ::-1])
    assert session.runs == 2


def test_the_cached_output_cannot_be_changed_through_a_result(tmp_path):
    network = SegmentationNetwork(make_card(), write_network(tmp_path))
    network.estimate_probability(PHOTO)[:] = 0
    assert_left_half(network.estimate_probability(PHOTO), 64)


def test_calls_in_several_threads_return_equal_bytes(tmp_path):
    path = write_network(tmp_path)
    photos = [PHOTO, PHOTO[:, ::-1]] * 4
    one, several = (SegmentationNetwork(make_card(), path, threads) for threads in (1, 3))
    alone = [one.estimate_probability(photo) for photo in photos]
    with ThreadPoolExecutor(4) as pool:
        for expected, found in zip(
            alone, pool.map(several.estimate_probability, photos), strict=True
        ):
            assert_image_equal(found, expected)


def test_the_version_changes_with_the_file(tmp_path):
    versions = set()
    for outputs in (("probability",), ("probability", "photo")):
        network = SegmentationNetwork(make_card(), write_network(tmp_path, outputs))
        versions.add(network.version)
        assert network.version.startswith("tiny-") and network.version.endswith("-cpu")
    assert len(versions) == 2


def test_a_cancelled_call_does_not_run_the_network(tmp_path):
    network = SegmentationNetwork(make_card(), write_network(tmp_path))

    class CancelledCall:
        def is_active(self):
            return False

    with track_call(CancelledCall()), pytest.raises(CallCancelled):
        network.estimate_probability(PHOTO)


def test_a_waiting_call_runs_after_the_one_before(tmp_path):
    network = SegmentationNetwork(make_card(), write_network(tmp_path))
    entered = threading.Event()

    def estimate() -> np.ndarray:
        entered.set()
        return network.estimate_probability(PHOTO)

    with ThreadPoolExecutor(1) as pool:
        with network._slots:
            waiting = pool.submit(estimate)
            assert entered.wait(60) and not waiting.done()
        assert_left_half(waiting.result(), 64)


@pytest.mark.parametrize(
    ("outputs", "card", "text"),
    [
        (("probability",), {"side": 96}, "card says .*96, 96.*correct the card's input"),
        (("probability",), {"index": 3}, "has 1 outputs.*output.index = 3"),
        (("photo",), {}, r"returns \[1, 3, 64, 64\] and not one mask"),
        (("logit",), {}, 'write kind = "logit"'),
        (("probability",), {"kind": "logit"}, 'write kind = "probability"'),
        (("probability",), {"sha256": 64 * "0"}, "corrupt or another file.*tests write it"),
        (("probability",), {"file": "u2net.onnx"}, "u2net.onnx"),
    ],
)
def test_a_file_that_does_not_fit_its_card_says_what_to_correct(outputs, card, text, tmp_path):
    path = write_network(tmp_path, outputs)
    with pytest.raises(EngineNotReady, match=text):
        SegmentationNetwork(make_card(**card), tmp_path / make_card(**card).file)
    assert path.is_file()


OPEN = """
import sys
from pathlib import Path
from services.segmentation.network import SegmentationNetwork
from tests.support.networks import make_card
SegmentationNetwork(make_card(), Path(sys.argv[1]))
"""


def test_onnxruntime_stores_nothing_to_report_to_its_vendor(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    environment = {"HOME": str(home), "PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}"}
    command = [sys.executable, "-c", OPEN, str(write_network(tmp_path))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert [*home.rglob("*")] == []


def test_a_missing_file_says_where_it_comes_from(tmp_path):
    with pytest.raises(EngineNotReady, match=r"no tiny.onnx in the folder.*; tests write it"):
        SegmentationNetwork(make_card(), tmp_path / "tiny.onnx")


@pytest.mark.parametrize("content", [b"", b"no network", bytes(1000)])
def test_a_corrupt_file_is_no_network(content, tmp_path):
    path = tmp_path / "tiny.onnx"
    path.write_bytes(content)
    with pytest.raises(EngineNotReady, match=r"no network that.*get the file again"):
        SegmentationNetwork(make_card(), path)
    path.unlink()
    path.mkdir()
    with pytest.raises(EngineNotReady, match=r"tiny.onnx cannot be read"):
        SegmentationNetwork(make_card(), path)
