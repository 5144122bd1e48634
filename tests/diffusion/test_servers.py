"""Calls in flight: progress, previews, cancelling, queues, several servers."""

import signal
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from services.background.engine import BackgroundRequest, BackgroundResult
from services.background.engines import BackgroundSettings, open_engine
from services.diffusion import pace, session
from services.diffusion.dialect import DrawRequest, InitImage
from services.diffusion.dialects import DialectSettings, open_dialect
from services.diffusion.errors import (
    InvalidOutput,
    MaskIgnored,
    QueueFull,
    TimedOut,
    Unauthorized,
    Unreachable,
)
from services.diffusion.server import ImageServer
from services.diffusion.settings import Sampling
from services.runtime.engines import EngineProgress
from services.runtime.errors import ServiceError
from services.runtime.guards.cancellation import track_call
from services.runtime.guards.interceptor import GuardedCall
from tests.support.pictures import assert_image_equal
from tests.support.waiting import eventually

ORDER = BackgroundRequest("a beach", 320, 256, seed=1)
PICTURE = np.random.default_rng(0).integers(0, 256, (256, 320, 3), dtype=np.uint8)


def engine_for(*servers, **settings):
    urls = ",".join(server.url for server in servers)
    return open_engine("a1111", BackgroundSettings(a1111_url=urls, **settings))


def server_at(url, clock) -> ImageServer:
    settings = DialectSettings()
    return ImageServer(1, url, open_dialect("a1111", url, settings), settings, clock)


def finish(engine, order=ORDER) -> BackgroundResult:
    *_, made = engine.generate(order)
    return made


def test_progress_and_previews_come_from_the_server(start):
    steps = [
        each
        for each in engine_for(start("a1111", 3)).generate(ORDER)
        if isinstance(each, EngineProgress)
    ]
    fractions = [each.fraction for each in steps]
    assert fractions == sorted(fractions) and any(0 < each < 1 for each in fractions)
    shown = [each.preview for each in steps if each.preview is not None]
    assert shown and shown[0].shape[2] == 3 and max(shown[0].shape) <= 256


def test_closing_interrupts_the_picture_and_frees_the_slot(start):
    server = start("a1111", 60)
    engine = engine_for(server)
    work = engine.generate(ORDER)
    # The server's first sign of progress: the request is there.
    next(step for step in work if step.fraction)
    work.close()
    eventually(lambda: server.state()["finished"] == 1, "the interrupt")
    assert server.state()["interrupts"] == 1


def test_without_interrupt_the_slot_stays_taken_until_the_server_is_done(start):
    server = start("sdcpp")
    engine = engine_for(server)
    finish(engine)
    server.misbehave("hang", times=1)
    thread, outcome = in_background(engine, BackgroundRequest("a lake", 320, 256), 1.5)
    thread.join()
    assert outcome[0].reason == "SD_TIMEOUT"
    waiting = ThreadPoolExecutor(1).submit(finish, engine)
    assert server.state()["at_once"] == 1, "a second picture was sent while the first was drawn"
    server.misbehave("")
    assert waiting.result(30).pixels.shape == (256, 320, 3)
    assert server.state()["most_at_once"] == 1


def in_background(engine, order, seconds):
    """Makes a picture in a thread, within a call that has so many seconds."""
    outcome = []

    def run():
        with track_call(
            GuardedCall("GenerateBackground", None, "id", lambda: True, lambda: seconds)
        ):
            try:
                outcome.append(finish(engine, order))
            except ServiceError as error:
                outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def test_one_picture_at_a_time_is_sent_and_too_many_callers_are_told_to_come_back(start):
    server = start("a1111")
    engine = engine_for(server, diffusion_queue_size=2)
    server.misbehave("hang")
    with ThreadPoolExecutor(5) as threads:
        calls = [
            threads.submit(finish, engine, BackgroundRequest("x", 320, 256, seed=n))
            for n in range(5)
        ]
        eventually(lambda: sum(call.done() for call in calls) == 2, "the refusals")
        server.misbehave("")
        outcomes = [call.exception(30) for call in calls]
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType"] * 3 + ["QueueFull"] * 2
    assert server.state()["most_at_once"] == 1
    assert QueueFull.code.name == "RESOURCE_EXHAUSTED"


def test_two_processes_on_one_machine_share_a_servers_slot(start):
    server = start("a1111", 0.3)
    engines = engine_for(server), engine_for(server)
    with ThreadPoolExecutor(4) as threads:
        for call in [threads.submit(finish, each) for each in engines * 2]:
            call.result(30)
    assert server.state()["most_at_once"] == 1 and server.state()["finished"] == 4


def test_two_servers_share_the_work_and_give_the_same_pictures(start):
    servers = start("a1111", 0.2), start("a1111", 0.2)
    engine = engine_for(*servers)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: finish(engine), range(8)))
    counts = [server.state()["finished"] for server in servers]
    assert sum(counts) == 8 and min(counts) >= 3
    for each in made:
        assert_image_equal(each.pixels, made[0].pixels)


def test_no_call_fails_when_one_of_two_servers_is_killed_at_work(start):
    servers = start("a1111", 0.2), start("sdcpp", 0.2)
    engine = engine_for(*servers, diffusion_queue_size=16)
    with ThreadPoolExecutor(12) as threads:
        calls = [
            threads.submit(finish, engine, BackgroundRequest("x", 320, 256, seed=n))
            for n in range(24)
        ]
        eventually(lambda: servers[0].state()["started"] >= 2, "work")
        servers[0].kill()
        made = [call.result(60) for call in calls]
    assert sum(each.measured["retries"] > 0 for each in made) >= 1
    assert {each.measured["server"] for each in made[-6:]} == {2}


def test_a_picture_that_one_server_cannot_draw_is_drawn_by_another(start):
    broken, well = start("a1111"), start("forge")
    broken.misbehave("black")
    made = finish(engine_for(broken, well))
    assert (made.parameters["kind"], made.measured["retries"]) == ("forge", 1)


def test_a_server_that_fails_three_times_is_not_called_for_a_while(start):
    server = start("a1111")
    server.misbehave("black")
    engine = engine_for(server)
    for _ in range(3):
        with pytest.raises(ServiceError):
            finish(engine)
    server.misbehave("")
    with pytest.raises(ServiceError, match="empty picture"):
        finish(engine)
    assert server.state()["started"] == 3 and "circuit breaker" in engine.unavailable_reason()


@pytest.mark.parametrize("auth", ["me:secret", "me:pässwörd"])
def test_a_password_comes_from_a_file(start, tmp_path, auth):
    (tmp_path / "auth").write_text(f"{auth}\n")
    server = start("a1111", auth=auth)
    assert finish(engine_for(server, a1111_auth_file=str(tmp_path / "auth"))).pixels.any()
    without = engine_for(server)
    assert "A1111_AUTH_FILE" in without.unavailable_reason()
    with pytest.raises(Unauthorized):
        finish(without)


def test_a_server_that_says_it_works_while_nothing_moves_hangs(start, monkeypatch):
    monkeypatch.setattr(session, "STUCK_SECONDS", 0.5)
    server = start("a1111")
    server.misbehave("hang", times=1)
    engine = engine_for(server)
    with pytest.raises(TimedOut, match="hangs"):
        finish(engine)
    eventually(lambda: server.state()["finished"] == 1, "the interrupt")
    assert finish(engine).pixels.any()


def test_a_server_that_takes_far_longer_than_before_hangs_and_is_not_called(start, monkeypatch):
    monkeypatch.setattr(pace, "SHORTEST_TIMEOUT", 0.5)
    server = start("sdcpp")
    engine = engine_for(server)
    finish(engine)
    server.misbehave("hang")
    with pytest.raises(TimedOut, match="hangs"):
        finish(engine)
    assert "hangs" in engine.unavailable_reason()
    with pytest.raises(Unreachable, match="hangs"):
        finish(engine)
    assert server.state()["at_once"] == 1
    server.misbehave("")
    eventually(lambda: not engine.unavailable_reason(), "the end of the picture")
    assert finish(engine).pixels.any()


def test_after_its_rest_a_server_is_tried_with_a_tiny_picture_first(start):
    server, now = start("a1111"), [0.0]
    ours = server_at(server.url, lambda: now[0])
    request = DrawRequest("a beach", "", 320, 256, 1, Sampling())
    for _ in range(3):
        ours.record_failure(Unreachable("gone"))
    assert not ours.usable and "circuit breaker" in ours.check_health(1)
    now[0] = 11.0
    assert ours.usable
    server.misbehave("black", times=1)
    with pytest.raises(InvalidOutput):
        ours.draw(request, 30, lambda: None)
    ours.record_failure(InvalidOutput("black"))
    assert not ours.usable
    now[0] = 40.0
    assert ours.draw(request, 30, lambda: None).pixels.shape == (256, 320, 3)
    assert [each["width"] for each in server.state()["asked"]] == [64, 64, 320]


def test_masks_are_tried_again_after_five_minutes(start):
    server, now = start("a1111"), [0.0]
    ours = server_at(server.url, lambda: now[0])
    init = InitImage(PICTURE, np.full((256, 320), True), 0.3)
    request = DrawRequest("a beach", "", 320, 256, 1, Sampling(), init)
    server.misbehave("mask ignored", times=3)
    with pytest.raises(MaskIgnored):
        ours.draw(request, 30, lambda: None)
    assert isinstance(ours.refusal(), MaskIgnored)
    now[0] = 301.0
    assert ours.refusal() is None
    ours.draw(request, 30, lambda: None)
    assert server.state()["started"] == 7


def test_a_server_that_is_busy_drawing_is_not_taken_for_a_dead_one(start):
    server = start("a1111")
    server.misbehave("hang")
    engine = engine_for(server)
    work = engine.generate(ORDER)
    next(step for step in work if step.fraction)
    server.process.send_signal(signal.SIGSTOP)
    assert engine.unavailable_reason() == ""
    server.process.send_signal(signal.SIGCONT)
    work.close()


def test_pictures_are_not_logged(start, capfd):
    server = start("a1111")
    server.misbehave("tells all")
    with pytest.raises(ServiceError):
        finish(engine_for(server))
    logged = capfd.readouterr().out
    assert "unreadable picture" in logged and "QUJD" not in logged
