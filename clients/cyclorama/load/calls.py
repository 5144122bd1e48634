"""Sends requests one by one, times them, and logs each call as a line of CSV."""

import csv
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Any, Self

from cyclorama.calls import MAX_SEED
from cyclorama.client import Client
from cyclorama.errors import CycloramaError
from cyclorama.load.payloads import Payload
from cyclorama.operations import Operation

OK = "OK"


@dataclass(frozen=True)
class TimedCall:
    """A finished call of a load test.

    payload: name of its payload. start: scheduled start, in seconds since the epoch. seconds: from
    then until the response arrived. status: of gRPC. sent, received: bytes. error: what the server
    said, or why it was not reached; empty for a success.
    """

    payload: str
    start: float
    seconds: float
    status: str
    sent: int
    received: int
    error: str = ""

    @property
    def name(self) -> str:
        """The row of a report for this call: successes by payload, failures by status."""
        return self.payload if self.status == OK else self.status


class CallSender:
    """Sends one payload after the other and reports every finished call.

    payloads: an endless iterator, which several senders may share. on_call: receives every call.
    """

    def __init__(
        self, client: Client, payloads: Iterator[Payload], on_call: Callable[[TimedCall], object]
    ) -> None:
        """Prepares to send payloads, an endless iterator; on_call receives every finished call."""
        self._client = client
        self._payloads = payloads
        self._seeds = random.Random()
        self._on_call = on_call

    def send(self, scheduled: float | None = None) -> None:
        """Sends the next request with a random seed, waits for the response, and reports the call.

        scheduled: when the call should have started, as of time.time(); its latency counts from
        then. None means now, as the call starts.
        """
        payload = next(self._payloads)
        operation = reseed_operation(payload.operation, self._seeds.randint(0, MAX_SEED))
        # Of all responses, as large ads come in chunks.
        sizes: list[int] = []
        measured = replace(operation, read=lambda response: sizes.append(response.ByteSize()))
        start, status, received, text = scheduled or time.time(), OK, 0, ""
        try:
            self._client.run(measured)
            received = sum(sizes)
        except CycloramaError as error:
            # A call is one line of the log.
            status, text = error.code.name, " ".join(error.text.split())
        seconds = time.time() - start
        sent = operation.request.ByteSize()
        self._on_call(TimedCall(payload.name, start, seconds, status, sent, received, text))


def reseed_operation(operation: Operation[Any], seed: int) -> Operation[Any]:
    """Returns a copy of an operation with another seed.

    seed: 0 to MAX_SEED; ignored if the request has no seed.
    """
    request: Any = type(operation.request)()
    request.CopyFrom(operation.request)
    if "seed" in request.DESCRIPTOR.fields_by_name:
        request.seed = seed
    return replace(operation, request=request)


class TimedCallLog:
    """A CSV file with a line for every call of this process."""

    def __init__(self, path: Path) -> None:
        """Creates the file, or empties it, and writes the header of columns."""
        # Buffered by lines, so that others can read along.
        self._file = path.open("w", newline="", buffering=1)
        self._lines = csv.writer(self._file)
        self._lines.writerow(field.name for field in fields(TimedCall))

    def append(self, call: TimedCall) -> None:
        """Adds a line for a call."""
        self._lines.writerow(astuple(call))

    def close(self) -> None:
        """Writes the buffered lines and closes the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_call_logs(paths: Sequence[Path]) -> list[TimedCall]:
    """Reads the calls of a load test, sorted by their scheduled start.

    paths: CSV files that TimedCallLog wrote, one for each process.
    """
    calls = []
    for path in paths:
        with path.open(newline="") as file:
            calls += [_read_call(line) for line in csv.DictReader(file)]
    return sorted(calls, key=lambda call: call.start)


def read_new_calls(folder: Path, offsets: dict[Path, int]) -> list[TimedCall]:
    """Reads the calls that were logged since the last time, in any order.

    folder: of the logs of all processes. offsets: how many bytes of each were read; updated in
    place, empty at first.
    """
    names = [field.name for field in fields(TimedCall)]
    calls = []
    for path in folder.glob("*.csv"):
        with path.open("rb") as file:
            file.seek(offsets.get(path, 0))
            # What follows the last line break is not complete.
            text = file.read().rpartition(b"\n")[0]
        is_first, offsets[path] = path not in offsets, offsets.get(path, 0) + len(text)
        rows = csv.DictReader(text.decode().splitlines()[is_first:], names)
        calls += [_read_call(row) for row in rows]
    return calls


def _read_call(line: dict[str, str]) -> TimedCall:
    """Converts a row of a TimedCallLog, texts by column, into a call."""
    return TimedCall(
        payload=line["payload"],
        start=float(line["start"]),
        seconds=float(line["seconds"]),
        status=line["status"],
        sent=int(line["sent"]),
        received=int(line["received"]),
        error=line["error"],
    )
