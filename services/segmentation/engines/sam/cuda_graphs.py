"""Records work of fixed shapes as CUDA graphs, which run with one launch instead of thousands."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch.cuda import _POOL_HANDLE

Tensors = tuple[torch.Tensor, ...]
# Runs before a recording, as in PyTorch's documentation of CUDA graphs: choices made at first use,
# such as the fastest kernel, must not be recorded.
WARM_UP_RUNS = 3


class CudaGraphRecorder:
    """Records functions of tensors as CUDA graphs that share memory and run one at a time.

    Recorded functions must not branch on values on the GPU: a replay repeats the recorded branch.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: _POOL_HANDLE | None = None

    @torch.inference_mode()
    def record(
        self, work: Callable[..., Tensors], examples: Sequence[torch.Tensor]
    ) -> Callable[..., Tensors]:
        """Records a function's work on the GPU; returns a faster one that repeats it on new inputs.

        The result takes tensors of the examples' shapes and types, and may be called from any
        thread.

        work: from tensors on the GPU to a tuple of tensors. examples: inputs to record it with.
        """
        # The graph reads its inputs from these tensors and writes to `outputs`, at fixed addresses.
        inputs = [example.clone() for example in examples]
        # torch declares the constructor without types.
        side_stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        # PyTorch requires that a warm-up runs on a stream other than the current one.
        side_stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side_stream):
            for _ in range(WARM_UP_RUNS):
                work(*inputs)
        torch.cuda.current_stream().wait_stream(side_stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, self._pool, capture_error_mode="thread_local"):
            outputs = work(*inputs)
        self._pool = graph.pool()
        return _RecordedGraph(work, graph, inputs, outputs, self._lock)


@dataclass(frozen=True)
class _RecordedGraph:
    """A recorded function. work: kept alive, since a graph knows its weights by address only."""

    work: Callable[..., Tensors]
    graph: torch.cuda.CUDAGraph
    inputs: Sequence[torch.Tensor]
    outputs: Tensors
    lock: threading.Lock

    @torch.inference_mode()
    def __call__(self, *tensors: torch.Tensor) -> Tensors:
        """Repeats the recorded work on new inputs of the recorded shapes; returns new tensors."""
        with self.lock:
            for target, tensor in zip(self.inputs, tensors, strict=True):
                target.copy_(tensor)
            self.graph.replay()
            # Copied, since the next run of any graph of the recorder overwrites the outputs.
            return tuple(output.clone() for output in self.outputs)
