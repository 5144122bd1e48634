"""The command `workflow check`."""

import json
import sys

import pytest

from cyclorama.cli.workflows import run_workflow_check
from tools import ROOT
from tools.doubles.comfyui.process import run_double

EXAMPLE = ROOT / "docs" / "workflows" / "sdxl-controlnet-inpainting.json"


@pytest.mark.slow
def test_what_a_server_lacks_is_listed_and_exits_with_1(command):
    with run_double() as double:
        status, out, _ = command("workflow", "check", EXAMPLE, "--server", double.url, "--json")
    result = json.loads(out)
    assert status == 1 and not result["able"] and result["purpose"] == "img2img"
    assert [each["tag"] for each in result["tags"]] == [
        *("model", "prompt", "negative", "image", "mask"),
        *("seed", "denoise", "steps", "cfg", "output"),
    ]
    checkpoint, controlnet = result["problems"]
    assert 'node 1 "SDXL cyclorama:model"' in checkpoint["node"]
    assert "put the file there" in controlnet["remedy"]


def test_a_file_without_tags_exits_with_1_and_names_the_titles(command, tmp_path):
    file = tmp_path / "-own.json"
    file.write_text('{"3": {"class_type": "[bold]X", "inputs": {"seed": 1}}}')
    status, out, _ = command("workflow", "check", file)
    text = " ".join(out.split())
    assert status == 1 and "cannot be used; see NO above" in text
    assert "no title contains" in text and "[bold]X" in text


def test_an_address_that_is_none_is_the_callers_error(command):
    status, _, errors = command("workflow", "check", EXAMPLE, "--server", "127.0.0.1:8188")
    assert status == 2 and "write it as http://host:port" in errors


def test_a_client_without_the_services_says_how_to_get_them(monkeypatch):
    monkeypatch.setitem(sys.modules, "services", None)
    with pytest.raises(ValueError, match=r"`make up` installs the services"):
        run_workflow_check(EXAMPLE, "", None)


def test_a_check_that_cannot_run_says_why(monkeypatch, tmp_path):
    (tmp_path / "numpy.py").write_text("raise ModuleNotFoundError(\"No module named 'x'\")")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{ROOT}:{ROOT / 'clients'}")
    with pytest.raises(ValueError, match="No module named 'x'; `make up` installs"):
        run_workflow_check(EXAMPLE, "", None)
