"""What a developer types first: it works, or fails with the one right sentence."""

import asyncio
import io
import math
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import Any

import grpc
import numpy as np
import pytest
from PIL import Image

import cyclorama
from cyclorama import AsyncClient, Client
from cyclorama.job_operations import prepare_submission
from cyclorama.operations import prepare_ad
from cyclorama.v1 import ads_pb2, image_pb2
from tests.clients.scripted import PendingCall, fail_with, serve_gateway
from tests.support.pictures import draw_product

PIXELS = draw_product()[0]
SMALL = {"size": "256x256", "seed": 3}


@pytest.fixture
def client(running):
    with Client(running.address, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def ad(running):
    with Client(running.address, timeout=20) as client:
        return client.create_ad(PIXELS, "x", **SMALL)


def build_request(**arguments) -> ads_pb2.CreateAdRequest:
    """Returns the request that create_ad sends for keyword arguments."""
    return prepare_ad(b"photo", "x", **arguments).request


# Each keyword argument with the field of the request that it sets.
GUESSES = [
    ({"size": "512x768"}, "size", {"width": 512, "height": 768}),
    ({"size": (512, 768)}, "size", {"width": 512, "height": 768}),
    ({"backdrop": "#e8d9c0"}, "backdrop.color", {"red": 232, "green": 217, "blue": 192}),
    ({"backdrop": (232, 217, 192)}, "backdrop.color", {"red": 232, "green": 217, "blue": 192}),
    ({"backdrop": b"picture"}, "backdrop.picture", {"data": b"picture"}),
    ({"headline": "New"}, "lettering.headline", "New"),
    ({"call_to_action": "Buy"}, "lettering.call_to_action", "Buy"),
    ({"logo": b"logo"}, "lettering.logo", {"data": b"logo"}),
    ({"text_margins": {"top": 0.25}}, "lettering.top", 0.25),
    ({"profile": "amazon-main"}, "delivery.profile", "amazon-main"),
    ({"quality": 90}, "delivery.quality", 90),
    ({"max_kb": 150}, "delivery.max_kilobytes", 150),
    ({"dpi": 300}, "delivery.dpi", 300),
    ({"format": "jpg"}, "accept_format", 2),
    ({"format": "JPEG"}, "accept_format", 2),
    ({"draft": True}, "quality", 2),
    ({"shadow": "none"}, "compositing.shadow.kind", 4),
    ({"anchor": "bottom_left"}, "compositing.arrangement.anchor", 7),
    ({"margins": 0.25}, "compositing.arrangement.margins.left", 0.25),
    ({"spot": (0.25, 0.6, 0.5)}, "compositing.arrangement.spot.center_x", 0.25),
    ({"mask": b"picture"}, "mask", {"data": b"picture"}),
    ({"tint": 0}, "compositing.tint", 0),
    ({"product": "mug"}, "background.product", "mug"),
    ({"edge": "fine"}, "segmentation.edge", 2),
    ({"box": (1, 2, 3, 4)}, "segmentation.box.height", 4),
    ({"engines": {"background": "flat"}}, "background.engine.name", "flat"),
    ({"options": {"background": {"engine": "flat"}}}, "background.engine.name", "flat"),
    ({"shadow_strength": 0.5}, "inpainting.shadow_strength", 0.5),
    ({"negative_prompt": "people"}, "negative_prompt", "people"),
    ({"reuse": True}, "reuse", True),
    ({"headline": None, "seed": 4}, "seed", 4),
]


@pytest.mark.parametrize(("arguments", "path", "expected"), GUESSES)
def test_a_keyword_argument_sets_its_field(arguments, path, expected):
    value = build_request(**arguments)
    for name in path.split("."):
        value = getattr(value, name)
    if isinstance(expected, dict):
        value = {field.name: field_value for field, field_value in value.ListFields()}
    assert value == expected


WRONG = [
    ({"call": "Buy"}, "call: there is no such argument; did you mean call_to_action?"),
    ({"engine": "flat"}, "engine: there is no such argument; did you mean engines?"),
    ({"stream": True}, "stream: there is no such argument; call stream_ad, which"),
    ({"width": 512}, "width: there is no such argument; did you mean size?"),
    ({"sizes": ["1x1"]}, "sizes: there is no such argument; did you mean size?"),
    ({"size": "512"}, "size: '512' is no size; write \"1024x768\" or (1024, 768)"),
    ({"size": ("a", "b")}, "size.width: is 'a'; give a number"),
    ({"options": 3}, "options: is 3; name them by stage, as in {"),
    ({"backdrop": "red"}, "backdrop: 'red' is neither a file nor a color; write a color"),
    ({"logo": ""}, "logo: is an empty path; leave it out, or name a file"),
    ({"backdrop": "#12345"}, "backdrop: '#12345' is no color; write \"#e8d9c0\" or"),
    ({"format": "gif"}, "format: is 'gif'; give one of png, jpeg, webp"),
    ({"shadow": "long"}, "shadow: is 'long'; give one of drop, cast"),
    ({"seed": 1.5}, "seed: is 1.5; give a whole number"),
    ({"quality": "high"}, "quality: is 'high'; give a number"),
    ({"draft": 3, "headline": 3}, "draft: is 3; give True or False"),
    ({"engines": "flat"}, "engines: is 'flat'; name them by stage, such as {\"segmentation\""),
    ({"engines": {"background": 3}}, "engines.background: is 3; give a text"),
    ({"engines": {"sky": "x"}}, "engines.sky: there is no such stage; there are background, com"),
    ({"options": {"compositing": {"tinge": 1}}}, "compositing.tinge: there is no such option; did"),
    ({"options": {"compositing": 3}}, "compositing: is 3; give a mapping with some of engine"),
    ({"points": 3}, "points: is 3; give a list"),
    ({"points": [(1,)]}, "points[0]: (1,) is not (x, y)"),
    ({"spot": (0.5, 0.5)}, "spot: (0.5, 0.5) is not (center_x, center_y, width)"),
    ({"margins": "wide"}, "margins: 'wide' is no margin; write 0.1"),
    ({"logo": "https://example.com/a.png"}, "logo: https://example.com/a.png is an address; down"),
    ({"logo": 7}, "logo: is int; pass a path, bytes, an open file, an image of Pillow or"),
]


@pytest.mark.parametrize(("arguments", "sentence"), WRONG)
def test_a_wrong_argument_is_explained_in_the_callers_words(arguments, sentence):
    with pytest.raises((ValueError, TypeError)) as caught:
        build_request(**arguments)
    text = str(caught.value)
    assert text.startswith(sentence)
    # No word of protobuf's, nor its other spelling of names.
    assert "cyclorama.v1" not in text and "Message type" not in text and "\n" not in text


def test_a_single_text_is_one_prompt():
    campaign = prepare_submission(b"photo", "sand", sizes=["256x256"]).request.campaign
    assert list(campaign.prompts) == ["sand"]
    with pytest.raises(ValueError, match=r"prompt: is .*; give a text"):
        prepare_ad(b"photo", ["sand", "snow"])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"size": "256x256"}, "size: there is no such argument; did you mean sizes?"),
        ({"overrides": [{"headlin": "x"}]}, "overrides[0].headlin: there is no such argument; did"),
        ({"overrides": [{"size": "1by1"}]}, "overrides[0].size: '1by1' is no size; write"),
    ],
)
def test_a_wrong_argument_of_a_campaign_is_explained(arguments, sentence):
    with pytest.raises(ValueError) as caught:
        prepare_submission(b"photo", "sand", **arguments)
    assert str(caught.value).startswith(sentence)


def test_overrides_take_the_same_arguments():
    overrides = [{"size": "64x32", "headline": "New", "format": "jpg", "backdrop": "#fff"}]
    (override,) = prepare_submission(b"1", "x", overrides=overrides).request.campaign.overrides
    assert (override.size.width, override.lettering.headline) == (64, "New")
    assert override.accept_format == 2 and override.backdrop.color.red == 255


def test_a_photo_may_be_an_open_file_an_image_or_an_array(client, photo, ad):
    data = photo.read_bytes()
    with photo.open("rb") as file:
        ways = [file, io.BytesIO(data), bytearray(data), Image.open(photo)]
        ads = [client.create_ad(each, "x", **SMALL) for each in ways]
    for each in ads:
        assert np.array_equal(each.to_numpy(), ad.to_numpy())


def test_photos_of_a_campaign_may_be_any_of_them(photo):
    photos = [photo, PIXELS, Image.open(photo), io.BytesIO(b"3")]
    campaign = prepare_submission(photos, "x").request.campaign
    assert len(campaign.photos) == 4 and campaign.photos[1].image.width == PIXELS.shape[1]
    assert len(prepare_submission(PIXELS, "x").request.campaign.photos) == 1
    found = prepare_submission(photo.parent.glob("*.png"), "x").request.campaign.photos
    assert found[0].image.data and found[0].name.endswith(".png")
    with pytest.raises(ValueError, match="photos: there are none"):
        prepare_submission([], "x")


@pytest.mark.parametrize(
    ("array", "sentence"),
    [
        (np.zeros((4, 4, 3)), "is an array of float64 with shape (4, 4, 3); pass uint8"),
        (np.zeros((4, 4, 2), np.uint8), "is an array of uint8 with shape (4, 4, 2); pass uint8"),
        (np.zeros(4, np.uint8), "is an array of uint8 with shape (4,); pass uint8"),
        (np.zeros((0, 4, 3), np.uint8), "is an array of uint8 with shape (0, 4, 3)"),
        (
            np.broadcast_to(np.uint8(0), (5000, 5000, 3)),
            "has 71 MiB, and a call takes 64",
        ),
    ],
)
def test_an_array_that_is_no_picture_is_explained(array, sentence):
    with pytest.raises(ValueError, match="photo: ") as caught:
        prepare_ad(array, "x")
    assert sentence in str(caught.value)


def test_gray_transparent_and_bool_arrays_are_pictures():
    shapes = ((PIXELS[..., 0], "RAW_GRAY"), (np.dstack([PIXELS, PIXELS[..., :1]]), "RAW_RGBA"))
    for array, name in (*shapes, (PIXELS[..., 0] > PIXELS.mean(), "RAW_GRAY")):
        photo = prepare_ad(array, "x").request.photo
        assert photo.format == image_pb2.ImageFormat.Value(f"IMAGE_FORMAT_{name}")
    assert set(photo.data) == {0, 255}


def test_an_image_keeps_its_orientation_profile_and_mode():
    turned = Image.new("RGB", (8, 4), "red")
    exif = turned.getexif()
    exif[0x0112] = 6
    turned.info["icc_profile"] = b"profile"
    sent = Image.open(io.BytesIO(prepare_ad(turned, "x").request.photo.data))
    assert sent.getexif()[0x0112] == 6 and sent.info["icc_profile"] == b"profile"
    inked = Image.new("CMYK", (8, 4))
    inked.info["icc_profile"] = b"profile"
    sent = Image.open(io.BytesIO(prepare_ad(inked, "x").request.photo.data))
    assert sent.mode == "RGB" and "icc_profile" not in sent.info


def test_a_file_open_as_text_is_explained(photo):
    with photo.open(encoding="latin-1") as file, pytest.raises(ValueError, match='mode "rb"'):
        prepare_ad(file, "x")


def test_an_ad_is_bytes_an_image_an_array_and_shown_in_a_notebook(ad):
    assert ad.bytes == bytes(ad) == ad.data == ad._repr_png_()
    assert ad.to_pil().size == (256, 256) and ad._repr_jpeg_() is None
    pixels = ad.to_numpy()
    assert pixels.shape == (256, 256, 3) and pixels.dtype == np.uint8
    assert np.array_equal(np.asarray(ad), pixels) and np.asarray(ad, float).dtype == float
    raw = cyclorama.Picture(bytes(range(6)), "raw_gray", 3, 2)
    assert raw.to_numpy().tolist() == [[0, 1, 2], [3, 4, 5]]
    assert Image.open(io.BytesIO(raw._repr_png_())).size == (3, 2)


@pytest.mark.parametrize("name", ["ad.jpg", "ad.webp", "ad.tiff", "ad.avif"])
def test_save_converts_by_the_suffix_and_keeps_marks_and_manifest(ad, tmp_path, name):
    path = ad.save(tmp_path / "new" / name)
    saved = Image.open(path)
    saved.load()
    assert saved.size == (256, 256) and saved.info["icc_profile"]
    # The file says how its pixels were made.
    assert b"DigitalSourceType" in path.read_bytes()
    assert path.with_suffix(".json").read_text() == ad.manifest_json + "\n"
    manifest = ad.save_manifest(tmp_path / "manifest.json")
    assert manifest.read_text() == path.with_suffix(".json").read_text()
    assert ad.image.size == saved.size
    difference = np.abs(np.asarray(saved.convert("RGB"), int) - ad.to_numpy())
    assert difference.max() <= (16 if name in ("ad.jpg", "ad.avif") else 0)


def test_save_writes_the_own_format_byte_for_byte_and_no_manifest_on_request(ad, tmp_path):
    path = ad.save(tmp_path / "ad.png", manifest=False)
    assert path.read_bytes() == ad.data and not path.with_suffix(".json").exists()
    with pytest.raises(ValueError, match=r"ad.gif: use a name that ends in .png"):
        ad.save(tmp_path / "ad.gif")
    broken = cyclorama.Picture(b"no file", "png", 1, 1)
    with pytest.raises(ValueError, match='ask the service for it with format="jpeg"'):
        broken.save(tmp_path / "x.jpg")


def test_without_pillow_and_numpy_each_says_what_to_install(ad, tmp_path, monkeypatch):
    # None in sys.modules makes an import fail as if the package were missing.
    monkeypatch.setitem(sys.modules, "PIL", None)
    monkeypatch.setitem(sys.modules, "numpy", None)
    with pytest.raises(ImportError, match="pip install pillow"):
        ad.to_pil()
    with pytest.raises(ImportError, match="pip install numpy pillow"):
        ad.to_numpy()
    with pytest.raises(ValueError, match='format="jpeg"'):
        ad.save(tmp_path / "ad.jpg")
    assert ad.save(tmp_path / "ad.png").read_bytes() == ad._repr_png_()
    assert cyclorama.Picture(b"...", "webp", 1, 1)._repr_png_() is None


def test_an_ad_verifies_itself_and_a_manifest_may_have_any_form(client, ad, tmp_path):
    path = ad.save(tmp_path / "ad.png")
    document = path.with_suffix(".json")
    found = [
        *(client.verify(ad, each) for each in (None, ad.manifest, ad.manifest_json, document)),
        client.verify(path),
    ]
    assert all(each.file_unchanged and each.locked for each in found)
    assert client.assess(ad, ad.manifest) == client.assess(path, document)
    for each in (ad, ad.manifest, ad.manifest_json, document):
        assert client.replay(each, PIXELS).data == ad.data
    with pytest.raises(ValueError, match="pass the manifest that came with the picture"):
        client.verify(ad.data)


def test_events_are_iterated_and_the_ad_comes_last(client, ad):
    with client.stream_ad(PIXELS, "x", **SMALL) as stream:
        events = list(stream)
    assert {event.stage for event in events} >= {"segmentation", "finishing"}
    assert stream.result().data == ad.data
    assert client.stream_ad(PIXELS, "x", **SMALL).result().data == ad.data


async def test_events_are_iterated_with_asyncio(running, ad):
    async with AsyncClient(running.address) as client:
        stream = client.stream_ad(PIXELS, "x", **SMALL)
        kinds = {event.kind async for event in stream}
        assert kinds >= {"started", "finished"} and (await stream.result()).data == ad.data


def test_leaving_an_iteration_cancels_the_call():
    pending = PendingCall((ads_pb2.CreateAdResponse(started={"stage": "STAGE_BACKGROUND"}),))
    with serve_gateway(CreateAd=pending.stream) as gateway, Client(gateway.address) as client:
        with client.stream_ad(b"photo", "x") as stream:
            assert next(stream).stage == "background"
        assert pending.cancelled.wait(10)
        with pytest.raises(ValueError, match="read it to its end"):
            stream.result()


async def test_async_callbacks_are_awaited_and_the_blocking_client_refuses_them(running, client):
    seen = []

    async def keep(*values):
        await asyncio.sleep(0)
        seen.append(values)

    async with AsyncClient(running.address) as twin:
        await twin.create_ad(PIXELS, "x", on_event=keep, **SMALL)
        assert {event.kind for (event,) in seen} >= {"started", "finished"}
        seen.clear()
        _ = [ad async for ad in twin.map([PIXELS], "x", on_progress=keep, **SMALL)]
        assert seen == [(1, 1)]
        job = await twin.jobs.submit(PIXELS, "x", sizes=["256x256"], seed=3)
        assert (await job.wait(on_update=keep)).ended and seen[-1][0].ended
    for name, call in {
        "on_event": lambda: client.create_ad(PIXELS, "x", on_event=keep),
        "on_progress": lambda: client.map([PIXELS], "x", on_progress=keep),
        "on_update": lambda: client.jobs.wait(job.name, on_update=keep),
    }.items():
        with pytest.raises(TypeError, match=f"{name}: is async; call AsyncClient"):
            call()
    with pytest.raises(TypeError, match="on_event: is 3; pass a function"):
        client.create_ad(PIXELS, "x", on_event=3)


def test_photos_are_mapped_in_order_with_progress(client, ad, photo):
    counts = []
    photos = [PIXELS, b"no picture", photo]
    results = list(
        client.map(
            photos,
            "x",
            concurrency=2,
            return_exceptions=True,
            on_progress=lambda *count: counts.append(count),
            **SMALL,
        )
    )
    assert [type(each).__name__ for each in results] == ["Ad", "InvalidRequest", "Ad"]
    assert results[0].data == ad.data and counts == [(1, 3), (2, 3), (3, 3)]
    ads = client.map(iter(photos), "x", **SMALL)
    assert next(ads).data == ad.data
    with pytest.raises(cyclorama.InvalidRequest):
        next(ads)
    (only,) = client.map(str(photo), "x", **SMALL)
    assert only.width == 256


def count_calls(limit: int):
    """Returns a handler that makes ads slowly, and the largest number at a time so far."""
    lock, now, most = threading.Lock(), [0], [0]

    def handle(request, context):
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        # One more than may run comes in that time, if any does.
        end = time.monotonic() + 0.1
        while now[0] <= limit and time.monotonic() < end:
            time.sleep(0.01)
        with lock:
            now[0] -= 1
        yield ads_pb2.CreateAdResponse(
            ad={"image": {"data": request.photo.data, "format": "IMAGE_FORMAT_PNG"}}
        )

    return handle, most


def test_a_map_runs_no_more_calls_at_a_time_than_allowed():
    handle, most = count_calls(2)
    with serve_gateway(CreateAd=handle) as gateway, Client(gateway.address) as client:
        photos = [bytes([number]) for number in range(7)]
        assert [ad.data for ad in client.map(photos, "x", concurrency=2)] == photos
    assert most[0] == 2


async def test_an_async_map_does_the_same():
    handle, most = count_calls(2)
    counts = []
    photos = [bytes([number]) for number in range(7)]
    with serve_gateway(CreateAd=handle) as gateway:
        async with AsyncClient(gateway.address) as client:
            ads = client.map(
                photos, "x", concurrency=2, on_progress=lambda *count: counts.append(count)
            )
            assert [ad.data async for ad in ads] == photos
    assert most[0] == 2 and counts[-1] == (7, 7)


ENDLESS_MAP = """
import sys, cyclorama
client = cyclorama.Client(sys.argv[1])
for ad in client.map([b"photo"] * 9, "x", concurrency=3):
    pass
"""


def test_ctrl_c_ends_a_map_whose_calls_last():
    call = PendingCall()
    with (
        serve_gateway(CreateAd=call.stream) as gateway,
        subprocess.Popen([sys.executable, "-c", ENDLESS_MAP, gateway.address]) as process,
    ):
        assert call.started.wait(20)
        process.send_signal(signal.SIGINT)
        try:
            # The calls last longer.
            assert process.wait(20) == -signal.SIGINT
        finally:
            process.kill()
        assert call.cancelled.wait(20)


def fail_first(times: int, code=grpc.StatusCode.RESOURCE_EXHAUSTED, reason="OVERLOADED"):
    """Returns a handler that fails some times and then makes an ad."""
    failed = []

    def handle(request, context):
        if len(failed) < times:
            failed.append(request)
            fail_with(code, "busy", reason=reason, retry_seconds="0.05")(request, context)
        yield ads_pb2.CreateAdResponse(ad={"image": {"data": b"ad", "format": "IMAGE_FORMAT_PNG"}})

    return handle


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED"),
        (grpc.StatusCode.UNAVAILABLE, "STAGE_UNREACHABLE"),
    ],
)
def test_a_call_is_repeated_with_one_seed_after_the_servers_pause(code, reason):
    with (
        serve_gateway(CreateAd=fail_first(2, code, reason)) as gateway,
        Client(gateway.address) as client,
    ):
        started = time.monotonic()
        assert client.create_ad(b"photo", "x").data == b"ad"
        # The second pause is twice the first.
        assert time.monotonic() - started >= 0.05 + 0.1
    assert len(gateway.requests) == 3
    assert len({request.seed for request in gateway.requests}) == 1
    assert all(request.HasField("seed") for request in gateway.requests)


async def test_the_async_client_repeats_calls_too():
    with serve_gateway(CreateAd=fail_first(2)) as gateway:
        async with AsyncClient(gateway.address) as client:
            assert (await client.create_ad(b"photo", "x", seed=5)).data == b"ad"
    assert [request.seed for request in gateway.requests] == [5, 5, 5]


@pytest.mark.parametrize(("max_retries", "calls"), [(0, 1), (1, 2), (2, 3)])
def test_retries_are_bounded(max_retries, calls):
    with (
        serve_gateway(CreateAd=fail_first(9)) as gateway,
        Client(gateway.address, max_retries=max_retries) as client,
        pytest.raises(cyclorama.Overloaded) as caught,
    ):
        client.create_ad(b"photo", "x")
    assert len(gateway.requests) == calls and caught.value.retry_seconds == 0.05


@pytest.mark.parametrize(
    ("code", "reason", "pause"),
    [
        (grpc.StatusCode.INVALID_ARGUMENT, "INVALID_REQUEST", None),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "QUOTA_EXCEEDED", "3600"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "OUT_OF_TIME", "1"),
    ],
)
def test_what_no_retry_helps_is_not_repeated(code, reason, pause):
    trailers = {"reason": reason} | ({"retry_seconds": pause} if pause else {})
    with (
        serve_gateway(ListEngines=fail_with(code, "no", **trailers)) as gateway,
        Client(gateway.address) as client,
        pytest.raises(cyclorama.CycloramaError),
    ):
        client.engines()
    assert len(gateway.requests) == 1


def test_a_pause_longer_than_the_timeout_is_not_waited_for():
    failing = fail_with(
        grpc.StatusCode.UNAVAILABLE, "down", reason="STAGE_UNREACHABLE", retry_seconds="20"
    )
    with (
        serve_gateway(ListEngines=failing) as gateway,
        Client(gateway.address, timeout=10) as client,
        pytest.raises(cyclorama.Unavailable),
    ):
        client.engines()
    assert len(gateway.requests) == 1


@pytest.mark.parametrize(
    "create",
    [
        lambda client: client.create_ad(b"photo", "x", timeout=0.2),
        lambda client: client.with_options(timeout=0.2).create_ad(b"photo", "x"),
    ],
)
def test_a_timeout_is_of_one_call_or_of_a_client_with_other_options(create):
    pending = PendingCall()
    with (
        serve_gateway(CreateAd=pending.stream) as gateway,
        Client(gateway.address) as client,
        pytest.raises(cyclorama.Timeout) as caught,
    ):
        create(client)
    assert caught.value.reason == "TIMED_OUT" and len(gateway.requests) == 1
    expected = "there is no result within 0.2 s; allow more time with timeout=..."
    assert caught.value.text == expected


def test_an_option_of_the_client_that_is_out_of_range_is_explained():
    with pytest.raises(ValueError, match="timeout: is 0; give seconds above 0"):
        Client(timeout=0)
    with pytest.raises(ValueError, match="max_retries: is -1; give a whole number, 0 or more"):
        Client(max_retries=-1)


def test_a_client_with_other_options_shares_the_channel_and_its_end(running):
    client = Client(running.address)
    other = client.with_options(max_retries=0)
    assert other.version() == client.version() and type(other) is Client
    client.close()
    for each in (client, other):
        with pytest.raises(cyclorama.ClientClosed, match="this client is closed; open another one"):
            each.version()
        assert repr(each) == f"Client('{running.address}', closed)"


async def test_a_closed_async_client_says_so(running):
    client = AsyncClient(running.address)
    assert repr(client) == f"AsyncClient('{running.address}')"
    await client.close()
    with pytest.raises(cyclorama.ClientClosed, match="open another one"):
        await client.version()
    with pytest.raises(cyclorama.ClientClosed):
        [job async for job in client.jobs.list()]


def test_a_job_waits_cancels_and_downloads_itself(client, tmp_path):
    updates = []
    job = client.jobs.submit(PIXELS, "sand", sizes=["256x256"], seed=3, format="jpg")
    last = job.wait(timeout=60, on_update=lambda each: updates.append(each.state))
    assert last.state == "succeeded" == updates[-1] and last.ads[0].artifact
    (path,) = last.download(tmp_path / "ads")
    assert path.name == "photo_sand_256x256.jpg" and path.with_suffix(".json").exists()
    ad = client.jobs.fetch_ad(last.ads[0])
    assert ad.data == path.read_bytes() and (ad.format, ad.width) == ("jpeg", 256)
    assert ad.score == last.ads[0].score and client.verify(ad).file_unchanged
    assert client.jobs.download(job.name, tmp_path / "again")[0].read_bytes() == ad.data
    assert job.cancel().state == client.jobs.get(job).state == "succeeded"
    with pytest.raises(ValueError, match="this ad has no file: it is queued"):
        client.jobs.fetch_ad(job.ads[0])
    with pytest.raises(ValueError, match=r"ask client.jobs.get\(name\) for it"):
        cyclorama.Job(*(getattr(job, name) for name in job.__dataclass_fields__)).wait()


async def test_a_job_does_so_with_asyncio(running, tmp_path):
    async with AsyncClient(running.address) as client:
        job = await client.jobs.submit(PIXELS, "sand", sizes=["256x256"], seed=3)
        last = await job.wait(timeout=60)
        (path,) = await last.download(tmp_path)
        assert path.name == "photo_sand_256x256.png" and (await last.cancel()).state == "succeeded"


def test_waiting_for_a_job_ends_at_its_timeout():
    change = ads_pb2.WatchJobResponse(sequence=1, job={"name": "jobs/1", "state": 2})
    pending = PendingCall((change,))
    with (
        serve_gateway(WatchJob=pending.stream) as gateway,
        Client(gateway.address) as client,
        pytest.raises(cyclorama.Timeout, match=r"no result within 0\.3 s; allow more"),
    ):
        client.jobs.wait("jobs/1", timeout=0.3)


def test_a_stage_that_does_not_finish_in_time_is_named_with_the_time():
    failing = fail_with(
        grpc.StatusCode.DEADLINE_EXCEEDED,
        "background: did not finish in time",
        reason="OUT_OF_TIME",
        stage="background",
    )
    with (
        serve_gateway(CreateAd=failing) as gateway,
        Client(gateway.address, timeout=7) as client,
        pytest.raises(cyclorama.Timeout, match="background: no result within 7 s; allow more time"),
    ):
        client.create_ad(b"photo", "x")


def test_a_broken_download_continues_where_it_ended(monkeypatch):
    monkeypatch.setattr("cyclorama.resumption.PAUSE_SECONDS", 0)

    def handle(request, context):
        yield ads_pb2.GetArtifactResponse(data=b"abcd"[request.offset : request.offset + 2])
        if request.offset < 2:
            context.abort(grpc.StatusCode.UNAVAILABLE, "restarting")

    with serve_gateway(GetArtifact=handle) as gateway, Client(gateway.address) as client:
        assert client.jobs.fetch("jobs/1/artifacts/2") == b"abcd"
    assert [request.offset for request in gateway.requests] == [0, 2]


def test_an_unknown_state_of_jobs_is_explained(client):
    with pytest.raises(ValueError, match="state: is 'done'; give one of queued, running"):
        next(client.jobs.list("done"))


@pytest.mark.parametrize(
    ("matching", "sentence"),
    [
        ({"label": {}}, "label: there is no such argument; did you mean labels?"),
        ({"labels": ["shop"]}, "labels: is ['shop']; give a mapping of texts"),
        ({"labels": {"shop": 3}}, "labels.shop: is 3; give a text"),
        ({"created_from": "today"}, "created_from: is 'today'; give a datetime"),
    ],
)
def test_a_wrong_filter_of_jobs_is_explained(client, matching, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        next(client.jobs.list(**matching))


def test_jobs_are_found_by_label_and_time_and_erase_themselves(client):
    labels = {"shop": "north"}
    job = client.jobs.create(PIXELS, "sand", sizes=["256x256"], seed=3, labels=labels)
    day = timedelta(days=1)
    assert [each.name for each in client.jobs.list(labels=labels)] == [job.name]
    assert not list(client.jobs.list(labels=labels, created_before=job.created - day))
    last = job.wait(timeout=60)
    assert last.retry_failed().state == last.state == "succeeded"
    last.delete()
    with pytest.raises(cyclorama.NotFound):
        client.jobs.get(job)


@pytest.mark.parametrize("timeout", [90, timedelta(minutes=1.5)])
def test_a_time_is_seconds_or_a_timedelta(timeout):
    request: Any = prepare_submission(b"photo", "x", ad_timeout=timeout).request
    assert request.campaign.ad_timeout.seconds == 90
    for wrong in ("soon", True, math.inf):
        with pytest.raises(ValueError, match=r"ad_timeout: .* is no time; write seconds"):
            prepare_submission(b"photo", "x", ad_timeout=wrong)


def test_a_photo_is_named_as_its_file_unless_the_contract_refuses_the_name(tmp_path):
    for name, sent in (("mug.jpg", "mug.jpg"), ("a\nb.jpg", ""), (f"{'x' * 201}.jpg", "")):
        (tmp_path / name).write_bytes(b"photo")
        request: Any = prepare_submission(tmp_path / name, "x").request
        assert [photo.name for photo in request.campaign.photos] == [sent]


ERRORS = [
    ("INVALID_ARGUMENT", "INVALID_REQUEST", "", "InvalidRequest"),
    ("INVALID_ARGUMENT", "INVALID_IMAGE", "", "InvalidRequest"),
    ("NOT_FOUND", "NOT_FOUND", "", "NotFound"),
    ("UNAUTHENTICATED", "UNAUTHENTICATED", "", "Unauthenticated"),
    ("PERMISSION_DENIED", "MISSING_SCOPE", "", "PermissionDenied"),
    ("RESOURCE_EXHAUSTED", "OVERLOADED", "", "Overloaded"),
    ("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED", "", "QuotaExceeded"),
    ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE", "", "InvalidRequest"),
    ("DEADLINE_EXCEEDED", "OUT_OF_TIME", "", "Timeout"),
    ("UNAVAILABLE", "STAGE_UNREACHABLE", "background", "Unavailable"),
    ("FAILED_PRECONDITION", "PRODUCT_NOT_FOUND", "segmentation", "ProductNotFound"),
    ("FAILED_PRECONDITION", "ENGINE_NOT_READY", "background", "EngineNotReady"),
    ("INTERNAL", "DIFFUSION_FAILED", "background", "StageError"),
    ("INTERNAL", "INTERNAL", "", "CycloramaError"),
    ("UNIMPLEMENTED", "UNSUPPORTED_FEATURE", "", "Unsupported"),
]


@pytest.mark.parametrize(("code", "reason", "stage", "name"), ERRORS)
def test_each_failure_has_a_class_to_catch(code, reason, stage, name):
    trailers = {"reason": reason, "call_id": "ab12"} | ({"stage": stage} if stage else {})
    failing = fail_with(grpc.StatusCode[code], "what and why", **trailers)
    with (
        serve_gateway(ListEngines=failing) as gateway,
        Client(gateway.address, max_retries=0) as client,
        pytest.raises(cyclorama.CycloramaError) as caught,
    ):
        client.engines()
    error = caught.value
    assert type(error) is getattr(cyclorama, name)
    assert (error.reason, error.stage, error.call_id) == (reason, stage, "ab12")


def test_an_invalid_request_names_every_field(client):
    with pytest.raises(cyclorama.InvalidRequest) as caught:
        client.create_ad(PIXELS, "", quality=900, size="10x10")
    violations = {each.field: each.text for each in caught.value.field_violations}
    assert violations.keys() == {"prompt", "delivery.quality", "size"}
    assert "1 to 100" in violations["delivery.quality"]


@pytest.fixture
def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        yield free.getsockname()[1]


def test_the_first_failure_of_all_has_a_reason_and_says_what_to_do(free_port):
    address = f"127.0.0.1:{free_port}"
    with (
        Client(address, max_retries=0) as client,
        pytest.raises(cyclorama.Unavailable) as caught,
    ):
        client.create_ad(b"photo", "x")
    error = caught.value
    assert error.reason == "UNREACHABLE" and error.is_transient
    assert error.text == f"nothing answers at {address}; is it running?"


def test_the_port_of_a_stage_is_explained(running):
    address = f"127.0.0.1:{running.stages['segmentation'].port}"
    with Client(address) as client, pytest.raises(cyclorama.Unsupported) as caught:
        client.create_ad(PIXELS, "x")
    assert caught.value.reason == "WRONG_SERVICE"
    assert caught.value.text == (
        f"the server at {address} has no such method of AdService; give the address of the "
        "gateway, by default 127.0.0.1:50050, or update the server"
    )
    with Client(running.address) as client, pytest.raises(cyclorama.Unsupported) as caught:
        client.generate("x")
    assert "the background stage, by default 127.0.0.1:50052" in caught.value.text


def test_a_port_that_speaks_http_is_explained():
    server = socket.create_server(("127.0.0.1", 0))
    address = f"127.0.0.1:{server.getsockname()[1]}"

    def answer():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
                connection.recv(4096)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    try:
        with (
            Client(address, max_retries=0) as client,
            pytest.raises(cyclorama.Unavailable) as caught,
        ):
            client.version()
    finally:
        server.shutdown(socket.SHUT_RDWR)
        server.close()
        thread.join(10)
    assert caught.value.text.startswith(f"what answers at {address} speaks HTTP and no gRPC")


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://127.0.0.1:50050", 'leave out "http://": write 127.0.0.1:50050'),
        (
            "https://ads.example.com/",
            'leave out "https://", and pass ca="public" for TLS: write ads.example.com',
        ),
        ("ads.example.com", "has no port; write ads.example.com:50050"),
    ],
)
@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_an_address_that_is_none_is_explained(address, sentence, kind):
    with pytest.raises(ValueError) as caught:
        kind(address)
    assert str(caught.value) == f"{address}: {sentence}"


def test_a_client_shows_its_address(client, running):
    assert repr(client) == f"Client('{running.address}')"
