"""Engines are chosen by readiness and replaced after failures and doubtful results."""

from dataclasses import dataclass, field

import pytest
from structlog.testing import capture_logs

from cyclorama.v1.engine_pb2 import EngineChoice, ReplacementCause
from services.runtime.engines import (
    EngineProgress,
    EngineResult,
    Engines,
    EngineTraits,
    EngineWarning,
)
from services.runtime.errors import (
    BackendError,
    BackendUnavailable,
    DeadlineTooShort,
    EngineNotConfigured,
    EngineNotReady,
    InvalidImage,
    ProductNotFound,
)
from services.runtime.runs import Stopwatch, warning_to_message


@dataclass
class LocalEngine:
    """An engine that is always ready."""

    name: str
    version: str = "1"
    traits: EngineTraits = field(default_factory=EngineTraits)


@dataclass
class ServerEngine(LocalEngine):
    """An engine that depends on a server; not ready while it has a reason."""

    reason: str = ""

    def unavailable_reason(self) -> str:
        return self.reason


class ModelEngine(LocalEngine):
    """An engine that runs a generative model."""

    def model(self) -> str:
        return "sd_xl"


BY_NAME = EngineTraits(by_name_only=True)


def open_engines(*engines: LocalEngine) -> Engines:
    """Opens engines in this order of preference."""
    by_name = {each.name: each for each in engines}
    return Engines(list(by_name), by_name.__getitem__)


def choose_engine(engines: Engines, **choice: str | bool) -> str:
    """Returns the name of the engine that runs first for a choice."""
    return engines.run(EngineChoice(**choice), lambda engine: engine.name).result


def read_rejection(engines: Engines, **choice: str | bool) -> str:
    """Returns the text of the error that a choice raises."""
    with pytest.raises(EngineNotReady) as caught:
        choose_engine(engines, **choice)
    return str(caught.value)


@pytest.mark.parametrize("name", ["", "auto"])
def test_auto_chooses_the_first_ready_engine(name):
    engines = open_engines(
        ServerEngine("remote", reason="is down"), LocalEngine("first"), LocalEngine("second")
    )
    assert choose_engine(engines, name=name) == "first"


def test_auto_never_chooses_an_engine_by_name_only():
    idle = LocalEngine("idle", traits=BY_NAME)
    both, alone = open_engines(idle, LocalEngine("own")), open_engines(idle)
    assert choose_engine(both) == "own"
    assert "ready: idle" in read_rejection(alone)
    assert choose_engine(alone, name="idle") == "idle"


def test_an_engine_by_name_only_is_no_fallback_and_is_listed_last():
    engines = open_engines(
        LocalEngine("idle", traits=BY_NAME), ServerEngine("remote", reason="is down")
    )
    # The engine itself says best why it is not ready.
    assert choose_engine(engines, name="remote", allow_fallback=True) == "remote"
    assert [each.name for each in engines.list_statuses()] == ["remote", "idle"]


def test_statuses_and_runs_report_traits_and_model():
    drawing = ModelEngine("drawing", traits=EngineTraits(generative=True, casts_shadows=True))
    own = LocalEngine("own", traits=EngineTraits(follows_camera=True))
    first, second = open_engines(drawing, own).list_statuses()
    assert first.generative and first.casts_shadows and first.model == "sd_xl"
    assert second.follows_camera and not second.generative and not second.model
    run = Stopwatch().report_run(EngineResult(drawing, None), {})
    assert run.generative and run.model == "sd_xl"
    assert Stopwatch().report_run(EngineResult(drawing, None), {}, model="flux").model == "flux"
    assert not Stopwatch().report_run(EngineResult(own, None), {}).generative


def test_auto_chooses_a_server_again_once_it_recovers():
    remote = ServerEngine("remote", reason="is down")
    engines = open_engines(remote, LocalEngine("own"))
    assert choose_engine(engines) == "own"
    remote.reason = ""
    assert choose_engine(engines) == "remote"


def test_a_named_engine_is_chosen_over_a_better_one():
    engines = open_engines(LocalEngine("best"), LocalEngine("named"))
    assert choose_engine(engines, name="named") == "named"


def open_or_fail(name: str) -> LocalEngine:
    """Opens an engine, unless its name says why it cannot be opened."""
    if name == "weightless":
        raise EngineNotConfigured("it has no weights")
    if name == "corrupt":
        raise EngineNotReady("its weights are corrupt")
    if name == "broken":
        raise ImportError("libmissing.so: /srv/secret")
    return LocalEngine(name, "7")


def test_a_named_engine_that_cannot_run_is_rejected_with_reason_and_ready_engines():
    engines = Engines(["weightless", "own"], open_or_fail)
    text = read_rejection(engines, name="weightless")
    assert "weightless: it has no weights" in text and "ready: own" in text
    assert "no such engine" in read_rejection(engines, name="magic")


def test_without_a_ready_engine_the_best_one_says_why():
    engines = open_engines(ServerEngine("remote", reason="is down"), ServerEngine("other"))
    with pytest.raises(BackendUnavailable, match="went away"):
        stream_steps(engines, EngineChoice(name="remote"), {"remote": DOWN})
    alone = open_engines(ServerEngine("remote", reason="is down"))
    for choice in (EngineChoice(), EngineChoice(name="remote", allow_fallback=True)):
        with pytest.raises(BackendUnavailable, match="went away"):
            stream_steps(alone, choice, {"remote": DOWN})


def test_auto_warns_of_a_better_engine_that_is_not_ready():
    remote = ServerEngine("remote", reason="the server is down")
    result = open_engines(remote, LocalEngine("own")).run(EngineChoice(), lambda _: "done")
    assert result.engine.name == "own"
    assert [(each.reason, each.message) for each in result.warnings] == [
        ("FELL_BACK", "engine remote is not ready: the server is down")
    ]
    assert read_causes(result) == {"remote": "NOT_READY"}


@pytest.mark.parametrize(
    ("name", "warnings"),
    [
        ("weightless", []),
        ("corrupt", ["engine corrupt is not ready: its weights are corrupt"]),
        ("broken", ["engine broken is not ready: it cannot be opened; the service's log says why"]),
    ],
)
def test_auto_warns_of_engines_that_are_set_up_but_not_of_others(name, warnings):
    engines = Engines([name, "own"], open_or_fail)
    result = engines.run(EngineChoice(), lambda _: "done")
    assert [each.message for each in result.warnings] == warnings
    status, own = engines.list_statuses()
    assert status.configured is bool(warnings) and own.configured


@pytest.mark.parametrize(
    ("name", "level"), [("weightless", "info"), ("corrupt", "warning"), ("broken", "error")]
)
def test_the_log_warns_of_engines_that_are_set_up_and_cannot_be_used(name, level):
    with capture_logs() as lines:
        Engines([name, "own"], open_or_fail)
    assert [(line["engine"], line["log_level"]) for line in lines] == [(name, level)]


def test_a_named_engine_that_is_not_set_up_is_replaced_with_a_warning_if_allowed():
    engines = Engines(["weightless", "own"], open_or_fail)
    choice = EngineChoice(name="weightless", allow_fallback=True)
    result = engines.run(choice, lambda engine: engine.name)
    assert result.result == "own" and "it has no weights" in result.warnings[0].message


def test_a_better_suited_engine_names_the_one_that_would_have_run():
    engines = open_engines(ServerEngine("remote", reason="is down"), LocalEngine("own"))
    suited = LocalEngine("suited")
    result = engines.run_instead(suited, EngineChoice(), lambda engine: engine.name)
    assert (result.result, result.warnings) == ("suited", ())
    assert read_causes(result) == {"remote": "NOT_READY", "own": "UNSUITABLE"}
    named = engines.run_instead(suited, EngineChoice(name="suited"), lambda engine: engine.name)
    assert read_causes(named) == {}


def test_an_engine_that_fails_to_open_is_listed_with_its_reason():
    engines = Engines(["weightless", "broken", "own"], open_or_fail)
    statuses = {each.name: each for each in engines.list_statuses()}
    assert statuses["weightless"].reason == "it has no weights"
    assert not statuses["broken"].ready and "log" in statuses["broken"].reason
    assert "secret" not in statuses["broken"].reason
    assert statuses["own"].ready and statuses["own"].version == "7" and not statuses["own"].reason
    assert choose_engine(engines) == "own"


def test_a_process_without_engines_exits_with_all_reasons():
    def open_engine(name: str) -> LocalEngine:
        raise EngineNotReady(f"{name} has no weights")

    with pytest.raises(SystemExit, match=r"a has no weights.*b has no weights"):
        Engines(["a", "b"], open_engine)


def test_a_run_reports_engine_parameters_warnings_and_time():
    fell_back = EngineWarning("FELL_BACK", "first is down")
    result = EngineResult(LocalEngine("own", "7"), None, (fell_back,))
    run = Stopwatch().report_run(result, {"tint": 0.1}, [EngineWarning("ODD", "look at it")])
    assert (run.engine, run.version) == ("own", "7")
    assert run.parameters["tint"] == 0.1
    warnings = [(each.reason, each.message) for each in run.warnings]
    assert warnings == [("FELL_BACK", "first is down"), ("ODD", "look at it")]
    assert run.elapsed.ToNanoseconds() > 0


def test_a_warning_about_a_prompt_names_the_words_left_out_and_the_nearest_offers():
    left_out = (("stone dragon", "rock"), ("castle", ""))
    message = warning_to_message(EngineWarning("ODD", "look at it", left_out=left_out))
    assert [(each.words, each.nearest) for each in message.left_out] == list(left_out)


def read_causes(result: EngineResult) -> dict[str, str]:
    """Returns why engines were replaced, by name, without the prefix of the contract's enum."""
    return {
        each.engine: ReplacementCause.Name(each.cause).removeprefix("REPLACEMENT_CAUSE_")
        for each in result.replaced
    }


def stream_steps(engines: Engines, choice: EngineChoice, fails: dict[str, Exception]) -> list:
    """Returns the steps of a run in which some engines fail after their first step."""

    def begin(engine):
        yield "started"
        if engine.name in fails:
            raise fails[engine.name]
        yield "done"

    return list(engines.stream(choice, begin))


DOWN = BackendUnavailable("the server went away")


def test_another_engine_takes_over_if_allowed_and_a_warning_says_why():
    engines = open_engines(ServerEngine("remote"), LocalEngine("own"))
    choice = EngineChoice(name="remote", allow_fallback=True)
    steps = stream_steps(engines, choice, {"remote": DOWN})
    assert [(each.engine.name, each.result) for each in steps] == [
        ("remote", "started"),
        ("own", "started"),
        ("own", "done"),
    ]
    (warning,) = steps[-1].warnings
    assert warning.reason == "FELL_BACK" and "remote could not: the server went" in warning.message
    assert read_causes(steps[-1]) == {"remote": "FAILED"}


def test_a_named_engine_fails_with_its_own_error_even_if_it_is_not_ready():
    engines = open_engines(ServerEngine("remote", reason="is down"), LocalEngine("own"))
    with pytest.raises(BackendUnavailable, match="went away"):
        stream_steps(engines, EngineChoice(name="remote"), {"remote": DOWN})


def test_auto_falls_back_only_if_the_failed_engine_is_no_longer_ready():
    remote = ServerEngine("remote")
    engines = open_engines(remote, LocalEngine("own"))
    with pytest.raises(BackendUnavailable):
        stream_steps(engines, EngineChoice(), {"remote": DOWN})
    remote.reason = ""

    def begin(engine):
        if engine is remote:
            remote.reason = "is down"
            raise DOWN
        yield "done"

    assert [each.engine.name for each in engines.stream(EngineChoice(), begin)] == ["own"]


def test_an_invalid_request_never_falls_back():
    engines = open_engines(ServerEngine("remote"), LocalEngine("own"))
    choice = EngineChoice(name="remote", allow_fallback=True)
    with pytest.raises(InvalidImage):
        stream_steps(engines, choice, {"remote": InvalidImage("photo", "is corrupt")})


@dataclass(frozen=True)
class SomeResult:
    """A result, and why it is doubtful."""

    value: str
    doubt: str = ""


def run_engines(choice: EngineChoice, **results: SomeResult | Exception):
    """Runs engines that return these results or raise these errors."""

    def work(engine):
        if isinstance(results[engine.name], Exception):
            raise results[engine.name]
        return results[engine.name]

    return open_engines(*map(LocalEngine, results)).run(choice, work)


NOTHING = ProductNotFound("the photo shows no product")


def test_auto_tries_the_next_engine_after_product_not_found():
    result = run_engines(EngineChoice(), first=NOTHING, second=SomeResult("bottle"))
    assert (result.engine.name, result.result.value) == ("second", "bottle")
    assert "first could not: the photo shows no product" in result.warnings[0].message
    assert read_causes(result) == {"first": "UNSUITABLE"}


def test_a_fallback_that_is_not_ready_is_skipped():
    unable = EngineNotReady("engine second has no weights")
    result = run_engines(EngineChoice(), first=NOTHING, second=unable, third=SomeResult("bottle"))
    assert (result.engine.name, result.result.value) == ("third", "bottle")
    doubtful = SomeResult("haze", "it is hazy")
    assert run_engines(EngineChoice(), first=doubtful, second=unable).result is doubtful
    with pytest.raises(ProductNotFound):
        run_engines(EngineChoice(), first=NOTHING, second=unable)
    with pytest.raises(EngineNotReady, match="has no weights"):
        run_engines(EngineChoice(), second=unable, third=SomeResult("bottle"))


def test_a_named_engine_does_not_fall_back_after_product_not_found():
    with pytest.raises(ProductNotFound):
        run_engines(EngineChoice(name="first"), first=NOTHING, second=SomeResult("bottle"))


def test_auto_tries_the_next_engine_after_a_doubtful_result_and_keeps_that_result():
    result = run_engines(
        EngineChoice(), first=SomeResult("haze", "it is hazy"), second=SomeResult("bottle")
    )
    assert result.result.value == "bottle" and result.doubted.value == "haze"
    assert [each.message for each in result.warnings] == ["it is hazy, so second answered"]


def test_a_doubtful_result_is_returned_if_all_fallbacks_fail():
    result = run_engines(EngineChoice(), first=SomeResult("haze", "it is hazy"), second=NOTHING)
    assert (result.engine.name, result.result.value) == ("first", "haze")


def test_a_doubtful_result_names_the_fallback_that_may_work_next_time():
    hazy = SomeResult("haze", "it is hazy")
    late = DeadlineTooShort(needed=9, left=1)
    result = run_engines(EngineChoice(), first=hazy, second=NOTHING, third=late)
    assert (result.engine.name, result.warnings) == ("first", ())
    assert read_causes(result) == {"third": "FAILED"}


def test_a_doubtful_result_of_a_named_or_only_engine_is_returned():
    doubtful = SomeResult("haze", "it is hazy")
    assert (
        run_engines(EngineChoice(name="first"), first=doubtful, second=NOTHING).result is doubtful
    )
    assert run_engines(EngineChoice(), first=doubtful).result is doubtful


def test_progress_never_decreases_when_another_engine_starts_over():
    def begin(engine):
        yield EngineProgress(0.7 if engine.name == "remote" else 0.2)
        if engine.name == "remote":
            raise DOWN
        yield "done"

    engines = open_engines(ServerEngine("remote"), LocalEngine("own"))
    choice = EngineChoice(name="remote", allow_fallback=True)
    *steps, _ = (each.result for each in engines.stream(choice, begin))
    assert [step.fraction for step in steps] == [0.7, 0.7]


def test_the_last_error_is_raised_if_all_engines_fail():
    engines = open_engines(ServerEngine("remote"), ServerEngine("other"))
    fails = {"remote": DOWN, "other": BackendError("no memory")}
    with pytest.raises(BackendError, match="no memory"):
        stream_steps(engines, EngineChoice(name="remote", allow_fallback=True), fails)
