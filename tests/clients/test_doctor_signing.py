"""The command `doctor` tries the certificate that signs ads, and says when it ends."""

import os

import pytest

from cyclorama.cli.doctor import check_signing
from services.finishing.signing_check import diagnose_signing
from tests.support.signing import create_signer_folder, shared_signer

NAMES = "CYCLORAMA_FINISHING_CREDENTIALS"


def find_diagnosis(own, **more):
    files = {"CERT": own.cert, "KEY": own.key} | more
    settings = {f"CYCLORAMA_FINISHING_CREDENTIALS_{name}": str(x) for name, x in files.items()}
    (diagnosis,) = check_signing({**os.environ, **settings})
    return diagnosis


def test_a_certificate_that_signs_is_named_with_its_end():
    found = find_diagnosis(shared_signer())
    assert (found.name, found.state) == ("signing", "ok")
    assert found.found.startswith("Cyclorama trial signs ads, with a certificate until 20")


def test_a_machine_that_signs_nothing_is_not_checked(tmp_path):
    assert check_signing(dict(os.environ), tmp_path) == []


def test_the_certificate_of_make_certs_is_tried_in_another_shell(tmp_path):
    own, folder = shared_signer(), tmp_path / "certs"
    folder.mkdir()
    lines = f"CYCLORAMA_FINISHING_CREDENTIALS_CERT={own.cert}\n"
    lines += f"CYCLORAMA_FINISHING_CREDENTIALS_KEY={own.key}\n"
    (folder / "credentials.env").write_text(lines)
    (found,) = check_signing(dict(os.environ), tmp_path)
    assert (found.name, found.state) == ("signing with certs/credentials.env", "ok")
    # Settings of the shell take precedence.
    (found,) = check_signing({**os.environ, f"{NAMES}_KEY": str(own.key)}, tmp_path)
    assert (found.name, found.state) == ("signing", "warning")
    assert "set CYCLORAMA_FINISHING_CREDENTIALS_CERT too" in found.found
    (found,) = check_signing({**os.environ, f"{NAMES}_TRUST": str(own.key)}, tmp_path)
    assert found.state == "warning" and "trust list" in found.found


def test_an_invalid_setting_is_named():
    found = find_diagnosis(shared_signer(), KEY="/nowhere/key.pem")
    assert found.state == "warning" and "CREDENTIALS_KEY" in found.advice


@pytest.mark.parametrize(
    ("options", "more", "found", "advice"),
    [
        ({"days": 9}, {}, "a certificate until", "renew the certificate"),
        ({"days": -0.5}, {}, "certificate expired on", "until then ads are refused"),
        (
            {"days": -0.5},
            {"credentials_failure": "deliver"},
            "expired on",
            "ads are delivered unsigned",
        ),
        (
            {},
            {"credentials_signer_url": "http://127.0.0.1:1/"},
            "signer of Content Credentials does not answer",
            "see docs/content-credentials.md",
        ),
    ],
)
def test_what_keeps_ads_from_being_signed_is_named(tmp_path, options, more, found, advice):
    checked = diagnose_signing(create_signer_folder(tmp_path, **options).settings(**more))
    assert checked["state"] == "warning"
    assert found in checked["found"] and advice in checked["advice"]
