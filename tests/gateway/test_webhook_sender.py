"""One attempt to deliver a webhook: signatures, failures, limits, TLS."""

import socket
import ssl
import threading
from contextlib import suppress

import pytest
import trustme
from standardwebhooks import Webhook, WebhookVerificationError

from gateway.webhooks.attempts import FailureReason
from gateway.webhooks.sender import WebhookSender
from tests.support.receivers import respond_with, run_receiver
from tests.support.webhooks import OTHER_SECRET, SECRET, build_endpoint

PAYLOAD = b'{"type":"job.succeeded"}'


async def send(url: str, sender: WebhookSender | None = None, **fields):
    endpoint = build_endpoint(url, **fields)
    return await (sender or WebhookSender()).send_event(endpoint, "msg_1", PAYLOAD)


async def test_a_receiver_verifies_what_it_receives_and_rejects_forgeries():
    with run_receiver() as receiver:
        attempt = await send(receiver.url)
    assert (attempt.status, attempt.reason) == (204, None)
    (request,) = receiver.requests
    assert request.body == PAYLOAD
    assert Webhook(SECRET).verify(request.body, request.headers)
    for body, headers in (
        (PAYLOAD + b" ", {}),
        (PAYLOAD, {"webhook-id": "msg_2"}),
        (PAYLOAD, {"webhook-timestamp": str(int(request.headers["webhook-timestamp"]) - 1)}),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(SECRET).verify(body, request.headers | headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER_SECRET).verify(request.body, request.headers)


async def test_all_active_secrets_sign_so_that_one_can_be_replaced():
    with run_receiver() as receiver:
        await send(receiver.url, secrets=[OTHER_SECRET, SECRET])
    (request,) = receiver.requests
    for secret in (SECRET, OTHER_SECRET):
        assert Webhook(secret).verify(request.body, request.headers)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_failures_and_not_followed(status):
    with (
        run_receiver() as target,
        run_receiver(respond_with(status, location=target.url)) as receiver,
    ):
        attempt = await send(receiver.url)
    assert (attempt.status, attempt.reason) == (status, FailureReason.REDIRECT)
    assert len(receiver.requests) == 1 and not target.requests


async def test_proxies_of_the_environment_are_ignored(monkeypatch):
    with run_receiver() as proxy, run_receiver() as receiver:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url)
        assert (await send(receiver.url)).reason is None
    assert not proxy.requests


async def test_a_status_above_299_fails_with_the_pause_that_the_server_asks_for():
    with run_receiver(respond_with(429, retry_after="7")) as receiver:
        attempt = await send(receiver.url)
    assert (attempt.status, attempt.retry_after) == (429, 7)
    assert attempt.reason == FailureReason.HTTP_STATUS


@pytest.mark.parametrize(("status", "reason"), [(204, None), (503, FailureReason.HTTP_STATUS)])
@pytest.mark.parametrize("value", ["Mon, 01 Jan 99999999999999999999 00:00:00 GMT", "-1", "soon"])
async def test_an_invalid_pause_changes_nothing(status, reason, value):
    with run_receiver(respond_with(status, retry_after=value)) as receiver:
        attempt = await send(receiver.url)
    assert (attempt.status, attempt.reason, attempt.retry_after) == (status, reason, None)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"", FailureReason.TIMEOUT),
        (b"HTTP/1.1 100 Continue\r\n\r\n", FailureReason.TIMEOUT),
        (b"no http\r\n\r\n", FailureReason.INVALID_RESPONSE),
        (b"HTTP/1.1 200 OK\r\nx: " + b"y" * 2**20, FailureReason.INVALID_RESPONSE),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\nbody", None),
    ],
)
async def test_slow_and_malformed_responses_end_in_time_and_no_body_is_read(answer, reason):
    with socket.create_server(("127.0.0.1", 0)) as server:
        connections = []

        def accept() -> None:
            connection, _ = server.accept()
            connections.append(connection)
            connection.recv(2**16)
            # The sender closes it before all headers are sent.
            with suppress(ConnectionError):
                connection.sendall(answer)

        thread = threading.Thread(target=accept)
        thread.start()
        attempt = await send(f"http://127.0.0.1:{server.getsockname()[1]}/", timeout_seconds=0.3)
        thread.join()
        connections[0].close()
    assert attempt.reason == reason


async def test_a_server_that_is_down_and_a_name_that_is_unknown_are_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert (await send(f"http://127.0.0.1:{port}/")).reason == FailureReason.UNREACHABLE
    assert (await send("https://nothing.invalid/")).reason == FailureReason.UNREACHABLE


async def test_certificates_are_verified_for_the_name_in_the_url(tmp_path):
    authority, stranger = trustme.CA(), trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    trusted = {"ca_file": str(tmp_path / "ca.pem")}
    for issuer, name, reason in (
        (authority, "localhost", None),
        (authority, "other.example", FailureReason.TLS),
        (stranger, "localhost", FailureReason.TLS),
    ):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        issuer.issue_cert(name).configure_cert(context)
        with run_receiver(context=context) as receiver:
            assert (await send(receiver.url, **trusted)).reason == reason
            assert (
                await WebhookSender().check_endpoint(build_endpoint(receiver.url, **trusted))
                == reason
            )
            assert len(receiver.requests) == (reason is None)
