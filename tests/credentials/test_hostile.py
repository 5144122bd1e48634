"""Files made to harm readers of credentials: they are invalid, cost little and fetch nothing."""

import io
import json
import random
import struct
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import c2pa
import pytest

from services.credentials.ingredient import archive_photo
from services.credentials.library import open_context
from services.credentials.reader import ABSENT, INVALID, UNREADABLE, _read_report, read_credentials
from services.credentials.signer import TRIAL
from services.credentials.store import STORE_MARK, has_credentials
from services.imaging.png import HEAD_BYTES, encode_chunk
from tests.support.pictures import draw_product
from tests.support.signing import encode_as, shared_signer, sign_photo

PIXELS = draw_product(64, 48)[0]
PNG, JPEG = encode_as(PIXELS, "PNG"), encode_as(PIXELS, "JPEG")


def insert_store(store: bytes) -> bytes:
    """Returns a PNG with a store of credentials."""
    return PNG[:HEAD_BYTES] + encode_chunk(b"caBX", store) + PNG[HEAD_BYTES:]


def box(kind: bytes, content: bytes, size: int | None = None) -> bytes:
    return struct.pack(">I", 8 + len(content) if size is None else size) + kind + content


ROOT = box(b"jumd", STORE_MARK[4:] + b"\x03c2pa\0")
NESTED = ROOT
for _ in range(2000):
    NESTED = ROOT + box(b"jumb", NESTED)
STORES = {
    "empty": b"",
    "no boxes": b"junk" * 99,
    "only a mark": box(b"jumb", ROOT),
    "endless box": box(b"jumb", ROOT, 0xFFFFFFFF),
    "box without length": box(b"jumb", ROOT + box(b"jumb", b"x", 0) * 9),
    "short box": box(b"jumb", ROOT + box(b"jumb", b"x", 3)),
    "nested": box(b"jumb", NESTED),
    "huge": box(b"jumb", ROOT + box(b"jumb", ROOT + box(b"cbor", bytes(8 * 2**20)))),
    "endless cbor": box(b"jumb", ROOT + box(b"jumb", ROOT + box(b"cbor", b"\x9b" + b"\xff" * 8))),
    "deep cbor": box(b"jumb", ROOT + box(b"jumb", ROOT + box(b"cbor", b"\x81" * 2**20))),
}


@pytest.mark.parametrize("store", STORES.values(), ids=STORES)
def test_a_corrupt_store_is_invalid(store):
    data = insert_store(store)
    assert read_credentials(data).state in (INVALID, ABSENT)
    assert len(archive_photo(data)) < 2**20


@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "TIFF", "AVIF"])
def test_random_changes_end_neither_the_call_nor_the_process(name):
    media_type = f"image/{name.lower()}"
    signed = sign_photo(encode_as(PIXELS, name), media_type)
    at_random = random.Random(name)
    start = signed.index(STORE_MARK)
    for _ in range(60):
        changed = bytearray(signed)
        for _ in range(at_random.randint(1, 8)):
            place = at_random.choice((at_random.randrange(len(signed)), start + 40))
            changed[place] = at_random.randrange(256)
        if changed != signed:
            read_credentials(bytes(changed))
            archive_photo(bytes(changed))
        read_credentials(bytes(changed[: at_random.randrange(len(changed))]))


@contextmanager
def run_listener():
    """Runs a server that counts requests; yields its address and their paths."""
    paths = []

    class CountingHandler(BaseHTTPRequestHandler):
        def do_GET(self):
            paths.append(self.path)
            self.send_response(404)
            self.end_headers()

        do_POST = do_HEAD = do_GET  # noqa: N815

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), CountingHandler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", paths
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def build_remote_file(url: str, *, embedded: bool) -> bytes:
    """Returns a JPEG whose credentials are on a server, and in the file as well if embedded."""
    own, out = shared_signer(), io.BytesIO()
    info = c2pa.C2paSignerInfo(b"es256", own.cert.read_bytes(), own.key.read_bytes(), None)
    with (
        c2pa.Builder(json.dumps(TRIAL), open_context()) as builder,
        c2pa.Signer.from_info(info) as signer,
    ):
        builder.set_remote_url(url)
        if not embedded:
            builder.set_no_embed()
        builder.sign(signer, "image/jpeg", io.BytesIO(JPEG), out)
    return out.getvalue()


@pytest.mark.parametrize("embedded", [False, True])
def test_nothing_that_a_file_names_is_fetched(embedded):
    with run_listener() as (address, paths):
        data = build_remote_file(f"{address}/manifest.c2pa", embedded=embedded)
        found = read_credentials(data, shared_signer().trust)
        archive_photo(data)
        # The listener works, and the file leads readers there that fetch.
        if not embedded:
            with pytest.raises(c2pa.C2paError):
                c2pa.Reader("image/jpeg", io.BytesIO(data), context=c2pa.Context())
            assert paths == ["/manifest.c2pa"]
            paths.clear()
            assert found.state == ABSENT
    assert not paths


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"manifests": None, "active_manifest": 3},
        {"active_manifest": "a", "manifests": {"a": {"signature_info": {"common_name": [1]}}}},
        {"active_manifest": "a", "manifests": {"a": {"signature_info": {"time": "yesterday"}}}},
    ],
)
def test_a_report_of_other_types_is_invalid(report):
    found = _read_report(report)
    assert (found.state, found.signer, found.signed_at) == (INVALID, "", None)


def test_names_of_signers_are_short_and_printable():
    name = "\x1b[31m" + "x" * 9999
    manifest = {"signature_info": {"common_name": name, "issuer": name}}
    found = _read_report({"active_manifest": "a", "manifests": {"a": manifest}})
    assert len(found.signer) == len(found.issuer) == 128 and found.signer.isprintable()


def test_a_file_that_only_mentions_credentials_has_none():
    data = PNG + STORE_MARK
    assert has_credentials(data) and read_credentials(data).state == ABSENT


def test_a_truncated_file_is_unreadable():
    signed = sign_photo(JPEG, "image/jpeg")
    found = read_credentials(signed[:500])
    assert (found.state, found.problems) == (INVALID, (UNREADABLE,))
