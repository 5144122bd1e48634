"""Reports what an engine did for a request, as an EngineRun message."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cyclorama.v1 import engine_pb2, image_pb2
from services.runtime.engines import (
    Engine,
    EngineResult,
    EngineWarning,
    read_model_name,
    read_settings_hash,
)


@dataclass
class Stopwatch:
    """Measures the time since its creation and reports it in an EngineRun."""

    start: float = field(default_factory=time.perf_counter)

    def report_run(
        self,
        result: EngineResult[Engine, Any],
        parameters: Mapping[str, Any],
        warnings: Iterable[EngineWarning] = (),
        measured: Mapping[str, Any] = MappingProxyType({}),
        preview: image_pb2.Image | None = None,
        model: str | None = None,
    ) -> engine_pb2.EngineRun:
        """Returns an EngineRun message: what an engine did for a request, and the time so far.

        result: of the engine, with the engine.
        parameters: what determined the result, as JSON values by name.
        warnings: to append to those of the result.
        measured: times and sizes, as JSON values by name.
        preview: a small image of the result; None for none.
        model: that computed this result, "" if unknown; None takes the engine's own.
        """
        engine, all_warnings = result.engine, (*result.warnings, *warnings)
        run = engine_pb2.EngineRun(
            preview=preview,
            engine=engine.name,
            version=engine.version,
            warnings=map(warning_to_message, all_warnings),
            generative=engine.traits.generative,
            model=read_model_name(engine) if model is None else model,
            replaced=result.replaced,
            settings_hash=read_settings_hash(engine),
        )
        run.parameters.update(dict(parameters))
        if measured:
            run.measured.update(dict(measured))
        run.elapsed.FromNanoseconds(round((time.perf_counter() - self.start) * 1e9))
        return run


def warning_to_message(warning: EngineWarning) -> engine_pb2.Warning:
    """Converts a warning to a message of the contract."""
    left_out = (
        engine_pb2.LeftOut(words=words, nearest=nearest) for words, nearest in warning.left_out
    )
    message = engine_pb2.Warning(reason=warning.reason, message=warning.message, left_out=left_out)
    if warning.box:
        x, y, width, height = warning.box
        message.box.CopyFrom(image_pb2.Box(x=x, y=y, width=width, height=height))
    return message
