"""Recorded CUDA graphs, compared with the same functions run step by step."""

import threading

import pytest
import torch

from services.segmentation.engines.sam.cuda_graphs import CudaGraphRecorder

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")


def affine(x: torch.Tensor, shift: torch.Tensor) -> tuple[torch.Tensor, ...]:
    return (x @ x + shift).relu(), shift * 2


def create_inputs(seed: int, side: int = 64) -> tuple[torch.Tensor, torch.Tensor]:
    numbers = torch.Generator("cuda").manual_seed(seed)
    return tuple(torch.randn(side, side, generator=numbers, device="cuda") for _ in range(2))


def test_a_recorded_function_returns_what_the_function_returns():
    run = CudaGraphRecorder().record(affine, create_inputs(0))
    first, second = run(*create_inputs(1)), run(*create_inputs(2))
    for outputs, seed in ((first, 1), (second, 2)):
        for ours, theirs in zip(outputs, affine(*create_inputs(seed)), strict=True):
            assert torch.equal(ours, theirs)


def test_weights_stay_alive_as_long_as_the_recorded_graph():
    def record():
        weights = create_inputs(3)[0]
        return CudaGraphRecorder().record(lambda x: (x @ weights,), create_inputs(0)[:1])

    run, x = record(), create_inputs(1)[0]
    torch.cuda.empty_cache()
    overwritten = [torch.zeros(64, 64, device="cuda") for _ in range(64)]
    assert torch.equal(run(x)[0], x @ create_inputs(3)[0]) and len(overwritten) == 64


def test_graphs_of_one_recorder_do_not_overwrite_each_others_results():
    recorder = CudaGraphRecorder()
    large, small = (recorder.record(affine, create_inputs(0, side)) for side in (512, 64))
    before = large(*create_inputs(1, 512))
    small(*create_inputs(2))
    assert all(map(torch.equal, before, affine(*create_inputs(1, 512))))


def test_several_threads_may_run_a_graph_at_once():
    run = CudaGraphRecorder().record(affine, create_inputs(0))
    wrong = []

    def run_repeatedly(seed: int) -> None:
        for _ in range(20):
            if not all(map(torch.equal, run(*create_inputs(seed)), affine(*create_inputs(seed)))):
                wrong.append(seed)

    threads = [threading.Thread(target=run_repeatedly, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_shapes_that_were_not_recorded_are_refused():
    run = CudaGraphRecorder().record(affine, create_inputs(0))
    with pytest.raises(RuntimeError):
        run(*create_inputs(1, 32))
