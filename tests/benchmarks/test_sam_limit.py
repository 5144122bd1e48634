"""The limit that Segment Anything is compared with."""

import pytest
import torch

from benchmarks import sam_limit


def test_the_work_is_that_of_layers_and_global_attention():
    """The flop counter of torch finds 2.986 TFLOP in the package, with windows and padding."""
    assert sam_limit.count_flop("vit_l") == pytest.approx(2.75e12, rel=0.001)


def test_the_limit_is_the_work_at_the_measured_rate(monkeypatch):
    threads = torch.get_num_threads()
    monkeypatch.setitem(sam_limit.ENCODERS, "tiny", (16, 2, 1))
    found = sam_limit.measure_limit("tiny", torch.float32)
    torch.set_num_threads(threads)
    assert found["rate"] > 0
    assert found["seconds"] == pytest.approx(found["flop"] / found["rate"])
