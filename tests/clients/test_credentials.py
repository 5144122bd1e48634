"""Channels of the client: TLS, certificates, tokens and the caller's own channel."""

from pathlib import Path

import grpc
import pytest

from cyclorama import AsyncClient, Client, CycloramaError
from cyclorama.credentials import ClientCredentials
from cyclorama.v1.ads_pb2 import AdServiceListEnginesResponse
from tests.clients.scripted import serve_gateway
from tools.certs import CertificateFiles

LISTED = AdServiceListEnginesResponse(version="7")


def list_engines(request, context):
    return LISTED


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    return CertificateFiles(tmp_path_factory.mktemp("certificates"))


def read_server_credentials(certificates: CertificateFiles, *, require_client: bool = False):
    """Reads TLS credentials of a server; require_client: it demands a certificate of its CA."""
    key, cert, ca = (
        Path(path).read_bytes() for path in (certificates.key, certificates.cert, certificates.ca)
    )
    return grpc.ssl_server_credentials(
        [(key, cert)],
        root_certificates=ca if require_client else None,
        require_client_auth=require_client,
    )


def test_a_token_is_sent_as_a_bearer_token_with_every_call():
    with serve_gateway(ListEngines=list_engines) as gateway:
        with Client(gateway.address, token="secret") as client:
            client.version()
            client.engines()
        assert [each["authorization"] for each in gateway.metadata] == ["Bearer secret"] * 2


async def test_the_async_client_sends_its_token_too():
    with serve_gateway(ListEngines=list_engines) as gateway:
        async with AsyncClient(gateway.address, token="secret") as client:
            await client.version()
        assert gateway.metadata[0]["authorization"] == "Bearer secret"


def test_without_a_token_no_authorization_is_sent():
    with serve_gateway(ListEngines=list_engines) as gateway:
        with Client(gateway.address) as client:
            client.version()
        assert "authorization" not in gateway.metadata[0]


def test_a_token_is_not_shown_by_repr():
    assert "secret" not in repr(ClientCredentials(token="secret"))


@pytest.mark.parametrize("address", ["gateway:50050", "10.0.0.1:50050", "dns:///a.example:1"])
def test_a_token_is_refused_in_plain_text_over_a_network(address):
    with pytest.raises(ValueError, match=f"may not go to {address} in plain text"):
        Client(address, token="secret")


@pytest.mark.parametrize(
    "address", ["unix:/tmp/socket", "unix-abstract:name", "[::1]:1", "127.8.9.1:1", "localhost:1"]
)
def test_a_token_may_stay_on_this_machine_in_plain_text(address):
    Client(address, token="secret").close()


def test_a_server_with_a_trusted_certificate_is_called_over_tls(certificates):
    with serve_gateway(read_server_credentials(certificates), ListEngines=list_engines) as gateway:
        with Client(gateway.address, ca=certificates.ca, token="secret") as client:
            assert client.version() == "7"
        assert gateway.metadata[0]["authorization"] == "Bearer secret"


def test_a_server_with_another_certificate_is_not_trusted(certificates, tmp_path):
    other = CertificateFiles(tmp_path)
    with (
        serve_gateway(read_server_credentials(certificates), ListEngines=list_engines) as gateway,
        Client(gateway.address, ca=other.ca, timeout=5, max_retries=0) as client,
        pytest.raises(CycloramaError) as caught,
    ):
        client.version()
    assert caught.value.code is grpc.StatusCode.UNAVAILABLE
    assert caught.value.text == (
        f"the certificate of the server at {gateway.address} is not trusted; pass ca=... with the "
        "file of the authority that signed it"
    )


def test_a_server_with_tls_is_not_reached_in_plain_text(certificates):
    with (
        serve_gateway(read_server_credentials(certificates), ListEngines=list_engines) as gateway,
        Client(gateway.address, timeout=5, max_retries=0) as client,
        pytest.raises(CycloramaError, match=r"does it speak TLS \(then pass ca=...\)\?"),
    ):
        client.version()


def test_an_unknown_host_is_named():
    with (
        Client("nowhere.invalid:50050", timeout=5, max_retries=0) as client,
        pytest.raises(CycloramaError, match=r"no host of the name in nowhere\.invalid:50050"),
    ):
        client.version()


def test_public_authorities_do_not_trust_a_private_certificate(certificates):
    with (
        serve_gateway(read_server_credentials(certificates), ListEngines=list_engines) as gateway,
        Client(gateway.address, ca="public", timeout=5, max_retries=0) as client,
        pytest.raises(CycloramaError, match="is not trusted; pass ca="),
    ):
        client.version()


def test_a_server_that_requires_a_certificate_accepts_the_clients(certificates):
    tls = read_server_credentials(certificates, require_client=True)
    own = {"ca": certificates.ca, "cert": certificates.cert, "key": certificates.key}
    with serve_gateway(tls, ListEngines=list_engines) as gateway:
        with Client(gateway.address, **own) as client:
            assert client.version() == "7"
        with (
            Client(gateway.address, ca=certificates.ca, timeout=5) as client,
            pytest.raises(CycloramaError) as caught,
        ):
            client.version()
    assert caught.value.code is grpc.StatusCode.UNAVAILABLE


@pytest.mark.parametrize("half", ["cert", "key"])
def test_a_certificate_and_its_key_are_both_required(certificates, half):
    own = {half: getattr(certificates, half), "ca": certificates.ca}
    with pytest.raises(ValueError, match="give cert and key"):
        Client("127.0.0.1:1", **own)


def test_a_missing_certificate_file_is_an_os_error(tmp_path):
    with pytest.raises(OSError, match=r"missing\.pem"):
        Client("127.0.0.1:1", ca=tmp_path / "missing.pem")


def test_the_callers_own_channel_is_used_as_it_is():
    with serve_gateway(ListEngines=list_engines) as gateway:
        channel = grpc.insecure_channel(gateway.address)
        # Neither the address nor the missing file is looked at.
        with Client("nowhere:1", channel=channel, ca="missing.pem") as client:
            assert client.version() == "7"


def test_a_server_in_plain_text_is_not_reached_over_tls(certificates):
    with (
        serve_gateway(ListEngines=list_engines) as gateway,
        Client(gateway.address, ca=certificates.ca, timeout=5, max_retries=0) as client,
        pytest.raises(CycloramaError, match="does not speak TLS; leave out ca, cert and key"),
    ):
        client.version()
