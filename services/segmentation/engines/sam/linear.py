"""Linear layers as fast as this machine has them: torch's own, or oneDNN's with packed weights."""

from functools import cache

import torch
from torch.nn import functional

from services.segmentation.engines.sam.timing import seconds

PROBE_SIDE = 1024
# oneDNN packs for a number of rows, and takes any other as well.
ROWS = 4096


class Linear:
    """y = x W^T + b in one precision, on the device of its weights."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor | None, dtype: torch.dtype) -> None:
        self.bias = None if bias is None else bias.detach().to(dtype)
        self._weight = weight.detach().to(dtype).contiguous()
        self._packed = None
        if self._weight.device.type == "cpu" and packing_pays(dtype):
            self._packed = torch.ops.mkldnn._reorder_linear_weight(self._weight, ROWS)
            self._weight = None

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """The product alone."""
        if self._packed is None:
            return functional.linear(x, self._weight, self.bias)
        return torch.ops.mkldnn._linear_pointwise(x, self._packed, self.bias, "none", [], "")

    def gelu(self, x: torch.Tensor) -> torch.Tensor:
        """The product, then GELU."""
        if self._packed is None:
            return functional.gelu(functional.linear(x, self._weight, self.bias))
        return torch.ops.mkldnn._linear_pointwise(x, self._packed, self.bias, "gelu", [], "none")


@cache
def packing_pays(dtype: torch.dtype) -> bool:
    """Whether oneDNN multiplies faster than torch's own library in this process; timed once.

    On some CPUs it is twice as fast, on others a little slower.
    """
    x, weight = (torch.randn(PROBE_SIDE, PROBE_SIDE).to(dtype) for _ in range(2))
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight, PROBE_SIDE)
        theirs = seconds(
            lambda: torch.ops.mkldnn._linear_pointwise(x, packed, None, "none", [], ""), x.device
        )
    # Builds without oneDNN, or of another version, have no such operators.
    except (AttributeError, NotImplementedError, RuntimeError):
        return False
    return theirs < 0.95 * seconds(lambda: functional.linear(x, weight), x.device)
