"""The programs of docs/content-credentials.md run on signed ads, without code of ours."""

import os
import re
import subprocess
import sys
from contextlib import contextmanager

import pytest

from cyclorama import Client
from services.imaging.images import encode_image
from services.runtime.formats import JPEG
from tests.credentials.test_hostile import build_remote_file, run_listener
from tests.support.pictures import draw_product
from tests.support.signing import TOKEN, shared_signer
from tests.support.system import serve_system_in_thread
from tools import ROOT

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "content-credentials.md").read_text()
PROGRAMS = dict(re.findall(r"```python\n# (\w+\.py)\n(.*?)```", PAGE, re.DOTALL))
FORMATS = ("png", "jpeg", "webp", "avif", "tiff")
PHOTO = encode_image(draw_product(320, 256)[0], JPEG).data


@contextmanager
def serve_signed(**more):
    """Serves all stages, which sign ads. more: settings of finishing."""
    own = shared_signer()
    names = {"CERT": own.cert, "TRUST": own.folder / "ca.pem"} | more
    with pytest.MonkeyPatch.context() as patch:
        for name, value in names.items():
            patch.setenv(f"CYCLORAMA_FINISHING_CREDENTIALS_{name}", str(value))
        with serve_system_in_thread() as running, Client(running.address) as client:
            yield client


def run_alone(folder, *words) -> subprocess.CompletedProcess:
    """Runs a program in a folder without our packages."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    command = [sys.executable, "-P", "-W", "error", *map(str, words)]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


def check_ad(folder, name) -> subprocess.CompletedProcess:
    (folder / "check_ad.py").write_text(PROGRAMS["check_ad.py"])
    trust = shared_signer().folder / "ca.pem"
    return run_alone(folder, "check_ad.py", name, "ad.json", trust)


@pytest.mark.parametrize("name", FORMATS)
def test_the_library_alone_accepts_every_format_and_finds_a_flipped_bit(tmp_path, name):
    with serve_signed(KEY=shared_signer().key) as client:
        ad = client.create_ad(PHOTO, "a table", size=(256, 320), seed=1, format=name)
    file = tmp_path / f"ad.{name}"
    file.write_bytes(ad.data)
    (tmp_path / "ad.json").write_text(ad.manifest_json)
    checked = check_ad(tmp_path, file.name)
    assert checked.returncode == 0, checked.stderr
    assert checked.stdout.endswith("Trusted certificate matches\n")
    assert "compositing c2pa.placed opencv" in checked.stdout
    changed = bytearray(ad.data)
    changed[len(changed) // 2] ^= 1
    file.write_bytes(changed)
    checked = check_ad(tmp_path, file.name)
    assert checked.returncode == 1 and not checked.stdout.endswith("Trusted certificate matches\n")


def test_the_program_of_the_page_fetches_nothing_that_a_file_names(tmp_path):
    (tmp_path / "ad.json").write_text("{}")
    with run_listener() as (address, paths):
        remote = build_remote_file(f"{address}/manifest.c2pa", embedded=False)
        (tmp_path / "ad.jpg").write_bytes(remote)
        checked = check_ad(tmp_path, "ad.jpg")
    assert checked.returncode == 1 and not paths


def test_a_manifest_of_another_ad_is_found(tmp_path):
    with serve_signed(KEY=shared_signer().key) as client:
        ads = [client.create_ad(PHOTO, "x", size=(256, 256), seed=seed) for seed in (1, 2)]
    (tmp_path / "ad.png").write_bytes(ads[0].data)
    (tmp_path / "ad.json").write_text(
        ads[1].manifest_json.replace('"delta_e_max": 0.0', '"delta_e_max": 0.5')
    )
    checked = check_ad(tmp_path, "ad.png")
    assert checked.returncode == 1 and "Trusted other certificate" in checked.stdout


def test_the_signer_of_the_page_signs_in_its_own_process(tmp_path):
    (tmp_path / "signer.py").write_text(PROGRAMS["signer.py"])
    token = tmp_path / "token"
    token.write_text(TOKEN)
    command = [sys.executable, "-P", "signer.py", "0", str(shared_signer().key), str(token)]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as signer:
        try:
            url = f"http://127.0.0.1:{signer.stdout.readline().strip()}/sign"
            with serve_signed(SIGNER_URL=url, SIGNER_TOKEN=token) as client:
                ad = client.create_ad(PHOTO, "a table", size=(256, 256))
                assert client.verify(ad.data, ad.manifest_json).credentials.state == "trusted"
                signer.kill()
                signer.wait()
                with pytest.raises(Exception, match="does not answer") as caught:
                    client.create_ad(PHOTO, "a table", size=(256, 256), seed=2)
        finally:
            signer.kill()
    assert caught.value.reason == "SIGNER_UNAVAILABLE"
