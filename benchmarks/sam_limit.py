"""Measures the least time that Segment Anything's encoder could take on one core of this CPU.

python -m benchmarks.sam_limit vit_l float32

The encoder's products of matrices, at the rate of plain linear layers of its shapes.
"""

import json
import sys
import time
from functools import partial

import torch

from services.segmentation.engines.sam.linear import LinearLayer

# Tokens of a photo, of 16 x 16 pixels each.
TOKENS = 64 * 64
# Width and number of the transformer blocks, and how many of these attend globally (build_sam.py of
# segment-anything).
ENCODERS = {"vit_b": (768, 12, 4), "vit_l": (1024, 24, 4), "vit_h": (1280, 32, 4)}
# Inputs and outputs of a block's linear layers, in multiples of its width.
LAYERS = ((1, 3), (1, 1), (1, 4), (4, 1))
# Timed runs of each layer, of which the fastest counts.
RUNS = 3


def measure_limit(model: str, dtype: torch.dtype) -> dict[str, float]:
    """Returns the encoder's work (flop), the rate of its layers (flop/s), and the time (core-s).

    Each layer runs in the faster of torch's kernel and oneDNN's with packed weights.

    model: vit_b, vit_l or vit_h. dtype: float32 or bfloat16.
    """
    torch.set_num_threads(1)
    sizes = list_layers(model)
    rate = sum(count_layer_flop(*size) for size in sizes) / sum(
        measure_layer(*size, dtype) for size in sizes
    )
    flop = count_flop(model)
    return {"flop": flop, "rate": rate, "seconds": flop / rate}


def list_layers(model: str) -> list[tuple[int, int]]:
    """Returns the inputs and outputs of the linear layers of each block."""
    width, *_ = ENCODERS[model]
    return [(width * inputs, width * outputs) for inputs, outputs in LAYERS]


def count_flop(model: str) -> int:
    """Returns the floating point operations of linear layers and of global attention for a photo.

    The few percent of attention within windows and of relative positions are left out.
    """
    width, depth, global_blocks = ENCODERS[model]
    layers = depth * sum(count_layer_flop(*size) for size in list_layers(model))
    # Scores and sums of values: a multiplication and an addition each, for each pair of tokens.
    return layers + global_blocks * 2 * 2 * TOKENS**2 * width


def count_layer_flop(inputs: int, outputs: int) -> int:
    """Returns a multiplication and an addition for each token and weight."""
    return 2 * TOKENS * inputs * outputs


@torch.inference_mode()
def measure_layer(inputs: int, outputs: int, dtype: torch.dtype) -> float:
    """Returns the shortest core-seconds of a linear layer on the tokens of one photo."""
    x = torch.randn(TOKENS, inputs).to(dtype)
    weight, bias = torch.randn(outputs, inputs), torch.randn(outputs)
    seconds = []
    for packed in (False, True):
        multiply = partial(LinearLayer(weight, bias, dtype, packed), x)
        multiply()
        for _ in range(RUNS):
            start = time.process_time()
            multiply()
            seconds.append(time.process_time() - start)
    return min(seconds)


if __name__ == "__main__":
    print(json.dumps(measure_limit(sys.argv[1], getattr(torch, sys.argv[2]))))
