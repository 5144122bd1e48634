"""The doctor's findings, on machines and systems that lack something."""

import json
import re
import socket

import pytest

import cyclorama
from cyclorama.cli.doctor import look_at_machine, look_at_services, settings
from gateway.settings import Settings as GatewaySettings
from services.background.engines import Settings as BackgroundSettings
from services.segmentation.engines import Settings as SegmentationSettings
from tests.support.engines import Crop
from tools import ROOT
from tools.doubles.a1111.process import double


def found(name: str, told: dict[str, str]):
    return next(each for each in look_at_machine(told) if each.name == name)


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
    lines = '# mine\nCYCLORAMA_A1111_URL="http://a:1"\nCYCLORAMA_AT_WORK=3\nnothing\n'
    (tmp_path / ".env").write_text(lines)
    monkeypatch.setenv("CYCLORAMA_AT_WORK", "5")
    told = settings(tmp_path)
    assert told["CYCLORAMA_A1111_URL"] == "http://a:1" and told["CYCLORAMA_AT_WORK"] == "5"


@pytest.mark.parametrize(
    ("files", "told", "hint"),
    [
        ((), {}, "make models"),
        ((), {"CYCLORAMA_SEGMENTATION_CHECKPOINT": "nowhere.pth"}, "names no file"),
        (("sam_vit_b_01ec64.pth",), {}, ""),
    ],
)
def test_weights_are_looked_for_where_the_service_does(tmp_path, files, told, hint):
    for name in files:
        (tmp_path / name).touch()
    symptom = found("Segment Anything", {"CYCLORAMA_SEGMENTATION_MODELS": str(tmp_path), **told})
    assert symptom.state == ("note" if hint else "ok") and hint in symptom.advice


def test_a_stable_diffusion_server_is_asked_with_its_password(tmp_path):
    with double(auth="me:secret") as server:
        told = {"CYCLORAMA_BACKGROUND_A1111_URL": server.url}
        refused = found("Stable Diffusion", told)
        (tmp_path / "auth").write_text("me:secret\n")
        let_in = found("Stable Diffusion", told | {"CYCLORAMA_A1111_AUTH_FILE": f"{tmp_path}/auth"})
    assert refused.state == "note" and "AUTH_FILE" in refused.advice
    assert let_in.state == "ok" and server.url in let_in.found


def test_one_that_does_not_is_told_with_what_to_do():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        symptom = found("Stable Diffusion", {"CYCLORAMA_A1111_URL": url})
    assert symptom.state == "note" and "start it" in symptom.advice


def test_a_gpu_is_told_by_what_the_driver_says(tmp_path, monkeypatch):
    command = tmp_path / "nvidia-smi"
    command.write_text("#!/bin/sh\necho 'NVIDIA L4, 23034 MiB, 580.1'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert found("gpu", {}).found == "NVIDIA L4, 23034 MiB, 580.1"
    command.write_text("#!/bin/sh\nexit 9\n")
    assert found("gpu", {}).state == "note"


def test_every_setting_that_the_doctor_names_is_one_of_the_services():
    kinds = (GatewaySettings, BackgroundSettings, SegmentationSettings)
    fields = [field for kind in kinds for field in kind.model_fields.values()]
    known = {name for field in fields for name in field.validation_alias.choices}
    text = (ROOT / "clients/cyclorama/cli/doctor.py").read_text()
    named = set(re.findall(r"CYCLORAMA_[A-Z_]+[A-Z]", text))
    assert len(named) >= 4 and named <= known
