"""The process of a model is killed and left in the middle of an image."""

import signal

import grpc
import pytest

from cyclorama import Client, CycloramaError
from cyclorama.v1 import background_pb2, background_pb2_grpc, image_pb2
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.pictures import draw_product
from tests.support.processes import ServiceProcess
from tests.support.system import serve_system_in_thread

pytestmark = pytest.mark.slow

PHOTO = encode_image(draw_product()[0], PNG).data
# So many that an image does not end before it is interrupted.
LONG = {"diffusion": {"steps": 150}}
SIZE = 128


def test_a_killed_and_restarted_process_serves_the_next_call(tiny_model):
    environment = {"CYCLORAMA_DIFFUSERS_MODEL": str(tiny_model())}
    process = ServiceProcess("services.background", **environment)
    with serve_system_in_thread(background_address=process.address) as running:

        def create_ad(options, on_event=None):
            with Client(running.address, timeout=300, max_retries=0) as client:
                options = {"background": {"engine": {"name": "diffusers"}, **options}}
                size = (SIZE, SIZE)
                return client.create_ad(
                    PHOTO, "a beach", size=size, seed=1, options=options, on_event=on_event
                )

        def kill_in_the_middle(event):
            if event.stage == "background" and 0 < event.fraction < 1:
                process.signal(signal.SIGKILL)

        with pytest.raises(CycloramaError) as caught:
            create_ad(LONG, kill_in_the_middle)
        assert caught.value.reason == "STAGE_UNREACHABLE" and caught.value.is_transient
        assert process.wait() == -signal.SIGKILL
        process = ServiceProcess("services.background", process.address, **environment)
        try:
            ad = create_ad({"diffusion": {"steps": 2}})
            assert ad.manifest["stages"][1]["engine"] == "diffusers"
            cancel_in_the_middle(process)
        finally:
            process.send(signal.SIGKILL)


def cancel_in_the_middle(process):
    """Cancels a call while its image is sampled, and expects that the sampler stops."""
    size = image_pb2.Size(width=256, height=256)
    request = background_pb2.GenerateBackgroundRequest(
        prompt="a beach", size=size, seed=1, options=LONG
    )
    with grpc.insecure_channel(process.address) as channel:
        call = background_pb2_grpc.BackgroundServiceStub(channel).GenerateBackground(request)
        assert any(0 < response.progress.fraction < 1 for response in call)
        call.cancel()
        canceled = process.wait_for_log(event="image canceled")
    assert 0 < canceled["fraction"] < 1
