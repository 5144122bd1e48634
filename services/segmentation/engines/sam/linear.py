"""Linear layers in the faster of two implementations: torch's, or oneDNN's with packed weights."""

from functools import cache, partial

import torch
from torch.nn import functional

from services.segmentation.engines.sam.timing import measure_shortest_seconds

# Side of the matrices that are multiplied for timing: the width of vit_l's layers.
TIMED_SIDE = 1024
# Rows that oneDNN packs weights for: the tokens of one photo (64 x 64). Any other number works.
PACKED_ROWS = 4096
# Relative time below which packed weights are used. Larger: used for a gain that may be noise.
MAX_RELATIVE_TIME = 0.95


class LinearLayer:
    """A linear layer, y = x Wᵀ + b, in one precision, on the device of its weights."""

    def __init__(self, weight: torch.Tensor, bias: torch.Tensor, dtype: torch.dtype) -> None:
        """Converts weight (out, in) and bias (out,) to a floating type."""
        self.bias = bias.detach().to(dtype)
        self._weight = weight.detach().to(dtype).contiguous()
        self._is_packed = self._weight.device.type == "cpu" and is_packing_faster(dtype)
        if self._is_packed:
            self._weight = torch.ops.mkldnn._reorder_linear_weight(self._weight, PACKED_ROWS)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Applies the layer to (..., in); returns (..., out) of the same type."""
        return self._multiply_packed(x, "none") if self._is_packed else self._multiply(x)

    def apply_with_gelu(self, x: torch.Tensor) -> torch.Tensor:
        """Applies the layer and then GELU to (..., in); returns (..., out) of the same type."""
        if self._is_packed:
            return self._multiply_packed(x, "gelu")
        return functional.gelu(self._multiply(x))

    def _multiply(self, x: torch.Tensor) -> torch.Tensor:
        """Multiplies with torch's own kernel."""
        return functional.linear(x, self._weight, self.bias)

    def _multiply_packed(self, x: torch.Tensor, activation: str) -> torch.Tensor:
        """Multiplies with oneDNN and packed weights; activation: "none" or "gelu"."""
        # GELU takes "none" for its exact form, the other case nothing.
        form = "none" if activation == "gelu" else ""
        multiply = torch.ops.mkldnn._linear_pointwise
        product: torch.Tensor = multiply(x, self._weight, self.bias, activation, [], form)
        return product


@cache
def is_packing_faster(dtype: torch.dtype) -> bool:
    """Whether oneDNN multiplies packed weights faster than torch in this process; timed once.

    On some CPUs it is twice as fast, on others a little slower.
    """
    x, weight = (torch.randn(TIMED_SIDE, TIMED_SIDE).to(dtype) for _ in range(2))
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight, TIMED_SIDE)
        multiply = partial(torch.ops.mkldnn._linear_pointwise, x, packed, None, "none", [], "")
        packed_seconds = measure_shortest_seconds(multiply, x.device)
    # Builds without oneDNN, or with another version, lack these operators.
    except (AttributeError, NotImplementedError, RuntimeError):
        return False
    seconds = measure_shortest_seconds(partial(functional.linear, x, weight), x.device)
    return packed_seconds < MAX_RELATIVE_TIME * seconds
