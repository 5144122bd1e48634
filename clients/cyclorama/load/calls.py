"""One call after the other: sends requests, times them, and keeps a line of each."""

import csv
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import astuple, dataclass, fields, replace
from pathlib import Path
from typing import Self

from google.protobuf.message import Message

from cyclorama.client import Client
from cyclorama.errors import CycloramaError
from cyclorama.load.payloads import Payload
from cyclorama.operations import Operation

OK = "OK"
LARGEST_SEED = 2**31 - 1


@dataclass(frozen=True)
class Call:
    """What became of one call.

    start: seconds on the machine's clock, when it was meant to start. seconds: from then until the
    answer was there. status: of gRPC. sent, received: bytes.
    """

    payload: str
    start: float
    seconds: float
    status: str
    sent: int
    received: int

    @property
    def name(self) -> str:
        """The row of a report that it belongs to: answered calls only mix with answered ones."""
        return self.payload if self.status == OK else self.status


class Caller:
    """Sends one payload after the other and hands every finished Call on.

    payloads: without end; callers that share it take turns.
    """

    def __init__(
        self, client: Client, payloads: Iterator[Payload], done: Callable[[Call], object]
    ) -> None:
        self._client = client
        self._payloads = payloads
        self._seeds = random.Random()
        self._done = done

    def send(self, meant: float | None = None) -> None:
        """Sends the next request; meant: the time.time() at which it should have gone out."""
        payload = next(self._payloads)
        operation = fresh(payload.operation, self._seeds.randint(0, LARGEST_SEED))
        start, status, received = meant or time.time(), OK, 0
        try:
            received = self._client.run(operation).ByteSize()
        except CycloramaError as error:
            status = error.code.name
        spent = time.time() - start
        sent = operation.request.ByteSize()
        self._done(Call(payload.name, start, spent, status, sent, received))


def fresh(operation: Operation, seed: int) -> Operation[Message]:
    """The operation with a seed of its own where it has one, read as the bare message."""
    request = operation.request
    if "seed" in request.DESCRIPTOR.fields_by_name:
        changed = type(request)()
        changed.CopyFrom(request)
        changed.seed, request = seed, changed
    return replace(operation, request=request, read=lambda answer: answer)


class Record:
    """A CSV file with a line for every call of this process."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w", newline="")
        self._lines = csv.writer(self._file)
        self._lines.writerow(field.name for field in fields(Call))

    def __call__(self, call: Call) -> None:
        self._lines.writerow(astuple(call))

    def close(self) -> None:
        """Writes what is held back and closes the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def read_records(paths: Sequence[Path]) -> list[Call]:
    """All calls of all processes, in the order in which they were meant to start."""
    calls = []
    for path in paths:
        with path.open(newline="") as file:
            for line in csv.DictReader(file):
                numbers = {name: float(line[name]) for name in ("start", "seconds")}
                counts = {name: int(line[name]) for name in ("sent", "received")}
                calls.append(Call(**line | numbers | counts))
    return sorted(calls, key=lambda call: call.start)
