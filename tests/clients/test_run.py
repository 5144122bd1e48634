"""`cyclorama run` makes ads with nothing running, and leaves nothing running."""

import csv
import os
import signal
import subprocess
import sys
import threading
import time
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from cyclorama.cli.connection import open_client
from cyclorama.cli.local_services import (
    LocalServiceFailed,
    LocalServices,
    assign_addresses,
    reach_gateway,
)
from cyclorama.cli.up import list_commands, share_model
from cyclorama.defaults import GATEWAY
from gateway.settings import GatewaySettings
from services.background.engines import BackgroundSettings
from services.imaging.images import encode_image
from services.inpainting.servicer import STAGE as INPAINTING
from services.runtime.formats import PNG
from services.runtime.stage import find_server_variables
from tests.support.pictures import draw_product
from tests.support.processes import STAGES, is_running
from tests.support.waiting import wait_until
from tools import ROOT

SERVICES = [*STAGES, "gateway"]
MODEL = {"CYCLORAMA_DIFFUSERS_MODEL": "model"}


def test_the_gateway_calls_the_stages_that_were_started_for_it(monkeypatch):
    assigned = assign_addresses(SERVICES)
    for name, value in assigned.items():
        monkeypatch.setenv(name, value)
    settings = GatewaySettings.from_environment()
    for stage in STAGES:
        address = settings.get_stage_address(stage)
        assert address == assigned[f"CYCLORAMA_{stage.upper()}_LISTEN"]
    assert settings.listen == assigned["CYCLORAMA_GATEWAY"]
    assert len({assigned[f"CYCLORAMA_{name.upper()}_LISTEN"] for name in SERVICES}) == 5


def test_without_its_process_inpainting_is_called_where_background_listens(monkeypatch):
    monkeypatch.setenv("CYCLORAMA_INPAINTING_LISTEN", "127.0.0.1:1")
    assigned = assign_addresses([name for name in SERVICES if name != "inpainting"])
    for name, value in assigned.items():
        monkeypatch.setenv(name, value)
    settings = GatewaySettings.from_environment()
    assert settings.get_stage_address("inpainting") == assigned["CYCLORAMA_BACKGROUND_LISTEN"]
    assert BackgroundSettings.from_environment().serve_inpainting
    assert find_server_variables(INPAINTING) == []


def test_one_process_of_up_serves_both_stages_of_a_model(monkeypatch):
    assert list(list_commands({})) == [*STAGES, "gateway", "page"] and share_model({}) == {}
    assert "inpainting" not in list_commands(MODEL)
    for name, value in share_model(MODEL).items():
        monkeypatch.setenv(name, value)
    settings = GatewaySettings.from_environment()
    assert settings.get_stage_address("inpainting") == settings.get_stage_address("background")
    assert BackgroundSettings.from_environment().serve_inpainting


def test_a_service_that_has_ended_is_named_with_its_last_line(tmp_path):
    (tmp_path / "gateway.log").write_text("starting\ncannot listen\n")
    process = subprocess.Popen(["sleep", "60"])
    services = LocalServices("", tmp_path, {"gateway": process})
    services.check()
    process.kill()
    process.wait()
    with pytest.raises(LocalServiceFailed, match="gateway stopped: cannot listen"):
        services.check()


def test_a_gateway_that_runs_is_used(running, monkeypatch):
    monkeypatch.setattr(
        "cyclorama.cli.local_services.open_client",
        lambda address, timeout: open_client(running.address, timeout),
    )
    with reach_gateway(GATEWAY, 5) as (client, is_local):
        assert client.engines() and not is_local


def test_without_services_and_gateway_it_is_said_what_to_install(command, photo, monkeypatch):
    for module in ("local_services", "up"):
        monkeypatch.setattr(f"cyclorama.cli.{module}.has_services", lambda: False)
    monkeypatch.setattr("cyclorama.cli.local_services.GATEWAY", "unix:/nowhere")
    for words in (["run", photo, "x", "--gateway", "unix:/nowhere"], ["up"]):
        status, _, err = command(*words)
        assert status == 2 and "pip install 'cyclorama-services[local]'" in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["{photo}"], "say what the scene should look like"),
        (["{folder}", "x", "--best-of", "2"], "are for one photo"),
        (["{folder}", "x", "-o", "-"], "are for one photo"),
        (["{photo}", "x", "--size", "1x1", "--size", "2x2"], "several sizes need a folder"),
    ],
)
def test_a_request_that_cannot_be_made_starts_nothing(command, photo, words, sentence):
    words = [word.format(photo=photo, folder=photo.parent) for word in words]
    status, _, err = command("run", *words)
    assert status == 2 and sentence in err


def test_run_names_an_ad_by_photo_scene_and_size_in_a_folder_and_replaces_none(
    command, photo, running, tmp_path
):
    folder = tmp_path / "ads"
    words = ["run", photo, "On Sand!", "-o", folder, "--format", "jpeg", "--gateway"]
    for size in ("64x64", "64x64", "128x64"):
        assert command(*words, running.address, "--size", size)[0] == 0
    names = [f"photo_on-sand_{end}" for end in ("128x64", "64x64", "2_64x64")]
    found = {path.name for path in folder.iterdir()}
    assert found == {f"{name}{suffix}" for name in names for suffix in (".jpg", ".json")}


def test_a_page_that_does_not_answer_is_said_with_what_to_do(command):
    status, _, err = command("open", "--url", "http://127.0.0.1:9")
    assert status == 2 and "`cyclorama up` starts it" in err


def test_open_prints_the_address_of_the_page_and_opens_it(command, monkeypatch):
    opened = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    server = HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    thread = threading.Thread(target=server.handle_request)
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/missing"
    status, out, _ = command("open", "--url", url)
    thread.join()
    server.server_close()
    assert status == 0 and out == f"{url}\n" and opened == [url]


CHILD = """
import os, subprocess, sys
reading, writing = os.pipe()
command = [sys.executable, "-m", "cyclorama.cli.attached", "http.server", "0"]
child = subprocess.Popen(command, stdin=reading, stdout=subprocess.DEVNULL, start_new_session=True)
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_an_attached_process_ends_with_a_killed_parent():
    parent = subprocess.Popen(
        [sys.executable, "-c", CHILD],
        env=os.environ | {"PYTHONPATH": str(ROOT / "clients")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    child = int(parent.stdout.readline())
    assert is_running(child)
    parent.kill()
    parent.communicate()
    wait_until(lambda: not is_running(child), "the end of the child")


@pytest.fixture
def desk(tmp_path):
    """A folder with a photo, and a folder of two photos and a file that is none."""
    photo = encode_image(draw_product(320, 256)[0], PNG).data
    (tmp_path / "photos").mkdir()
    for name in ("photo.png", "photos/red.png", "photos/blue.png"):
        (tmp_path / name).write_bytes(photo)
    (tmp_path / "photos" / "broken.jpg").write_bytes(b"no picture")
    return tmp_path


def start_run(desk: Path, *words: str, **environment: str) -> subprocess.Popen:
    """Starts `cyclorama run` in a folder, with pipes; environment: only those of its variables."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CYCLORAMA_")}
    paths = {"PYTHONPATH": f"{ROOT}:{ROOT / 'clients'}", "TMPDIR": str(desk / "tmp")}
    (desk / "tmp").mkdir(exist_ok=True)
    program = "from cyclorama.cli import main; main()"
    return subprocess.Popen(
        [sys.executable, "-c", program, "run", *words],
        cwd=desk,
        env=clean | paths | environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def find_services(desk: Path) -> list[int]:
    """Returns the ids of the services that were started in a folder."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            words = (path / "cmdline").read_text().split("\0")
            if "cyclorama.cli.attached" in words and (path / "cwd").resolve() == desk:
                found.append(int(path.name))
        except OSError:
            continue
    return found


@pytest.mark.slow
def test_run_makes_an_ad_with_nothing_running_and_leaves_nothing(desk):
    done = start_run(desk, "photo.png", "on sand", "-o", "ad.png", "--size", "256x256")
    out, err = done.communicate()
    assert done.returncode == 0, err
    assert out.decode().splitlines()[-1] == "ad.png  256 x 256" and b"\x1b" not in out
    assert (desk / "ad.png").read_bytes()[:4] == b"\x89PNG" and (desk / "ad.json").is_file()
    assert find_services(desk) == [] and list((desk / "tmp").iterdir()) == []


@pytest.mark.slow
def test_run_reads_standard_input_and_writes_standard_output(desk):
    words = ("-", "on sand", "-o", "-", "--size", "256x256", "--format", "jpg", "--draft")
    done = start_run(desk, *words)
    out, err = done.communicate((desk / "photo.png").read_bytes())
    assert done.returncode == 0, err
    assert out[:2] == b"\xff\xd8" and out[-2:] == b"\xff\xd9" and b"segmentation" in err


@pytest.mark.slow
def test_run_makes_the_ads_of_a_folder(desk):
    done = start_run(desk, "photos", "on sand", "-o", "ads", "--size", "256x256", "--draft")
    out, err = done.communicate()
    assert done.returncode == 3, err
    ads = {path.name for path in (desk / "ads").glob("*.png")}
    assert ads == {"blue_on-sand_256x256.png", "red_on-sand_256x256.png"}
    with (desk / "ads" / "results.csv").open(newline="") as table:
        rows = {Path(row["photo"]).name: row for row in csv.DictReader(table)}
    assert rows["red.png"]["file"] in ads and "no picture" in rows["broken.jpg"]["error"]
    assert b"2 of 3 ads are in ads" in out and find_services(desk) == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL])
@pytest.mark.parametrize("seconds", [0.1, 4])
def test_run_leaves_nothing_running_when_it_is_stopped(desk, number, seconds):
    running = start_run(desk, "photo.png", "on sand", "-o", "ad.png")
    wait_until(lambda: len(find_services(desk)) == 5, "the start of services")
    services = find_services(desk)
    time.sleep(seconds)
    running.send_signal(number)
    _, err = running.communicate()
    statuses = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}
    assert running.returncode == statuses.get(number, -number) and b"Traceback" not in err, err
    wait_until(lambda: not any(map(is_running, services)), "the end of services")
    assert number == signal.SIGKILL or list((desk / "tmp").iterdir()) == []


def find_service(desk: Path, module: str) -> int:
    """Returns the id of the service of a module that was started in a folder."""
    (found,) = [
        pid
        for pid in find_services(desk)
        if module in Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    ]
    return found


@pytest.mark.slow
def test_run_names_a_service_that_ends(desk):
    running = start_run(desk, "photo.png", "on sand", "-o", "ad.png")
    wait_until(lambda: len(find_services(desk)) == 5, "the start of services")
    os.kill(find_service(desk, "services.background"), signal.SIGKILL)
    _, err = running.communicate()
    assert running.returncode == 1 and b"background stopped: " in err
    assert b"logs are in " in err and find_services(desk) == []


@pytest.mark.slow
def test_run_on_a_folder_names_a_service_that_ends(desk):
    running = start_run(desk, "photos", "on sand", "-o", "ads")
    wait_until(lambda: len(find_services(desk)) == 5, "the start of services")
    report = desk / "ads" / "report.json"
    wait_until(lambda: report.exists() and '"jobs/' in report.read_text(), "the submission")
    os.kill(find_service(desk, "services.background"), signal.SIGKILL)
    _, err = running.communicate()
    assert running.returncode == 1 and b"background stopped: " in err
    assert find_services(desk) == []


@pytest.mark.slow
def test_run_ignores_credentials_of_other_gateways(desk):
    ca = {"CYCLORAMA_CA": "public", "CYCLORAMA_GATEWAY_TLS_CERT": "none.pem"}
    words = ("photo.png", "on sand", "-o", "ad.png", "--size", "256x256", "--draft")
    done = start_run(desk, *words, **ca)
    _, err = done.communicate()
    assert done.returncode == 0, err
