"""Certificate expiry is read from the certificate that a server uses."""

from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from services.runtime.expiry import read_certificate_expiry
from services.runtime.settings import ServerSettings
from tests.support.engines import MiddleCrop
from tests.support.system import QUICK, start_stage
from tools.certs import CertificateFiles

NOW = datetime.now(UTC).replace(microsecond=0)


def write_certificate(folder, *, days: int) -> CertificateFiles:
    """Writes a certificate of last month that expires some days from now."""
    dates = {"not_before": NOW - timedelta(days=30), "not_after": NOW + timedelta(days=days)}
    return CertificateFiles(folder, dates=dates)


@pytest.mark.parametrize("days", [3, 300])
def test_the_expiry_is_that_of_the_certificate(tmp_path, days):
    files = write_certificate(tmp_path, days=days)
    assert (
        read_certificate_expiry(files.cert, files.key) == (NOW + timedelta(days=days)).timestamp()
    )


def test_the_expiry_of_an_invalid_certificate_is_0(tmp_path):
    files = write_certificate(tmp_path, days=-1)
    assert read_certificate_expiry(files.cert, files.key) == 0


def test_a_server_reports_when_its_certificate_expires(tmp_path):
    files = write_certificate(tmp_path, days=3)
    running = start_stage("segmentation", MiddleCrop(), **files.tls_settings())
    running.stop(ServerSettings(**QUICK))
    reported = REGISTRY.get_sample_value(
        "cyclorama_certificate_expiry_timestamp_seconds", {"file": files.cert}
    )
    assert reported == (NOW + timedelta(days=3)).timestamp()
