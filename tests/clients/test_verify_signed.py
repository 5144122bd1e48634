"""The command `verify` checks the signature of an ad together with its pixels."""

import json

import pytest

from tests.support.signing import shared_signer
from tests.support.system import serve_system_in_thread


@pytest.fixture(scope="module")
def running():
    own = shared_signer()
    files = {"CERT": own.cert, "KEY": own.key, "TRUST": own.folder / "ca.pem"}
    with pytest.MonkeyPatch.context() as patch:
        for name, path in files.items():
            patch.setenv(f"CYCLORAMA_FINISHING_CREDENTIALS_{name}", str(path))
        with serve_system_in_thread() as running:
            yield running


def test_verify_names_the_signer_and_exits_with_1_when_the_file_was_changed(
    command, photo, tmp_path
):
    ad = tmp_path / "ad.jpg"
    assert command("create", photo, "--prompt", "x", "--size", "256x256", "-o", ad)[0] == 0
    status, out, _ = command("verify", ad)
    assert status == 0 and "signed by Cyclorama trial, who is trusted" in out
    data = bytearray(ad.read_bytes())
    # In the signed claim, so that no pixel changes.
    data[data.index(b"cyclorama.lock")] ^= 1
    ad.write_bytes(data)
    status, out, _ = command("verify", ad)
    assert status == 1 and "its Content Credentials are invalid (" in out
    _, out, _ = command("verify", ad, "--json")
    # After the log of the services, which run in this process.
    found = json.loads(out[out.index("{\n") :])
    assert found["locked"] and found["pixels_unchanged"]
    assert found["credentials"]["state"] == "invalid" and found["credentials"]["problems"]
    assert found["credentials"]["signed_at"] is None
