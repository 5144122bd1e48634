"""What a stage did, as an EngineRun."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from cyclorama.v1 import engine_pb2, image_pb2
from services.runtime.engines import EngineResult, EngineWarning, model_of


@dataclass
class Stopwatch:
    """Measures a stage's work from its making and reports it as an EngineRun."""

    start: float = field(default_factory=time.perf_counter)

    def run_of(
        self,
        answer: EngineResult,
        parameters: Mapping[str, object],
        warnings: Iterable[EngineWarning] = (),
        measured: Mapping[str, object] = MappingProxyType({}),
        preview: image_pb2.Image | None = None,
        model: str | None = None,
    ) -> engine_pb2.EngineRun:
        """Reports what ran, with which parameters, what was measured and the time it took so far.

        warnings: that follow those of the answer. model: that made this very result, empty where it
        is not known; None: the engine's own.
        """
        engine, warned = answer.engine, (*answer.warnings, *warnings)
        run = engine_pb2.EngineRun(
            preview=preview,
            engine=engine.name,
            version=engine.version,
            warnings=[engine_pb2.Warning(reason=n.reason, message=n.message) for n in warned],
            generative=engine.traits.generative,
            model=model_of(engine) if model is None else model,
            failed_over=answer.failed_over,
        )
        run.parameters.update(parameters)
        if measured:
            run.measured.update(measured)
        run.elapsed.FromNanoseconds(round((time.perf_counter() - self.start) * 1e9))
        return run
