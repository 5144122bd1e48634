"""Workflows of the documentation run on a double of ComfyUI, without code of their own."""

import json

import numpy as np
import pytest
from structlog.testing import capture_logs

from services.background import engine as background
from services.background.engines import BackgroundSettings
from services.background.engines import open_engine as open_background
from services.diffusion.dialects.comfyui.api import open_api
from services.inpainting import engine as inpainting
from services.inpainting.engines import InpaintingSettings
from services.inpainting.engines import open_engine as open_inpainting
from tools import ROOT
from tools.doubles.comfyui.process import run_double

FOLDER = ROOT / "docs" / "workflows"


@pytest.fixture(scope="module")
def double():
    with run_double() as running:
        yield running


@pytest.fixture
def install(double, tmp_path):
    """Copies a workflow, with the names of the models that the double has; returns its path."""

    def copy(name):
        graph = json.loads((FOLDER / f"{name}.json").read_text())
        api = open_api(double.url, BackgroundSettings())
        for node in graph.values():
            described = api.read_node_class(node["class_type"])[node["class_type"]]
            for field, (kind, *_) in described["input"]["required"].items():
                if field.endswith("_name") and node["inputs"][field].endswith(".safetensors"):
                    node["inputs"][field] = kind[0]
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(graph))
        return str(path)

    return copy


def test_a_workflow_with_flux_and_a_lora_generates_backgrounds(double, install):
    path = install("flux-lora-background")
    engine = open_background(
        "comfyui", BackgroundSettings(comfyui_url=double.url, comfyui_txt2img_workflow=path)
    )
    assert engine.unavailable_reason() == ""
    request = background.BackgroundRequest("a beach", 128, 96, seed=5)
    with capture_logs() as logs:
        *_, result = engine.generate(request)
    assert result.pixels.shape == (96, 128, 3)
    assert result.model == "double-flux"
    parameters = result.parameters
    assert parameters["workflow"] == "flux-lora-background"
    assert parameters["workflow_sha256"].startswith(engine.version.partition("-")[2])
    # The workflow has no tag for the guidance scale, and so keeps its own.
    assert parameters["cfg_scale"] is None and parameters["steps"] == 28
    assert "Brand style" in parameters["workflow_graph"] and "Brand style" not in str(logs)
    *_, again = engine.generate(request)
    assert np.array_equal(again.pixels, result.pixels)
    *_, other = engine.generate(background.BackgroundRequest("a beach", 128, 96, seed=6))
    assert not np.array_equal(other.pixels, result.pixels)


def test_a_workflow_with_a_controlnet_repaints_and_keeps_the_product(double, install, product):
    composite, mask = product
    path = install("sdxl-controlnet-inpainting")
    engine = open_inpainting(
        "comfyui", InpaintingSettings(comfyui_url=double.url, comfyui_img2img_workflow=path)
    )
    assert engine.unavailable_reason() == ""
    request = inpainting.InpaintingRequest(
        composite,
        mask,
        prompt="a beach",
        seed=3,
        strength=inpainting.InpaintingStrength(denoising_strength=0.35),
        diffusion={},
    )
    *_, result = engine.inpaint(request)
    locked = mask == 255
    assert (result.pixels[locked] == composite[locked]).all()
    assert (result.pixels[~locked] != composite[~locked]).any()
    # 35 % of 28 steps.
    assert result.parameters["steps"] == 10


def test_a_server_that_lacks_a_class_makes_the_engine_unready_with_the_remedy(double, install):
    path = install("flux-lora-background")
    double.remove_nodes("LoraLoaderModelOnly")
    try:
        engine = open_background(
            "comfyui", BackgroundSettings(comfyui_url=double.url, comfyui_txt2img_workflow=path)
        )
        reason = engine.unavailable_reason()
    finally:
        double.reset()
    assert 'node 2 "Brand style" (LoraLoaderModelOnly): the server has no class' in reason
    assert "Install Missing Custom Nodes" in reason
