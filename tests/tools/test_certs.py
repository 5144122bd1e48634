"""Certificates of `make certs` work for services and callers."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import grpc
import pytest
from cryptography import x509

from cyclorama.v1 import segmentation_pb2
from cyclorama.v1.segmentation_pb2_grpc import SegmentationServiceStub
from services.finishing.engines import FinishingSettings
from services.finishing.signing_check import diagnose_signing
from services.runtime.settings import ServerSettings
from services.runtime.tls import TlsIdentity, channel_credentials
from tests.support.engines import MiddleCrop
from tests.support.system import QUICK, start_stage
from tools import ROOT, certs

LIST = segmentation_pb2.SegmentationServiceListEnginesRequest()
STAGE_FIELDS = {"tls_cert", "tls_key", "tls_client_ca"}


def test_certificates_match_and_are_renewed_by_the_same_authority(tmp_path):
    command = [sys.executable, "-m", "tools.certs", tmp_path, "ads.example.com"]
    for _ in range(2):
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        variables = dict(line.split("=") for line in (tmp_path / "up.env").read_text().splitlines())
        gateway = TlsIdentity(
            *(variables[f"CYCLORAMA_GATEWAY_TLS_{each}"] for each in ("CERT", "KEY"))
        )
        assert not TlsIdentity(
            gateway.cert, gateway.key, variables["CYCLORAMA_GATEWAY_STAGE_TLS_CA"]
        ).unusable_reason()
        # The page's, which reads the settings of clients.
        assert Path(variables["CYCLORAMA_CA"]).read_text() == (tmp_path / "ca.pem").read_text()
        prefix = "CYCLORAMA_SEGMENTATION_"
        settings = {
            name.removeprefix(prefix).lower(): path
            for name, path in variables.items()
            if name.startswith(prefix)
        }
        assert settings.keys() == STAGE_FIELDS <= set(ServerSettings.model_fields)
        running = start_stage("segmentation", MiddleCrop(), **settings)
        trusting = TlsIdentity(gateway.cert, gateway.key, tmp_path / "ca.pem")
        address, credentials = f"127.0.0.1:{running.port}", channel_credentials(trusting)
        with grpc.secure_channel(address, credentials) as channel:
            assert SegmentationServiceStub(channel).ListEngines(LIST, timeout=5).engines
        running.stop(ServerSettings(**QUICK))


def test_only_containers_can_read_the_keys_of_services(tmp_path):
    subprocess.run(
        [sys.executable, "-m", "tools.certs", tmp_path],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    # Containers run as another user; only the folder of their service is mounted.
    modes = {
        "ca-key.pem": 0o600,
        ".": 0o700,
        "gateway": 0o755,
        "gateway/key.pem": 0o644,
        "page": 0o755,
        "page/ca.pem": 0o644,
    }
    assert {name: (tmp_path / name).stat().st_mode & 0o777 for name in modes} == modes


def test_certificates_cover_the_names_of_containers_and_of_kubernetes(tmp_path):
    command = [sys.executable, "-m", "tools.certs", tmp_path, "ads.example.com"]
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    for service in ("segmentation", "finishing", "gateway"):
        data = (tmp_path / service / "cert.pem").read_bytes()
        extensions = x509.load_pem_x509_certificate(data).extensions
        names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        covered = set(names.get_values_for_type(x509.DNSName))
        host = f"cyclorama-{service}"
        assert {"localhost", service, host, f"{host}.cyclorama.svc"} <= covered
        assert ("ads.example.com" in covered) == (service == "gateway")


def create(monkeypatch, folder: Path, *names: str) -> x509.Certificate:
    """Runs the command in this process and returns the gateway's certificate."""
    monkeypatch.setattr(sys, "argv", ["certs", str(folder), *names])
    certs.main()
    return x509.load_pem_x509_certificate((folder / "gateway" / "cert.pem").read_bytes())


def test_certificates_last_a_year_and_their_ca_ten(monkeypatch, tmp_path):
    issued = create(monkeypatch, tmp_path)
    ca = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    now = datetime.now(UTC)
    for cert, days in ((issued, 365), (ca, 3652)):
        assert timedelta(0) < now - cert.not_valid_before_utc < timedelta(hours=2)
        assert abs(cert.not_valid_after_utc - now - timedelta(days=days)) < timedelta(minutes=5)


def test_a_certificate_does_not_outlast_its_ca(monkeypatch, tmp_path):
    monkeypatch.setattr(certs, "CA_LIFETIME", timedelta(days=30))
    issued = create(monkeypatch, tmp_path)
    ca = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    assert issued.not_valid_after_utc == ca.not_valid_after_utc


def test_an_expired_ca_is_an_error_that_says_what_to_do(monkeypatch):
    monkeypatch.setattr(certs, "CA_LIFETIME", timedelta(0))
    with pytest.raises(SystemExit, match=r"expired; delete its ca\.pem"):
        certs.choose_dates(certs.create_ca())


def test_certificates_keep_the_names_of_earlier_ones(monkeypatch, tmp_path):
    create(monkeypatch, tmp_path, "ads.example.com", "192.0.2.1")
    create(monkeypatch, tmp_path, "shop.example.com")
    names = certs.read_host_names(tmp_path / "gateway" / "cert.pem")
    assert {"ads.example.com", "192.0.2.1", "shop.example.com", "localhost"} <= set(names)
    create(monkeypatch, tmp_path)
    assert sorted(certs.read_host_names(tmp_path / "gateway" / "cert.pem")) == sorted(names)


@pytest.mark.parametrize("name", ["bad_name!/..", "a b", "me@example.com", "10.0.0.0/8", ""])
def test_a_name_that_no_certificate_can_have_ends_with_a_sentence(monkeypatch, tmp_path, name):
    with pytest.raises(SystemExit, match="not a host name or IP address"):
        create(monkeypatch, tmp_path / "certs", name)
    assert not (tmp_path / "certs").exists()


def test_only_services_of_make_up_are_in_its_settings(monkeypatch, tmp_path):
    """A setting of finishing, which compositing serves, would have no effect."""
    create(monkeypatch, tmp_path)
    text = (tmp_path / "up.env").read_text()
    assert "_COMPOSITING_TLS_CERT=" in text and "_FINISHING_" not in text
    assert (tmp_path / "finishing" / "cert.pem").exists()


def test_the_certificate_that_signs_ads_can_sign_with_the_settings_that_come_with_it(
    monkeypatch, tmp_path
):
    create(monkeypatch, tmp_path)
    lines = (tmp_path / "credentials.env").read_text().splitlines()
    for name, path in (line.split("=") for line in lines):
        monkeypatch.setenv(name, path)
    settings = FinishingSettings.from_environment()
    checked = diagnose_signing(settings)
    assert checked["state"] == "ok" and checked["found"].startswith("Cyclorama trial signs ads")
    assert settings.credentials_trust.read_text() == (tmp_path / "ca.pem").read_text()
