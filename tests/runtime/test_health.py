"""The health service while watchers of a server come and go."""

import threading

from grpc_health.v1 import health_pb2

from services.runtime.health import WatcherHealthServicer
from tests.support.waiting import SECONDS

REQUEST = health_pb2.HealthCheckRequest()


class WatchContext:
    """The context of a Watch call, whose end the test decides."""

    def __init__(self) -> None:
        self.callbacks = []

    def add_callback(self, callback) -> bool:
        self.callbacks.append(callback)
        return True

    def end(self) -> None:
        """Runs the callbacks, as gRPC does in the thread that all events of a server pass."""
        for callback in self.callbacks:
            callback()


def test_a_watcher_that_leaves_does_not_wait_for_one_that_arrives():
    servicer, leaving, ended = WatcherHealthServicer(), WatchContext(), threading.Event()
    sent = []
    servicer.Watch(REQUEST, leaving, lambda response: ended.set() if response is None else None)

    def send(response) -> None:
        """Returns once the event thread has run, as gRPC does for the status of a new watcher."""
        events = threading.Thread(target=leaving.end, daemon=True)
        events.start()
        events.join(SECONDS)
        sent.append((response.status, events.is_alive()))

    servicer.Watch(REQUEST, WatchContext(), send)
    assert sent == [(health_pb2.HealthCheckResponse.SERVING, False)]
    assert ended.wait(SECONDS)
