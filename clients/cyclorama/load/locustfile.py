"""What locust runs: users who wait for their answers, and arrivals that wait for nobody.

locust -f locustfile.py --host HOST:PORT --stage segmentation [Callers | Arrivals]
"""

import itertools
import os
import time
from pathlib import Path

import gevent
from gevent.pool import Pool
from grpc.experimental.gevent import init_gevent
from locust import User, constant, events, task

from cyclorama.client import Client
from cyclorama.load.calls import OK, Call, Caller, Record
from cyclorama.load.payloads import SERVICES, SIZES, find_photos, payloads

MOST_IN_FLIGHT = 1000
SAMPLES = Path(__file__).parents[2] / "samples"

# Before the first channel: calls then give way to other greenlets.
init_gevent()


@events.init_command_line_parser.add_listener
def add_arguments(parser) -> None:
    """Names what this file can be told, beside locust's own options."""
    group = parser.add_argument_group("Cyclorama")
    group.add_argument("--stage", choices=SERVICES, default="gateway")
    group.add_argument("--rate", type=float, default=10, help="Arrivals a second, in all")
    group.add_argument("--engine", default="", help="asked for by name")
    group.add_argument("--sizes", default=",".join(map(str, SIZES)), help="square, in pixels")
    group.add_argument("--photos", default=str(SAMPLES), help="folder of product photos")
    group.add_argument("--timeout", type=float, default=60, help="seconds for a call")
    group.add_argument("--record", default="", help="folder for a line of every call")


@events.init.add_listener
def prepare(environment, **_) -> None:
    """Makes the requests ready, and one arriving user for every process."""
    options = environment.parsed_options
    sizes = [int(size) for size in options.sizes.split(",")]
    photos = find_photos(Path(options.photos))
    environment.payloads = itertools.cycle(payloads(options.stage, photos, sizes, options.engine))
    # Making them took a while, which gevent's clock has to hear of before timers are set.
    gevent.get_hub().loop.update_now()
    environment.record = None
    Arrivals.fixed_count = options.processes or 1


@events.test_start.add_listener
def open_record(environment, **_) -> None:
    """Starts the file of calls of this process."""
    folder = environment.parsed_options.record
    if folder:
        environment.record = Record(Path(folder) / f"calls-{os.getpid()}.csv")


@events.test_stop.add_listener
def close_record(environment, **_) -> None:
    """Writes the rest of it."""
    if environment.record:
        environment.record.close()


class Sending(User):
    """What both kinds of users have: a client and requests to send."""

    abstract = True

    def on_start(self) -> None:
        options = self.environment.parsed_options
        self.client = Client(self.host, timeout=options.timeout)
        self.caller = Caller(self.client, self.environment.payloads, self.tell)

    def on_stop(self) -> None:
        self.client.close()

    def tell(self, call: Call) -> None:
        """Reports one call to locust; failures get rows of their own, by status."""
        if self.environment.record:
            self.environment.record(call)
        self.environment.events.request.fire(
            request_type=self.environment.parsed_options.stage,
            name=call.name,
            response_time=call.seconds * 1000,
            response_length=call.received,
            exception=None if call.status == OK else call.status,
            context={},
        )


class Callers(Sending):
    """Sends the next request once the last one is answered: shows what a stage can do at most."""

    @task
    def call(self) -> None:
        """Sends one request and waits for the answer."""
        self.caller.send()


class Arrivals(Sending):
    """Sends requests at fixed times, however long the answers take: shows what callers feel.

    Each call counts from the time it was meant to go out, so a stage that stalls cannot hide the
    calls that it kept from being sent.
    """

    wait_time = constant(0)

    def on_start(self) -> None:
        super().on_start()
        processes = self.environment.parsed_options.processes or 1
        self.interval = processes / self.environment.parsed_options.rate
        shift = self.interval * self.environment.runner.worker_index / processes
        self.next = time.time() + shift
        self.flying = Pool(MOST_IN_FLIGHT)

    @task
    def arrive(self) -> None:
        """Waits for the next request's time and sends it without waiting for the answer."""
        gevent.sleep(max(0, self.next - time.time()))
        self.flying.spawn(self.caller.send, self.next)
        self.next += self.interval

    def on_stop(self) -> None:
        self.flying.join()
        super().on_stop()
