"""Uploads to the page: their share of memory, their statuses, and browsers that leave."""

import asyncio
import json
import logging
import select
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest
import requests
from starlette.requests import ClientDisconnect, Request

from cyclorama import Ad, AsyncClient
from cyclorama.web import uploads
from cyclorama.web.ad_stream import prepare_form_ad
from cyclorama.web.arrivals import SMALL_BYTES, Arrival, ArrivalTable
from cyclorama.web.responses import await_for_browser
from cyclorama.web.sending import send_once
from cyclorama.web.upload_errors import RETRY_SECONDS, UploadError
from cyclorama.web.uploads import ByteBudget
from tests.web.conftest import serve_page

BOUNDARY = "x"
TYPE = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}


def build_form(photo: bytes) -> bytes:
    """Returns the body of a form as browsers send it."""
    options = json.dumps({"prompt": "a table", "size": [256, 256], "seed": 3}).encode()
    return (
        b'--x\r\ncontent-disposition: form-data; name="options"\r\n\r\n%b\r\n'
        b'--x\r\ncontent-disposition: form-data; name="photo"; filename="photo"\r\n\r\n%b\r\n'
        b"--x--\r\n"
    ) % (options, photo)


def post_body(address: str, body, **headers: str) -> requests.Response:
    """Posts a body to the page; a generator is sent in chunks."""
    return requests.post(f"{address}/api/ads", data=body, headers=TYPE | headers, timeout=60)


def test_reservations_share_a_budget_and_small_ones_pass_large_ones():
    async def reserve() -> list[str]:
        budget, order = ByteBudget(100), list[str]()

        async def take(name: str, size: int) -> None:
            await budget.reserve(size)
            order.append(name)

        first, second = await budget.reserve(50), await budget.reserve(10)
        waiting = [asyncio.ensure_future(take(*each)) for each in (("large", 50), ("other", 45))]
        await take("small", 40)
        first.close()
        first.close()  # Without effect.
        await asyncio.wait_for(waiting[0], 10)
        assert not waiting[1].done()
        second.close()
        waiting[1].cancel()
        return order

    assert asyncio.run(reserve()) == ["small", "large"]


def test_what_is_too_large_waits_until_it_is_alone(monkeypatch):
    monkeypatch.setattr(uploads, "WAIT_SECONDS", 0.05)

    async def reserve() -> None:
        budget = ByteBudget(100)
        first = await budget.reserve(60)
        with pytest.raises(UploadError) as refused:
            await budget.reserve(500)
        assert (refused.value.status, refused.value.retry_seconds) == (503, RETRY_SECONDS)
        first.close()
        large = await budget.reserve(500)
        large.close()
        await budget.reserve(40)
        large.close()  # Without effect.
        with pytest.raises(UploadError):
            await budget.reserve(61)

    asyncio.run(reserve())


def test_the_slowest_upload_of_the_largest_address_gives_way():
    async def arrive() -> list[str]:
        table, loop = ArrivalTable(12 * SMALL_BYTES), asyncio.get_running_loop()
        arrivals = {}

        def add(name: str, size: int, seconds: float = 0, is_complete: bool = False) -> Arrival:
            arrival = arrivals[name] = table.begin(name[0])
            arrival._started = loop.time() - seconds
            arrival.is_complete = is_complete
            table.add(arrival, size)
            return arrival

        add("a complete", 3 * SMALL_BYTES, 99, is_complete=True)
        add("a slow", 2 * SMALL_BYTES, 60)
        add("a fast", 3 * SMALL_BYTES)
        add("a small", SMALL_BYTES, 99)
        add("b slow", 3 * SMALL_BYTES, 99)
        add("c new", 1)
        # Now "b" has the unfinished upload that is largest, but "a" has more in all.
        return [name for name, each in arrivals.items() if each._gave_way.done()]

    assert asyncio.run(arrive()) == ["a slow"]


# starlette leaves the file of a truncated part to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_uploads_that_stall_do_not_keep_others_out(page, photo):
    body = build_form(photo.read_bytes())
    part = b'--x\r\ncontent-disposition: form-data; name="photo"; filename="a"\r\n\r\n'
    with serve_page(page.system.address, upload_mib=4) as address, ExitStack() as stack:
        slow = [
            stack.enter_context(begin_upload(address, length))
            for length in (49 * 2**20, 49 * 2**20, 30 * 2**20)
        ]
        assert post_body(address, body).status_code == 200
        for browser in slow:
            browser.sendall(part + bytes(3 * 2**19))
        # Together they have sent more than there is room for.
        ended, _, _ = select.select(slow, [], [], 60)
        refusal = ended[0].recv(2**16).lower()
        assert refusal.startswith(b"http/1.1 503") and b"retry-after" in refusal
        assert post_body(address, body).status_code == 200


def test_a_request_is_free_while_its_call_runs(page, photo):
    async def create() -> tuple[list, Ad]:
        operation = send_once(
            prepare_form_ad(photo.read_bytes(), {"prompt": "a", "size": [64, 64]}, {})
        )
        left = []
        async with AsyncClient(page.system.address, max_retries=0) as client:
            ad = await client.run(operation, lambda _: left.append(operation.request.ByteSize()))
        return left, ad

    left, ad = asyncio.run(create())
    assert set(left) == {0} and ad.width == 64


def test_an_upload_in_chunks_makes_an_ad(page, photo):
    body = build_form(photo.read_bytes())
    response = post_body(page.address, iter([body[:100], body[100:]]))
    assert json.loads(response.text.splitlines()[-1])["kind"] == "ad"


def test_an_upload_in_chunks_is_refused_once_it_is_too_large(page):
    with serve_page(page.system.address, photo_mib=1) as address:
        response = post_body(address, iter([build_form(bytes(2**21))]))
    assert response.status_code == 413 and "1 MiB" in response.json()["text"]


# starlette leaves the file of a truncated part to the garbage collector.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"nothing of a form", {}),
        (b"--x\r\nno header", {}),
        (b"--x\r\ncontent-disposition: form-data\r\n\r\n--x--\r\n", {}),
        (b'--x\r\ncontent-disposition: form-data; name="photo"; filename="a"\r\n\r\nx', {}),
        (b"", {}),
        (b"{}", {"content-type": "application/json"}),
        (b"--x--", {"content-type": "multipart/form-data"}),
    ],
)
def test_a_malformed_form_is_the_callers_error(page, body, headers):
    response = post_body(page.address, body, **headers)
    assert response.status_code == 400 and response.json()["kind"] == "error"


def test_other_paths_and_methods_are_refused_in_json(page):
    missing = requests.get(f"{page.address}/api/nothing", timeout=60)
    assert missing.status_code == 404 and missing.json()["title"]
    wrong = requests.get(f"{page.address}/api/ads", timeout=60)
    assert wrong.status_code == 405 and wrong.headers["allow"] == "POST"
    assert wrong.json()["kind"] == "error"
    deleted = requests.delete(f"{page.address}/", timeout=60)
    assert deleted.status_code == 405 and {*deleted.headers["allow"].split(", ")} == {"GET", "HEAD"}


def test_a_full_disk_is_explained(page, photo, monkeypatch):
    def fail(*arguments, **keywords):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile.write", fail)
    response = post_body(page.address, build_form(photo.read_bytes()))
    assert response.status_code == 503 and response.headers["retry-after"]


@dataclass
class Call:
    """A gateway call that never ends."""

    started: asyncio.Event = field(default_factory=asyncio.Event)
    cancelled: bool = False

    async def run(self) -> None:
        self.started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.cancelled = True
            raise


def test_a_call_is_cancelled_when_its_browser_leaves():
    async def leave() -> bool:
        call = Call()

        async def receive() -> dict[str, str]:
            await call.started.wait()
            return {"type": "http.disconnect"}

        with pytest.raises(ClientDisconnect):
            await await_for_browser(Request({"type": "http"}, receive), call.run())
        return call.cancelled

    assert asyncio.run(leave())


def test_a_browser_that_leaves_while_it_uploads_leaves_no_stack_trace(page, caplog):
    log = logging.getLogger("uvicorn.error")
    log.addHandler(caplog.handler)
    with begin_upload(page.address, length=999) as browser:
        browser.sendall(b"--x\r\n")
    assert requests.get(page.address, timeout=60).status_code == 200
    log.removeHandler(caplog.handler)
    assert not [record for record in caplog.records if record.name == log.name]


@contextmanager
def begin_upload(address: str, length: int) -> Iterator[socket.socket]:
    """Sends the headers of an upload, until the page asks for its body; leaves afterwards."""
    port = int(address.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 60) as browser:
        head = f"POST /api/ads HTTP/1.1\r\nhost: localhost\r\ncontent-type: {TYPE['content-type']}"
        head = f"{head}\r\nexpect: 100-continue\r\ncontent-length: {length}\r\n\r\n"
        browser.sendall(head.encode())
        assert browser.recv(2**16).startswith(b"HTTP/1.1 100")
        yield browser
