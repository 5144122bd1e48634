"""What happens to the jobs of a batch that fails, without a model."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from structlog.testing import capture_logs

from services.diffusion.errors import DiffusionFailed, DiffusionOutOfMemory
from services.diffusion.in_process import recovery
from services.diffusion.in_process.exhausted_memory import is_memory_exhausted
from services.diffusion.in_process.job import SamplingJob
from services.diffusion.in_process.placement import ModelPlacement
from services.diffusion.in_process.recovery import BatchRecovery
from services.diffusion.request import DiffusionRequest, UncheckedResult
from services.diffusion.settings import SamplingOptions
from services.runtime.errors import CallCancelled, InvalidRequest, Violation

# More than any machine has.
IMPOSSIBLE_BYTES = 2**50


@pytest.fixture(autouse=True)
def logs():
    """The log lines of the test, which are not rendered: that of a traceback takes long."""
    with capture_logs() as lines:
        yield lines


def job(prompt="a beach", side=64):
    return SamplingJob(DiffusionRequest(prompt, "", side, side, 1, SamplingOptions()))


def result():
    return UncheckedResult(np.zeros((64, 64, 3), np.uint8))


@pytest.fixture
def vae():
    return SimpleNamespace(use_tiling=False)


@pytest.fixture
def batch_recovery(vae):
    pipelines = SimpleNamespace(txt2img=SimpleNamespace(vae=vae))
    return BatchRecovery(pipelines, ModelPlacement(torch.device("cpu"), torch.float32))


def exhaust_memory():
    torch.empty(IMPOSSIBLE_BYTES, dtype=torch.uint8)


def allocate_in_numpy():
    np.empty(IMPOSSIBLE_BYTES, np.uint8)


@pytest.mark.parametrize("exhaust", [exhaust_memory, allocate_in_numpy])
def test_exhausted_main_memory_is_recognized(exhaust):
    with pytest.raises((RuntimeError, MemoryError)) as caught:
        exhaust()
    assert is_memory_exhausted(caught.value)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("could not create a primitive"),
        RuntimeError("std::bad_alloc"),
        OSError(12, "Cannot allocate memory"),
    ],
)
def test_every_form_of_exhausted_memory_is_recognized(error):
    assert is_memory_exhausted(error)


@pytest.mark.parametrize(
    "error", [RuntimeError("CUDA error: device-side assert triggered"), ValueError("out of memory")]
)
def test_other_errors_are_not_exhausted_memory(error):
    assert not is_memory_exhausted(error)


def test_only_the_culprit_of_a_batch_fails(batch_recovery):
    batches = []

    def sample(jobs):
        batches.append([each.request.prompt for each in jobs])
        if any(each.request.prompt == "bad" for each in jobs):
            raise ValueError("a secret of a library")
        return [result() for _ in jobs]

    good, failure, other = batch_recovery.sample([job("good"), job("bad"), job("fine")], sample)
    assert isinstance(good, UncheckedResult) and isinstance(other, UncheckedResult)
    assert isinstance(failure, DiffusionFailed)
    assert "secret" not in str(failure)
    assert batches == [["good", "bad", "fine"], ["good"], ["bad"], ["fine"]]


def test_a_batch_too_large_for_memory_runs_as_single_images(batch_recovery, vae):
    def sample(jobs):
        if len(jobs) > 1:
            exhaust_memory()
        assert not vae.use_tiling
        return [result()]

    results = batch_recovery.sample([job(), job()], sample)
    assert [each.parameters for each in results] == [{}, {}]


def test_an_image_too_large_for_memory_is_repeated_in_tiles_and_reports_that(batch_recovery, vae):
    def sample(jobs):
        if not vae.use_tiling:
            exhaust_memory()
        return [result()]

    (repeated,) = batch_recovery.sample([job()], sample)
    assert repeated.parameters == {"vae_tiling": True}
    assert not vae.use_tiling


def test_an_image_too_large_even_in_tiles_says_what_to_do(batch_recovery, vae):
    (failure,) = batch_recovery.sample([job(side=128)], lambda jobs: exhaust_memory())
    assert isinstance(failure, DiffusionOutOfMemory)
    assert "memory ran out at 128 x 128 pixels; ask for a smaller image" in str(failure)
    assert not vae.use_tiling


def test_an_image_that_would_get_the_process_killed_is_not_begun(batch_recovery, monkeypatch):
    monkeypatch.setattr(recovery, "read_free_memory", lambda: 10_000_000)
    (failure,) = batch_recovery.sample([job(side=512)], lambda jobs: [result()])
    assert isinstance(failure, DiffusionOutOfMemory)


def test_a_failed_attempt_leaves_no_memory_behind(batch_recovery):
    tensors = []

    class Canary:
        def __del__(self):
            tensors.append("freed")

    def sample(jobs):
        canary = Canary()
        raise ValueError(str(type(canary)))

    failures = batch_recovery.sample([job()], sample)
    assert tensors == ["freed"]
    assert failures[0].__context__ is None


def test_expected_errors_pass_unchanged_and_a_cancellation_ends_the_batch(batch_recovery):
    invalid = InvalidRequest(Violation("options.diffusion.sampler", "unknown"))

    def refuse(jobs):
        raise invalid

    def cancel(jobs):
        raise CallCancelled("no caller waits")

    assert batch_recovery.sample([job()], refuse) == [invalid]
    with pytest.raises(CallCancelled):
        batch_recovery.sample([job(), job()], cancel)


def test_a_lost_gpu_fails_every_later_image_and_restarts_the_process(monkeypatch):
    """Every call to the GPU fails on a machine without one, as it does after it was lost."""
    shutdowns, calls = [], []
    monkeypatch.setattr(recovery, "request_shutdown", lambda: shutdowns.append("requested"))
    lost = BatchRecovery(None, ModelPlacement(torch.device("cuda"), torch.float16))

    def sample(jobs):
        calls.append(len(jobs))
        raise RuntimeError("CUDA error: unspecified launch failure")

    failures = lost.sample([job(), job()], sample) + lost.sample([job()], sample)
    assert [str(each) for each in failures] == ["the GPU failed; restart this process"] * 3
    assert all(isinstance(each, DiffusionFailed) for each in failures)
    assert (lost.fault, shutdowns, calls) == (str(failures[0]), ["requested"], [2])
