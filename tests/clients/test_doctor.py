"""The command `doctor`, on machines and systems that lack something."""

import json
import os
import re
import socket
import sys

import pytest

import cyclorama
from cyclorama.cli.doctor import (
    MODEL_SETTING,
    MODEL_STAGES,
    STAGE_MODEL_SETTINGS,
    check_gateway,
    check_local_stages,
    check_machine,
    check_model_installation,
    check_webhooks,
    read_make_settings,
)
from cyclorama.stages import STAGES
from gateway.settings import GatewaySettings
from services.background.engines import BackgroundSettings
from services.finishing.engines import FinishingSettings
from tests.support.engines import MiddleCrop
from tools import ROOT
from tools.doubles.a1111.process import run_double


def find_check(name: str):
    return next(each for each in check_machine() if each.name == name)


def check_stage(stage: str, settings: dict[str, str]):
    """Opens the engines of one stage and returns their diagnoses by name."""
    return {each.name: each for each in check_local_stages({**os.environ, **settings}, [stage])}


def test_a_system_that_makes_ads_exits_with_0(command):
    status, out, _ = command("doctor")
    assert status == 0 and "An ad can be made." in out
    assert "uses crop" in out and f"version {cyclorama.__version__} like this" in out


def test_no_gateway_exits_with_1_and_says_how_to_start_one(command):
    status, out, _ = command("doctor", "--gateway", "unix:/nowhere", "--json")
    report = json.loads(out)
    assert status == 1 and not report["able"]
    (gateway,) = report["services"]
    assert gateway["state"] == "error" and "make up" in gateway["advice"]
    here = {each["name"]: each for each in report["machine"]}
    assert all(here[stage]["state"] == "ok" for stage in STAGES)


def test_a_gateway_without_webhooks_has_no_diagnosis_of_them(running):
    assert check_webhooks(running.address) == []


def test_a_stage_that_does_not_answer_is_named(running):
    running.stop_stage("segmentation")
    try:
        diagnoses = {each.name: each for each in check_gateway(running.address)}
    finally:
        running.restart_stage("segmentation", MiddleCrop())
    assert diagnoses["segmentation"].state == "error" and diagnoses["compositing"].state == "ok"
    assert "does not answer" in diagnoses["segmentation"].advice


def test_another_version_of_the_gateway_is_a_warning(running, monkeypatch):
    monkeypatch.setattr("cyclorama.diagnoses.__version__", "9.9.0")
    gateway, *_ = check_gateway(running.address)
    assert gateway.state == "warning" and "9.9.0" in gateway.found
    assert cyclorama.__version__ in gateway.advice


def test_the_environment_overrides_the_env_file_as_with_make_up(tmp_path, monkeypatch):
    lines = '# mine\nCYCLORAMA_A1111_URL="http://a:1"\nCYCLORAMA_MAX_CONCURRENT_CALLS=3\nnothing\n'
    (tmp_path / ".env").write_text(lines)
    monkeypatch.setenv("CYCLORAMA_MAX_CONCURRENT_CALLS", "5")
    settings = read_make_settings(tmp_path)
    assert (
        settings["CYCLORAMA_A1111_URL"] == "http://a:1"
        and settings["CYCLORAMA_MAX_CONCURRENT_CALLS"] == "5"
    )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("files", "settings", "hint"),
    [
        ((), {}, "make models MODEL=vit_l"),
        ((), {"CYCLORAMA_SEGMENTATION_CHECKPOINT": "nowhere.pth"}, "there is no checkpoint"),
        (("sam_vit_b_01ec64.pth",), {}, "sam_vit_b_01ec64.pth"),
        ((), {}, "no u2netp.onnx in the folder for models; `make models MODEL=u2netp` fetches it"),
        (("u2netp.onnx",), {}, "u2netp.onnx is corrupt or another file"),
        ((), {"CYCLORAMA_SEGMENTATION_NETWORK": "magic"}, "choose from birefnet-general"),
        ((), {"CYCLORAMA_SEGMENTATION_NETWORK": "bria-rmbg-2.0"}, "ALLOW_NON_COMMERCIAL=true"),
    ],
)
def test_without_a_gateway_an_engine_names_its_missing_weights(tmp_path, files, settings, hint):
    for name in files:
        (tmp_path / name).touch()
    settings = {"CYCLORAMA_SEGMENTATION_MODELS": str(tmp_path), **settings}
    diagnoses = check_stage("segmentation", settings)
    assert diagnoses["segmentation"].state == "ok"
    lacking = [each for name, each in diagnoses.items() if name != "segmentation"]
    assert {each.state for each in lacking} == {"warning"}
    assert any(hint in each.advice for each in lacking)


def test_without_a_gateway_missing_and_refused_places_are_named(tmp_path):
    (tmp_path / "shop.hdr").write_bytes(b"no picture")
    settings = {"CYCLORAMA_PLACES": str(tmp_path), "CYCLORAMA_STUDIO_PLACES": str(tmp_path)}
    diagnoses = [
        each
        for each in check_local_stages({**os.environ, **settings}, ["background"])
        if each.name == "places"
    ]
    assert {each.state for each in diagnoses} == {"warning"}
    refused, missing = (each.found for each in diagnoses)
    assert refused.startswith("shop.hdr is no") and "`make places` fetches them" in missing


def test_an_image_server_is_called_with_its_password(tmp_path):
    with run_double(auth="me:secret") as server:
        settings = {"CYCLORAMA_INPAINTING_A1111_URL": server.url}
        refused = check_stage("inpainting", settings)
        (tmp_path / "auth").write_text("me:secret\n")
        accepted = check_stage(
            "inpainting", settings | {"CYCLORAMA_A1111_AUTH_FILE": f"{tmp_path}/auth"}
        )
    assert "AUTH_FILE" in refused["inpainting, a1111"].advice
    assert "inpainting, a1111" not in accepted and "uses a1111" in accepted["inpainting"].found


def test_an_image_server_that_does_not_answer_is_a_warning_with_advice():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        diagnoses = check_stage("inpainting", {"CYCLORAMA_A1111_URL": url})
    assert diagnoses["inpainting"].state == "ok"
    assert "start it" in diagnoses["inpainting, a1111"].advice


def test_an_invalid_setting_that_stops_a_stage_is_named():
    diagnoses = check_stage("compositing", {"CYCLORAMA_MAX_CONCURRENT_CALLS": "many"})
    assert diagnoses["compositing"].state == "error"
    assert diagnoses["compositing"].advice.startswith("CYCLORAMA_MAX_CONCURRENT_CALLS='many': ")


def test_a_missing_library_that_stops_a_stage_is_named(tmp_path):
    (tmp_path / "cv2.py").write_text("raise ModuleNotFoundError(\"No module named 'cv2'\")")
    diagnoses = check_stage(
        "finishing", {"PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
    )
    assert "No module named 'cv2'; `make up` installs" in diagnoses["finishing"].advice


def test_a_client_without_the_services_says_how_to_get_them(monkeypatch):
    monkeypatch.setitem(sys.modules, "services", None)
    (diagnosis,) = check_local_stages({})
    assert diagnosis.state == "warning" and "--gateway" in diagnosis.advice


def test_a_gpu_is_described_by_its_driver(tmp_path, monkeypatch):
    command = tmp_path / "nvidia-smi"
    command.write_text("#!/bin/sh\necho 'NVIDIA L4, 23034 MiB, 580.1'\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_check("gpu").found == "NVIDIA L4, 23034 MiB, 580.1"
    command.write_text("#!/bin/sh\nexit 9\n")
    assert find_check("gpu").state == "warning"


def test_every_setting_that_the_doctor_names_is_one_of_the_services():
    kinds = (GatewaySettings, BackgroundSettings, FinishingSettings)
    fields = [field for kind in kinds for field in kind.model_fields.values()]
    known = {name for field in fields for name in field.validation_alias.choices}
    text = (ROOT / "clients/cyclorama/cli/doctor.py").read_text()
    named = set(re.findall(r"CYCLORAMA_[A-Z_]+[A-Z]", text))
    # Some are named by what several settings begin with.
    begin = {name for name in named for full in known if full.startswith(f"{name}_")}
    assert len(named) >= 2 and named <= known | begin


def test_a_workflow_that_cannot_be_used_is_named_with_the_remedy(tmp_path):
    file = tmp_path / "own.json"
    file.write_text('{"nodes": [], "links": []}')
    settings = {
        "CYCLORAMA_INPAINTING_ENGINES": "comfyui,grounding",
        "CYCLORAMA_COMFYUI_URL": "http://127.0.0.1:1",
        "CYCLORAMA_COMFYUI_IMG2IMG_WORKFLOW": str(file),
    }
    diagnoses = check_stage("inpainting", settings)
    assert diagnoses["inpainting"].state == "ok"
    advice = diagnoses["inpainting, comfyui"].advice
    assert "CYCLORAMA_COMFYUI_IMG2IMG_WORKFLOW" in advice and "Export (API)" in advice


def test_a_model_is_loaded_by_one_process_for_both_stages(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        f"import sys\nprint(*sys.orig_argv, file=open({str(tmp_path / 'started')!r}, 'a'))\n"
    )
    settings = {
        MODEL_SETTING: "/nowhere",
        "CYCLORAMA_ENGINES": "diffusers,noop",
        "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}",
    }
    diagnoses = {
        each.name: each for each in check_local_stages({**os.environ, **settings}, MODEL_STAGES)
    }
    for stage in MODEL_STAGES:
        assert diagnoses[stage].state == "ok"
        assert "CYCLORAMA_DIFFUSERS_MODEL" in diagnoses[f"{stage}, diffusers"].advice
    assert (tmp_path / "started").read_text().count("--engines") == 1


@pytest.mark.parametrize("setting", [MODEL_SETTING, *STAGE_MODEL_SETTINGS])
def test_packages_that_a_model_lacks_are_named_with_the_command_that_installs_them(
    tmp_path, setting
):
    assert check_model_installation({**os.environ}) == []
    (tmp_path / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, *rest: None if name == 'diffusers' else find(name, *rest)\n"
    )
    settings = {
        setting: "model",
        "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}",
    }
    (diagnosis,) = check_model_installation({**os.environ, **settings})
    assert diagnosis.state == "warning" and diagnosis.found == "diffusers is not installed"
    assert diagnosis.advice == "run `make .venv/diffusers`"
