from dataclasses import dataclass, field

import pytest

from cyclorama.v1.engine_pb2 import EngineChoice
from services.runtime.engines import EngineProgress, EngineResult, Engines, EngineWarning, Traits
from services.runtime.errors import (
    BackendError,
    BackendUnavailable,
    EngineNotReady,
    InvalidImage,
    ProductNotFound,
)
from services.runtime.runs import Stopwatch


@dataclass
class Local:
    name: str
    version: str = "1"
    traits: Traits = field(default_factory=Traits)


@dataclass
class Leaning(Local):
    """Leans on a server that is not available."""

    why: str = ""

    def unavailable_reason(self) -> str:
        return self.why


class Drawing(Local):
    """Has a generative model behind it."""

    def model(self) -> str:
        return "sd_xl"


BY_NAME = Traits(by_name_only=True)


def opened(*engines: Local) -> Engines:
    by_name = {each.name: each for each in engines}
    return Engines(list(by_name), by_name.__getitem__)


def refused(engines: Engines, choice: EngineChoice) -> str:
    with pytest.raises(EngineNotReady) as caught:
        engines.choose(choice)
    return str(caught.value)


@pytest.mark.parametrize("name", ["", "auto"])
def test_auto_takes_the_first_that_is_ready(name):
    engines = opened(Leaning("remote", why="is down"), Local("first"), Local("second"))
    assert engines.choose(EngineChoice(name=name)).name == "first"


def test_auto_never_takes_an_engine_that_has_to_be_named():
    idle = Local("idle", traits=BY_NAME)
    both, alone = opened(idle, Local("own")), opened(idle)
    assert both.choose(EngineChoice()).name == "own"
    assert "ready: idle" in refused(alone, EngineChoice())
    assert alone.choose(EngineChoice(name="idle")).name == "idle"


def test_an_engine_that_has_to_be_named_answers_for_no_other_and_is_listed_last():
    engines = opened(Local("idle", traits=BY_NAME), Leaning("remote", why="is down"))
    assert "is down" in refused(engines, EngineChoice(name="remote", allow_fallback=True))
    assert [each.name for each in engines.statuses()] == ["remote", "idle"]


def test_a_status_and_a_run_report_what_others_need_to_know():
    drawing = Drawing("drawing", traits=Traits(generative=True, casts_shadows=True))
    own = Local("own", traits=Traits(follows_camera=True))
    first, second = opened(drawing, own).statuses()
    assert first.generative and first.casts_shadows and first.model == "sd_xl"
    assert second.follows_camera and not second.generative and not second.model
    run = Stopwatch().run_of(EngineResult(drawing, None), {})
    assert run.generative and run.model == "sd_xl"
    assert Stopwatch().run_of(EngineResult(drawing, None), {}, model="flux").model == "flux"
    assert not Stopwatch().run_of(EngineResult(own, None), {}).generative


def test_auto_returns_to_a_server_that_is_back():
    remote = Leaning("remote", why="is down")
    engines = opened(remote, Local("own"))
    assert engines.choose(EngineChoice()).name == "own"
    remote.why = ""
    assert engines.choose(EngineChoice()).name == "remote"


def test_a_named_engine_is_taken_even_if_a_better_one_is_ready():
    assert opened(Local("best"), Local("named")).choose(EngineChoice(name="named")).name == "named"


def test_a_named_engine_that_is_not_ready_is_refused_with_the_reason_and_the_ready_ones():
    engines = opened(Leaning("remote", why="the server is down"), Local("own"))
    text = refused(engines, EngineChoice(name="remote"))
    assert "remote: the server is down" in text and "ready: own" in text
    assert "no such engine" in refused(engines, EngineChoice(name="magic"))


def test_a_named_engine_falls_back_only_when_that_is_allowed():
    engines = opened(Leaning("remote", why="is down"), Local("own"))
    choice = EngineChoice(name="remote", allow_fallback=True)
    assert engines.choose(choice).name == "own"


def test_when_no_engine_is_ready_auto_says_so():
    engines = opened(Leaning("remote", why="is down"))
    assert "ready: none" in refused(engines, EngineChoice())


def test_an_engine_that_cannot_be_opened_is_listed_with_its_reason_and_the_others_work():
    def open_engine(name: str) -> Local:
        if name == "weightless":
            raise EngineNotReady("it has no weights")
        if name == "broken":
            raise ImportError("libmissing.so: /srv/secret")
        return Local(name, "7")

    engines = Engines(["weightless", "broken", "own"], open_engine)
    told = {each.name: each for each in engines.statuses()}
    assert told["weightless"].reason == "it has no weights"
    assert not told["broken"].ready and "log" in told["broken"].reason
    assert "secret" not in told["broken"].reason
    assert told["own"].ready and told["own"].version == "7" and not told["own"].reason
    assert engines.choose(EngineChoice()).name == "own"


def test_a_process_without_any_engine_ends_with_every_reason():
    def open_engine(name: str) -> Local:
        raise EngineNotReady(f"{name} has no weights")

    with pytest.raises(SystemExit, match=r"a has no weights.*b has no weights"):
        Engines(["a", "b"], open_engine)


def test_a_run_tells_engine_parameters_warnings_and_time():
    answer = EngineResult(Local("own", "7"), None, (EngineWarning("FELL_BACK", "first is down"),))
    run = Stopwatch().run_of(answer, {"tint": 0.1}, [EngineWarning("ODD", "look at it")])
    assert (run.engine, run.version) == ("own", "7")
    assert run.parameters["tint"] == 0.1
    warnings = [(each.reason, each.message) for each in run.warnings]
    assert warnings == [("FELL_BACK", "first is down"), ("ODD", "look at it")]
    assert run.elapsed.ToNanoseconds() > 0


def worked(engines: Engines, choice: EngineChoice, fails: dict[str, Exception]) -> list:
    """The answers of work in which some engines fail after their first step."""

    def begin(engine):
        yield "begun"
        if engine.name in fails:
            raise fails[engine.name]
        yield "done"

    return list(engines.stream(choice, begin))


DOWN = BackendUnavailable("the server went away")


def test_another_engine_takes_over_where_the_caller_allows_it_and_says_why():
    engines = opened(Leaning("remote"), Local("own"))
    choice = EngineChoice(name="remote", allow_fallback=True)
    steps = worked(engines, choice, {"remote": DOWN})
    assert [(each.engine.name, each.result) for each in steps] == [
        ("remote", "begun"),
        ("own", "begun"),
        ("own", "done"),
    ]
    (notice,) = steps[-1].warnings
    assert notice.reason == "FELL_BACK" and "remote could not: the server went" in notice.message
    assert steps[-1].failed_over


def test_a_named_engine_fails_with_its_own_words_even_when_it_is_not_ready():
    engines = opened(Leaning("remote", why="is down"), Local("own"))
    with pytest.raises(BackendUnavailable, match="went away"):
        worked(engines, EngineChoice(name="remote"), {"remote": DOWN})


def test_auto_goes_on_only_when_the_failed_engine_is_no_longer_ready():
    remote = Leaning("remote")
    engines = opened(remote, Local("own"))
    with pytest.raises(BackendUnavailable):
        worked(engines, EngineChoice(), {"remote": DOWN})
    remote.why = ""

    def begin(engine):
        if engine is remote:
            remote.why = "is down"
            raise DOWN
        yield "done"

    assert [each.engine.name for each in engines.stream(EngineChoice(), begin)] == ["own"]


def test_an_error_in_the_request_is_raised_at_once():
    engines = opened(Leaning("remote"), Local("own"))
    choice = EngineChoice(name="remote", allow_fallback=True)
    with pytest.raises(InvalidImage):
        worked(engines, choice, {"remote": InvalidImage("photo", "is corrupt")})


@dataclass(frozen=True)
class Found:
    """A result, and why it is not to be trusted."""

    value: str
    doubt: str = ""


def found(choice: EngineChoice, **results: Found | Exception):
    """The answer of engines that find these results or raise these errors."""

    def work(engine):
        if isinstance(results[engine.name], Exception):
            raise results[engine.name]
        return results[engine.name]

    return opened(*map(Local, results)).run(choice, work)


NOTHING = ProductNotFound("the photo shows no product")


def test_auto_asks_the_next_engine_where_one_finds_nothing():
    answer = found(EngineChoice(), first=NOTHING, second=Found("bottle"))
    assert (answer.engine.name, answer.result.value) == ("second", "bottle")
    assert "first could not: the photo shows no product" in answer.warnings[0].message
    assert not answer.failed_over


def test_an_engine_that_cannot_serve_in_anothers_place_is_passed_over():
    unable = EngineNotReady("engine second takes no points")
    answer = found(EngineChoice(), first=NOTHING, second=unable, third=Found("bottle"))
    assert (answer.engine.name, answer.result.value) == ("third", "bottle")
    doubtful = Found("haze", "it is hazy")
    assert found(EngineChoice(), first=doubtful, second=unable).result is doubtful
    with pytest.raises(ProductNotFound):
        found(EngineChoice(), first=NOTHING, second=unable)
    with pytest.raises(EngineNotReady, match="takes no points"):
        found(EngineChoice(), second=unable, third=Found("bottle"))


def test_a_named_engine_that_finds_nothing_is_not_replaced():
    with pytest.raises(ProductNotFound):
        found(EngineChoice(name="first"), first=NOTHING, second=Found("bottle"))


def test_auto_asks_the_next_engine_where_a_result_is_in_doubt_and_keeps_the_doubted_one():
    answer = found(EngineChoice(), first=Found("haze", "it is hazy"), second=Found("bottle"))
    assert answer.result.value == "bottle" and answer.doubted.value == "haze"
    assert [n.message for n in answer.warnings] == ["it is hazy, so second answered"]


def test_a_result_in_doubt_is_the_answer_when_no_other_engine_finds_anything():
    answer = found(EngineChoice(), first=Found("haze", "it is hazy"), second=NOTHING)
    assert (answer.engine.name, answer.result.value) == ("first", "haze")


def test_a_result_in_doubt_of_a_named_or_only_engine_is_the_answer():
    doubtful = Found("haze", "it is hazy")
    assert found(EngineChoice(name="first"), first=doubtful, second=NOTHING).result is doubtful
    assert found(EngineChoice(), first=doubtful).result is doubtful


def test_the_fraction_of_progress_never_falls_when_another_engine_starts_over():
    def begin(engine):
        yield EngineProgress(0.7 if engine.name == "remote" else 0.2)
        if engine.name == "remote":
            raise DOWN
        yield "done"

    engines = opened(Leaning("remote"), Local("own"))
    choice = EngineChoice(name="remote", allow_fallback=True)
    *steps, _ = (each.result for each in engines.stream(choice, begin))
    assert [step.fraction for step in steps] == [0.7, 0.7]


def test_when_all_engines_fail_the_last_failure_is_told():
    engines = opened(Leaning("remote"), Leaning("other"))
    fails = {"remote": DOWN, "other": BackendError("no memory")}
    with pytest.raises(BackendError, match="no memory"):
        worked(engines, EngineChoice(name="remote", allow_fallback=True), fails)
