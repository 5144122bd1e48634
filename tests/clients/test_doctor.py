"""The doctor's findings, on machines and systems that lack something."""

import json
import os
import re
import socket
import sys

import pytest

import cyclorama
from cyclorama.cli.doctor import look_at_machine, look_at_services, look_at_stages, settings
from cyclorama.stages import STAGES
from gateway.settings import GatewaySettings
from services.background.engines import Settings as BackgroundSettings
from tests.support.engines import Crop
from tools import ROOT
from tools.doubles.a1111.process import double


def found(name: str):
    return next(each for each in look_at_machine() if each.name == name)


def engines_here(stage: str, told: dict[str, str]):
    """What one stage's engines say when nothing runs, by the symptoms' names."""
    return {each.name: each for each in look_at_stages({**os.environ, **told}, [stage])}


def test_a_system_that_makes_ads_exits_with_0(command):
    status, out, _ = command("doctor")
    assert status == 0 and "An ad can be made." in out
    assert "crop makes it" in out and f"version {cyclorama.__version__} like this" in out


def test_no_gateway_exits_with_1_and_says_how_to_start_one(command):
    status, out, _ = command("doctor", "--gateway", "unix:/nowhere", "--json")
    told = json.loads(out)
    assert status == 1 and not told["able"]
    (gateway,) = told["services"]
    assert gateway["state"] == "bad" and "make up" in gateway["advice"]
    here = {each["name"]: each for each in told["machine"]}
    assert all(here[stage]["state"] == "ok" for stage in STAGES)


def test_a_stage_that_does_not_answer_is_named(running):
    running.stop_stage("segmentation")
    try:
        symptoms = {each.name: each for each in look_at_services(running.address)}
    finally:
        running.restart_stage("segmentation", Crop())
    assert symptoms["segmentation"].state == "bad" and symptoms["compositing"].state == "ok"
    assert "does not answer" in symptoms["segmentation"].advice


def test_another_version_of_the_gateway_is_told(running, monkeypatch):
    monkeypatch.setattr("cyclorama.cli.doctor.__version__", "9.9.0")
    gateway, *_ = look_at_services(running.address)
    assert gateway.state == "note" and "9.9.0" in gateway.found
    assert cyclorama.__version__ in gateway.advice


def test_settings_come_from_a_file_and_from_the_environment_first(tmp_path, monkeypatch):
    lines = '# mine\nCYCLORAMA_A1111_URL="http://a:1"\nCYCLORAMA_MAX_CONCURRENT_CALLS=3\nnothing\n'
    (tmp_path / ".env").write_text(lines)
    monkeypatch.setenv("CYCLORAMA_MAX_CONCURRENT_CALLS", "5")
    told = settings(tmp_path)
    assert (
        told["CYCLORAMA_A1111_URL"] == "http://a:1"
        and told["CYCLORAMA_MAX_CONCURRENT_CALLS"] == "5"
    )


@pytest.mark.parametrize(
    ("files", "told", "hint"),
    [
        ((), {}, "make models"),
        ((), {"CYCLORAMA_SEGMENTATION_CHECKPOINT": "nowhere.pth"}, "there is no checkpoint"),
        (("sam_vit_b_01ec64.pth",), {}, "sam_vit_b_01ec64.pth"),
    ],
)
def test_where_nothing_runs_an_engine_says_itself_which_weights_it_lacks(
    tmp_path, files, told, hint
):
    for name in files:
        (tmp_path / name).touch()
    told = {"CYCLORAMA_SEGMENTATION_MODELS": str(tmp_path), **told}
    symptoms = engines_here("segmentation", told)
    assert symptoms["segmentation"].state == "ok"
    (lacking,) = (each for name, each in symptoms.items() if name != "segmentation")
    assert lacking.state == "note" and hint in lacking.advice


def test_an_image_server_is_asked_with_its_password(tmp_path):
    with double(auth="me:secret") as server:
        told = {"CYCLORAMA_INPAINTING_A1111_URL": server.url}
        refused = engines_here("inpainting", told)
        (tmp_path / "auth").write_text("me:secret\n")
        let_in = engines_here(
            "inpainting", told | {"CYCLORAMA_A1111_AUTH_FILE": f"{tmp_path}/auth"}
        )
    assert "AUTH_FILE" in refused["inpainting, a1111"].advice
    assert let_in.keys() == {"inpainting"} and "a1111 makes it" in let_in["inpainting"].found


def test_one_that_does_not_answer_is_told_with_what_to_do():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        symptoms = engines_here("inpainting", {"CYCLORAMA_A1111_URL": url})
    assert symptoms["inpainting"].state == "ok"
    assert "start it" in symptoms["inpainting, a1111"].advice


def test_a_setting_that_keeps_a_stage_from_starting_is_named():
    symptoms = engines_here("compositing", {"CYCLORAMA_MAX_CONCURRENT_CALLS": "many"})
    assert symptoms["compositing"].state == "bad"
    assert symptoms["compositing"].advice.startswith("CYCLORAMA_MAX_CONCURRENT_CALLS='many': ")


def test_a_library_that_keeps_a_stage_from_starting_is_named(tmp_path):
    (tmp_path / "cv2.py").write_text("raise ModuleNotFoundError(\"No module named 'cv2'\")")
    symptoms = engines_here(
        "finishing", {"PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
    )
    assert "No module named 'cv2'; `make up` installs" in symptoms["finishing"].advice


def test_a_client_without_the_services_says_how_to_get_them(monkeypatch):
    monkeypatch.setitem(sys.modules, "services", None)
    (symptom,) = look_at_stages({})
    assert symptom.state == "note" and "--gateway" in symptom.advice


def test_a_gpu_is_told_by_what_the_driver_says(tmp_path, monkeypatch):
    command = tmp_path / "nvidia-smi"
    command.write_text("#!/bin/sh\necho 'NVIDIA L4, 23034 MiB, 580.1'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found("gpu").found == "NVIDIA L4, 23034 MiB, 580.1"
    command.write_text("#!/bin/sh\nexit 9\n")
    assert found("gpu").state == "note"


def test_every_setting_that_the_doctor_names_is_one_of_the_services():
    kinds = (GatewaySettings, BackgroundSettings)
    fields = [field for kind in kinds for field in kind.model_fields.values()]
    known = {name for field in fields for name in field.validation_alias.choices}
    text = (ROOT / "clients/cyclorama/cli/doctor.py").read_text()
    named = set(re.findall(r"CYCLORAMA_[A-Z_]+[A-Z]", text))
    assert len(named) >= 2 and named <= known
