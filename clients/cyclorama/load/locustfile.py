"""Users for locust: closed-loop callers that wait for responses, and open-loop arrivals.

locust -f locustfile.py --host HOST:PORT --stage segmentation [Callers | Arrivals]
"""

import itertools
import os
import time
from pathlib import Path
from typing import Any

import gevent
from gevent.pool import Pool
from grpc.experimental.gevent import init_gevent
from locust import User, constant, events, task
from locust.argument_parser import LocustArgumentParser
from locust.env import Environment

from cyclorama.client import Client
from cyclorama.load.calls import OK, CallSender, TimedCall, TimedCallLog
from cyclorama.load.payloads import SERVICES, SIZES, create_payloads, find_photos

# Calls in flight per process. Larger: a stalled stage costs the load generator more memory.
MAX_IN_FLIGHT = 1000
SAMPLES = Path(__file__).parents[2] / "samples"

# Before the first channel is opened, so that gRPC calls yield to other greenlets.
init_gevent()


@events.init_command_line_parser.add_listener
def add_arguments(parser: LocustArgumentParser) -> None:
    """Adds the options of this file to locust's command line; locust calls it at the start."""
    group = parser.add_argument_group("Cyclorama")
    group.add_argument("--stage", choices=SERVICES, default="gateway")
    group.add_argument("--rate", type=float, default=10, help="arrivals per second, in total")
    group.add_argument("--engine", default="", help="name of the engine to request")
    group.add_argument("--sizes", default=",".join(map(str, SIZES)), help="square, in pixels")
    group.add_argument("--photos", default=str(SAMPLES), help="folder of product photos")
    group.add_argument("--timeout", type=float, default=60, help="time limit of a call in seconds")
    group.add_argument("--record", default="", help="folder for a log of every call")


@events.init.add_listener
def prepare_payloads(environment: Environment, **_: object) -> None:
    """Creates the requests that all users share, and sets one Arrivals user per process.

    Locust calls it before a test, with its environment and with arguments that are not needed.
    """
    options = _read_options(environment)
    sizes = [int(size) for size in options.sizes.split(",")]
    photos = find_photos(Path(options.photos))
    payloads = create_payloads(options.stage, photos, sizes, options.engine)
    LoadUser.payloads = itertools.cycle(payloads)
    # Encoding took a while; gevent's clock must advance before timers are set.
    gevent.get_hub().loop.update_now()
    Arrivals.fixed_count = options.processes or 1


@events.test_start.add_listener
def open_call_log(environment: Environment, **_: object) -> None:
    """Creates this process's log of calls, if --record names a folder, when a test starts."""
    folder = _read_options(environment).record
    if folder:
        LoadUser.call_log = TimedCallLog(Path(folder) / f"calls-{os.getpid()}.csv")


@events.test_stop.add_listener
def close_call_log(environment: Environment, **_: object) -> None:
    """Closes this process's log of calls, if there is one, when a test stops."""
    if LoadUser.call_log:
        LoadUser.call_log.close()
        LoadUser.call_log = None


def _read_options(environment: Environment) -> Any:
    """Returns the parsed command line; its fields depend on the options that were added."""
    return environment.parsed_options


class LoadUser(User):
    """Common part of both kinds of users: a client, and requests to send.

    payloads, call_log: an endless iterator of requests and the log of calls, shared by all users of
    this process.
    """

    abstract = True
    payloads: Any = iter(())
    call_log: TimedCallLog | None = None

    def __init__(self, environment: Environment) -> None:
        """Creates a user of locust with a client of --host, which sends the shared requests."""
        super().__init__(environment)
        self.options = _read_options(environment)
        self.client = Client(self.host or "", timeout=self.options.timeout, max_retries=0)
        self.sender = CallSender(self.client, LoadUser.payloads, self.report_call)

    def on_stop(self) -> None:
        """Closes the client."""
        self.client.close()

    def report_call(self, call: TimedCall) -> None:
        """Logs a finished call and reports it to locust's statistics.

        A failed call counts in a row of its own, named after its status.
        """
        if LoadUser.call_log:
            LoadUser.call_log.append(call)
        self.environment.events.request.fire(
            request_type=self.options.stage,
            name=call.name,
            response_time=call.seconds * 1000,  # Milliseconds.
            response_length=call.received,
            exception=None if call.status == OK else call.status,
            context={},
        )


class Callers(LoadUser):
    """Closed loop: sends the next request after the last response; finds the maximum throughput."""

    @task
    def send_request(self) -> None:
        """Sends one request and waits for the response."""
        self.sender.send()


class Arrivals(LoadUser):
    """Open loop: sends requests at fixed times, regardless of responses; finds their latency.

    Latency counts from the scheduled time, so that a stage that stalls cannot hide the requests
    that it delayed (coordinated omission).
    """

    wait_time = constant(0)

    def __init__(self, environment: Environment) -> None:
        """Divides the rate of requests by the number of processes, which have one user each.

        interval: seconds between two requests of this process. offset: seconds by which the
        processes are shifted against each other.
        """
        super().__init__(environment)
        processes = self.options.processes or 1
        self.interval = processes / self.options.rate
        self.offset = self.interval / processes
        self.next = 0.0
        self.in_flight = Pool(MAX_IN_FLIGHT)

    def on_start(self) -> None:
        """Schedules the first request, shifted so that the processes of the test take turns."""
        runner = self.environment.runner
        # A test in a single process has no workers.
        worker_index = getattr(runner, "worker_index", 0)
        self.next = time.time() + self.offset * worker_index

    @task
    def send_scheduled_request(self) -> None:
        """Sends the next request at its scheduled time, without waiting for the response.

        Waits when MAX_IN_FLIGHT requests of this process are in flight.
        """
        gevent.sleep(max(0, self.next - time.time()))
        # Its latency counts from the scheduled time.
        self.in_flight.spawn(self.sender.send, self.next)
        self.next += self.interval

    def on_stop(self) -> None:
        """Waits for the requests in flight, then closes the client."""
        self.in_flight.join()
        super().on_stop()
