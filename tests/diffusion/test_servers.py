"""Calls in flight: progress, previews, cancellation, queues, several servers."""

import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from services.background.engine import BackgroundRequest, BackgroundResult
from services.background.engines import BackgroundSettings, open_engine
from services.diffusion import generation, pace, task, watchdog
from services.diffusion.dialect import ServerCapabilities
from services.diffusion.dialects import DialectSettings, open_dialect
from services.diffusion.errors import (
    DiffusionFailed,
    DiffusionTimeout,
    InvalidOutput,
    MaskIgnored,
    QueueFull,
    ServerUnreachable,
    Unauthorized,
)
from services.diffusion.pool import ServerPool
from services.diffusion.request import DiffusionRequest, InitImage
from services.diffusion.server import ImageServer
from services.diffusion.settings import SamplingOptions
from services.runtime.engines import EngineProgress
from services.runtime.errors import ServiceError
from services.runtime.guards.cancellation import track_call
from services.runtime.guards.guarded_call import GuardedCall
from tests.support.pictures import assert_image_equal
from tests.support.waiting import wait_until

ORDER = BackgroundRequest("a beach", 320, 256, seed=1)
PICTURE = np.random.default_rng(0).integers(0, 256, (256, 320, 3), dtype=np.uint8)


def open_engine_for(*servers, **settings):
    urls = ",".join(server.url for server in servers)
    return open_engine("a1111", BackgroundSettings(a1111_url=urls, **settings))


def create_server(url, clock) -> ImageServer:
    settings = DialectSettings()
    return ImageServer(1, url, open_dialect("a1111", url, settings), settings, clock)


def run_engine(engine, request=ORDER) -> BackgroundResult:
    *_, result = engine.generate(request)
    return result


def test_progress_and_previews_come_from_the_server(start_double):
    steps = [
        each
        for each in open_engine_for(start_double("a1111", 3)).generate(ORDER)
        if isinstance(each, EngineProgress)
    ]
    fractions = [each.fraction for each in steps]
    assert fractions == sorted(fractions) and any(0 < each < 1 for each in fractions)
    shown = [each.preview for each in steps if each.preview is not None]
    assert shown and shown[0].shape[2] == 3 and max(shown[0].shape) <= 256


def test_closing_the_iterator_interrupts_the_server_and_frees_the_slot(start_double):
    server = start_double("a1111", 60)
    engine = open_engine_for(server)
    work = engine.generate(ORDER)
    # The server's first sign of progress: the request is there.
    next(step for step in work if step.fraction)
    work.close()
    wait_until(lambda: server.state()["finished"] == 1, "the interrupt")
    assert server.state()["interrupts"] == 1


def test_without_interrupt_the_slot_is_held_until_the_server_is_done(start_double):
    server = start_double("sdcpp")
    engine = open_engine_for(server)
    run_engine(engine)
    server.misbehave("hang", times=1)
    thread, outcome = start_call(engine, BackgroundRequest("a lake", 320, 256), 1.5)
    thread.join()
    assert outcome[0].reason == "DIFFUSION_TIMEOUT"
    waiting = ThreadPoolExecutor(1).submit(run_engine, engine)
    assert server.state()["in_flight"] == 1, "a second picture was sent while the first was drawn"
    server.misbehave("")
    assert waiting.result(30).pixels.shape == (256, 320, 3)
    assert server.state()["max_in_flight"] == 1


def start_call(engine, request, seconds):
    """Runs an engine in a thread, within a call with a deadline: the thread and its outcome."""
    outcome = []

    def run():
        with track_call(
            GuardedCall("GenerateBackground", None, "id", lambda: True, lambda: seconds)
        ):
            try:
                outcome.append(run_engine(engine, request))
            except ServiceError as error:
                outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    return thread, outcome


def test_requests_are_sent_one_at_a_time_and_a_full_queue_refuses(start_double):
    server = start_double("a1111")
    engine = open_engine_for(server, diffusion_queue_size=2)
    server.misbehave("hang")
    with ThreadPoolExecutor(5) as threads:
        calls = [
            threads.submit(run_engine, engine, BackgroundRequest("x", 320, 256, seed=n))
            for n in range(5)
        ]
        wait_until(lambda: sum(call.done() for call in calls) == 2, "the refusals")
        server.misbehave("")
        outcomes = [call.exception(30) for call in calls]
    assert sorted(type(each).__name__ for each in outcomes) == ["NoneType"] * 3 + ["QueueFull"] * 2
    assert server.state()["max_in_flight"] == 1
    assert QueueFull.code.name == "RESOURCE_EXHAUSTED"


def test_a_full_queue_refuses_before_a_call_enters_it():
    server = create_server("http://127.0.0.1:9/full", time.monotonic)
    pool = ServerPool([server], queue_size=1)
    entered = threading.Event()
    assert server.slot.acquire()
    pool.check_queue()
    with ThreadPoolExecutor(1) as threads:
        call = threads.submit(pool.acquire_server, (), entered.set)
        assert entered.wait(30)
        try:
            with pytest.raises(QueueFull, match="1 calls already wait"):
                pool.check_queue()
        finally:
            server.slot.release()
            pool.notify_released()
        assert call.result(30) is server
    pool.check_queue()
    server.slot.release()


@pytest.fixture
def slow_decoding(monkeypatch):
    """Keeps images from being decoded until the second event is set; the first: one arrived."""
    arrived, go_on = threading.Event(), threading.Event()
    decode = generation.decode_server_image

    def decode_later(file):
        arrived.set()
        assert go_on.wait(30)
        return decode(file)

    monkeypatch.setattr(generation, "decode_server_image", decode_later)
    yield arrived, go_on
    go_on.set()


def test_a_server_generates_the_next_image_while_one_is_decoded(start_double, slow_decoding):
    server = start_double("a1111")
    _, go_on = slow_decoding
    engine = open_engine_for(server)
    with ThreadPoolExecutor(2) as threads:
        calls = [threads.submit(run_engine, engine) for _ in range(2)]
        wait_until(lambda: server.state()["finished"] == 2, "both images")
        go_on.set()
        assert all(call.result(30).pixels.shape == (256, 320, 3) for call in calls)
    assert server.state()["max_in_flight"] == 1


def test_a_call_that_ends_while_its_image_is_decoded_interrupts_no_other(
    start_double, slow_decoding
):
    server = start_double("a1111")
    arrived, go_on = slow_decoding
    engine = open_engine_for(server)
    thread, outcome = start_call(engine, ORDER, 0.5)
    assert arrived.wait(30)
    thread.join()
    assert outcome[0].reason == "DIFFUSION_TIMEOUT"
    go_on.set()
    assert run_engine(engine).pixels.shape == (256, 320, 3)
    assert server.state()["interrupts"] == 0


def test_two_processes_on_one_machine_share_a_servers_slot(start_double):
    server = start_double("a1111", 0.3)
    engines = open_engine_for(server), open_engine_for(server)
    with ThreadPoolExecutor(4) as threads:
        for call in [threads.submit(run_engine, each) for each in engines * 2]:
            call.result(30)
    assert server.state()["max_in_flight"] == 1 and server.state()["finished"] == 4


def test_two_servers_share_the_load_and_return_equal_images(start_double):
    servers = start_double("a1111", 0.2), start_double("a1111", 0.2)
    engine = open_engine_for(*servers)
    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(lambda _: run_engine(engine), range(8)))
    counts = [server.state()["finished"] for server in servers]
    assert sum(counts) == 8 and min(counts) >= 3
    for each in results:
        assert_image_equal(each.pixels, results[0].pixels)


def test_a_server_without_images_gets_no_more_calls_than_one_of_known_speed(start_double):
    servers = start_double("a1111", 0.2), start_double("a1111", 0.2)
    first, second = (create_server(server.url, time.monotonic) for server in servers)
    first.record_success(seconds=60, megapixel_steps=1)
    pool = ServerPool([first, second], queue_size=2)
    acquired = [pool.acquire_server((), lambda: None) for _ in range(2)]
    assert acquired == [first, second]
    for server in acquired:
        server.record_end()


@pytest.mark.slow
def test_no_call_fails_when_one_of_two_busy_servers_is_killed(start_double):
    servers = start_double("a1111", 0.2), start_double("sdcpp", 0.2)
    engine = open_engine_for(*servers, diffusion_queue_size=16)
    with ThreadPoolExecutor(12) as threads:
        calls = [
            threads.submit(run_engine, engine, BackgroundRequest("x", 320, 256, seed=n))
            for n in range(24)
        ]
        wait_until(lambda: servers[0].state()["started"] >= 2, "work")
        servers[0].kill()
        results = [call.result(60) for call in calls]
    assert sum(each.measured["retries"] > 0 for each in results) >= 1
    assert {each.measured["server"] for each in results[-6:]} == {2}


def test_no_call_fails_while_a_server_is_killed_and_restarted(start_double):
    server = start_double("a1111", 0.2)
    engine = open_engine_for(server)
    with ThreadPoolExecutor(4) as threads:
        calls = [threads.submit(run_engine, engine) for _ in range(4)]
        wait_until(lambda: server.state()["started"], "work")
        server.restart()
        results = [call.result(60) for call in calls]
    assert max(each.measured["retries"] for each in results) > 0
    assert not engine.unavailable_reason()


def test_a_request_that_one_server_fails_succeeds_on_another(start_double):
    broken, well = start_double("a1111"), start_double("forge")
    broken.misbehave("black")
    result = run_engine(open_engine_for(broken, well))
    assert (result.parameters["kind"], result.measured["retries"]) == ("forge", 1)


def test_a_server_that_fails_three_times_is_not_called_while_its_circuit_is_open(start_double):
    server = start_double("a1111")
    server.misbehave("black")
    engine = open_engine_for(server)
    for _ in range(3):
        with pytest.raises(ServiceError):
            run_engine(engine)
    server.misbehave("")
    with pytest.raises(ServiceError, match="empty picture"):
        run_engine(engine)
    assert server.state()["started"] == 3 and "circuit breaker" in engine.unavailable_reason()


@pytest.mark.parametrize("auth", ["me:secret", "me:pässwörd"])
def test_the_password_is_read_from_a_file(start_double, tmp_path, auth):
    (tmp_path / "auth").write_text(f"{auth}\n")
    server = start_double("a1111", auth=auth)
    assert run_engine(open_engine_for(server, a1111_auth_file=str(tmp_path / "auth"))).pixels.any()
    without = open_engine_for(server)
    assert "A1111_AUTH_FILE" in without.unavailable_reason()
    with pytest.raises(Unauthorized):
        run_engine(without)


def test_an_image_may_take_as_long_as_the_setting_says():
    class PatientDialect:
        name, variant, timeout = "a1111", "", 0.0

        def probe(self):
            return ServerCapabilities("a1111", has_progress=False, has_interrupt=False)

        def generate(self, request, capabilities, timeout):
            self.timeout = timeout
            raise DiffusionFailed("no picture")

    settings = DialectSettings(diffusion_timeout_seconds=3600)
    dialect = PatientDialect()
    ours = ImageServer(1, "http://127.0.0.1:9", dialect, settings)
    request = DiffusionRequest("a beach", "", 64, 64, 1, SamplingOptions())
    assert ours.slot.acquire()
    sent = task.DiffusionTask(ours, request, timeout=3600, on_end=lambda: None)
    assert sent.done.wait(30) and dialect.timeout > 3600


@pytest.mark.slow
def test_a_busy_server_without_progress_counts_as_hung(start_double, monkeypatch):
    monkeypatch.setattr(watchdog, "STUCK_SECONDS", 0.5)
    server = start_double("a1111")
    server.misbehave("hang", times=1)
    engine = open_engine_for(server)
    with pytest.raises(DiffusionTimeout, match="hangs"):
        run_engine(engine)
    wait_until(lambda: server.state()["finished"] == 1, "the interrupt")
    assert run_engine(engine).pixels.any()


def test_a_server_far_slower_than_its_average_counts_as_hung(start_double, monkeypatch):
    monkeypatch.setattr(pace, "MIN_TIMEOUT", 0.5)
    server = start_double("sdcpp")
    engine = open_engine_for(server)
    run_engine(engine)
    server.misbehave("hang")
    with pytest.raises(DiffusionTimeout, match="hangs"):
        run_engine(engine)
    assert "hangs" in engine.unavailable_reason()
    with pytest.raises(ServerUnreachable, match="hangs"):
        run_engine(engine)
    assert server.state()["in_flight"] == 1
    server.misbehave("")
    wait_until(lambda: not engine.unavailable_reason(), "the end of the picture")
    assert run_engine(engine).pixels.any()


def test_a_half_open_circuit_is_tested_with_a_tiny_image_first(start_double):
    server, now = start_double("a1111"), [0.0]
    ours = create_server(server.url, lambda: now[0])
    request = DiffusionRequest("a beach", "", 320, 256, 1, SamplingOptions())
    for _ in range(3):
        ours.record_failure(DiffusionFailed("broken"))
    assert not ours.is_usable and "circuit breaker" in ours.unavailable_reason(1)
    now[0] = 11.0
    assert ours.is_usable
    server.misbehave("black", times=1)
    with pytest.raises(InvalidOutput):
        ours.generate(request, 30, lambda _: None)
    ours.record_failure(InvalidOutput("black"))
    assert not ours.is_usable
    now[0] = 40.0
    assert ours.generate(request, 30, lambda _: None).pixels.shape == (256, 320, 3)
    assert [each["width"] for each in server.state()["image_requests"]] == [64, 64, 320]


def test_masks_are_tested_again_after_five_minutes(start_double):
    server, now = start_double("a1111"), [0.0]
    ours = create_server(server.url, lambda: now[0])
    init = InitImage(PICTURE, np.full((256, 320), True), 0.3)
    request = DiffusionRequest("a beach", "", 320, 256, 1, SamplingOptions(), init)
    server.misbehave("mask ignored", times=3)
    with pytest.raises(MaskIgnored):
        ours.generate(request, 30, lambda _: None)
    assert isinstance(ours.unavailable_error(), MaskIgnored)
    now[0] = 301.0
    assert ours.unavailable_error() is None
    ours.generate(request, 30, lambda _: None)
    assert server.state()["started"] == 7


def test_a_server_that_generates_for_us_counts_as_available(start_double):
    server = start_double("a1111")
    server.misbehave("hang")
    engine = open_engine_for(server)
    work = engine.generate(ORDER)
    next(step for step in work if step.fraction)
    server.process.send_signal(signal.SIGSTOP)
    assert engine.unavailable_reason() == ""
    server.process.send_signal(signal.SIGCONT)
    work.close()


def test_images_are_not_logged(start_double, capfd):
    server = start_double("a1111")
    server.misbehave("tells all")
    with pytest.raises(ServiceError):
        run_engine(open_engine_for(server))
    logged = capfd.readouterr().out
    assert "unreadable picture" in logged and "QUJD" not in logged
