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
        """Copies weight, (out, in), and bias, (out,), in the type that inputs will have, `dtype`.

        On CPUs the weight is rearranged ("packed") for oneDNN if that is faster.
        """
        self.bias = bias.detach().to(dtype)
        self._weight = weight.detach().to(dtype).contiguous()
        self._is_packed = self._weight.device.type == "cpu" and is_packing_faster(dtype)
        if self._is_packed:
            self._weight = torch.ops.mkldnn._reorder_linear_weight(self._weight, PACKED_ROWS)

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        """Applies the layer to (..., in); returns (..., out) of the same type."""
        return self._multiply_packed(x, "none") if self._is_packed else self._multiply(x)

    def apply_with_gelu(self, x: torch.Tensor) -> torch.Tensor:
        """Applies the layer, then the activation GELU, to x, (..., in); returns (..., out)."""
        if self._is_packed:
            return self._multiply_packed(x, "gelu")
        return functional.gelu(self._multiply(x))

    def _multiply(self, x: torch.Tensor) -> torch.Tensor:
        """Multiplies with torch's own kernel."""
        return functional.linear(x, self._weight, self.bias)

    def _multiply_packed(self, x: torch.Tensor, activation: str) -> torch.Tensor:
        """Applies the layer with oneDNN's product for packed weights; returns (..., out).

        x: inputs, (..., in), in the layer's type.
        activation: what follows the layer, "none" or "gelu".
        """
        # GELU takes "none" for its exact form, the other case nothing.
        form = "none" if activation == "gelu" else ""
        activation_scalars: list[float] = []
        multiply = torch.ops.mkldnn._linear_pointwise
        result: torch.Tensor = multiply(
            x, self._weight, self.bias, activation, activation_scalars, form
        )
        return result


@cache
def is_packing_faster(dtype: torch.dtype) -> bool:
    """Whether oneDNN with rearranged ("packed") weights multiplies faster than torch's own kernel.

    On some CPUs it is twice as fast, on others a little slower. Timed once per process and type, on
    random matrices.

    dtype: of the matrices. False if this build of torch has no such operators.
    """
    x, weight = (torch.randn(TIMED_SIDE, TIMED_SIDE).to(dtype) for _ in range(2))
    try:
        packed = torch.ops.mkldnn._reorder_linear_weight(weight, TIMED_SIDE)
        # A product without bias and activation: the activation's name, scalars and form follow x.
        multiply = partial(torch.ops.mkldnn._linear_pointwise, x, packed, None, "none", [], "")
        packed_seconds = measure_shortest_seconds(multiply, x.device)
    # Builds without oneDNN, or with another version, lack these operators.
    except (AttributeError, NotImplementedError, RuntimeError):
        return False
    torch_seconds = measure_shortest_seconds(partial(functional.linear, x, weight), x.device)
    return packed_seconds < MAX_RELATIVE_TIME * torch_seconds
