"""Recorded work on a GPU, beside the same work done step by step."""

import threading

import pytest
import torch

from services.segmentation.engines.sam.recording import Recorder

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")


def affine(x: torch.Tensor, shift: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return (x @ x + shift).relu(), shift * 2


def some(seed: int, side: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    numbers = torch.Generator("cuda").manual_seed(seed)
    return tuple(torch.randn(side, side, generator=numbers, device="cuda") for _ in range(2))


def test_a_recording_gives_what_the_work_gives():
    run = Recorder().record(affine, some(0))
    first, second = run(*some(1)), run(*some(2))
    for made, seed in ((first, 1), (second, 2)):
        for ours, theirs in zip(made, affine(*some(seed)), strict=True):
            assert torch.equal(ours, theirs)


def test_weights_live_as_long_as_the_recording():
    def record():
        weights = some(3)[0]
        return Recorder().record(lambda x: (x @ weights,), some(0)[:1])

    run, x = record(), some(1)[0]
    torch.cuda.empty_cache()
    taken = [torch.zeros(64, 64, device="cuda") for _ in range(64)]
    assert torch.equal(run(x)[0], x @ some(3)[0]) and len(taken) == 64


def test_recordings_of_one_recorder_leave_each_others_results_alone():
    recorder = Recorder()
    large, small = (recorder.record(affine, some(0, side)) for side in (512, 64))
    before = large(*some(1, 512))
    small(*some(2))
    assert all(map(torch.equal, before, affine(*some(1, 512))))


def test_other_threads_may_run_it_at_once():
    run = Recorder().record(affine, some(0))
    wrong = []

    def ask(seed: int) -> None:
        for _ in range(20):
            if not all(map(torch.equal, run(*some(seed)), affine(*some(seed)))):
                wrong.append(seed)

    threads = [threading.Thread(target=ask, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_shapes_that_were_not_recorded_are_refused():
    run = Recorder().record(affine, some(0))
    with pytest.raises(RuntimeError):
        run(*some(1, 32))
