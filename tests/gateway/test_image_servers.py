"""Ads of engines that run on image servers: real doubles, which are killed or come late."""

import pytest

from cyclorama import AsyncClient
from cyclorama.replay import IDENTICAL, compare_manifests
from cyclorama.v1 import background_pb2, engine_pb2
from services.background.engines import BackgroundSettings
from services.background.engines import open_engine as open_background
from services.diffusion.errors import MAX_RETRIES
from services.imaging.images import encode_image
from services.inpainting.engines import InpaintingSettings
from services.inpainting.engines import open_engine as open_inpainting
from services.runtime.engines import Engines
from services.runtime.errors import BackendUnavailable
from services.runtime.formats import PNG
from tests.support.campaigns import build_campaign, run_job
from tests.support.engines import Flat
from tests.support.pictures import draw_product
from tests.support.system import serve_system
from tools.doubles.a1111.process import run_double

PHOTO = encode_image(draw_product()[0], PNG).data
SMALL = {"size": (256, 256), "seed": 7}
DRAWN = ("background", "inpainting")


def open_diffusion_engines(*urls: str) -> dict:
    """Opens the engines of both stages for servers at some addresses."""
    servers = {"a1111_url": ",".join(urls)}
    return {
        "background": open_background("a1111", BackgroundSettings(**servers)),
        "inpainting": open_inpainting("a1111", InpaintingSettings(**servers)),
    }


def read_measured(ad, name: str) -> list:
    """Returns a measurement of the stages that draw on servers."""
    return [stage["measured"][name] for stage in ad.manifest["stages"] if stage["stage"] in DRAWN]


@pytest.fixture(scope="module")
def server():
    """A double of AUTOMATIC1111."""
    with run_double() as running:
        yield running


async def test_a_replay_is_identical_on_the_same_server_and_on_another(server):
    with run_double() as first:
        engines = open_diffusion_engines(first.url, server.url)
        async with (
            serve_system(**engines) as running,
            AsyncClient(running.address, timeout=60) as client,
        ):
            ad = await client.create_ad(PHOTO, "a beach", **SMALL)
            again = await client.replay(ad.manifest, PHOTO)
            first.kill()
            elsewhere = await client.replay(ad.manifest, PHOTO)
    assert read_measured(elsewhere, "server") == [2, 2]
    assert ad.data == again.data == elsewhere.data
    assert compare_manifests(ad.manifest, elsewhere.manifest) == IDENTICAL


class AwayServer(Flat):
    """An engine whose server is down, or goes away during the work."""

    name = "remote"
    reason = ""

    def unavailable_reason(self) -> str:
        return self.reason

    def generate(self, order):
        yield from list(super().generate(order))[:1]
        self.reason = "the server is down for 3 s"
        raise BackendUnavailable("the server went away after 1.7 s")


async def test_an_ad_does_not_depend_on_why_an_engine_was_replaced():
    engines = {"remote": AwayServer(), "flat": Flat()}
    async with (
        serve_system(background=Engines(list(engines), engines.__getitem__)) as running,
        AsyncClient(running.address, timeout=60) as client,
    ):
        failed = await client.create_ad(PHOTO, "a beach", **SMALL)
        down = await client.replay(failed.manifest, PHOTO)
    texts = [warning.message for ad in (failed, down) for warning in ad.warnings]
    assert any("1.7 s" in text for text in texts) and any("3 s" in text for text in texts)
    assert failed.data == down.data and failed.manifest["record"] == down.manifest["record"]


class LeavingServer(Flat):
    """An engine whose server is down after its first image."""

    name = "remote"
    reason = ""

    def unavailable_reason(self) -> str:
        return self.reason

    def generate(self, order):
        yield from super().generate(order)
        self.reason = "the server is down"


async def test_a_campaign_lists_the_engines_of_each_ad(gateway):
    engines = {"remote": LeavingServer(), "flat": Flat()}
    background = Engines(list(engines), engines.__getitem__)
    async with gateway(background=background, max_concurrent_ads=1) as stub:
        job = await run_job(stub, build_campaign(["a table", "a beach"]))
    used = [{each.stage: each.engine for each in ad.engines} for ad in job.ads]
    assert [each["background"] for each in used] == ["remote", "flat"]
    assert {each["finishing"] for each in used} == {"pillow"}
    assert "FELL_BACK" in {warning.reason for warning in job.ads[1].warnings}


@pytest.mark.slow
async def test_a_campaign_with_a_named_engine_waits_for_its_server(gateway, server):
    choice = background_pb2.BackgroundOptions(engine=engine_pb2.EngineChoice(name="a1111"))
    # For all that the engine tries by itself.
    server.misbehave("busy", times=1 + MAX_RETRIES)
    async with gateway(background=open_diffusion_engines(server.url)["background"]) as stub:
        job = await run_job(stub, build_campaign(background=choice))
    assert not [ad.error for ad in job.ads if ad.HasField("error")]


@pytest.mark.parametrize(
    ("setting", "warnings"),
    [
        ({"a1111_url": "http://127.0.0.1:9"}, ["a1111 is not ready: the image server does not"]),
        ({"a1111_url": "http://127.0.0.1:9", "a1111_auth_file": "/none"}, ["a1111 is not ready"]),
        ({}, []),
    ],
)
async def test_auto_warns_of_a_server_that_is_set_up_but_away_at_the_start(setting, warnings):
    def open_engine(name: str):
        return Flat() if name == "flat" else open_background(name, BackgroundSettings(**setting))

    async with (
        serve_system(background=Engines(["a1111", "flat"], open_engine)) as running,
        AsyncClient(running.address, timeout=60) as client,
    ):
        ad = await client.create_ad(PHOTO, "a beach", **SMALL)
    assert ad.manifest["stages"][1]["engine"] == "flat"
    found = [each.message for each in ad.warnings if each.reason == "FELL_BACK"]
    assert len(found) == len(warnings) and all(map(str.__contains__, found, warnings))
