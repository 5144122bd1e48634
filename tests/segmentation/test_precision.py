import pytest
import torch

from services.segmentation.engines.sam import precision
from services.segmentation.engines.sam.precision import choose_precision, enable_fast_float32

CPU = torch.device("cpu")


@pytest.fixture
def set_speedup(monkeypatch):
    """Returns a function that sets the measured speedup of bfloat16."""
    return lambda times: monkeypatch.setattr(
        precision, "measure_bfloat16_speedup", lambda device: times
    )


def fail_if_called(dtype):
    raise AssertionError("nothing has to be compared")


@pytest.mark.parametrize("wanted", ["float32", "bfloat16"])
def test_a_requested_precision_is_used_without_measuring(wanted):
    assert choose_precision(wanted, CPU, fail_if_called) is getattr(torch, wanted)


def test_bfloat16_is_not_compared_if_it_is_hardly_faster(set_speedup):
    set_speedup(1.4)
    assert choose_precision("auto", CPU, fail_if_called) is torch.float32


@pytest.mark.parametrize(("iou", "chosen"), [(0.994, torch.float32), (0.995, torch.bfloat16)])
def test_bfloat16_is_chosen_only_if_it_keeps_the_masks(set_speedup, iou, chosen):
    set_speedup(3.0)
    assert choose_precision("auto", CPU, lambda dtype: iou) is chosen


def test_the_speedup_is_measured_on_this_machine():
    assert precision.measure_bfloat16_speedup(CPU) > 0


def test_fast_float32_stays_exact():
    x = torch.randn(256, 256, generator=torch.Generator().manual_seed(0))
    before, exact = torch.get_float32_matmul_precision(), x.double() @ x.double()
    enable_fast_float32()
    try:
        assert float((x @ x - exact).abs().max() / exact.abs().max()) < 1e-5
    finally:
        torch.set_float32_matmul_precision(before)
