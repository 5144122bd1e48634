"""Work of fixed shapes, recorded as CUDA graphs: a run is one launch instead of thousands."""

import threading
from collections.abc import Callable, Sequence

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

        @torch.inference_mode()
        def run(*tensors: torch.Tensor) -> Tensors:
            with self._lock:
                for mine, tensor in zip(given, tensors, strict=True):
                    mine.copy_(tensor)
                graph.replay()
                # The next run, of this function or another, writes over them.
                return tuple(each.clone() for each in made)

        return run
