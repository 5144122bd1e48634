"""TLS between real servers and clients, with certificates replaced while they run."""

import socket
import ssl
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
import trustme

from cyclorama import AsyncClient, Client, CycloramaError
from cyclorama.credentials import ClientCredentials
from cyclorama.v1 import segmentation_pb2
from cyclorama.v1.segmentation_pb2_grpc import SegmentationServiceStub
from gateway.channels import StageChannels
from gateway.settings import GatewaySettings
from services.imaging.images import encode_image
from services.runtime.addresses import is_local_address
from services.runtime.formats import PNG
from services.runtime.healthcheck import is_serving, read_server_identity
from services.runtime.settings import ServerSettings
from services.runtime.tls import TlsIdentity
from tests.support.callers import write_callers
from tests.support.engines import MiddleCrop
from tests.support.pictures import draw_product
from tests.support.system import QUICK, STAGES, System, serve_system_in_thread, start_stage
from tests.support.waiting import wait_until
from tools.certs import CertificateFiles

PHOTO = encode_image(draw_product()[0], PNG).data
SMALL = {"size": (256, 256), "seed": 1}
LIST = segmentation_pb2.SegmentationServiceListEnginesRequest()


@dataclass
class SecuredSystem:
    """Six services with TLS: the gateway requires a token, the stages a client certificate."""

    running: System
    outside: CertificateFiles
    inside: CertificateFiles
    tokens: dict[str, str]

    def client(self, ca: str | None = None, **how) -> Client:
        """Returns a client of the gateway with the token of the shop."""
        credentials = {"ca": ca or self.outside.ca, "token": self.tokens["shop"], "timeout": 20}
        return Client(self.running.address, max_retries=0, **credentials | how)

    def restart(self, stage: str) -> None:
        """Restarts a stage on the same port."""
        self.running.stop_stage(stage)
        settings = self.inside.tls_settings(client_ca=True)
        self.running.stages[stage] = start_stage(stage, MiddleCrop(), self.stage(stage), **settings)

    def stage(self, stage: str) -> str:
        """Returns the address of a stage."""
        return f"127.0.0.1:{self.running.stages[stage].port}"


@pytest.fixture(scope="module")
def secured(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    outside, inside = CertificateFiles(folder / "outside"), CertificateFiles(folder / "inside")
    tokens = write_callers(folder / "callers.toml")
    how = outside.tls_settings() | {
        "callers": str(folder / "callers.toml"),
        "stage_tls_ca": inside.ca,
        "stage_tls_cert": inside.cert,
        "stage_tls_key": inside.key,
    }
    with serve_system_in_thread(
        stage_settings=inside.tls_settings(client_ca=True), **how
    ) as running:
        yield SecuredSystem(running, outside, inside, tokens)


def read_serial(address: str, ca: str, *, own: CertificateFiles | None = None) -> str:
    """Returns the serial number of the certificate that a new connection receives."""
    context = ssl.create_default_context(cafile=ca)
    context.set_alpn_protocols(["h2"])
    if own:
        context.load_cert_chain(own.cert, own.key)
    host, _, port = address.partition(":")
    with (
        socket.create_connection((host, int(port)), 5) as plain,
        context.wrap_socket(plain, server_hostname=host) as secured,
    ):
        return secured.getpeercert()["serialNumber"]


def list_engines(address: str, identity: TlsIdentity):
    """Lists the engines of a segmentation service over a new connection."""
    access = ClientCredentials(identity.ca or None, identity.cert or None, identity.key or None)
    with access.open_channel(address) as channel:
        return SegmentationServiceStub(channel).ListEngines(LIST, timeout=5)


def assert_unavailable(call, *args) -> None:
    """Fails unless a call raises UNAVAILABLE."""
    with pytest.raises((grpc.RpcError, CycloramaError)) as caught:
        call(*args)
    code = caught.value.code
    assert (code() if callable(code) else code) is grpc.StatusCode.UNAVAILABLE


def test_an_ad_is_created_over_tls_end_to_end(secured):
    with secured.client() as client:
        assert client.create_ad(PHOTO, "a table", **SMALL).width == 256
        assert all(engine.ready for engine in client.engines())


async def test_the_asyncio_client_supports_tls(secured):
    how = {"ca": secured.outside.ca, "token": secured.tokens["shop"]}
    async with AsyncClient(secured.running.address, max_retries=0, **how) as client:
        assert (await client.create_ad(PHOTO, "a table", **SMALL)).width == 256


def test_a_client_that_does_not_trust_the_server_cannot_connect(secured, tmp_path):
    stranger = CertificateFiles(tmp_path)
    refused = pytest.raises(
        CycloramaError, match=r"the certificate of the server at .* is not trusted; pass ca="
    )
    with secured.client(ca=stranger.ca) as client, refused:
        client.engines()
    with Client(secured.running.address, timeout=5, max_retries=0) as client:
        assert_unavailable(client.engines)


def test_tls_does_not_replace_a_token(secured):
    with secured.client(token=None) as client, pytest.raises(CycloramaError) as caught:
        client.engines()
    assert caught.value.code is grpc.StatusCode.UNAUTHENTICATED and caught.value.caller_can_fix


def test_stages_accept_only_clients_with_certificates_of_their_authority(secured, tmp_path):
    address, inside = secured.stage("segmentation"), secured.inside
    stranger = CertificateFiles(tmp_path)
    assert list_engines(address, TlsIdentity(inside.cert, inside.key, inside.ca)).engines
    assert_unavailable(list_engines, address, TlsIdentity(ca=inside.ca))
    assert_unavailable(list_engines, address, TlsIdentity(stranger.cert, stranger.key, inside.ca))
    assert_unavailable(list_engines, address, TlsIdentity())


def test_new_connections_receive_a_renewed_certificate(secured):
    address, outside = secured.running.address, secured.outside
    before = read_serial(address, outside.ca)
    with secured.client() as client:
        client.engines()
        outside.renew()
        client.engines()
    after = read_serial(address, outside.ca)
    assert after != before
    key = Path(outside.key).read_bytes()
    # In the middle of a replacement: a key of another certificate.
    Path(outside.key).write_bytes(trustme.CA().issue_cert("x").private_key_pem.bytes())
    assert read_serial(address, outside.ca) == after
    Path(outside.key).write_bytes(key)
    assert read_serial(address, outside.ca) == after


def test_gateway_and_stages_reload_the_certificates_of_another_authority(secured):
    old = CertificateFiles(secured.inside.folder / "old", authority=secured.inside.authority)
    with secured.client() as client:
        assert all(engine.ready for engine in client.engines())
        secured.inside.renew(trustme.CA())
        wait_until(lambda: all(engine.ready for engine in client.engines()), "new connections")
        # An open connection stays usable, so this forces a new one.
        secured.restart("segmentation")
        wait_until(lambda: all(engine.ready for engine in client.engines()), "the stage's return")
        client.create_ad(PHOTO, "a table", **SMALL | {"seed": 2})
    for stage in STAGES:
        address, inside = secured.stage(stage), secured.inside
        assert read_serial(address, inside.ca, own=inside)
        assert_unavailable(list_engines, address, TlsIdentity(old.cert, old.key, inside.ca))


@pytest.mark.parametrize("client_ca", [False, True])
def test_the_healthcheck_uses_tls_regardless_of_the_names_in_the_certificate(
    tmp_path, client_ca, monkeypatch
):
    files = CertificateFiles(tmp_path / "own", names=("segmentation.shop.internal",))
    running = start_stage("segmentation", MiddleCrop(), **files.tls_settings(client_ca=client_ca))
    address = f"127.0.0.1:{running.port}"
    for name, path in files.tls_settings().items():
        monkeypatch.setenv(f"CYCLORAMA_SEGMENTATION_{name.upper()}", path)
    identity = read_server_identity("segmentation")
    assert identity == (files.cert, files.key)
    assert is_serving(address, identity=identity)
    assert not is_serving(address)
    other = CertificateFiles(tmp_path / "other")
    assert not is_serving(address, identity=TlsIdentity(other.cert, other.key))
    running.stop(ServerSettings(**QUICK))
    assert not is_serving(address, identity=identity)


def test_the_healthcheck_uses_plaintext_without_a_certificate():
    assert read_server_identity("gateway") is None


@pytest.mark.parametrize(
    ("address", "is_local"),
    [
        ("127.0.0.1:50050", True),
        ("127.1.2.3:50050", True),
        ("[::1]:50050", True),
        ("localhost:50050", True),
        ("LOCALHOST:50050", True),
        ("unix:/run/socket", True),
        ("ipv4:127.0.0.1:1,127.0.0.1:2", True),
        ("ipv4:///127.0.0.1:1,127.0.0.1:2", True),
        ("dns:///localhost:50051", True),
        ("ipv4:127.0.0.1:1,10.0.0.2:2", False),
        ("dns:///stages.internal:50051", False),
        ("segmentation:50051", False),
        ("0.0.0.0:50050", False),
        ("[::]:50050", False),
        ("localhost.evil.example:1", False),
        ("", False),
    ],
)
def test_loopback_and_unix_sockets_are_local(address, is_local):
    assert is_local_address(address) is is_local
    if is_local:
        ClientCredentials(token="x").open_channel(address).close()
    else:
        with pytest.raises(ValueError, match="plain text"):
            ClientCredentials(token="x").open_channel(address)


def test_plaintext_beyond_loopback_needs_a_setting():
    with pytest.raises(SystemExit, match="CYCLORAMA_ALLOW_PLAINTEXT"):
        start_stage("segmentation", MiddleCrop(), "0.0.0.0:0")
    settings = ServerSettings(**QUICK)
    start_stage("segmentation", MiddleCrop(), "0.0.0.0:0", allow_plaintext=True).stop(settings)


async def test_plaintext_to_remote_stages_needs_a_setting():
    far = GatewaySettings(segmentation_address="segmentation:50051")
    with pytest.raises(SystemExit, match="segmentation: on other machines"):
        StageChannels(far)
    StageChannels(far.model_copy(update={"allow_plaintext": True}))


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"tls_key": ""}, "a certificate and a key go together"),
        ({"tls_cert": "missing.pem"}, "No such file"),
        ({"tls_key": "other"}, "key values mismatch"),
        ({"tls_cert": "text"}, "cannot be used for TLS"),
        ({"tls_cert": "", "tls_key": "", "tls_client_ca": "ca"}, "without CYCLORAMA_TLS_CERT"),
    ],
)
def test_unusable_files_end_the_process_with_the_reason(tmp_path, wrong, reason):
    files, other = CertificateFiles(tmp_path / "own"), CertificateFiles(tmp_path / "other")
    text = tmp_path / "text"
    text.write_text("no PEM")
    known = {"other": other.key, "text": str(text), "ca": files.ca}
    wrong = {name: known.get(value, value) for name, value in wrong.items()}
    with pytest.raises(SystemExit, match=reason):
        start_stage("segmentation", MiddleCrop(), **files.tls_settings() | wrong)
