"""A command that reaches no server says so when only one side speaks TLS."""

import socket
import sys
import threading

import pytest

from cyclorama.cli.app import run_command_line
from cyclorama.cli.probe import explain_unreachable
from tests.clients.scripted import serve_gateway
from tests.clients.test_credentials import LISTED, read_server_credentials
from tools.certs import CertificateFiles

SPEAKS, SILENT = "speaks TLS; set CYCLORAMA_CA", "does not speak TLS; start it with a certificate"


def list_engines(request, context):
    return LISTED


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return CertificateFiles(tmp_path_factory.mktemp("certificates"))


@pytest.fixture(params=["TLS", "mutual TLS"])
def encrypted(request, certificates):
    """A gateway that speaks TLS, also to clients of which it requires a certificate."""
    mutual = request.param == "mutual TLS"
    tls = read_server_credentials(certificates, require_client=mutual)
    with serve_gateway(tls, ListEngines=list_engines) as gateway:
        yield gateway


@pytest.fixture
def plain():
    with serve_gateway(ListEngines=list_engines) as gateway:
        yield gateway


def run(monkeypatch, capsys, *words: str) -> tuple[str, str]:
    """Runs a command that fails with status 1; returns what it prints, without line breaks."""
    monkeypatch.setattr(sys, "argv", ["cyclorama", *words])
    with pytest.raises(SystemExit) as caught:
        run_command_line()
    assert caught.value.code == 1
    return tuple(" ".join(text.split()) for text in capsys.readouterr())


def test_a_command_names_the_server_that_speaks_tls(encrypted, monkeypatch, capsys):
    _, err = run(monkeypatch, capsys, "engines", "--gateway", encrypted.address)
    assert err.startswith(f"cyclorama: UNAVAILABLE: the server at {encrypted.address} {SPEAKS}")


def test_a_command_with_tls_names_the_server_without(plain, certificates, monkeypatch, capsys):
    words = ("--ca", certificates.ca, "engines", "--gateway", plain.address)
    _, err = run(monkeypatch, capsys, *words)
    assert err.startswith(f"cyclorama: UNAVAILABLE: the server at {plain.address} {SILENT}")


def test_doctor_does_not_advise_to_start_a_server_that_speaks_tls(encrypted, monkeypatch, capsys):
    out, _ = run(monkeypatch, capsys, "doctor", "--json", "--gateway", encrypted.address)
    assert SPEAKS in out and "make up" not in out


def test_a_server_with_a_certificate_that_is_not_trusted_is_not_taken_for_one_without(encrypted):
    assert explain_unreachable(encrypted.address, uses_tls=True) == ""


@pytest.mark.parametrize("uses_tls", [False, True])
def test_a_server_that_answers_nothing_is_not_explained(uses_tls, monkeypatch):
    monkeypatch.setattr("cyclorama.cli.probe.PROBE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert explain_unreachable(f"127.0.0.1:{port}", uses_tls=uses_tls) == ""
    # The port is closed now.
    assert explain_unreachable(f"127.0.0.1:{port}", uses_tls=uses_tls) == ""


@pytest.mark.parametrize("address", ["unix:/nowhere", "localhost", "localhost:99999", "a,b:1", ""])
def test_addresses_that_cannot_be_tried_are_not_explained(address):
    assert explain_unreachable(address, uses_tls=False) == ""


@pytest.mark.parametrize("prefix", ["dns:///", "ipv4:", ""])
def test_addresses_with_a_scheme_of_grpc_are_tried(encrypted, prefix):
    assert SPEAKS in explain_unreachable(f"{prefix}{encrypted.address}", uses_tls=False)


def test_a_server_of_another_protocol_is_not_explained():
    """Such as SSH, which speaks first."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer():
            for _ in range(2):
                connection, _ = server.accept()
                connection.sendall(b"SSH-2.0-double\r\n")
                connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        address = f"127.0.0.1:{server.getsockname()[1]}"
        assert [explain_unreachable(address, uses_tls=each) for each in (False, True)] == ["", ""]
        thread.join()
