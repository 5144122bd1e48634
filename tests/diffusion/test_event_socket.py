"""The WebSocket of ComfyUI servers: TLS, credentials, limits and lost connections."""

import json
import ssl
import struct

import pytest

from services.diffusion.credentials import AuthHeader
from services.diffusion.dialects.comfyui import event_socket
from services.diffusion.dialects.comfyui.event_socket import (
    ConnectionRefused,
    EventSocket,
    SocketLost,
)
from services.diffusion.errors import (
    InvalidOutput,
    ServerRefused,
    ServerUnreachable,
    Unauthorized,
)
from services.diffusion.transport import HttpClient, HttpResponse
from tests.fuzz.answers import build_response, encode_frame, serve_script
from tools.certs import CertificateFiles

PING = 9


@pytest.fixture
def server():
    with serve_script() as server:
        yield server


@pytest.fixture
def open_socket():
    """Returns a function that prepares a socket to a server, and closes it in the end."""
    opened = []

    def prepare(url, auth=None, ca_file=""):
        http = HttpClient(url, "CYCLORAMA_COMFYUI", auth, ca_file, not_found_hint="is it one?")
        opened.append(EventSocket(http, "me"))
        return opened[-1]

    yield prepare
    for each in opened:
        each.close()


def test_messages_arrive_in_their_order_until_the_connection_is_lost(server, open_socket):
    server.frames = b"".join(
        (encode_frame(b"{}", 1), encode_frame(b"x", PING), encode_frame(b"\0" * 70_000, 2))
    )
    socket = open_socket(server.url)
    socket.connect()
    received = [socket.receive(1) for _ in range(3)]
    assert [each and (each.is_binary, len(each.data)) for each in received] == [
        (False, 2),
        None,
        (True, 70_000),
    ]
    with pytest.raises(SocketLost):
        socket.receive(1)
    assert not socket.is_open


def test_the_handshake_has_the_credentials_and_no_origin(server, open_socket, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    socket = open_socket(server.url, AuthHeader("X-Key", "secret"))
    socket.connect()
    assert server.handshake["X-Key"] == "secret" and "Origin" not in server.handshake
    assert server.handshake["Host"] == server.url.removeprefix("http://")


def test_a_server_with_a_certificate_is_reached_over_tls(server, open_socket, tmp_path):
    files = CertificateFiles(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(files.cert, files.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.frames = encode_frame(b"{}", 1)
    url = server.url.replace("http://127.0.0.1", "https://localhost")
    socket = open_socket(url, ca_file=str(files.ca))
    socket.connect()
    assert socket.receive(1).data == b"{}"
    with pytest.raises(ServerUnreachable, match="CYCLORAMA_COMFYUI_CA_FILE"):
        open_socket(url).connect()
    http = HttpClient(url, "CYCLORAMA_COMFYUI", None, "", not_found_hint="is it one?")
    with pytest.raises(ServerUnreachable, match="CYCLORAMA_COMFYUI_CA_FILE"):
        http.get("/", 1)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, ServerRefused),
        (302, ServerRefused),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, ServerRefused),
        (502, ServerUnreachable),
    ],
)
def test_a_refused_handshake_has_the_error_of_its_status(server, open_socket, status, error):
    response = build_response(b"", status, "Location: http://192.0.2.1/")
    server.responses = {"/ws?clientId=me": response}
    with pytest.raises(error):
        open_socket(server.url).connect()


def test_endless_messages_and_handshakes_are_cut_off(server, open_socket, monkeypatch):
    monkeypatch.setattr(event_socket, "MAX_RESPONSE_BYTES", 1000)
    server.frames = b"\x82\x7f" + struct.pack(">Q", 1 << 40) + b"x" * 5000
    socket = open_socket(server.url)
    socket.connect()
    with pytest.raises(InvalidOutput):
        socket.receive(1)
    monkeypatch.setattr(event_socket, "MAX_HANDSHAKE_BYTES", 1000)
    server.responses = {"/ws?clientId=me": b"HTTP/1.1 101 x\r\n" + b"A: b\r\n" * 1000}
    with pytest.raises(InvalidOutput):
        open_socket(server.url).connect()


def test_a_silent_connection_is_pinged_and_then_lost(start_double, open_socket, monkeypatch):
    socket = open_socket(start_double("comfyui").url)
    socket.connect()
    # The server's first words: the queue, and what it supports.
    assert [json.loads(socket.receive(5).data)["type"] for _ in range(2)] == [
        "status",
        "feature_flags",
    ]
    monkeypatch.setattr(event_socket, "PING_SECONDS", 0)
    assert socket.receive(0.01) is None
    # The answer to the ping.
    assert socket.receive(5) is None and socket.is_open
    monkeypatch.setattr(event_socket, "PONG_SECONDS", 0)
    with pytest.raises(SocketLost):
        socket.receive(0.01)


def test_an_address_where_nothing_listens_is_refused(open_socket):
    with pytest.raises(ConnectionRefused):
        open_socket("http://127.0.0.1:9").connect()
    with pytest.raises(ServerUnreachable):
        open_socket("http://127.0.0.1:none").connect()


def test_an_upload_that_is_too_large_names_the_limit():
    http = HttpClient("http://127.0.0.1:9", "CYCLORAMA_COMFYUI", None, "", not_found_hint="")
    with pytest.raises(ServerRefused, match="--max-upload-size"):
        http.check_status(HttpResponse(413, {}, b""))
