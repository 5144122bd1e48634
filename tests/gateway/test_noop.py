"""Tests of the noop engines behind the gateway and in the settings of the stages."""

from importlib import import_module

import pytest

from cyclorama import AsyncClient, CycloramaError
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from services.runtime.stage import StageDefinition
from tests.support.pictures import draw_product
from tests.support.system import STAGES, serve_system

PHOTO = encode_image(draw_product()[0], PNG).data
NAMED = {stage: {"engine": {"name": "noop"}} for stage in STAGES}


def stage_definition(stage: str) -> StageDefinition:
    """Returns the definition of a stage by its name."""
    return import_module(f"services.{stage}.servicer").STAGE


def open_noop_engines() -> dict[str, object]:
    """Opens the noop engine of each stage with default settings."""
    definitions = {stage: stage_definition(stage) for stage in STAGES}
    return {stage: each.open_engine("noop", each.settings()) for stage, each in definitions.items()}


async def test_an_ad_of_noop_engines_has_its_size_and_names_the_engines():
    async with (
        serve_system(**open_noop_engines()) as running,
        AsyncClient(running.address) as client,
    ):
        ad = await client.create_ad(PHOTO, "x", size=(256, 320), options=NAMED)
    assert (ad.width, ad.height) == (256, 320)
    assert {stage["engine"] for stage in ad.manifest["stages"]} == {"noop"}
    assert ad.manifest["ad"]["format"] == "RAW_RGB" and len(ad.data) == 256 * 320 * 3


async def test_noop_runs_only_when_requested_by_name():
    async with (
        serve_system(**open_noop_engines()) as running,
        AsyncClient(running.address) as client,
    ):
        with pytest.raises(CycloramaError, match="ready: noop"):
            await client.create_ad(PHOTO, "x", size=(256, 320))


@pytest.mark.parametrize("stage", STAGES)
def test_noop_is_not_enabled_by_default(stage):
    assert "noop" not in stage_definition(stage).settings().engines
