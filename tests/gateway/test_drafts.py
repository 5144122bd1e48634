"""Drafts: half the size, the engine for drafts, and marks by which none passes as an ad."""

import json

import numpy as np
import pytest

from cyclorama import AsyncClient
from cyclorama.replay import compare_manifests
from cyclorama.v1 import ads_pb2, engine_pb2, image_pb2, jobs_pb2
from gateway.drafts import compute_picture_size
from services.background.engines.studio import StudioBackground
from services.finishing.metadata import read_embedded_metadata
from services.imaging.images import ImageCodec, encode_image
from services.inpainting.engine import InpaintingResult
from services.inpainting.engines.grounding import GroundingInpainting
from services.runtime.engines import Engines, EngineTraits
from services.runtime.formats import PNG
from services.runtime.settings import ImageSettings
from tests.support.campaigns import SIZES, build_campaign, count_results, fetch_artifact, run_job
from tests.support.pictures import draw_product
from tests.support.system import serve_system

PHOTO = encode_image(draw_product()[0], PNG).data
REQUEST = {"size": (512, 400), "seed": 7}
DRAFT, FINAL = engine_pb2.QUALITY_DRAFT, engine_pb2.QUALITY_FINAL


class ThoroughInpainting:
    """The best engine of a stage, which does not suit drafts; returns the composite unchanged."""

    name = "thorough"
    version = "1"
    traits = EngineTraits(casts_shadows=True)

    def inpaint(self, request):
        yield InpaintingResult(request.composite)


def open_inpainting(*engines) -> Engines:
    return Engines([each.name for each in engines], {each.name: each for each in engines}.get)


def read_pixels(data: bytes) -> np.ndarray:
    return ImageCodec(ImageSettings()).read_rgb(image_pb2.Image(data=data), "ad")


def find_stage(manifest: dict, name: str) -> dict:
    return next(stage for stage in manifest["stages"] if stage["stage"] == name)


async def test_a_draft_has_half_the_size_and_the_engine_for_drafts():
    engines = open_inpainting(ThoroughInpainting(), GroundingInpainting())
    async with serve_system(inpainting=engines) as running, AsyncClient(running.address) as client:
        final = await client.create_ad(PHOTO, "x", **REQUEST)
        draft = await client.create_ad(PHOTO, "x", draft=True, **REQUEST)
        named = {"inpainting": {"engine": {"name": "thorough"}}}
        slow = await client.create_ad(PHOTO, "x", draft=True, options=named, **REQUEST)
    sizes = [read_pixels(ad.data).shape[:2] for ad in (final, draft, slow)]
    assert sizes == [(400, 512), (200, 256), (200, 256)]
    used = [find_stage(ad.manifest, "inpainting")["engine"] for ad in (final, draft, slow)]
    assert used == ["thorough", "grounding", "thorough"]
    assert len(draft.data) < len(final.data)


async def test_a_draft_places_the_product_where_the_ad_has_it():
    texts = {"options": {"lettering": {"headline": "New"}}, "draft": True}
    async with serve_system() as running, AsyncClient(running.address) as client:
        final = await client.create_ad(PHOTO, "x", options=texts["options"], **REQUEST)
        draft = await client.create_ad(PHOTO, "x", **texts, **REQUEST)
    boxes = [find_stage(ad.manifest, "compositing")["placement"]["box"] for ad in (final, draft)]
    for side in ("x", "y", "width", "height"):
        assert boxes[1][side] == pytest.approx(boxes[0][side] / 2, abs=1)


async def test_a_draft_of_a_small_ad_has_a_rendered_background():
    studio = StudioBackground("scalar_rgb")
    async with serve_system(background=studio) as running, AsyncClient(running.address) as client:
        draft = await client.create_ad(PHOTO, "slate", size=(256, 256), seed=7, draft=True)
    assert (draft.width, draft.height) == (128, 128)
    assert find_stage(draft.manifest, "background")["output"]["width"] == 256


async def test_a_draft_is_made_where_no_engine_suits_drafts():
    engines = open_inpainting(ThoroughInpainting())
    async with serve_system(inpainting=engines) as running, AsyncClient(running.address) as client:
        draft = await client.create_ad(PHOTO, "x", draft=True, **REQUEST)
    assert draft.draft and find_stage(draft.manifest, "inpainting")["engine"] == "thorough"


async def test_a_draft_is_marked_in_response_manifest_and_file():
    async with serve_system() as running, AsyncClient(running.address) as client:
        final = await client.create_ad(PHOTO, "x", **REQUEST)
        draft = await client.create_ad(PHOTO, "x", draft=True, **REQUEST)
        verified = await client.verify(draft.data, draft.manifest_json)
        checked = await client.check(draft.data, "google-display")
        checked_final = await client.check(final.data, "google-display")
    assert (final.draft, draft.draft) == (False, True)
    assert (final.manifest["draft"], draft.manifest["draft"]) == (False, True)
    marks = [read_embedded_metadata(ad.data).draft for ad in (final, draft)]
    assert marks == [False, True]
    assert verified.locked and verified.record_matches and "this is a draft" in verified.verdict
    verdicts = {each.name: each.verdict for each in checked.measurements}
    assert verdicts["draft"] == "fail" and not checked.passed
    assert "draft" not in {each.name for each in checked_final.measurements}


async def test_a_draft_replays_as_the_same_draft():
    async with serve_system() as running, AsyncClient(running.address) as client:
        draft = await client.create_ad(PHOTO, "x", draft=True, **REQUEST)
        replayed = await client.replay(draft.manifest, PHOTO)
    assert compare_manifests(draft.manifest, replayed.manifest) == "identical"
    assert replayed.draft and replayed.data == draft.data


async def test_a_draft_follows_the_layout_of_its_profile_and_is_not_checked_by_it():
    options = {"delivery": {"profile": "meta-stories"}}
    async with serve_system() as running, AsyncClient(running.address) as client:
        draft = await client.create_ad(PHOTO, "x", seed=7, draft=True, options=options)
    assert (draft.width, draft.height) == (540, 960) and draft.profile is None
    assert draft.manifest["request"]["delivery"]["profile"] == "meta-stories"


async def test_the_ads_of_a_job_are_drafts_unless_an_override_says_otherwise(gateway):
    override = jobs_pb2.Override(prompt="y", quality=FINAL)
    submitted = build_campaign(["x", "y"], sizes=SIZES[1:], quality=DRAFT, overrides=[override])
    async with gateway() as stub:
        job = await run_job(stub, submitted)
        files = [await fetch_artifact(stub, ad.artifact) for ad in job.ads]
        manifests = [json.loads(await fetch_artifact(stub, ad.manifest)) for ad in job.ads]
        finals = await run_job(stub, build_campaign(["x", "y"], sizes=SIZES[1:]))
    assert [ad.quality for ad in job.ads] == [DRAFT, FINAL]
    assert [read_pixels(data).shape[:2] for data in files] == [(128, 160), (256, 320)]
    assert [manifest["draft"] for manifest in manifests] == [True, False]
    # Drafts and ads share the cut-out.
    assert [ad.quality for ad in finals.ads] == [FINAL, FINAL]
    assert count_results(finals)["segmentation"] == (0, 2)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [((1024, 1024), (512, 512)), ((1025, 769), (512, 384)), ((80, 60), (67, 50)), ((50,) * 2,) * 2],
)
def test_a_draft_keeps_the_aspect_of_its_ad_and_the_smallest_side(asked, expected):
    size = image_pb2.Size(width=asked[0], height=asked[1])
    draft = compute_picture_size(ads_pb2.CreateAdRequest(size=size, quality=DRAFT))
    assert (draft.width, draft.height) == expected
    assert compute_picture_size(ads_pb2.CreateAdRequest(size=size, quality=FINAL)) == size
