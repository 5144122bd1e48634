"""The page under attack: connections that send slowly or nothing, and large uploads at once."""

import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.chaos_rig import Replica, build_gateway_environment, stop_at_exit
from benchmarks.serving import ROOT, START_TIMEOUT, TUNABLES, find_free_port, read_resident_mib
from cyclorama.stages import STAGES

# A product photo of the page's own.
PHOTO = (ROOT / "clients/cyclorama/web/static/sample.jpg").read_bytes()
# The fastest engines that the page's form gets.
ENGINES = {"CYCLORAMA_SEGMENTATION_ENGINES": "classic", "CYCLORAMA_BACKGROUND_ENGINES": "studio"}
# What slow connections send before they stop: nothing, half a header, and a part of a body.
SLOW_STARTS = (
    b"",
    b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ",
    b"POST /api/ads HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1000000\r\n\r\n--",
)
BOUNDARY = "cyclorama-chaos"
# Enough for uploads that wait for one another.
TIMEOUT = 180.0


@dataclass
class PageProcess:
    """A page that runs in a process of its own. port: on the loopback interface."""

    port: int
    process: subprocess.Popen

    @property
    def memory_mib(self) -> float:
        """Resident memory in MiB."""
        return read_resident_mib(self.process.pid)

    @property
    def peak_mib(self) -> float:
        """The highest resident memory since the start of the process, in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024


@dataclass
class UploadOutcome:
    """Statuses and last objects of uploads, and what the page answered meanwhile.

    start_mib, peak_mib, end_mib: the page's memory before, at most, and afterwards.
    """

    uploads: list[tuple[int, dict]] = field(default_factory=list)
    page_seconds: float = 0.0
    small_upload: tuple[int, dict] = (0, {})
    start_mib: float = 0.0
    peak_mib: float = 0.0
    end_mib: float = 0.0

    @property
    def unexpected(self) -> int:
        """Uploads that neither made an ad nor were asked to come back."""
        return sum(not is_ad(each) and each[0] != 503 for each in self.uploads)


@contextmanager
def start_page(gateway: str, **environment: str) -> Iterator[PageProcess]:
    """Runs the page in front of a gateway; environment: variables in addition to the current."""
    port = find_free_port()
    own = {"CYCLORAMA_WEB_LISTEN": f"127.0.0.1:{port}", "CYCLORAMA_GATEWAY": gateway}
    process = subprocess.Popen(
        [sys.executable, "-m", "cyclorama.web"],
        cwd=ROOT,
        env=os.environ | {"GLIBC_TUNABLES": TUNABLES} | own | environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        end = time.monotonic() + START_TIMEOUT
        while not _is_listening(port):
            if process.poll() is not None or time.monotonic() > end:
                raise SystemExit("the page did not start")
            time.sleep(0.1)
        yield PageProcess(port, process)
    finally:
        process.kill()
        process.wait()


@contextmanager
def start_real_system() -> Iterator[Replica]:
    """Runs stages with real engines, and yields the gateway in front of them."""
    stages = {
        stage: Replica(f"services.{stage}", **ENGINES) for stage in STAGES if stage != "finishing"
    }
    addresses = {stage: replica.address for stage, replica in stages.items()}
    addresses["finishing"] = addresses["compositing"]
    gateway = Replica("gateway", **build_gateway_environment(addresses))
    with stop_at_exit(*stages.values(), gateway):
        for each in (*stages.values(), gateway):
            each.wait_until_serving()
        yield gateway


def attack_page(slow: int, uploads: int, mib: int, rest_seconds: float) -> UploadOutcome:
    """Opens slow connections and uploads large photos at once; measures what others see.

    slow: how many connections. mib: size of each photo. rest_seconds: afterwards, until memory is
    read again.
    """
    photo = PHOTO.ljust(mib * 2**20, b"\0")
    with ExitStack() as stack:
        gateway = stack.enter_context(start_real_system())
        page = stack.enter_context(start_page(gateway.address))
        post_photo(page.port, PHOTO)
        result = UploadOutcome(start_mib=page.memory_mib)
        for connection in open_slow_connections(page.port, slow):
            stack.enter_context(connection)
        threads = [
            threading.Thread(target=lambda: result.uploads.append(post_photo(page.port, photo)))
            for _ in range(uploads)
        ]
        for thread in threads:
            thread.start()
        start = time.perf_counter()
        assert read_page(page.port) == 200
        result.page_seconds = time.perf_counter() - start
        result.small_upload = post_photo(page.port, PHOTO)
        for thread in threads:
            thread.join()
        result.peak_mib = page.peak_mib
        time.sleep(rest_seconds)
        result.end_mib = page.memory_mib
    return result


def open_slow_connections(port: int, count: int) -> Iterator[socket.socket]:
    """Opens connections that start a request and stop in the middle."""
    for number in range(count):
        connection = socket.create_connection(("127.0.0.1", port))
        connection.sendall(SLOW_STARTS[number % len(SLOW_STARTS)])
        yield connection


def read_page(port: int) -> int:
    """Returns the status of GET /."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)) as connection:
        connection.request("GET", "/")
        with connection.getresponse() as response:
            response.read()
            return response.status


def post_photo(port: int, photo: bytes) -> tuple[int, dict]:
    """Posts a photo as the page's form does; returns the status and the last object."""
    options = json.dumps({"prompt": "a table", "size": [256, 256]}).encode()
    head = f"--{BOUNDARY}\r\ncontent-disposition: form-data; name=".encode()
    parts = [head, b'"options"\r\n\r\n', options, b"\r\n"]
    parts += [head, b'"photo"; filename="photo"\r\n\r\n', photo]
    parts.append(f"\r\n--{BOUNDARY}--\r\n".encode())
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT)
    headers = {
        "content-type": f"multipart/form-data; boundary={BOUNDARY}",
        "content-length": str(sum(map(len, parts))),
    }
    try:
        with suppress(ConnectionError):  # A refused upload is not read to its end.
            connection.request("POST", "/api/ads", iter(parts), headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read().splitlines()[-1])
    finally:
        connection.close()


def is_ad(response: tuple[int, dict]) -> bool:
    """Returns whether an upload has made an ad."""
    return response[0] == 200 and response[1]["kind"] == "ad"


def _is_listening(port: int) -> bool:
    with socket.socket() as trying:
        return trying.connect_ex(("127.0.0.1", port)) == 0
