"""Opens the engines of a process, chooses one for each request, and falls back to others."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, runtime_checkable

import structlog

from cyclorama.v1 import engine_pb2
from services.runtime.errors import (
    BackendError,
    DeadlineTooShort,
    EngineNotReady,
    ProductNotFound,
    ServiceError,
)
from services.runtime.limits import AUTO
from services.runtime.observing import measure_engine_steps

if TYPE_CHECKING:
    import numpy as np

log = structlog.get_logger()


@dataclass(frozen=True)
class EngineTraits:
    """What other services need to know about an engine, as in the contract's EngineStatus."""

    generative: bool = False
    follows_camera: bool = False
    casts_shadows: bool = False
    by_name_only: bool = False


class Engine(Protocol):
    """What the engines of every stage report about themselves.

    version: changes whenever equal input may give other output.
    """

    name: str
    version: str
    traits: EngineTraits


@runtime_checkable
class RemoteEngine(Protocol):
    """An engine that depends on a server, so that it can become ready and unready at any time."""

    def unavailable_reason(self) -> str:
        """Returns why the engine cannot work at this moment; empty if it can."""
        ...


@runtime_checkable
class ModelBacked(Protocol):
    """An engine that runs a machine learning model."""

    def model(self) -> str:
        """Returns the model's name, such as that of its checkpoint; empty if unknown."""
        ...


@runtime_checkable
class SettingsDependent(Protocol):
    """An engine whose results depend on settings of the process where a request leaves them open.

    settings_hash: of those settings, in hexadecimal.
    """

    settings_hash: str


E = TypeVar("E", bound=Engine)
R = TypeVar("R")
# A result of a special engine or kind is also one of a general engine or kind.
E_co = TypeVar("E_co", bound=Engine, covariant=True)
R_co = TypeVar("R_co", covariant=True)


@dataclass(frozen=True)
class EngineWarning:
    """Something that did not stop the engine but may matter to the caller.

    box: the place in the photo that it is about: x, y, width, height in pixels; None for no place.
    left_out: words of the prompt that had no effect, each with the nearest thing that the engine
    offers, in words; empty for none.
    """

    reason: str
    message: str
    box: tuple[int, int, int, int] | None = None
    left_out: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class EngineProgress:
    """A step of an engine: the fraction done, 0 to 1, and perhaps a preview.

    preview: uint8 RGB (h, w, 3). queue_position: number of images that the engine's server
    generates before this one, 0 while it generates this one; None if unknown.
    """

    fraction: float
    preview: "np.ndarray | None" = None
    queue_position: int | None = None


@dataclass(frozen=True)
class EngineResult(Generic[E_co, R_co]):
    """A step or the result of an engine, and the engine.

    warnings: why earlier engines were replaced. doubted: the doubtful result of an earlier engine,
    if any. failed_over: whether the backend of an earlier engine failed.
    """

    engine: E_co
    result: R_co
    warnings: tuple[EngineWarning, ...] = ()
    doubted: R_co | None = None
    failed_over: bool = False


@dataclass
class _EarlierAttempts(Generic[E, R]):
    """What the engines tried so far came to, within one run."""

    tried: set[str] = field(default_factory=set)
    warnings: tuple[EngineWarning, ...] = ()
    doubted: EngineResult[E, R] | None = None
    failure: ServiceError | None = None
    failed_over: bool = False

    def report(self, engine: E, result: R) -> EngineResult[E, R]:
        """Returns a step of the present engine along with what happened to earlier ones.

        engine: the present one.
        result: its result, or a step of progress.
        """
        doubted = self.doubted.result if self.doubted else None
        return EngineResult(
            engine, result, warnings=self.warnings, doubted=doubted, failed_over=self.failed_over
        )


class Engines(Generic[E]):
    """Opens the named engines, best first, and remembers why others could not be opened."""

    def __init__(self, names: Sequence[str], open_engine: Callable[[str], E]) -> None:
        """Opens every engine that can be opened; raises SystemExit if none can.

        names: of the engines, best first.
        open_engine: opens an engine by name, and raises EngineNotReady if it cannot work here.
        """
        self._open: dict[str, E] = {}
        self._remote: dict[str, RemoteEngine] = {}
        self._reasons: dict[str, str] = {}
        for name in names:
            try:
                engine = self._open[name] = open_engine(name)
                # Cached: isinstance() is slow on a runtime_checkable Protocol.
                if isinstance(engine, RemoteEngine):
                    self._remote[name] = engine
            except EngineNotReady as error:
                self._reasons[name] = str(error)
                log.info("engine not ready", engine=name, why=str(error))
            # A broken or incompletely installed library can raise anything.
            except Exception:
                self._reasons[name] = "it cannot be opened; the service's log says why"
                log.exception("engine cannot be opened", engine=name)
        if not self._open:
            raise SystemExit(f"no engine is ready: {self._reasons}")
        # Still best first, but engines that run only by name come last.
        self._names = sorted(names, key=self._is_by_name_only)

    def run(self, choice: engine_pb2.EngineChoice, work: Callable[[E], R]) -> EngineResult[E, R]:
        """Calls `work` with the chosen engine, or a fallback if it fails; returns the result.

        Falls back under the same conditions as stream().

        choice: the name of the engine, or "auto", and whether another may replace it.
        work: computes the result with an engine.
        """
        # A generator with one step, the result, which calls `work` only once stream() reads it.
        (result,) = self.stream(choice, lambda engine: (work(only) for only in [engine]))
        return result

    def run_engine(self, engine: E, work: Callable[[E], R]) -> EngineResult[E, R]:
        """Calls `work` with an engine that callers cannot choose, without fallbacks.

        work: computes the result with the engine.
        Returns the engine and the result.
        """
        # A generator with one step, the result, so that calling `work` is measured.
        (result,) = measure_engine_steps(engine.name, (work(only) for only in [engine]))
        return EngineResult(engine, result)

    def stream(
        self, choice: engine_pb2.EngineChoice, begin: Callable[[E], Iterator[R]]
    ) -> Iterator[EngineResult[E, R]]:
        """Yields the steps of the chosen engine, or of a fallback, and its result last.

        choice: the name of the engine, or "auto", and whether another may replace it.
        begin: starts an engine and returns its steps: any number of EngineProgress, then the
            result.

        If the choice is "auto" or allows a fallback, the next ready engine runs after
        - ProductNotFound, or DeadlineTooShort;
        - a doubtful result, which has a text `doubt` that says why;
        - BackendError; with "auto" only if the engine is no longer ready, as a retry may succeed
          otherwise.
        Each fallback adds a warning FELL_BACK with the reason. A fallback that raises
        EngineNotReady is skipped, as it cannot serve this request. If all fallbacks fail, the
        doubtful result is returned after all. The fraction of progress never decreases, even when
        another engine starts over.
        """
        engine, fraction = self._choose_first(choice), 0.0
        earlier = _EarlierAttempts[E, R]()
        while True:
            earlier.tried.add(engine.name)
            # The engine to run next, and why it replaces this one; None while there is no need.
            reason, fallback = "", None
            try:
                for step in measure_engine_steps(engine.name, begin(engine)):
                    if isinstance(step, EngineProgress):
                        fraction = max(fraction, step.fraction)
                        step = replace(step, fraction=fraction)
                    result = earlier.report(engine, step)
                    # Only results have a doubt: why they may be wrong, empty if they seem right.
                    reason = getattr(step, "doubt", "")
                    fallback = self._choose_next(choice, earlier.tried) if reason else None
                    if fallback is None:
                        yield result
                    else:
                        earlier.doubted = earlier.doubted or result
                        reason = f"{reason}, so {fallback.name} answered"
                if fallback is None:
                    return
            except (BackendError, ProductNotFound, DeadlineTooShort, EngineNotReady) as error:
                if self._may_fall_back(error, engine, choice, earlier):
                    fallback = self._choose_next(choice, earlier.tried)
                if fallback is None and earlier.doubted:
                    yield earlier.doubted
                    return
                # A fallback that cannot serve the request says less than the first failure.
                if fallback is None and isinstance(error, EngineNotReady) and earlier.failure:
                    raise earlier.failure from None
                if fallback is None:
                    raise
                log.warning("engine failed", engine=engine.name, why=str(error))
                reason = f"engine {engine.name} could not: {error}"
                earlier.failure = earlier.failure or error
                earlier.failed_over |= isinstance(error, BackendError)
            earlier.warnings = (*earlier.warnings, EngineWarning("FELL_BACK", reason))
            engine = fallback

    def choose_engine(self, choice: engine_pb2.EngineChoice) -> E:
        """Returns the engine that the caller named, or the best ready one.

        The best ready one is for "auto", and in place of a named one that is not ready if the
        choice allows a fallback. Raises EngineNotReady with the reason and the ready engines.

        choice: the name of the engine, or "auto", and whether another may replace it.
        """
        name = choice.name or AUTO
        reason = "" if name == AUTO else self._not_ready_reason(name)
        if name != AUTO and not reason:
            return self._open[name]
        others = [engine for engine in self._list_automatic() if engine.name != name]
        if others and (name == AUTO or choice.allow_fallback):
            return others[0]
        ready = [ready_name for ready_name in self._names if not self._not_ready_reason(ready_name)]
        reason = reason or "no engine is ready that need not be named"
        raise EngineNotReady(f"engine {name}: {reason}; ready: {', '.join(ready) or 'none'}")

    def list_statuses(self) -> Iterator[engine_pb2.EngineStatus]:
        """Yields an EngineStatus message for every engine, best first.

        It says whether the engine is ready, and if not, why; for an open engine also what it can
        do.
        """
        for name in self._names:
            reason = self._not_ready_reason(name)
            status = engine_pb2.EngineStatus(name=name, ready=not reason, reason=reason)
            if engine := self._open.get(name):
                details = engine_pb2.EngineStatus(
                    version=engine.version,
                    model=read_model_name(engine),
                    settings_hash=read_settings_hash(engine),
                    **asdict(engine.traits),
                )
                status.MergeFrom(details)
            yield status

    def _choose_first(self, choice: engine_pb2.EngineChoice) -> E:
        """Returns the engine to run first: the named one, or the best ready one for "auto".

        choice: the name of the engine, or "auto", and whether another may replace it.
        """
        # Without a fallback, a named engine runs even if it is not ready: its error says best why.
        named = None if choice.allow_fallback else self._open.get(choice.name)
        return named or self.choose_engine(choice)

    def _choose_next(self, choice: engine_pb2.EngineChoice, tried: set[str]) -> E | None:
        """Returns the best ready engine that was not tried; None if the choice allows none.

        choice: the name of the engine, or "auto", and whether another may replace it.
        tried: names of the engines that ran already for this request.
        """
        if choice.name not in ("", AUTO) and not choice.allow_fallback:
            return None
        untried = (engine for engine in self._list_automatic() if engine.name not in tried)
        return next(untried, None)

    def _may_fall_back(
        self,
        error: ServiceError,
        engine: E,
        choice: engine_pb2.EngineChoice,
        earlier: _EarlierAttempts[E, R],
    ) -> bool:
        """Whether another engine may succeed with this request, after one raised an error.

        error: what the engine raised.
        engine: which raised it.
        choice: the name of the engine, or "auto", and whether another may replace it.
        earlier: which engines ran for this request, this one included, and what came of it.
        """
        match error:
            case ProductNotFound() | DeadlineTooShort():
                return True
            case EngineNotReady():
                # If the first engine raises it, it tells the caller what to change in the request.
                return len(earlier.tried) > 1
        # A BackendError: while the engine stays ready, the caller's retry may succeed with it.
        return choice.allow_fallback or bool(self._not_ready_reason(engine.name))

    def _list_automatic(self) -> Iterator[E]:
        """Yields the ready engines, best first, but for those that run only if named."""
        for name in self._names:
            if not self._not_ready_reason(name) and not self._is_by_name_only(name):
                yield self._open[name]

    def _is_by_name_only(self, name: str) -> bool:
        return name in self._open and self._open[name].traits.by_name_only

    def _not_ready_reason(self, name: str) -> str:
        """Returns why the engine of a name, which may be unknown, cannot work now; "" if it can."""
        if name not in self._open:
            return self._reasons.get(name, "there is no such engine here")
        return self._remote[name].unavailable_reason() if name in self._remote else ""


def read_model_name(engine: Engine) -> str:
    """Returns the name of the model behind an engine; empty if it has none or it is unknown."""
    return engine.model() if isinstance(engine, ModelBacked) else ""


def read_settings_hash(engine: Engine) -> str:
    """Returns the hash of the settings that shape an engine's results; empty if none do."""
    return engine.settings_hash if isinstance(engine, SettingsDependent) else ""
