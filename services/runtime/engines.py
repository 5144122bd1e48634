"""The engines of one process: which are ready, and which one answers a request."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Generic, Protocol, TypeVar, runtime_checkable

import structlog

from cyclorama.v1 import engine_pb2, image_pb2
from services.runtime.errors import BackendFailed, EngineNotReady
from services.runtime.observing import steps_at_work

AUTO = "auto"
# Does no work; whoever wants it to answer has to name it.
NOOP = "noop"

log = structlog.get_logger()


class Engine(Protocol):
    """What every engine of every stage tells about itself."""

    name: str
    version: str


@runtime_checkable
class Remote(Protocol):
    """An engine that leans on a server, so that its readiness changes while we run."""

    def trouble(self) -> str:
        """Why it cannot work at this moment; empty when it can."""
        ...


E = TypeVar("E", bound=Engine)
S = TypeVar("S")


@dataclass(frozen=True)
class Notice:
    """Something that did not stop the work but may matter to the caller."""

    reason: str
    message: str


@dataclass(frozen=True)
class Working(Generic[E, S]):
    """A step of an engine's work, and why earlier engines did not get this far."""

    engine: E
    step: S
    notices: tuple[Notice, ...] = ()


class Engines(Generic[E]):
    """Opens the named engines, best first, and remembers why the others could not be opened.

    Engine noop never answers for another one, and comes last.
    """

    def __init__(self, names: Sequence[str], open_engine: Callable[[str], E]) -> None:
        self._names = sorted(names, key=lambda name: name == NOOP)
        self._open: dict[str, E] = {}
        self._remote: dict[str, Remote] = {}
        self._reasons: dict[str, str] = {}
        for name in names:
            try:
                engine = self._open[name] = open_engine(name)
                # Once, here: to tell it from its methods takes longer than to ask.
                if isinstance(engine, Remote):
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

    def choose(self, choice: engine_pb2.EngineChoice) -> E:
        """Returns the engine asked for; "auto" and an allowed fallback take the best ready one."""
        return self.choose_all(choice)[0]

    def choose_all(self, choice: engine_pb2.EngineChoice) -> Sequence[E]:
        """Returns the engine asked for, then those that may answer in its place, best first."""
        name = choice.name or AUTO
        why = "" if name == AUTO else self._why_not(name)
        ready = [each for each in self._names if not self._why_not(each)]
        others = [each for each in ready if each not in (name, NOOP)]
        if name != AUTO and not why:
            chosen = [name, *others] if choice.allow_fallback else [name]
            return [self._open[each] for each in chosen]
        if others and (name == AUTO or choice.allow_fallback):
            return [self._open[each] for each in others]
        why = why or "no engine is ready that need not be named"
        raise EngineNotReady(f"engine {name}: {why}; ready: {', '.join(ready) or 'none'}")

    def work(
        self, choice: engine_pb2.EngineChoice, begin: Callable[[E], Iterator[S]]
    ) -> Iterator[Working[E, S]]:
        """Yields the steps of the engine asked for, and where its server fails, of the next one.

        begin: starts an engine's work. Another engine takes over when the caller allows that, or
        left the choice to us and the failed one is no longer ready; a notice then says why.
        """
        engine, notices, failed = self._first(choice), (), set()
        while True:
            try:
                for step in steps_at_work(engine.name, begin(engine)):
                    yield Working(engine, step, notices)
                return
            except BackendFailed as error:
                failed.add(engine.name)
                following = self._after(engine, choice, failed)
                if following is None:
                    raise
                log.warning("engine failed", engine=engine.name, why=str(error))
                text = f"engine {engine.name} could not: {error}"
                engine, notices = following, (*notices, Notice("FELL_BACK", text))

    def statuses(self) -> Iterator[engine_pb2.EngineStatus]:
        """Tells of every engine, best first, whether it is ready, and if not, why."""
        for name in self._names:
            why = self._why_not(name)
            version = self._open[name].version if name in self._open else ""
            yield engine_pb2.EngineStatus(name=name, version=version, ready=not why, reason=why)

    def _first(self, choice: engine_pb2.EngineChoice) -> E:
        # An engine that was named and may not be replaced says itself, and better, what is wrong.
        named = None if choice.allow_fallback else self._open.get(choice.name)
        return named or self.choose(choice)

    def _after(self, engine: E, choice: engine_pb2.EngineChoice, failed: set[str]) -> E | None:
        unready = choice.name in ("", AUTO) and self._why_not(engine.name)
        if not (choice.allow_fallback or unready):
            return None
        passed = {*failed, NOOP}
        ready = (name for name in self._names if name not in passed and not self._why_not(name))
        return self._open.get(next(ready, ""))

    def _why_not(self, name: str) -> str:
        if name not in self._open:
            return self._reasons.get(name, "there is no such engine here")
        return self._remote[name].trouble() if name in self._remote else ""


@dataclass
class Stopwatch:
    """Measures a stage's work from its making and reports it as an EngineRun."""

    start: float = field(default_factory=time.perf_counter)

    def run_of(
        self,
        engine: Engine,
        parameters: Mapping[str, object],
        notices: Iterable[Notice] = (),
        measured: Mapping[str, object] = MappingProxyType({}),
        preview: image_pb2.Image | None = None,
    ) -> engine_pb2.EngineRun:
        """Says what ran, with which parameters, what was measured and how long it took so far."""
        run = engine_pb2.EngineRun(
            preview=preview,
            engine=engine.name,
            version=engine.version,
            warnings=[engine_pb2.Warning(reason=n.reason, message=n.message) for n in notices],
        )
        run.parameters.update(parameters)
        if measured:
            run.measured.update(measured)
        run.elapsed.FromNanoseconds(round((time.perf_counter() - self.start) * 1e9))
        return run
