from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from services.runtime.expiry import valid_until
from services.runtime.settings import ServerSettings
from tests.support.engines import Crop
from tests.support.system import QUICK, start_stage
from tools.certs import CertificateFiles

NOW = datetime.now(UTC).replace(microsecond=0)


def valid(folder, *, days: int) -> CertificateFiles:
    """A certificate of last month that ends some days from now."""
    dates = {"not_before": NOW - timedelta(days=30), "not_after": NOW + timedelta(days=days)}
    return CertificateFiles(folder, dates=dates)


@pytest.mark.parametrize("days", [3, 300])
def test_the_end_is_the_certificates_own(tmp_path, days):
    files = valid(tmp_path, days=days)
    assert valid_until(files.cert, files.key) == (NOW + timedelta(days=days)).timestamp()


def test_one_that_has_ended_does_not_hold(tmp_path):
    files = valid(tmp_path, days=-1)
    assert valid_until(files.cert, files.key) == 0


def test_a_server_shows_when_its_certificate_ends(tmp_path):
    files = valid(tmp_path, days=3)
    running = start_stage("segmentation", Crop(), **files.tls())
    running.stop(ServerSettings(**QUICK))
    shown = REGISTRY.get_sample_value(
        "cyclorama_certificate_expiry_timestamp_seconds", {"file": files.cert}
    )
    assert shown == (NOW + timedelta(days=3)).timestamp()
