import socket
from pathlib import Path

import cv2
import grpc
import numpy as np
import pytest

import cyclorama
from cyclorama import (
    Ad,
    AsyncClient,
    Client,
    Composite,
    CycloramaError,
    Event,
    Inpainted,
    Picture,
    ProfileReport,
    rank_ads,
)
from cyclorama.operations import prepare_engine_list, prepare_finishing, read_ad_response
from cyclorama.v1 import ads_pb2, compositing_pb2, image_pb2, inpainting_pb2
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.pictures import assert_image_equal, draw_product

SMALL = {"size": (256, 256), "seed": 3}


@pytest.fixture
def client(running):
    with Client(running.address, timeout=20) as client:
        yield client


@pytest.fixture
def stage(running):
    """Opens clients of stages, by name."""
    clients = []

    def connect(name):
        clients.append(Client(f"127.0.0.1:{running.stages[name].port}", timeout=20))
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


def test_all_lists_everything_public():
    # Imported on first use.
    assert all(getattr(cyclorama, name) for name in cyclorama.__all__)
    public = {name for name in vars(cyclorama) if not name.startswith("_")} | {"__version__"}
    folder = Path(cyclorama.__file__).parent
    modules = {path.stem for path in folder.iterdir()} | {"import_module", "TYPE_CHECKING"}
    assert public - modules == set(cyclorama.__all__)


def test_a_photo_may_be_a_path_a_name_or_bytes(client, photo):
    ads = [client.create_ad(p, "x", **SMALL) for p in (photo, str(photo), photo.read_bytes())]
    assert ads[0].data == ads[1].data == ads[2].data


def test_a_photo_that_is_too_large_to_send_is_the_callers_error(client):
    with pytest.raises(CycloramaError, match="send smaller ones") as raised:
        client.create_ad(bytes(65 * 2**20), "x")
    assert raised.value.reason == "MESSAGE_TOO_LARGE" and raised.value.caller_can_fix


def test_events_are_printed_as_one_line(client, photo):
    lines = []
    client.create_ad(photo, "x", on_event=lambda event: lines.append(str(event)), **SMALL)
    assert "background: 50%" in lines
    assert any(line.startswith("segmentation: crop, ") for line in lines)


def test_events_have_previews_and_report_cached_results():
    preview = {"data": b"small"}
    progress = {"stage": "STAGE_FINISHING", "progress": {"fraction": 0.5, "preview": preview}}
    assert read_ad_response(ads_pb2.CreateAdResponse(progress=progress)) == Event(
        "finishing", "progress", 0.5, b"small"
    )
    finished = {"stage": "STAGE_BACKGROUND", "run": {"engine": "flat"}, "cached": True}
    event = read_ad_response(ads_pb2.CreateAdResponse(finished=finished))
    assert (event.stage, event.engine, event.cached) == ("background", "flat", True)


def test_engines_report_their_traits():
    engine = {"name": "net", "generative": True, "follows_camera": True, "model": "large"}
    reply = ads_pb2.AdServiceListEnginesResponse(
        stages=[
            {"stage": "STAGE_BACKGROUND", "engines": [engine]},
            {"stage": "STAGE_FINISHING"},
        ]
    )
    net, away = prepare_engine_list().read(reply)
    assert (net.generative, net.follows_camera, net.casts_shadows) == (True, True, False)
    assert (net.stage, net.model) == ("background", "large")
    assert (away.stage, away.name, away.ready) == ("finishing", "-", False)


async def test_the_async_client_returns_the_same_ad(running, client, photo):
    async with AsyncClient(running.address, timeout=20) as twin:
        ad = await twin.create_ad(photo, "x", **SMALL)
    assert ad.data == client.create_ad(photo, "x", **SMALL).data


def test_both_clients_have_the_same_methods():
    def methods(kind):
        return {name for name in vars(kind) if not name.startswith("_")}

    assert methods(Client) == methods(AsyncClient)


def test_stages_called_one_by_one_return_the_gateways_ad(client, stage, photo):
    cutout = stage("segmentation").segment(photo, options={"max_side": 256})
    background = stage("background").generate("x", **SMALL)
    # In an ad, only the inpainting stage casts shadows.
    no_shadow = {"shadow": {"kind": "SHADOW_KIND_NONE"}}
    composite = stage("compositing").composite(cutout, background, options=no_shadow)
    inpainted = stage("inpainting").inpaint(composite, prompt="x", seed=3)
    finished = stage("finishing").finish(inpainted, composite)
    ad = client.create_ad(photo, "x", **SMALL)
    pictures = [cv2.imdecode(np.frombuffer(p.data, np.uint8), 1) for p in (inpainted, finished, ad)]
    assert_image_equal(*pictures[:2])
    assert_image_equal(*pictures[1:])


def test_finish_obeys_size_limit_and_format(stage):
    pixels, mask = draw_product(256, 320)
    picture, alpha = (
        encode_image(each, PNG).data for each in (pixels, mask.astype(np.uint8) * 255)
    )
    finished = stage("finishing").finish(
        picture, picture, alpha, format="jpeg", max_kb=8, headline="New"
    )
    assert finished.format == "jpeg" and len(finished.data) <= 8000
    assert 0 < finished.reply.quality < 95 and finished.reply.run.engine
    with pytest.raises(CycloramaError) as caught:
        stage("finishing").finish(picture, picture, alpha, profile="nobody")
    assert caught.value.reason == "INVALID_REQUEST"


def test_finish_reads_mask_layers_and_generative_from_earlier_results():
    composed = compositing_pb2.CompositeProductResponse(
        layers=[image_pb2.Layer(name="shadow", image=image_pb2.Image(data=b"l"))]
    )
    composite = Composite(b"c", "png", 1, 1, mask=Picture(b"m", "raw_gray", 1, 1), reply=composed)
    grounded = inpainting_pb2.InpaintSceneResult(run={"generative": True})
    request = prepare_finishing(Inpainted(b"a", "png", 1, 1, reply=grounded), composite).request
    assert (request.mask.data, request.layers[0].name) == (b"m", "shadow")
    assert request.generative and request.mask.format == image_pb2.IMAGE_FORMAT_RAW_GRAY
    assert not prepare_finishing(b"a", b"c", b"m").request.generative


async def test_finish_works_with_asyncio(running, photo):
    events = []
    address = f"127.0.0.1:{running.stages['finishing'].port}"
    async with AsyncClient(address, timeout=20) as client:
        finished = await client.finish(photo, photo, photo, on_event=events.append)
    assert finished.data[:4] == b"\x89PNG" and finished.reply.quality_report.findings
    assert all((each.stage, each.kind) == ("finishing", "progress") for each in events)


def test_options_reach_their_stage(client, photo):
    options = {"compositing": {"tint": 0.0, "engine": {"name": "opencv"}}}
    ad = client.create_ad(photo, "x", options=options, **SMALL)
    (compositing,) = (s for s in ad.manifest["stages"] if s["stage"] == "compositing")
    assert compositing["parameters"]["tint"] == 0


def test_an_unknown_option_is_named(client, photo):
    with pytest.raises(ValueError, match="tinge"):
        client.create_ad(photo, "x", options={"compositing": {"tinge": 1}})


def test_an_unknown_engine_is_answered_with_the_ready_ones(client, photo):
    options = {"segmentation": {"engine": {"name": "magic"}}}
    with pytest.raises(CycloramaError, match="ready: crop") as caught:
        client.create_ad(photo, "x", options=options, **SMALL)
    assert caught.value.reason == "ENGINE_NOT_READY" and caught.value.caller_can_fix


def test_a_fallback_runs_another_engine_and_names_it(client, photo):
    options = {"segmentation": {"engine": {"name": "magic", "allow_fallback": True}}}
    ad = client.create_ad(photo, "x", options=options, **SMALL)
    assert ad.manifest["stages"][0]["engine"] == "crop"


def test_a_missing_server_is_named_by_its_address():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
        with Client(address, timeout=5) as client, pytest.raises(CycloramaError) as caught:
            client.engines()
    assert caught.value.code is grpc.StatusCode.UNAVAILABLE
    assert caught.value.text == f"nothing answers at {address}; is it running?"
    assert not caught.value.caller_can_fix


def test_an_error_has_a_reason_and_a_call_id(client, photo):
    with pytest.raises(CycloramaError) as caught:
        client.create_ad(photo, "")
    assert caught.value.reason == "INVALID_REQUEST" and caught.value.call_id


def test_variants_are_ranked_by_rules_first_and_score_second():
    def ad(score, passed):
        report = ProfileReport("a", "b", "c", (), passed)
        return Ad(b"", "png", 1, 1, score=score, profile=report)

    best, fair, broken = ad(70, True), ad(60, True), ad(99, False)
    assert rank_ads([broken, fair, best]) == [best, fair, broken]


def test_client_and_gateway_report_the_same_version(client):
    assert client.version() == cyclorama.__version__ != ""
