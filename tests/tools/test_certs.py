"""Certificates of `make certs` work for services and callers."""

import subprocess
import sys

import grpc

from cyclorama.v1 import segmentation_pb2
from cyclorama.v1.segmentation_pb2_grpc import SegmentationServiceStub
from services.runtime.settings import ServerSettings
from services.runtime.tls import TlsIdentity, channel_credentials
from tests.support.engines import MiddleCrop
from tests.support.system import QUICK, start_stage
from tools import ROOT

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
    }
    assert {name: (tmp_path / name).stat().st_mode & 0o777 for name in modes} == modes
