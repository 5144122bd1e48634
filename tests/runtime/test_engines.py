from dataclasses import dataclass

import pytest

from cyclorama.v1.engine_pb2 import EngineChoice
from services.runtime.engines import Engines, Notice, Stopwatch
from services.runtime.errors import EngineNotReady


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
