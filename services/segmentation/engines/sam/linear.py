"""Linear layers in the faster of two implementations: torch's, or oneDNN's with packed weights."""

from functools import cache, partial

import torch
from torch.nn import functional

from services.segmentation.engines.sam.timing import measure_shortest_seconds

# Rows and side of the matrices that are multiplied for timing: the side is the width of vit_l's
# layers. More rows: less noise, and a slower start.
TIMED_ROWS, TIMED_SIDE = 256, 1024
# Rows that oneDNN packs weights for: the tokens of one photo (64 x 64). Any other number works.
PACKED_ROWS = 4096
# Relative time below which packed weights are used. Larger: used for a gain that may be noise.
MAX_RELATIVE_TIME = 0.98


class LinearLayer:
    """A linear layer, y = x Wᵀ + b, in one precision, on the device of its weights."""

    def __init__(
        self,
        weight: torch.Tensor,
        bias: torch.Tensor,
        dtype: torch.dtype,
        packed: bool | None = None,
    ) -> None:
        """Copies weight, (out, in), and bias, (out,), in the type that inputs will have, `dtype`.

        packed: whether to rearrange ("pack") the weight for oneDNN, which needs a CPU; None does so
            where that is faster.
        """
        # Bias and weight share the caller's memory if they are of this type already.
        self.bias = bias.detach().to(dtype)
        self._weight = weight.detach().to(dtype).contiguous()
        if packed is None:
            packed = self._weight.device.type == "cpu" and is_packing_faster(dtype)
        self._is_packed = packed
        if packed:
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

    Both add a bias and apply GELU, which oneDNN does as it multiplies. On some CPUs it is twice as
    fast, on others a little slower. Timed once per process and type, on random matrices.

    dtype: of the matrices. False if this build of torch has no such operators.
    """
    x, weight, bias = (
        torch.randn(size)
        for size in ((TIMED_ROWS, TIMED_SIDE), (TIMED_SIDE, TIMED_SIDE), (TIMED_SIDE,))
    )
    try:
        torch_seconds, packed_seconds = (
            measure_shortest_seconds(
                partial(LinearLayer(weight, bias, dtype, packed).apply_with_gelu, x.to(dtype)),
                x.device,
            )
            for packed in (False, True)
        )
    # Builds without oneDNN, or with another version, lack these operators.
    except (AttributeError, NotImplementedError, RuntimeError):
        return False
    return packed_seconds < MAX_RELATIVE_TIME * torch_seconds
