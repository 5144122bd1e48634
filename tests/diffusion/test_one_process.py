"""One process serves background and inpainting, with one model for both."""

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from cyclorama import Client
from services.background.engines import BackgroundSettings
from services.background.engines import open_engine as open_background
from services.imaging.images import encode_image
from services.inpainting.engines import InpaintingSettings
from services.inpainting.engines import open_engine as open_inpainting
from services.runtime.formats import PNG
from tests.support.pictures import draw_product
from tests.support.processes import ServiceProcess, start_gateway

PHOTO = encode_image(draw_product(160, 128)[0], PNG).data
BOTH = ("background", "inpainting")


@pytest.mark.slow
def test_the_engines_of_both_stages_share_one_model(tiny_model):
    folder = str(tiny_model())
    background = open_background("diffusers", BackgroundSettings(diffusers_model=folder))
    inpainting = open_inpainting("diffusers", InpaintingSettings(diffusers_model=folder))
    assert background._generator._model is inpainting._generator._model


def test_background_serves_inpainting_only_on_request(monkeypatch):
    assert not BackgroundSettings().serve_inpainting
    monkeypatch.setenv("CYCLORAMA_BACKGROUND_SERVE_INPAINTING", "true")
    assert BackgroundSettings.from_environment().serve_inpainting


@pytest.mark.slow
def test_one_process_makes_both_images_of_an_ad_and_reports_the_health_of_both(tiny_model):
    settings = {
        "CYCLORAMA_DIFFUSERS_MODEL": str(tiny_model()),
        "CYCLORAMA_BACKGROUND_SERVE_INPAINTING": "true",
        "CYCLORAMA_DIFFUSION_STEPS": "3",
        # Each stage has its own settings in the shared process.
        "CYCLORAMA_INPAINTING_DIFFUSION_STEPS": "4",
        "CYCLORAMA_INPAINTING_LISTEN": "127.0.0.1:1",
    }
    both = ServiceProcess("services.background", **settings)
    running = {
        "segmentation": ServiceProcess("services.segmentation"),
        "compositing": ServiceProcess("services.compositing"),
        **dict.fromkeys(BOTH, both),
    }
    running["gateway"] = start_gateway(running)
    try:
        assert both.wait_for_log(setting="CYCLORAMA_INPAINTING_LISTEN")
        with grpc.insecure_channel(both.address) as channel:
            for stage in BOTH:
                name = f"cyclorama.v1.{stage.capitalize()}Service"
                request = health_pb2.HealthCheckRequest(service=name)
                response = health_pb2_grpc.HealthStub(channel).Check(request, timeout=10)
                assert response.status == health_pb2.HealthCheckResponse.SERVING
        with Client(running["gateway"].address, timeout=120, max_retries=0) as client:
            ad = client.create_ad(PHOTO, "a beach", size=(128, 128), seed=1)
        stages = {stage["stage"]: stage for stage in ad.manifest["stages"]}
        for stage, steps in zip(BOTH, (3, 4), strict=True):
            assert stages[stage]["engine"] == "diffusers"
            assert stages[stage]["parameters"]["steps"] == steps
    finally:
        for process in {id(each): each for each in running.values()}.values():
            process.send(9)
