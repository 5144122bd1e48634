"""The engines of one process: which are ready, which one answers, and who answers in its place."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, runtime_checkable

import structlog

from cyclorama.v1 import engine_pb2
from services.runtime.errors import BackendError, EngineNotReady, ProductNotFound, ServiceError
from services.runtime.limits import AUTO
from services.runtime.observing import observe_steps

if TYPE_CHECKING:
    import numpy as np

log = structlog.get_logger()


@dataclass(frozen=True)
class Traits:
    """What others need to know of an engine, as in the contract's EngineStatus."""

    generative: bool = False
    follows_camera: bool = False
    casts_shadows: bool = False
    by_name_only: bool = False


class Engine(Protocol):
    """What every engine of every stage reports about itself.

    version: changes whenever equal input may give other output.
    """

    name: str
    version: str
    traits: Traits


@runtime_checkable
class RemoteEngine(Protocol):
    """An engine that needs a server, so that its readiness changes while the process runs."""

    def unavailable_reason(self) -> str:
        """Why it cannot work at this moment; empty when it can."""
        ...


@runtime_checkable
class ModelBacked(Protocol):
    """An engine with a model behind it."""

    def model(self) -> str:
        """The model's name, such as that of its checkpoint; empty where it is not known."""
        ...


E = TypeVar("E", bound=Engine)
R = TypeVar("R")


@dataclass(frozen=True)
class EngineWarning:
    """Something that did not stop the work but may matter to the caller."""

    reason: str
    message: str


@dataclass(frozen=True)
class EngineProgress:
    """A sign of progress: the share done, 0 to 1, and perhaps a small uint8 RGB preview."""

    fraction: float
    preview: "np.ndarray | None" = None


@dataclass(frozen=True)
class EngineResult(Generic[E, R]):
    """A result, or a step towards one, and the engine that it came from.

    warnings: why earlier engines did not answer. doubted: the result of an earlier engine that was
    not to be trusted, if any. failed_over: whether the backend of an earlier engine failed.
    """

    engine: E
    result: R
    warnings: tuple[EngineWarning, ...] = ()
    doubted: R | None = None
    failed_over: bool = False


@dataclass
class _Before(Generic[E, R]):
    """What the engines before the present one came to, within one run."""

    tried: set[str] = field(default_factory=set)
    warnings: tuple[EngineWarning, ...] = ()
    doubted: EngineResult[E, R] | None = None
    failure: ServiceError | None = None
    failed_over: bool = False

    def answer(self, engine: E, result: R) -> EngineResult[E, R]:
        """The answer of the present engine."""
        doubted = self.doubted and self.doubted.result
        return EngineResult(engine, result, self.warnings, doubted, self.failed_over)


class Engines(Generic[E]):
    """Opens the named engines, best first, and remembers why the others could not be opened."""

    def __init__(self, names: Sequence[str], open_engine: Callable[[str], E]) -> None:
        self._open: dict[str, E] = {}
        self._remote: dict[str, RemoteEngine] = {}
        self._reasons: dict[str, str] = {}
        for name in names:
            try:
                engine = self._open[name] = open_engine(name)
                # Kept, as isinstance() is slow on a runtime_checkable Protocol.
                if isinstance(engine, RemoteEngine):
                    self._remote[name] = engine
            except EngineNotReady as error:
                self._reasons[name] = str(error)
                log.info("engine not ready", engine=name, why=str(error))
            # A library that is broken or lacks a part of the system can raise anything.
            except Exception:
                self._reasons[name] = "it cannot be opened; the service's log says why"
                log.exception("engine cannot be opened", engine=name)
        if not self._open:
            raise SystemExit(f"no engine is ready: {self._reasons}")
        self._names = sorted(names, key=self._is_by_name_only)

    def run(self, choice: engine_pb2.EngineChoice, work: Callable[[E], R]) -> EngineResult[E, R]:
        """Returns what `work` makes with the engine asked for, or with one in its place.

        The rules are those of `stream`.
        """
        (answer,) = self.stream(choice, lambda engine: (work(each) for each in [engine]))
        return answer

    def run_only(self, engine: E, work: Callable[[E], R]) -> EngineResult[E, R]:
        """Returns what `work` makes with an engine that is not among those to choose from."""
        (result,) = observe_steps(engine.name, (work(each) for each in [engine]))
        return EngineResult(engine, result)

    def stream(
        self, choice: engine_pb2.EngineChoice, begin: Callable[[E], Iterator[R]]
    ) -> Iterator[EngineResult[E, R]]:
        """Yields the steps of the engine asked for, its result last.

        begin: starts an engine's work. The next ready engine answers in its place where the choice
        was "auto" or allows a fallback, and the engine raised ProductNotFound, or gave a result
        with a `doubt` (a text that says why it is not to be trusted), or raised BackendError; with
        "auto" the latter only if the engine is no longer ready, for retrying may help. Each time a
        notice FELL_BACK says why. An engine in another's place that raises EngineNotReady cannot
        serve this request and is passed over. When all of the others fail, a doubted result is the
        answer after all. The fraction of steps never falls, also where another engine starts over.
        """
        engine, done, before = self._first(choice), 0.0, _Before()
        while True:
            before.tried.add(engine.name)
            why, following = "", None
            try:
                for step in observe_steps(engine.name, begin(engine)):
                    if isinstance(step, EngineProgress):
                        done = max(done, step.fraction)
                        step = replace(step, fraction=done)
                    answer = before.answer(engine, step)
                    why = getattr(step, "doubt", "")
                    following = self._next(choice, before.tried) if why else None
                    if following is None:
                        yield answer
                    else:
                        before.doubted = before.doubted or answer
                        why = f"{why}, so {following.name} answered"
                if following is None:
                    return
            except (BackendError, ProductNotFound, EngineNotReady) as error:
                if self._may_help(error, engine, choice, before):
                    following = self._next(choice, before.tried)
                if following is None and before.doubted:
                    yield before.doubted
                    return
                if following is None and isinstance(error, EngineNotReady) and before.failure:
                    raise before.failure from None
                if following is None:
                    raise
                log.warning("engine failed", engine=engine.name, why=str(error))
                why = f"engine {engine.name} could not: {error}"
                before.failure = before.failure or error
                before.failed_over |= isinstance(error, BackendError)
            engine, before.warnings = following, (*before.warnings, EngineWarning("FELL_BACK", why))

    def _may_help(
        self,
        error: ServiceError,
        engine: E,
        choice: engine_pb2.EngineChoice,
        before: "_Before[E, R]",
    ) -> bool:
        """Whether another engine may succeed where this one raised an error."""
        match error:
            case ProductNotFound():
                return True
            case EngineNotReady():
                # The first one says itself what is wrong with the request.
                return len(before.tried) > 1
        return choice.allow_fallback or bool(self._why_not(engine.name))

    def choose(self, choice: engine_pb2.EngineChoice) -> E:
        """Returns the engine asked for; "auto" and an allowed fallback take the best ready one."""
        name = choice.name or AUTO
        why = "" if name == AUTO else self._why_not(name)
        if name != AUTO and not why:
            return self._open[name]
        others = [each for each in self._automatic() if each.name != name]
        if others and (name == AUTO or choice.allow_fallback):
            return others[0]
        ready = [each for each in self._names if not self._why_not(each)]
        why = why or "no engine is ready that need not be named"
        raise EngineNotReady(f"engine {name}: {why}; ready: {', '.join(ready) or 'none'}")

    def statuses(self) -> Iterator[engine_pb2.EngineStatus]:
        """Reports every engine, best first: whether it is ready, and if not, why."""
        for name in self._names:
            why = self._why_not(name)
            status = engine_pb2.EngineStatus(name=name, ready=not why, reason=why)
            if engine := self._open.get(name):
                traits = engine_pb2.EngineStatus(
                    version=engine.version, model=model_of(engine), **asdict(engine.traits)
                )
                status.MergeFrom(traits)
            yield status

    def _first(self, choice: engine_pb2.EngineChoice) -> E:
        # An engine that was named and may not be replaced says itself, and better, what is wrong.
        named = None if choice.allow_fallback else self._open.get(choice.name)
        return named or self.choose(choice)

    def _next(self, choice: engine_pb2.EngineChoice, tried: set[str]) -> E | None:
        """The engine that answers in place of those that were tried, if any may."""
        if choice.name not in ("", AUTO) and not choice.allow_fallback:
            return None
        return next((each for each in self._automatic() if each.name not in tried), None)

    def _automatic(self) -> Iterator[E]:
        """The ready engines that need not be named, best first."""
        for name in self._names:
            if not self._why_not(name) and not self._is_by_name_only(name):
                yield self._open[name]

    def _is_by_name_only(self, name: str) -> bool:
        return name in self._open and self._open[name].traits.by_name_only

    def _why_not(self, name: str) -> str:
        if name not in self._open:
            return self._reasons.get(name, "there is no such engine here")
        return self._remote[name].unavailable_reason() if name in self._remote else ""


def model_of(engine: Engine) -> str:
    """The model behind an engine; empty for engines without one, and where it is not known."""
    return engine.model() if isinstance(engine, ModelBacked) else ""
