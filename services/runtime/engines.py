"""Opens the engines of a process, chooses one for each request, and falls back to others."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar, runtime_checkable

import structlog

from cyclorama.v1 import engine_pb2
from services.runtime.errors import (
    BackendError,
    DeadlineTooShort,
    EngineNotConfigured,
    EngineNotReady,
    ProductNotFound,
    ServiceError,
)
from services.runtime.limits import AUTO
from services.runtime.observing import measure_engine_steps

if TYPE_CHECKING:
    import numpy as np

# Reason of the warning that an engine was replaced.
FELL_BACK = "FELL_BACK"
# Reason of the warning that a file was not signed although the stage signs.
NOT_SIGNED = "NOT_SIGNED"
# Reason of the warning that an ad does not take over the photo's own Content Credentials.
CREDENTIALS_LEFT_OUT = "PHOTO_CREDENTIALS_LEFT_OUT"
# Why an engine was replaced, as in the contract.
NOT_READY = engine_pb2.REPLACEMENT_CAUSE_NOT_READY
FAILED = engine_pb2.REPLACEMENT_CAUSE_FAILED
UNSUITABLE = engine_pb2.REPLACEMENT_CAUSE_UNSUITABLE

log = structlog.get_logger()


@dataclass(frozen=True)
class EngineTraits:
    """What other services need to know about an engine, as in the contract's EngineStatus."""

    generative: bool = False
    follows_camera: bool = False
    casts_shadows: bool = False
    by_name_only: bool = False
    suits_drafts: bool = False


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

    preview: uint8 RGB (h, w, 3). queue_position: number of images that the engine's server or model
    generates before this one, 0 while it generates this one; None if unknown.
    """

    fraction: float
    preview: "np.ndarray | None" = None
    queue_position: int | None = None


@dataclass(frozen=True)
class EngineResult(Generic[E_co, R_co]):
    """A step or the result of an engine, and the engine.

    warnings: why earlier engines were replaced. doubted: the doubtful result of an earlier engine,
    if any. replaced: the earlier engines, with the causes as in the contract.
    """

    engine: E_co
    result: R_co
    warnings: tuple[EngineWarning, ...] = ()
    doubted: R_co | None = None
    replaced: tuple[engine_pb2.ReplacedEngine, ...] = ()


@dataclass(frozen=True)
class _Selection(Generic[E_co]):
    """The engine to run, and why better ones are not ready, by name."""

    engine: E_co
    passed_over: Mapping[str, str]


@dataclass
class _EarlierAttempts(Generic[E, R]):
    """What the engines tried so far came to, within one run."""

    tried: set[str] = field(default_factory=set)
    warnings: tuple[EngineWarning, ...] = ()
    doubted: EngineResult[E, R] | None = None
    failure: ServiceError | None = None
    replaced: tuple[engine_pb2.ReplacedEngine, ...] = ()
    fraction: float = 0.0

    def report(self, engine: E, result: R) -> EngineResult[E, R]:
        """Returns a step of the present engine along with what happened to earlier ones.

        engine: the present one.
        result: its result, or a step of progress, whose fraction is at least that of earlier ones.
        """
        if isinstance(result, EngineProgress):
            self.fraction = max(self.fraction, result.fraction)
            result = replace(result, fraction=self.fraction)
        doubted = self.doubted.result if self.doubted else None
        return EngineResult(
            engine, result, warnings=self.warnings, doubted=doubted, replaced=self.replaced
        )

    def report_doubted(
        self, doubted: EngineResult[E, R], failed: str, cause: engine_pb2.ReplacementCause
    ) -> EngineResult[E, R]:
        """Returns a doubtful result as the result of the run, after its fallbacks failed.

        Of them, it names those that may give a better result for an equal request.

        failed: name of the last fallback.
        cause: why that gave no result.
        """
        last = engine_pb2.ReplacedEngine(engine=failed, cause=cause)
        passing = tuple(each for each in (*self.replaced, last) if each.cause != UNSUITABLE)
        return replace(doubted, replaced=passing)

    def add_replaced(self, name: str, cause: engine_pb2.ReplacementCause, reason: str) -> None:
        """Records that an engine was replaced, with the warning that says so.

        cause: as in the contract.
        reason: in words, for the warning.
        """
        self.tried.add(name)
        self.warnings = (*self.warnings, EngineWarning(FELL_BACK, reason))
        self.replaced = (*self.replaced, engine_pb2.ReplacedEngine(engine=name, cause=cause))

    def add_passed_over(self, passed_over: Mapping[str, str]) -> None:
        """Records engines that were not ready; passed_over: why, by name."""
        for name, reason in passed_over.items():
            self.add_replaced(name, NOT_READY, f"engine {name} is not ready: {reason}")


class Engines(Generic[E]):
    """Opens the named engines, best first, and remembers why others could not be opened."""

    def __init__(self, names: Sequence[str], open_engine: Callable[[str], E]) -> None:
        """Opens every engine that can be opened; raises SystemExit if none can.

        names: of the engines, best first.
        open_engine: opens an engine by name, and raises EngineNotReady if it cannot work here,
            EngineNotConfigured if it is not meant to.
        """
        self._open: dict[str, E] = {}
        self._remote: dict[str, RemoteEngine] = {}
        self._reasons: dict[str, str] = {}
        self._unconfigured: set[str] = set()
        for name in names:
            try:
                engine = self._open[name] = open_engine(name)
                # Cached: isinstance() is slow on a runtime_checkable Protocol.
                if isinstance(engine, RemoteEngine):
                    self._remote[name] = engine
            except EngineNotReady as error:
                self._reasons[name] = str(error)
                # An engine that was set up and cannot be used deserves attention.
                write = log.warning
                if isinstance(error, EngineNotConfigured):
                    self._unconfigured.add(name)
                    write = log.info
                write("engine not ready", engine=name, why=str(error))
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

    def run_instead(
        self, engine: E, choice: engine_pb2.EngineChoice, work: Callable[[E], R]
    ) -> EngineResult[E, R]:
        """Calls `work` with an engine that suits the request better than the chosen one.

        engine: one that callers cannot choose here; it has no fallbacks.
        choice: the name of the engine that would have run, or "auto".
        work: computes the result with the engine.
        Returns the engine and the result, without a warning.
        """
        # A generator with one step, the result, so that calling `work` is measured.
        (result,) = measure_engine_steps(engine.name, (work(only) for only in [engine]))
        earlier = _EarlierAttempts[E, R]()
        is_named = choice.name == engine.name
        if not is_named and (selection := self._select_ready(choice, earlier.tried)):
            earlier.add_passed_over(selection.passed_over)
            earlier.add_replaced(selection.engine.name, UNSUITABLE, reason="")
        return EngineResult(engine, result, replaced=earlier.replaced)

    def stream(
        self, choice: engine_pb2.EngineChoice, begin: Callable[[E], Iterator[R]]
    ) -> Iterator[EngineResult[E, R]]:
        """Yields the steps of the chosen engine, or of a fallback, and its result last.

        choice: the name of the engine, or "auto", and whether another may replace it.
        begin: starts an engine and returns its steps: any number of EngineProgress, then the
            result.

        The chosen engine is the named one, or for "auto" the best ready one. If the choice is
        "auto" or allows a fallback, the next ready engine runs in place of one that is not ready,
        and after
        - ProductNotFound, or DeadlineTooShort;
        - a doubtful result, which has a text `doubt` that says why;
        - BackendError; with "auto" only if the engine is no longer ready, as a retry may succeed
          otherwise.
        Each fallback adds a warning FELL_BACK with the reason; only engines that are not configured
        are passed over without one, unless the caller named them. A fallback that raises
        EngineNotReady is skipped, as it cannot serve this request. If all fallbacks fail, the
        doubtful result is returned after all. The fraction of progress never decreases, even when
        another engine starts over.
        Raises EngineNotReady if no engine can run.
        """
        selection = self._select_first(choice)
        earlier = _EarlierAttempts[E, R]()
        while True:
            engine = selection.engine
            earlier.add_passed_over(selection.passed_over)
            earlier.tried.add(engine.name)
            # The engine to run next; None while there is no need.
            fallback: _Selection[E] | None = None
            # Why it replaces this one.
            reason, cause = "", UNSUITABLE
            try:
                for step in measure_engine_steps(engine.name, begin(engine)):
                    result = earlier.report(engine, step)
                    # Only results have a doubt: why they may be wrong, empty if they seem right.
                    reason = getattr(step, "doubt", "")
                    fallback = self._select_ready(choice, earlier.tried) if reason else None
                    if fallback is None:
                        yield result
                    else:
                        earlier.doubted = earlier.doubted or result
                        reason = f"{reason}, so {fallback.engine.name} answered"
                if fallback is None:
                    return
            except (BackendError, ProductNotFound, DeadlineTooShort, EngineNotReady) as error:
                reason, cause = f"engine {engine.name} could not: {error}", _cause_of(error)
                if self._may_fall_back(error, engine, choice, earlier):
                    fallback = self._select_ready(choice, earlier.tried)
                if fallback is None and earlier.doubted:
                    yield earlier.report_doubted(earlier.doubted, failed=engine.name, cause=cause)
                    return
                # A fallback that cannot serve the request says less than the first failure.
                if fallback is None and isinstance(error, EngineNotReady) and earlier.failure:
                    raise earlier.failure from None
                if fallback is None:
                    raise
                log.warning("engine failed", engine=engine.name, why=str(error))
                earlier.failure = earlier.failure or error
            earlier.add_replaced(engine.name, cause, reason)
            selection = fallback

    def list_statuses(self) -> Iterator[engine_pb2.EngineStatus]:
        """Yields an EngineStatus message for every engine, best first.

        It says whether the engine is ready, and if not, why; for an open engine also what it can
        do.
        """
        for name in self._names:
            reason = self._not_ready_reason(name)
            is_configured = name not in self._unconfigured
            status = engine_pb2.EngineStatus(
                name=name, ready=not reason, reason=reason, configured=is_configured
            )
            if engine := self._open.get(name):
                details = engine_pb2.EngineStatus(
                    version=engine.version,
                    model=read_model_name(engine),
                    settings_hash=read_settings_hash(engine),
                    **asdict(engine.traits),
                )
                status.MergeFrom(details)
            yield status

    def _select_first(self, choice: engine_pb2.EngineChoice) -> _Selection[E]:
        """Returns the engine to run first; raises EngineNotReady if none can run.

        choice: the name of the engine, or "auto", and whether another may replace it.
        """
        # Without a fallback, a named engine runs even if it is not ready: its error says best why.
        named = None if choice.allow_fallback else self._open.get(choice.name)
        selection = _Selection(named, {}) if named else self._select_ready(choice, tried=())
        if selection:
            return selection
        # So does the best one if none is ready.
        for name in self._list_candidates(choice):
            if name in self._open:
                return _Selection(self._open[name], {})
        name = choice.name or AUTO
        reason = "no engine is ready that need not be named"
        if name != AUTO:
            reason = self._not_ready_reason(name)
        ready = [ready_name for ready_name in self._names if not self._not_ready_reason(ready_name)]
        raise EngineNotReady(f"engine {name}: {reason}; ready: {', '.join(ready) or 'none'}")

    def _select_ready(
        self, choice: engine_pb2.EngineChoice, tried: Collection[str]
    ) -> _Selection[E] | None:
        """Returns the best ready engine that was not tried; None if the choice allows none.

        choice: the name of the engine, or "auto", and whether another may replace it.
        tried: names of the engines that ran or were passed over already for this request.
        """
        passed_over: dict[str, str] = {}
        for name in self._list_candidates(choice):
            if name in tried:
                continue
            reason = self._not_ready_reason(name)
            if not reason:
                return _Selection(self._open[name], passed_over)
            if name == choice.name or name not in self._unconfigured:
                passed_over[name] = reason
        return None

    def _list_candidates(self, choice: engine_pb2.EngineChoice) -> Iterator[str]:
        """Yields the names of the engines that a choice allows, in the order of preference.

        choice: the name of the engine, or "auto", and whether another may replace it.
        """
        is_auto = choice.name in ("", AUTO)
        if not is_auto:
            yield choice.name
        if is_auto or choice.allow_fallback:
            for name in self._names:
                if name != choice.name and not self._is_by_name_only(name):
                    yield name

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

    def _is_by_name_only(self, name: str) -> bool:
        return name in self._open and self._open[name].traits.by_name_only

    def _not_ready_reason(self, name: str) -> str:
        """Returns why the engine of a name, which may be unknown, cannot work now; "" if it can."""
        if name not in self._open:
            return self._reasons.get(name, "there is no such engine here")
        return self._remote[name].unavailable_reason() if name in self._remote else ""


def _cause_of(error: ServiceError) -> engine_pb2.ReplacementCause:
    """Returns why an engine that raised an error is replaced: whether it would raise it again."""
    return FAILED if isinstance(error, BackendError | DeadlineTooShort) else UNSUITABLE


def read_model_name(engine: Engine) -> str:
    """Returns the name of the model behind an engine; empty if it has none or it is unknown."""
    return engine.model() if isinstance(engine, ModelBacked) else ""


def read_settings_hash(engine: Engine) -> str:
    """Returns the hash of the settings that shape an engine's results; empty if none do."""
    return engine.settings_hash if isinstance(engine, SettingsDependent) else ""
