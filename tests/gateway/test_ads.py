"""Tests of CreateAd through a gateway and real stages, over loopback."""

import asyncio
import base64
import hashlib
import json
import math
import threading
import time
from dataclasses import replace

import grpc
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from cyclorama import AsyncClient, CycloramaError
from cyclorama.replay import prepare_replay
from cyclorama.v1 import ads_pb2, ads_pb2_grpc, background_pb2, image_pb2
from gateway.manifest import record_from_manifest
from gateway.requests import compute_background_size
from gateway.settings import GatewaySettings
from services.background.rules import RULES
from services.finishing.engines.pillow.files import ENCODERS
from services.finishing.heartbeat import INTERVAL_SECONDS
from services.imaging.images import ImageCodec, encode_image
from services.inpainting.engine import InpaintingResult
from services.inpainting.engines.grounding import GroundingInpainting
from services.runtime.engines import EngineProgress, Engines, EngineTraits
from services.runtime.errors import BackendUnavailable, ProductNotFound
from services.runtime.formats import PNG
from services.runtime.objects import hash_content
from services.runtime.settings import ImageSettings
from tests.support.engines import Flat, MiddleCrop
from tests.support.fonts import GARAMOND
from tests.support.pictures import assert_image_equal, draw_cutout, draw_product
from tests.support.serving import read_error_details
from tests.support.system import STAGES, serve_system

PHOTO = encode_image(draw_product()[0], PNG).data
SMALL = {"size": (256, 320), "seed": 7}


async def make_ad(running, photo=PHOTO, prompt="a table", **fields):
    async with AsyncClient(running.address, timeout=20, max_retries=0) as client:
        return await client.create_ad(photo, prompt, **SMALL | fields)


def read_pixels(ad) -> np.ndarray:
    return ImageCodec(ImageSettings()).read(image_pb2.Image(data=ad.data), "ad")


async def catch_ad_error(running, **fields) -> CycloramaError:
    with pytest.raises(CycloramaError) as caught:
        await make_ad(running, **fields)
    return caught.value


async def catch_grpc_error(running, photo: image_pb2.Image) -> grpc.aio.AioRpcError:
    """Returns the error of a call without a deadline, as grpc raises it."""
    async with grpc.aio.insecure_channel(running.address) as channel:
        stub = ads_pb2_grpc.AdServiceStub(channel)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            async for _ in stub.CreateAd(ads_pb2.CreateAdRequest(photo=photo, prompt="x")):
                pass
    return caught.value


async def test_an_ad_has_exactly_the_requested_size():
    async with serve_system() as running:
        ad = await make_ad(running)
    pixels = read_pixels(ad)
    assert pixels.shape == (320, 256, 3) and (ad.width, ad.height) == (256, 320)


async def test_every_stage_reports_start_and_end_in_the_order_of_the_pipeline():
    events = []
    async with serve_system() as running:
        await make_ad(running, on_event=events.append)
    order = [(event.stage, event.kind) for event in events]
    for stage in STAGES:
        assert order.index((stage, "started")) < order.index((stage, "finished"))
    composing = order.index(("compositing", "started"))
    assert order.index(("segmentation", "finished")) < composing
    assert order.index(("background", "finished")) < composing
    assert any(event.preview for event in events if event.stage == "background")


async def test_background_and_segmentation_run_concurrently():
    class WaitingSegmentation(MiddleCrop):
        def segment(self, photo, prompt):
            assert background.waiting.wait(10), "the background never started"
            background.go.set()
            return super().segment(photo, prompt)

    background = Flat(go=threading.Event())
    async with serve_system(segmentation=WaitingSegmentation(), background=background) as running:
        assert (await make_ad(running)).width == 256


async def test_the_manifest_contains_the_request_and_the_engines_that_ran():
    async with serve_system() as running:
        ad = await make_ad(running, negative_prompt="people")
    manifest = ad.manifest
    assert [(s["stage"], s["engine"]) for s in manifest["stages"]] == [
        ("segmentation", "crop"),
        ("background", "flat"),
        ("compositing", "opencv"),
        ("inpainting", "grounding"),
        ("finishing", "pillow"),
    ]
    assert manifest["request"]["prompt"] == "a table"
    assert manifest["request"]["negative_prompt"] == "people"
    assert manifest["request"]["seed"] == "7"
    assert manifest["stages"][1]["origin"] == "flat test picture"
    assert manifest["stages"][1]["parameters"] == {"tone": 27}
    assert manifest["ad"]["sha256"] == hashlib.sha256(ad.data).hexdigest()


class PosedBackground(Flat):
    """Generates as Flat does, for products in one stance."""

    def __init__(self, stance: str) -> None:
        super().__init__()
        self.stance = stance

    def generate(self, order):
        *steps, result = super().generate(order)
        yield from steps
        yield replace(result, scene=replace(result.scene, stance=self.stance))


@pytest.mark.parametrize("stance", ["FLOATING", "HANGING"])
async def test_a_product_in_the_air_touches_no_ground(stance):
    async with serve_system(background=PosedBackground(stance.lower())) as running:
        ad = await make_ad(running)
    stages = {stage["stage"]: stage for stage in ad.manifest["stages"]}
    assert stages["background"]["scene"]["stance"] == f"STANCE_{stance}"
    assert stages["compositing"]["scene"]["stance"] == f"STANCE_{stance}"
    box = stages["compositing"]["placement"]["box"]
    bottom, middle = box["y"] + box["height"], box["x"] + box["width"] // 2
    below = read_pixels(ad)[bottom + 2 : bottom + 8, middle].astype(int)
    # The background is plain, of level 27 for the seed 7.
    assert bottom < 0.7 * ad.height and np.abs(below - 27).max() <= 8


async def test_equal_requests_with_equal_seeds_return_equal_ads():
    async with serve_system() as running:
        first, second = await make_ad(running), await make_ad(running)
        other = await make_ad(running, seed=8)
    assert first.data == second.data != other.data


async def test_a_request_without_a_seed_gets_one_that_the_manifest_reports():
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await client.create_ad(PHOTO, "a table", size=(256, 256))
    seed = int(ad.manifest["request"]["seed"])
    assert 0 <= seed < 2**31 and int(ad.manifest["stages"][1]["seed"]) == seed


async def test_png_transport_returns_the_same_pixels_as_raw():
    async with serve_system() as running:
        raw = await make_ad(running)
    async with serve_system(transport="png") as running:
        png = await make_ad(running)
    assert_image_equal(read_pixels(raw), read_pixels(png))


async def test_every_invalid_field_is_named_before_any_stage_runs():
    async with serve_system() as running:
        error = await catch_ad_error(
            running, prompt="", size=(10, 10), options={"inpainting": {"shadow_strength": 9}}
        )
    assert error.code is grpc.StatusCode.INVALID_ARGUMENT
    for field in ("prompt", "size", "inpainting.shadow_strength"):
        assert field in error.text


async def test_an_error_of_a_stage_reaches_the_caller_and_names_the_stage():
    black = encode_image(np.zeros((64, 64, 3), np.uint8), PNG).data
    async with serve_system() as running:
        error = await catch_ad_error(running, photo=black)
    assert error.code is grpc.StatusCode.FAILED_PRECONDITION
    assert (error.stage, error.reason) == ("segmentation", "PRODUCT_NOT_FOUND")
    assert error.text == "segmentation: the photo is black; send a lighter one"


async def test_the_error_for_a_truncated_photo_names_the_field_of_the_caller():
    async with serve_system() as running:
        error = await catch_grpc_error(running, image_pb2.Image(data=PHOTO[:99]))
    violations = read_error_details(error)["BadRequest"].field_violations
    assert [each.field for each in violations] == ["photo"]


async def test_an_unexpected_exception_in_a_stage_is_not_revealed():
    class FailingSegmentation(MiddleCrop):
        def segment(self, photo, prompt):
            raise KeyError("/srv/secret")

    async with serve_system(segmentation=FailingSegmentation()) as running:
        error = await catch_ad_error(running)
    assert error.code is grpc.StatusCode.INTERNAL and "secret" not in error.text
    assert error.stage == "segmentation"


async def test_the_error_for_an_unreachable_stage_does_not_reveal_its_address():
    async with serve_system() as running:
        running.stop_stage("compositing")
        error = await catch_ad_error(running)
        port = running.stages["compositing"].port
    assert error.code is grpc.StatusCode.UNAVAILABLE
    assert (error.stage, error.reason) == ("compositing", "STAGE_UNREACHABLE")
    assert str(port) not in error.text and "127.0.0.1" not in error.text


async def test_the_next_call_reaches_a_restarted_stage():
    async with serve_system() as running:
        first = await make_ad(running)
        for stage in ("segmentation", "background"):
            running.stop_stage(stage)
        assert (await catch_ad_error(running)).code is grpc.StatusCode.UNAVAILABLE
        running.restart_stage("segmentation", MiddleCrop())
        running.restart_stage("background", Flat())
        assert (await make_ad(running)).data == first.data


async def test_a_deadline_ends_the_call_and_stops_the_running_stage():
    background = Flat(go=threading.Event())
    async with serve_system(background=background) as running:
        async with AsyncClient(running.address, timeout=0.5, max_retries=0) as client:
            with pytest.raises(CycloramaError) as caught:
                await client.create_ad(PHOTO, "a table", **SMALL)
        assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
        assert await asyncio.to_thread(background.abandoned.wait, 5)


async def test_the_ad_timeout_names_the_stage_that_did_not_finish():
    background = Flat(go=threading.Event())
    async with serve_system(background=background, ad_timeout_seconds=0.5) as running:
        error = await catch_grpc_error(running, image_pb2.Image(data=PHOTO))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert read_error_details(error)["ErrorInfo"].metadata["stage"] == "background"


async def test_a_cancelled_call_stops_the_running_stage():
    background = Flat(go=threading.Event())
    async with serve_system(background=background) as running:
        task = asyncio.create_task(make_ad(running))
        assert await asyncio.to_thread(background.waiting.wait, 5)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(background.abandoned.wait, 5)


async def test_calls_above_the_concurrency_limit_are_rejected_with_a_retry_delay():
    background = Flat(go=threading.Event())
    async with serve_system(background=background, max_concurrent_calls=1) as running:
        first = asyncio.create_task(make_ad(running))
        assert await asyncio.to_thread(background.waiting.wait, 5)
        error = await catch_ad_error(running)
        background.go.set()
        await first
    assert error.code is grpc.StatusCode.RESOURCE_EXHAUSTED and error.retry_seconds == 2


async def test_calls_above_the_limit_of_a_stage_wait():
    async with serve_system(max_calls_per_stage=1) as running:
        ads = await asyncio.gather(*(make_ad(running, seed=seed) for seed in range(4)))
    assert len({ad.data for ad in ads}) == 4


async def test_engines_are_listed_and_an_unreachable_stage_is_reported():
    async with serve_system() as running:
        running.stop_stage("inpainting")
        async with AsyncClient(running.address) as client:
            engines = await client.engines()
    listed = {each.stage: each for each in engines}
    segmentation = [each for each in engines if each.stage == "segmentation"]
    assert [each.name for each in segmentation] == ["crop", "alpha"]
    assert all(each.ready for each in segmentation)
    assert not listed["inpainting"].ready and "start it" in listed["inpainting"].reason


async def test_a_supplied_background_image_replaces_the_background_stage():
    backdrop = encode_image(np.full((500, 900, 3), (10, 200, 90), np.uint8), PNG)
    own = {"backdrop": {"picture": {"data": base64.b64encode(backdrop.data).decode()}}}
    async with serve_system() as running:
        running.stop_stage("background")
        ad = await make_ad(running, options=own)
    pixels = read_pixels(ad)
    assert pixels.shape == (320, 256, 3) and (pixels[0, 0] == (10, 200, 90)).all()
    assert [s["stage"] for s in ad.manifest["stages"]] == [
        "segmentation",
        "compositing",
        "inpainting",
        "finishing",
    ]
    assert ad.manifest["backdrop"]["sha256"] == hashlib.sha256(backdrop.data).hexdigest()
    assert "picture" not in ad.manifest["request"]["backdrop"]


async def test_a_plain_color_replaces_the_background_stage():
    async with serve_system() as running:
        ad = await make_ad(running, options={"backdrop": {"color": {"red": 250, "blue": 20}}})
    pixels = read_pixels(ad)
    assert (pixels[0, 0] == (250, 0, 20)).all()


@pytest.mark.parametrize("size", [(300, 250), (728, 90), (320, 50), (160, 600), (2400, 300)])
async def test_banners_have_exactly_the_requested_size(size):
    async with serve_system() as running:
        ad = await make_ad(running, size=size)
    pixels = read_pixels(ad)
    assert pixels.shape == (*size[::-1], 3)


@given(st.integers(50, 4096), st.floats(1, 20), st.booleans())
def test_the_background_size_of_every_ad_size_is_valid(longest, aspect, upright):
    sides = longest, max(50, math.ceil(longest / aspect))
    width, height = sides[::-1] if upright else sides
    size = compute_background_size(image_pb2.Size(width=width, height=height))
    request = background_pb2.GenerateBackgroundRequest(prompt="x", size=size)
    (rule,) = [r for r in RULES[background_pb2.GenerateBackgroundRequest] if r.field == "size"]
    assert rule.find_fault(request.size) is None
    assert size.width / width == pytest.approx(size.height / height, rel=0.02) or aspect > 3


async def test_requested_layers_add_up_to_the_composite():
    async with serve_system() as running:
        plain = await make_ad(running)
        ad = await make_ad(running, options={"delivery": {"layers": True, "layered_file": True}})
    assert not plain.layers and not plain.layered_file
    assert list(ad.layers) == ["background", "shadow", "cutout", "composite", "mask", "final"]
    pictures = {name: read_pixels(layer).astype(float) for name, layer in ad.layers.items()}
    stack = pictures["background"]
    for name in ("shadow", "cutout"):
        share = pictures[name][..., 3:] / 255
        stack = stack * (1 - share) + pictures[name][..., :3] * share
    assert np.abs(stack - pictures["composite"]).max() <= 2
    assert_image_equal(read_pixels(ad.layers["final"]), read_pixels(ad))
    assert ad.layered_file[:4] == b"8BPS"


async def test_the_file_contains_the_record_and_equal_ads_have_equal_records():
    async with serve_system() as running:
        first, second = await make_ad(running), await make_ad(running)
        other = await make_ad(running, prompt="a shelf")
    record = record_from_manifest(first.manifest)
    assert first.manifest["record"] == second.manifest["record"] == record
    assert other.manifest["record"] != record
    assert record.encode() in first.data


async def test_the_record_does_not_cover_measurements():
    class TimedBackground(Flat):
        def generate(self, order):
            *steps, picture = super().generate(order)
            yield from steps
            yield replace(picture, measured={"queue_ms": time.perf_counter()})

    async with serve_system(background=TimedBackground()) as running:
        first, second = await make_ad(running), await make_ad(running)
    measured = [ad.manifest["stages"][1]["measured"]["queue_ms"] for ad in (first, second)]
    assert measured[0] != measured[1]
    assert first.manifest["record"] == second.manifest["record"] and first.data == second.data


async def test_the_record_covers_the_stages_before_the_file():
    async with serve_system() as running:
        png, jpeg = await make_ad(running), await make_ad(running, format="jpeg")
    changed = json.loads(png.manifest_json)
    changed["stages"][-1]["version"] = "another"
    assert png.manifest["stages"][-1]["stage"] == "finishing"
    assert record_from_manifest(changed) == png.manifest["record"]
    assert jpeg.manifest["stages"][-1]["output"]["format"] == "JPEG"


async def test_an_unreachable_size_limit_is_rejected_with_the_smallest_size():
    async with serve_system() as running:
        error = await catch_ad_error(running, options={"delivery": {"max_kilobytes": 5}})
    assert (
        error.code is grpc.StatusCode.INVALID_ARGUMENT and error.reason == "SIZE_LIMIT_UNREACHABLE"
    )
    assert "delivery.max_kilobytes" in error.text and "JPEG" in error.text


@pytest.mark.parametrize("size", [(512, 512), (640, 320)])
async def test_lettering_stays_off_the_product_and_keeps_its_pixel_lock(size):
    words = {"lettering": {"headline": "Good morning", "call_to_action": "Shop now"}}
    async with serve_system() as running:
        plain = await make_ad(running, size=size)
        ad = await make_ad(running, size=size, options=words)
    assert not np.array_equal(read_pixels(plain), read_pixels(ad))
    assert ad.manifest["pixel_lock"]["differing_pixels"] == 0
    assert ad.manifest["request"]["lettering"]["headline"] == "Good morning"


async def test_lettering_has_the_place_size_and_font_that_the_caller_chose():
    words = {"headline": "Для\nдня", "text_anchor": "bottom_right", "text_size": 0.08}
    async with serve_system() as running:
        ad = await make_ad(running, size=(512, 512), font_file=GARAMOND, **words)
        async with AsyncClient(running.address) as client:
            replayed = await client.replay(ad, PHOTO, font_file=GARAMOND)
    manifest = ad.manifest
    assert manifest["font_file"]["sha256"] == hash_content(GARAMOND)
    parameters = manifest["stages"][-1]["parameters"]
    assert (parameters["font"], parameters["font_size"]) == ("EB Garamond SemiBold", 41)
    box = parameters["box"]
    assert box["x"] + box["width"] > 450 and box["y"] + box["height"] > 450
    assert "font_file" not in manifest["request"]["lettering"]
    assert replayed.data == ad.data
    with pytest.raises(ValueError, match="names a font file; send it as well"):
        prepare_replay(ad, PHOTO)
    with pytest.raises(ValueError, match="this is not the font file"):
        prepare_replay(ad, PHOTO, font_file=b"another")
    assert record_from_manifest(manifest) == manifest["record"]
    assert record_from_manifest(manifest | {"font_file": None}) != manifest["record"]


async def test_blank_lettering_is_rejected():
    async with serve_system() as running:
        error = await catch_ad_error(running, options={"lettering": {"headline": "  "}})
    assert "lettering" in error.text and "says nothing" in error.text


@pytest.fixture
def store_settings(tmp_path) -> dict[str, str]:
    """Settings of a gateway with a job database and an artifact store."""
    return {
        "database": f"sqlite:///{tmp_path}/jobs.db",
        "artifact_store": str(tmp_path / "artifacts"),
    }


async def make_cached_ad(running, **fields) -> tuple[bytes, set[str]]:
    """Returns the file of an ad, and the stages whose result was cached."""
    events = []
    ad = await make_ad(running, on_event=events.append, **fields)
    return ad.data, {event.stage for event in events if event.cached}


async def test_only_stages_affected_by_a_change_run_again(store_settings):
    async with serve_system(**store_settings) as running:
        first, none = await make_cached_ad(running, options={"reuse": True})
        again, every = await make_cached_ad(running, options={"reuse": True})
        moved = {"reuse": True, "compositing": {"width_share": 0.3}}
        other, some = await make_cached_ad(running, options=moved)
    assert none == set() and every == set(STAGES)
    assert some == {"segmentation", "background"}
    assert first == again != other


async def test_results_are_reused_only_when_the_request_allows_it(store_settings):
    async with serve_system(**store_settings) as running:
        await make_cached_ad(running, options={"reuse": True})
        assert (await make_cached_ad(running))[1] == set()
    async with serve_system() as running:
        await make_cached_ad(running, options={"reuse": True})
        assert (await make_cached_ad(running, options={"reuse": True}))[1] == set()


async def test_the_record_does_not_cover_the_field_reuse(store_settings):
    async with serve_system(**store_settings) as running:
        bare, reused = await make_ad(running), await make_ad(running, options={"reuse": True})
    assert bare.manifest["record"] == reused.manifest["record"]
    assert "reuse" not in reused.manifest["request"]


async def test_every_stage_ends_with_a_preview_of_its_result():
    events = []
    async with serve_system() as running:
        await make_ad(running, on_event=events.append, size=(600, 300))
    ends = {event.stage: event.preview for event in events if event.kind == "finished"}
    assert ends["segmentation"][8:12] == b"WEBP"
    for stage in ("background", "compositing", "inpainting", "finishing"):
        pixels = ImageCodec(ImageSettings()).read(image_pb2.Image(data=ends[stage]), stage)
        assert pixels.shape == (128, 256, 3)


async def test_finishing_reports_progress_and_duration_of_a_slow_file(monkeypatch):
    events, progressed = [], threading.Event()
    png = ENCODERS[PNG]

    def write_slowly(*args):
        assert progressed.wait(10), "no progress was reported while the file was written"
        return png.write(*args)

    def record_event(event):
        events.append(event)
        if sum(each.kind == "progress" for each in finishing_events(events)) == 3:
            progressed.set()

    monkeypatch.setitem(ENCODERS, PNG, replace(png, write=write_slowly))
    before = read_stage_seconds("finishing"), read_stage_seconds("compositing")
    async with serve_system() as running:
        await make_ad(running, on_event=record_event)
    kinds = [event.kind for event in finishing_events(events)]
    assert kinds[0] == "started" and kinds[-1] == "finished"
    assert {*kinds[1:-1]} == {"progress"} and kinds.count("progress") >= 3
    fractions = [event.fraction for event in finishing_events(events)[1:-1]]
    assert fractions == sorted(fractions) and fractions[0] == 0 < fractions[1] < fractions[2]
    end, least = finishing_events(events)[-1], 2 * INTERVAL_SECONDS
    assert end.engine == "pillow" and end.seconds > least
    after = read_stage_seconds("finishing"), read_stage_seconds("compositing")
    assert after[0] - before[0] > least
    assert after[0] - before[0] > after[1] - before[1]


def finishing_events(events) -> list:
    """Returns the events of the finishing stage."""
    return [event for event in events if event.stage == "finishing"]


def read_stage_seconds(stage: str) -> float:
    """Reads the total duration of the calls to a stage from the metrics."""
    return (
        REGISTRY.get_sample_value("cyclorama_stage_duration_seconds_sum", {"stage": stage}) or 0.0
    )


async def test_an_error_of_finishing_names_the_stage():
    async with serve_system() as running:
        error = await catch_ad_error(running, options={"delivery": {"max_kilobytes": 5}})
    assert error.stage == "finishing" and error.text.startswith("finishing: ")


async def test_finishing_defaults_to_the_address_of_compositing():
    async with serve_system() as running:
        running.stop_stage("finishing")
        error = await catch_ad_error(running)
        assert (error.stage, error.reason) == ("finishing", "STAGE_UNREACHABLE")
        assert error.is_transient
    settings = GatewaySettings(compositing_address="127.0.0.1:1", database="")
    assert settings.get_stage_address("finishing") == "127.0.0.1:1"
    settings = GatewaySettings(finishing_address="127.0.0.1:2")
    assert settings.get_stage_address("finishing") == "127.0.0.1:2"


class ShadowEngine:
    """Returns the composite unchanged; reports whether it casts shadows; fails on request."""

    version = "1"

    def __init__(self, name: str, casts_shadows: bool, fails: bool = False) -> None:
        self.name, self.fails = name, fails
        self.traits = EngineTraits(casts_shadows=casts_shadows)

    def unavailable_reason(self) -> str:
        return ""

    def inpaint(self, order):
        yield EngineProgress(0.0)
        if self.fails:
            raise BackendUnavailable("the server went away")
        yield InpaintingResult(order.composite)


def open_shadow_engines(*engines: ShadowEngine) -> Engines:
    return Engines([each.name for each in engines], {each.name: each for each in engines}.get)


def read_shadow_kind(ad) -> str:
    return ad.manifest["stages"][2]["parameters"]["shadow"]


FALLBACK = {"inpainting": {"engine": {"name": "first", "allow_fallback": True}}}


async def test_compositing_draws_no_drop_shadow_when_inpainting_casts_all_shadows():
    async with serve_system(inpainting=open_shadow_engines(ShadowEngine("first", True))) as running:
        ad = await make_ad(running)
        chosen = {"compositing": {"shadow": {"kind": "SHADOW_KIND_DROP"}}}
        own = await make_ad(running, options=chosen)
    assert read_shadow_kind(ad) == "none" and read_shadow_kind(own) == "drop"


@pytest.mark.parametrize(("casts", "shadow"), [(True, "drop"), (False, "none")])
async def test_compositing_runs_again_when_another_inpainting_engine_answers(casts, shadow):
    first, second = ShadowEngine("first", casts, fails=True), ShadowEngine("second", not casts)
    events = []
    async with serve_system(inpainting=open_shadow_engines(first, second)) as running:
        ad = await make_ad(running, options=FALLBACK, on_event=events.append)
        second_alone = {"inpainting": {"engine": {"name": "second"}}}
        expected = await make_ad(running, options=second_alone)
    assert read_shadow_kind(ad) == shadow
    assert ad.manifest["stages"][3]["engine"] == "second"
    assert_image_equal(read_pixels(ad), read_pixels(expected))
    starts = [event.stage for event in events if event.kind == "started"]
    assert {stage: starts.count(stage) for stage in STAGES} == {
        "segmentation": 1,
        "background": 1,
        "compositing": 2,
        "inpainting": 2,
        "finishing": 1,
    }


async def test_after_a_failover_the_result_is_cached_for_the_engine_that_ran(store_settings):
    first, second = ShadowEngine("first", False, fails=True), ShadowEngine("second", False)
    again = {"reuse": True} | FALLBACK
    async with serve_system(
        inpainting=open_shadow_engines(first, second), **store_settings
    ) as running:
        await make_cached_ad(running, options=again)
        first.fails = False
        _, cached = await make_cached_ad(running, options=again)
        _, once_more = await make_cached_ad(running, options=again)
    assert "inpainting" not in cached and "inpainting" in once_more


class ScriptedSegmentation(MiddleCrop):
    """Finds the middle of the photo, or nothing, or doubts the result, or is not ready."""

    def __init__(self, name: str, outcome: str = "", version: str = "1") -> None:
        self.name, self.outcome, self.version = name, outcome, version

    def unavailable_reason(self) -> str:
        return "is down" if self.outcome == "not ready" else ""

    def segment(self, photo, prompt):
        if self.outcome == "nothing":
            raise ProductNotFound("the photo shows no product")
        found = super().segment(photo, prompt)
        return replace(found, doubt="it is hazy") if self.outcome == "doubt" else found


def open_segmentation_engines(*engines: ScriptedSegmentation) -> Engines:
    return Engines([each.name for each in engines], {each.name: each for each in engines}.get)


TRANSPARENT = encode_image(draw_cutout(), PNG).data


@pytest.mark.parametrize(
    ("outcome", "photo", "choice"),
    [
        ("nothing", PHOTO, {}),
        ("doubt", PHOTO, {}),
        ("", TRANSPARENT, {}),
        ("not ready", PHOTO, {"name": "first", "allow_fallback": True}),
    ],
)
async def test_a_result_of_a_fallback_engine_is_cached(store_settings, outcome, photo, choice):
    segmentation = open_segmentation_engines(
        ScriptedSegmentation("first", outcome), ScriptedSegmentation("second")
    )
    again = {"reuse": True, "segmentation": {"engine": choice}}
    async with serve_system(segmentation=segmentation, **store_settings) as running:
        _, none = await make_cached_ad(running, photo=photo, options=again)
        _, every = await make_cached_ad(running, photo=photo, options=again)
    assert none == set() and every == set(STAGES)


async def test_a_new_version_of_the_engine_that_ran_invalidates_its_results(store_settings):
    for version, cached in (("1", set()), ("1", {"segmentation"}), ("2", set())):
        found = open_segmentation_engines(
            ScriptedSegmentation("first", "doubt"), ScriptedSegmentation("second", version=version)
        )
        async with serve_system(segmentation=found, **store_settings) as running:
            _, reused = await make_cached_ad(running, options={"reuse": True})
        assert reused & {"segmentation"} == cached, version


async def test_another_model_invalidates_cached_results(store_settings):
    class CheckpointBackground(Flat):
        checkpoint = "sd_xl"

        def model(self):
            return self.checkpoint

    engine = CheckpointBackground()
    async with serve_system(background=engine, **store_settings) as running:
        await make_cached_ad(running, options={"reuse": True})
        assert "background" in (await make_cached_ad(running, options={"reuse": True}))[1]
    engine.checkpoint = "flux"
    async with serve_system(background=engine, **store_settings) as running:
        assert "background" not in (await make_cached_ad(running, options={"reuse": True}))[1]


async def test_an_unreachable_stage_is_not_cached_as_unreachable(store_settings):
    async with serve_system(**store_settings) as running:
        await make_cached_ad(running, options={"reuse": True})
        running.stop_stage("inpainting")
        await catch_ad_error(
            running, options={"reuse": True, "inpainting": {"shadow_strength": 0.5}}
        )
        running.restart_stage("inpainting", GroundingInpainting())
        _, cached = await make_cached_ad(running, options={"reuse": True})
    assert "inpainting" in cached


async def test_a_result_of_a_stage_that_was_starting_is_cached(store_settings):
    async with serve_system(**store_settings) as running:
        running.stop_stage("background")
        making = asyncio.create_task(make_cached_ad(running, options={"reuse": True}))
        # Until its engines were asked for, in vain.
        await asyncio.sleep(0.5)
        running.restart_stage("background", Flat())
        assert (await making)[1] == set()
        _, cached = await make_cached_ad(running, options={"reuse": True})
    assert cached == set(STAGES)


async def test_only_ads_with_generated_pixels_are_marked_as_generative():
    class GenerativeBackground(Flat):
        traits = EngineTraits(generative=True)

        def model(self):
            return "sd_xl"

    async with serve_system(background=GenerativeBackground()) as running:
        generated = await make_ad(running)
    async with serve_system() as running:
        rendered = await make_ad(running)
    assert b"compositeWithTrainedAlgorithmicMedia" in generated.data
    assert b"compositeWithTrainedAlgorithmicMedia" not in rendered.data
    background = generated.manifest["stages"][1]
    assert background["generative"] and background["model"] == "sd_xl"
