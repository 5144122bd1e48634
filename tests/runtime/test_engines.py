from dataclasses import dataclass

import pytest

from cyclorama.v1.engine_pb2 import EngineChoice
from services.runtime.engines import Engines, Notice, Stopwatch
from services.runtime.errors import BackendDown, BackendFailed, EngineNotReady, NothingFound


@dataclass
class Local:
    name: str
    version: str = "1"


@dataclass
class Leaning(Local):
    """Leans on a server that has this trouble."""

    why: str = ""

    def trouble(self) -> str:
        return self.why


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


def test_auto_never_takes_noop_even_alone():
    both, alone = opened(Local("noop"), Local("own")), opened(Local("noop"))
    assert [each.name for each in both.choose_all(EngineChoice())] == ["own"]
    assert "ready: noop" in refused(alone, EngineChoice())
    assert alone.choose(EngineChoice(name="noop")).name == "noop"


def test_noop_stands_in_for_no_other_engine_and_is_listed_last():
    engines = opened(Local("noop"), Leaning("remote", why="is down"))
    assert "is down" in refused(engines, EngineChoice(name="remote", allow_fallback=True))
    assert [each.name for each in engines.statuses()] == ["remote", "noop"]


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
    run = Stopwatch().run_of(Local("own", "7"), {"tint": 0.1}, [Notice("ODD", "look at it")])
    assert (run.engine, run.version) == ("own", "7")
    assert run.parameters["tint"] == 0.1
    assert [(each.reason, each.message) for each in run.warnings] == [("ODD", "look at it")]
    assert run.elapsed.ToNanoseconds() > 0


def worked(engines: Engines, choice: EngineChoice, fails: dict[str, Exception]) -> list:
    """The steps of work in which some engines fail after their first step."""

    def begin(engine):
        yield "begun"
        if engine.name in fails:
            raise fails[engine.name]
        yield "done"

    return list(engines.work(choice, begin))


DOWN = BackendDown("the server went away")


def test_another_engine_takes_over_where_the_caller_allows_it_and_says_why():
    engines = opened(Leaning("remote"), Local("own"))
    choice = EngineChoice(name="remote", allow_fallback=True)
    steps = worked(engines, choice, {"remote": DOWN})
    assert [(at.engine.name, at.step) for at in steps] == [
        ("remote", "begun"),
        ("own", "begun"),
        ("own", "done"),
    ]
    (notice,) = steps[-1].notices
    assert notice.reason == "FELL_BACK" and "remote could not: the server went" in notice.message


def test_a_named_engine_fails_with_its_own_words_even_when_it_is_not_ready():
    engines = opened(Leaning("remote", why="is down"), Local("own"))
    with pytest.raises(BackendDown, match="went away"):
        worked(engines, EngineChoice(name="remote"), {"remote": DOWN})


def test_auto_goes_on_only_when_the_failed_engine_is_no_longer_ready():
    remote = Leaning("remote")
    engines = opened(remote, Local("own"))
    with pytest.raises(BackendDown):
        worked(engines, EngineChoice(), {"remote": DOWN})
    remote.why = ""

    def begin(engine):
        if engine is remote:
            remote.why = "is down"
            raise DOWN
        yield "done"

    assert [at.engine.name for at in engines.work(EngineChoice(), begin)] == ["own"]


def test_what_no_engine_could_mend_is_raised_at_once():
    engines = opened(Leaning("remote"), Local("own"))
    choice = EngineChoice(name="remote", allow_fallback=True)
    with pytest.raises(NothingFound):
        worked(engines, choice, {"remote": NothingFound("empty")})


def test_when_all_engines_fail_the_last_failure_is_told():
    engines = opened(Leaning("remote"), Leaning("other"))
    fails = {"remote": DOWN, "other": BackendFailed("no memory")}
    with pytest.raises(BackendFailed, match="no memory"):
        worked(engines, EngineChoice(name="remote", allow_fallback=True), fails)
