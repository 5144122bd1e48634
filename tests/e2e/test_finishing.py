"""Finishing in its own process, which can fail and restart alone."""

import signal

import grpc
import pytest

from cyclorama import Client, CycloramaError
from cyclorama.v1 import finishing_pb2
from cyclorama.v1.finishing_pb2_grpc import FinishingServiceStub
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.pictures import draw_product
from tests.support.processes import ServiceProcess, run_services

pytestmark = pytest.mark.slow

SMALL = {"size": (256, 256), "seed": 1}
PHOTO = encode_image(draw_product(320, 256)[0], PNG).data


@pytest.fixture(scope="module")
def system():
    with run_services(finishing_alone=True) as running:
        yield running


@pytest.fixture
def client(system):
    with Client(system["gateway"].address, timeout=120, max_retries=0) as client:
        yield client


def test_compositing_does_not_serve_finishing(system):
    request = finishing_pb2.FinishingServiceListEnginesRequest()
    with grpc.insecure_channel(system["finishing"].address) as channel:
        assert FinishingServiceStub(channel).ListEngines(request, timeout=10).engines
    with (
        grpc.insecure_channel(system["compositing"].address) as channel,
        pytest.raises(grpc.RpcError) as caught,
    ):
        FinishingServiceStub(channel).ListEngines(request, timeout=10)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED


def test_only_finishing_fails_while_killed_and_works_after_a_restart(system, client):
    assert client.create_ad(PHOTO, "x", **SMALL).width == 256
    killed = system["finishing"]
    assert killed.send(signal.SIGKILL) == -signal.SIGKILL
    with pytest.raises(CycloramaError) as caught:
        client.create_ad(PHOTO, "x", **SMALL)
    assert (caught.value.stage, caught.value.reason) == ("finishing", "STAGE_UNREACHABLE")
    system["finishing"] = ServiceProcess("services.finishing", killed.address)
    assert client.create_ad(PHOTO, "x", **SMALL).width == 256


def test_a_wrong_finishing_address_is_reported(system):
    elsewhere = {
        f"CYCLORAMA_GATEWAY_{stage.upper()}_ADDRESS": system[stage].address
        for stage in ("segmentation", "background", "compositing", "inpainting")
    }
    gateway = ServiceProcess("gateway", CYCLORAMA_GATEWAY_DATABASE="", **elsewhere)
    try:
        with (
            Client(gateway.address, timeout=60, max_retries=0) as client,
            pytest.raises(CycloramaError) as caught,
        ):
            client.create_ad(PHOTO, "x", **SMALL)
    finally:
        gateway.send(signal.SIGKILL)
    assert (caught.value.stage, caught.value.reason) == ("finishing", "STAGE_NOT_SERVED")
    assert "correct the address" in str(caught.value)


def test_a_setting_of_a_process_that_does_not_run_is_logged():
    process = ServiceProcess(
        "services.compositing", CYCLORAMA_FINISHING_METRICS_ADDRESS="127.0.0.1:9"
    )
    try:
        warning = process.wait_for_log(event="setting without effect")
        assert (
            warning["setting"] == "CYCLORAMA_FINISHING_METRICS_ADDRESS"
            and warning["process"] == "compositing"
        )
    finally:
        process.send(signal.SIGKILL)
