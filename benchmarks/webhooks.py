"""Webhooks while the receiver fails half of the time and the gateway is killed.

python -m benchmarks.webhooks [--quick]

A job of 999 ads has 1,000 events. The receiver verifies signatures with the library of Standard
Webhooks, and accepts half of the requests; to the others it responds with an error, or closes the
connection. Theirs is a sender without a database: each event is sent once, by the same receiver's
measure.
"""

import argparse
import json
import random
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NamedTuple

from standardwebhooks import Webhook

from benchmarks.chaos_rig import PHOTO, Replica, start_rig, stop_at_exit
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from benchmarks.serving import NOOP
from cyclorama import Client

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
# Pauses of the endpoint, in place of a day: with half of all attempts failing, one event of 1,000
# needs ten.
RETRY_SECONDS = [0.2] * 40
# Until an event that has not arrived counts as lost.
LOST_SECONDS = 150
SIZE = (64, 64)

Key = tuple[str, int]
"""Type of an event, and position of its ad; -1 for the job."""


class Outcome(NamedTuple):
    """What a run of a receiver saw: distinct events, those accepted again, forgeries, seconds."""

    arrived: int
    repeated: int
    rejected: int
    seconds: float


class UnreliableReceiver:
    """A server that accepts half of the webhooks that reach it, chosen at random."""

    def __init__(self) -> None:
        self.accepted: Counter[Key] = Counter()
        self.first_attempts: dict[str, bool] = {}
        self.rejected = 0
        self._chance = random.Random(0)
        self._changed = threading.Condition()
        receiver = self

        class UnreliableHandler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["content-length"])
                body = self.rfile.read(size)
                # Shorter when the gateway is killed meanwhile.
                is_whole = len(body) == size
                headers = dict(self.headers.items())
                status = receiver.judge_request(headers, body) if is_whole else None
                if status is None:
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Logs nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), UnreliableHandler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def judge_request(self, headers: dict[str, str], body: bytes) -> int | None:
        """Returns the status of the response; None to close the connection without one."""
        try:
            event = Webhook(SECRET).verify(body, headers)
        except Exception:
            self.rejected += 1
            return 400
        ad = event["data"].get("ad", {"position": -1})
        with self._changed:
            chance = self._chance.random()
            self.first_attempts.setdefault(headers["webhook-id"], chance < 0.5)
            if chance >= 0.5:
                return 500 if chance < 0.75 else None
            self.accepted[event["type"], ad["position"]] += 1
            self._changed.notify_all()
        return 204

    def wait_for(self, events: int) -> bool:
        """Waits until some number of distinct events were accepted; returns False when too long."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self.accepted) >= events, LOST_SECONDS)

    def close(self) -> None:
        """Stops the server."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def main() -> None:
    """Measures a run, and reports it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    arguments = parse_arguments(parser)
    events, kills = (60, 2) if arguments.quick else (1000, 5)
    with tempfile.TemporaryDirectory() as folder:
        rows = list(measure_webhooks(Path(folder), events, kills))
    write_report("webhooks", rows, arguments.quick, ["grpcio", "httpcore", "standardwebhooks"])


def measure_webhooks(folder: Path, events: int, kills: int) -> Iterator[BenchmarkRow]:
    """Counts the events that are lost, and how many arrive more than once.

    events: of the ads of one job, and of the job. kills: of the gateway, while they are sent.
    """
    receiver = UnreliableReceiver()
    try:
        with start_webhook_gateway(folder, receiver.url) as gateway:
            outcome = run_job(gateway, receiver, events, kills)
    finally:
        receiver.close()
    claim = f"receiver fails half of the time, gateway killed {kills} times, {events:,} events"
    once = sum(not accepted for accepted in receiver.first_attempts.values())
    yield BenchmarkRow(f"{claim}: lost", "events", once, events - outcome.arrived, 0, "ours", True)
    yield BenchmarkRow("... accepted more than once", "events", 0, outcome.repeated)
    yield BenchmarkRow("... signatures rejected", "events", 0, outcome.rejected, 0, "ours", True)
    yield BenchmarkRow("... until the last one, restarts included", "s", 0, outcome.seconds)


@contextmanager
def start_webhook_gateway(folder: Path, url: str) -> Iterator[Replica]:
    """Starts a gateway with an endpoint for ends of ads and jobs, and stages that only sleep."""
    file = folder / "webhooks.toml"
    fields = {
        "url": url,
        "secrets": [SECRET],
        "allow_networks": ["127.0.0.0/8"],
        "events": ["ad.succeeded", "job.succeeded"],
        "retry_seconds": RETRY_SECONDS,
        "max_concurrent": 8,
    }
    lines = (f"{name} = {json.dumps(value)}" for name, value in fields.items())
    file.write_text("\n".join(("[endpoint.receiver]", *lines)))
    settings = {
        "CYCLORAMA_GATEWAY_DATABASE": f"sqlite:///{folder}/jobs.db",
        "CYCLORAMA_GATEWAY_ARTIFACT_STORE": str(folder / "artifacts"),
        "CYCLORAMA_GATEWAY_WEBHOOKS": str(file),
        "CYCLORAMA_GATEWAY_MAX_CONCURRENT_ADS": "16",
    }
    with start_rig((), **settings) as system:
        system.gateway.stop()
        # It has a line for each failed attempt.
        log = folder / "gateway.log"
        gateway = Replica("gateway", log=log, **system.gateway.environment)
        with stop_at_exit(gateway):
            yield gateway.wait_until_serving()


def run_job(gateway: Replica, receiver: UnreliableReceiver, events: int, kills: int) -> Outcome:
    """Runs a job with some number of events, and kills the gateway as they arrive."""
    start = time.perf_counter()
    with Client(gateway.address, timeout=60) as client:
        prompts = [f"table {each}" for each in range(events - 1)]
        client.jobs.submit(PHOTO, prompts, sizes=[SIZE], options=NOOP)
    for kill in range(1, kills + 1):
        receiver.wait_for(events * kill // (kills + 1))
        gateway.stop()
        gateway.start()
        gateway.wait_until_serving()
    receiver.wait_for(events)
    seconds = time.perf_counter() - start
    repeated = sum(number > 1 for number in receiver.accepted.values())
    return Outcome(len(receiver.accepted), repeated, receiver.rejected, seconds)


if __name__ == "__main__":
    main()
