"""Writes tiny segmentation networks to ONNX files: darkness decides what is the product."""

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from services.segmentation.cards import NetworkCard

# The oldest format that has the operators; onnxruntime reads no newer one than its own.
FORMAT = {"ir_version": 8, "opset_imports": [helper.make_opsetid("", 17)]}
# The logit of a pixel is this much less its value from 0 to 1, times the steepness.
THRESHOLD, STEEPNESS = 0.5, 12.0


def make_card(side: int = 64, index: int = 0, kind: str = "probability", **keys) -> NetworkCard:
    """Returns the card of a network that write_network can write to "tiny.onnx"."""
    size = {"height": side, "width": side}
    colors = {"divide_by": 255, "mean": [0, 0, 0], "std": [1, 1, 1]}
    fields = {
        "name": "tiny",
        "title": "Tiny",
        "file": "tiny.onnx",
        "license": "MIT",
        "source": "tests write it",
        "input": {**size, **colors},
        "output": {"index": index, "kind": kind},
    }
    return NetworkCard.model_validate({**fields, **keys})


def write_network(
    folder: Path,
    outputs: tuple[str, ...] = ("probability",),
    side: int | str = 64,
    element: int = TensorProto.FLOAT,
) -> Path:
    """Writes a network to tiny.onnx in a folder; returns the path.

    outputs: each "probability" (1, 1, side, side), "logit", or "photo" for the input itself.
    side: of the input in pixels, or a name if any will do. element: type of input and outputs.
    """
    dtype = helper.tensor_dtype_to_np_dtype(element)
    weights = np.full((1, 3, 1, 1), -STEEPNESS / 3, dtype)
    bias = np.array([STEEPNESS * THRESHOLD], dtype)
    nodes = [helper.make_node("Conv", ["x", "weights", "bias"], ["mask"])]
    operators = {"probability": ("Sigmoid", "mask"), "logit": ("Identity", "mask")}
    for index, kind in enumerate(outputs):
        operator, source = operators.get(kind, ("Identity", "x"))
        nodes.append(helper.make_node(operator, [source], [f"y{index}"]))
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("x", element, [1, 3, side, side])],
        [helper.make_tensor_value_info(f"y{i}", element, None) for i in range(len(outputs))],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
    )
    path = folder / "tiny.onnx"
    onnx.save(helper.make_model(graph, **FORMAT), path)
    return path
