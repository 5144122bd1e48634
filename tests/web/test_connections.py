"""Connections of the page: time limits, their number, and responses before the end of a request."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import replace

import pytest
import requests

from cyclorama.web.connection_limits import BodyClock, ConnectionLimits
from tests.support.waiting import SECONDS, wait_until
from tests.web.conftest import serve_page

HOST = b"host: 127.0.0.1\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n"
LAST_GET = GET.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n")
FORM = b"content-type: multipart/form-data; boundary=x\r\n"
POST = b"POST /api/ads HTTP/1.1\r\n" + HOST + FORM
# A body whose file does not end.
PART = b'--x\r\ncontent-disposition: form-data; name="photo"; filename="photo"\r\n\r\n'
# So short that a test can wait for them.
QUICK = ConnectionLimits(
    header_seconds=0.3,
    body_seconds=0.5,
    stall_seconds=0.5,
    reader_seconds=0.3,
    linger_seconds=0.3,
)
FEW = replace(QUICK, total=6, per_address=4)


@pytest.fixture(scope="module")
def quick() -> Iterator[str]:
    """The address of a page with short time limits, whose gateway is away."""
    with serve_page("unix:/nowhere", limits=QUICK) as address:
        yield address


@pytest.fixture(scope="module")
def few() -> Iterator[str]:
    """The address of a page with few connections."""
    with serve_page("unix:/nowhere", limits=FEW) as address:
        yield address


@pytest.fixture
def connect() -> Iterator[Callable[..., socket.socket]]:
    """Connects to a page and sends bytes, from an address of this machine."""
    with ExitStack() as stack:

        def open_connection(page: str, data: bytes = b"", source: str = "") -> socket.socket:
            address = ("127.0.0.1", int(page.rpartition(":")[2]))
            own = (source, 0) if source else None
            connection = socket.create_connection(address, SECONDS, own)
            stack.enter_context(connection)
            connection.sendall(data)
            return connection

        yield open_connection


def read_all(connection: socket.socket) -> bytes:
    """Returns everything until the page closes the connection."""
    parts = []
    try:
        while part := connection.recv(2**16):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def read_status(connection: socket.socket) -> int:
    """Returns the status of the response that ends a connection; 0 for none."""
    data = read_all(connection)
    return int(data.split()[1]) if data else 0


def test_requests_that_do_not_arrive_end(connect, quick):
    statuses = {
        b"": 0,
        b"GET / HT": 408,
        b"GET / HTTP/1.1\r\nhost: 127": 408,
        POST + b"content-length: 1000\r\n\r\n--x": 408,
        POST + b"transfer-encoding: chunked\r\n\r\n5\r\n--x\r\n": 408,
        POST + b"transfer-encoding: chunked\r\n\r\nno number\r\n": 400,
        b"no request\r\n\r\n": 400,
        POST + b"content-length: many\r\n\r\n": 400,
        POST + b"content-length: 3\r\ncontent-length: 4\r\n\r\n": 400,
        POST + b"connection: close\r\n\r\n": 411,
        GET.replace(b"\r\n\r\n", b"\r\ncontent-length: 5\r\n\r\nhello"): 400,
        LAST_GET.replace(b"\r\n\r\n", b"\r\ncontent-length: 00\r\n\r\n"): 200,
        POST + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n": 400,
    }
    connections = {data: connect(quick, data) for data in statuses}
    assert {data: read_status(each) for data, each in connections.items()} == statuses


@pytest.mark.parametrize(
    "start",
    [
        b"GET / HTTP/1.1\r\nx: ",
        POST + b"content-length: 1000000\r\n\r\n" + PART,
        POST + b"transfer-encoding: chunked\r\n\r\n%x\r\n%s\r\nfffff\r\n" % (len(PART), PART),
    ],
)
def test_a_request_that_trickles_ends(connect, quick, start):
    """A byte now and then restarts neither the time of the headers nor that of the body."""
    connection, ended = connect(quick, start), threading.Event()

    def trickle() -> None:
        while not ended.wait(0.05):
            with suppress(OSError):
                connection.sendall(b"-")

    thread = threading.Thread(target=trickle)
    thread.start()
    try:
        assert read_status(connection) == 408
    finally:
        ended.set()
        thread.join()


def test_the_rate_of_a_body_grows_with_its_size():
    limits, mebibyte = ConnectionLimits(), 2**20
    for size, seconds in {0: 20, mebibyte: 84, 49 * mebibyte: 852}.items():
        clock = BodyClock(0)
        clock.add(size, seconds)
        clock.advance(seconds, is_paused=False)
        assert not clock.is_overdue(limits, seconds)
        clock.advance(seconds + 1, is_paused=False)
        assert clock.is_overdue(limits, seconds + 1)


def test_idle_connections_make_way_for_others(connect, few):
    idle = [connect(few) for _ in range(20)]
    assert requests.get(few, timeout=SECONDS).status_code == 200
    assert all(read_all(connection) == b"" for connection in idle)


def test_an_address_does_not_take_the_connections_of_others(connect, few):
    body = POST + b"expect: 100-continue\r\ncontent-length: 100000\r\n\r\n"
    crowd = [connect(few, body, "127.0.0.3") for _ in range(FEW.per_address)]
    assert all(each.recv(2**16).startswith(b"HTTP/1.1 100") for each in crowd)
    assert read_status(connect(few, GET, "127.0.0.3")) == 503
    assert read_status(connect(few, LAST_GET, "127.0.0.2")) == 200
    assert {read_status(each) for each in crowd} == {408}


def test_a_reader_that_takes_nothing_is_closed(connect, quick):
    with socket.socket() as reader:
        # Small, so that the page's bytes wait in the page.
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", int(quick.rpartition(":")[2])))
        reader.sendall((b"GET /static/sample.jpg HTTP/1.1\r\n" + HOST + b"\r\n") * 200)
        wait_until(lambda: is_reset(reader), "closing the connection")


def is_reset(connection: socket.socket) -> bool:
    """Returns whether the peer has reset a connection, without reading from it."""
    return bool(connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))


def test_refused_uploads_are_answered_at_once_and_not_read(connect, quick):
    statuses = {
        POST: 413,
        POST.replace(b"127.0.0.1", b"elsewhere"): 413,
        POST + b"origin: http://elsewhere\r\n": 403,
        POST.replace(b"/api/ads", b"/nothing"): 413,
    }
    length = f"content-length: {2**40}\r\n\r\n".encode()
    connections = {head: connect(quick, head + length) for head in statuses}
    for head, connection in connections.items():
        # Far below the length; a page that reads takes all of it.
        assert count_taken(connection, 256 * 2**20) < 64 * 2**20
        response = read_all(connection)
        assert int(response.split()[1]) == statuses[head]
        assert b"connection: close" in response


def count_taken(connection: socket.socket, most: int) -> int:
    """Sends zeros until the peer closes the connection; returns how many bytes it took."""
    taken, part = 0, bytes(2**20)
    with suppress(ConnectionError):
        while taken < most:
            taken += connection.send(part)
    return taken


def test_what_follows_a_body_is_not_a_part_of_it(connect, quick):
    """A length that is too small makes the rest another request, which is none."""
    data = read_all(connect(quick, POST + b"content-length: 3\r\n\r\n--x and more\r\n\r\n"))
    assert data.count(b"HTTP/1.1 400") == 2
