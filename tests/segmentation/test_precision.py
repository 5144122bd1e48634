import pytest
import torch

from services.segmentation.engines.sam import precision
from services.segmentation.engines.sam.precision import choose_precision, quicken_float32

CPU = torch.device("cpu")


@pytest.fixture
def gain(monkeypatch):
    """Sets how many times faster bfloat16 seems to be."""
    return lambda times: monkeypatch.setattr(precision, "bfloat16_gain", lambda device: times)


def never(dtype):
    raise AssertionError("nothing has to be compared")


@pytest.mark.parametrize("wanted", ["float32", "bfloat16"])
def test_a_named_precision_is_taken_untried(wanted):
    assert choose_precision(wanted, CPU, never) is getattr(torch, wanted)


def test_bfloat16_is_not_tried_where_it_is_hardly_faster(gain):
    gain(1.4)
    assert choose_precision("auto", CPU, never) is torch.float32


@pytest.mark.parametrize(("kept", "chosen"), [(0.994, torch.float32), (0.995, torch.bfloat16)])
def test_bfloat16_is_taken_only_where_it_keeps_the_masks(gain, kept, chosen):
    gain(3.0)
    assert choose_precision("auto", CPU, lambda dtype: kept) is chosen


def test_the_gain_is_measured_on_this_machine():
    assert precision.bfloat16_gain(CPU) > 0


def test_quicker_float32_stays_float32():
    x = torch.randn(256, 256, generator=torch.Generator().manual_seed(0))
    before, exact = torch.get_float32_matmul_precision(), x.double() @ x.double()
    quicken_float32()
    try:
        assert float((x @ x - exact).abs().max() / exact.abs().max()) < 1e-5
    finally:
        torch.set_float32_matmul_precision(before)
