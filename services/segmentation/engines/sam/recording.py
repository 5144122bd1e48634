"""Work of fixed shapes, recorded as CUDA graphs: a run is one launch instead of thousands."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

Tensors = tuple[torch.Tensor, ...]
# What is chosen at first use, such as the fastest kernel, must not end up in a recording.
WARM_UPS = 3


class Recorder:
    """Records functions of tensors; what it recorded shares memory and runs one at a time.

    Functions must not look at values on the GPU, for what they do is done again without them.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: tuple[int, int] | None = None

    @torch.inference_mode()
    def record(
        self, work: Callable[..., Tensors], examples: Sequence[torch.Tensor]
    ) -> Callable[..., Tensors]:
        """Returns the same function for tensors of the examples' shapes, of any thread."""
        given = [example.clone() for example in examples]
        aside = torch.cuda.Stream()
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(WARM_UPS):
                work(*given)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, self._pool, capture_error_mode="thread_local"):
            made = work(*given)
        self._pool = graph.pool()
        return _Recording(work, graph, given, made, self._lock)


@dataclass(frozen=True)
class _Recording:
    """work: kept because a graph knows its weights by address only."""

    work: Callable[..., Tensors]
    graph: torch.cuda.CUDAGraph
    given: Sequence[torch.Tensor]
    made: Tensors
    lock: threading.Lock

    @torch.inference_mode()
    def __call__(self, *tensors: torch.Tensor) -> Tensors:
        with self.lock:
            for mine, tensor in zip(self.given, tensors, strict=True):
                mine.copy_(tensor)
            self.graph.replay()
            # The next run, of this recording or another, writes over them.
            return tuple(each.clone() for each in self.made)
