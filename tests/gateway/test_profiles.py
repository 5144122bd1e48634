"""Ads that must meet the rules of a platform."""

import grpc
import numpy as np
import pytest

from cyclorama import AsyncClient, CycloramaError
from cyclorama.v1 import image_pb2
from services.imaging.images import ImageCodec, encode_image
from services.runtime.engines import EngineTraits
from services.runtime.formats import PNG
from services.runtime.settings import ImageSettings
from services.segmentation.engine import Finding as Cut
from tests.support.pictures import draw_cutout, draw_product
from tests.support.system import system

PHOTO = encode_image(draw_product(480, 384)[0], PNG).data


class Large:
    """Returns one large cut-out with a soft edge."""

    name = "large"
    version = "1"
    traits = EngineTraits()

    def find(self, photo, prompt):
        return Cut(draw_cutout(2200, 1500), (100, 100, 100, 100), 0.95)


async def made(profile, **wishes):
    options = {"delivery": {"profile": profile}} | wishes.pop("options", {})
    async with system(segmentation=Large()) as running, AsyncClient(running.address) as client:
        return await client.create_ad(PHOTO, "a table", seed=7, options=options, **wishes)


async def refusal(profile, **wishes) -> CycloramaError:
    with pytest.raises(CycloramaError) as caught:
        await made(profile, **wishes)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    return caught.value


def pixels_of(ad) -> np.ndarray:
    return ImageCodec(ImageSettings()).read_rgb(image_pb2.Image(data=ad.data), "ad")


async def test_amazon_main_is_a_white_packshot_with_every_rule_measured():
    ad = await made("amazon-main")
    assert ad.profile.passed and (ad.width, ad.height) == (2000, 2000) and ad.format == "jpeg"
    assert (pixels_of(ad)[:60] == 255).all()
    findings = {each.name: each for each in ad.profile.findings}
    assert findings["white_background"].verdict == "pass"
    assert float(findings["product_share"].measured) >= 0.85
    assert ad.manifest["profile"]["passed"]
    assert [s["stage"] for s in ad.manifest["stages"]][1] == "compositing"


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"compositing": {"shadow": {"kind": "SHADOW_KIND_DROP"}}}, "compositing.shadow.kind"),
        ({"compositing": {"shadow_opacity": 0.3}}, "compositing.shadow_opacity"),
        ({"backdrop": {"color": {"red": 250}}}, "backdrop"),
        ({"inpainting": {"shadow_strength": 1.0}}, "inpainting.shadow_strength"),
    ],
)
async def test_what_contradicts_amazon_main_is_refused_with_the_reason(options, field):
    error = await refusal("amazon-main", options=options)
    assert field in error.text and "pure white" in error.text


async def test_words_on_a_picture_that_must_have_none_are_refused():
    for profile in ("amazon-main", "google-merchant"):
        error = await refusal(profile, options={"lettering": {"headline": "Sale"}})
        assert "lettering" in error.text and "text" in error.text


async def test_what_agrees_with_a_profile_is_not_refused():
    white = {"color": {"red": 255, "green": 255, "blue": 255}}
    ad = await made("amazon-main", options={"backdrop": white}, size=(1200, 1200), format="png")
    assert ad.profile.passed and (ad.width, ad.format) == (1200, "png")
    assert {"longest_side": "warn"}.items() <= {
        f.name: f.verdict for f in ad.profile.findings
    }.items()


async def test_a_wish_may_fail_a_rule_and_is_then_told():
    ad = await made("amazon-main", options={"compositing": {"width_share": 0.3}})
    assert not ad.profile.passed
    assert "fail" in {f.verdict for f in ad.profile.findings if f.name == "product_share"}


async def test_a_story_keeps_its_product_out_of_the_covered_zones():
    ad = await made("meta-stories")
    assert ad.profile.passed and (ad.width, ad.height) == (1080, 1920)
    assert {f.name: f.verdict for f in ad.profile.findings}["safe_zone"] == "pass"


@pytest.mark.parametrize("size", [(300, 250), (728, 90), (160, 600)])
async def test_a_banner_has_its_size_and_at_most_150_kilobytes(size):
    ad = await made("iab-banner", size=size)
    assert ad.profile.passed and (ad.width, ad.height) == size and len(ad.data) <= 150_000


async def test_a_profile_that_does_not_exist_is_refused_before_any_work():
    error = await refusal("ebay")
    assert "delivery.profile" in error.text and "amazon-main" in error.text


async def test_any_file_can_be_checked():
    async with system() as running, AsyncClient(running.address) as client:
        report = await client.check(PHOTO, "amazon-main")
    assert not report.passed
    assert {f.verdict for f in report.findings if f.name == "white_background"} == {"fail"}


async def test_every_ad_is_measured_and_scored():
    async with system() as running, AsyncClient(running.address) as client:
        ad = await client.create_ad(PHOTO, "a table", seed=7, size=(256, 256))
    told = {each.name: each.verdict for each in ad.findings}
    assert told["pixel_lock"] == told["cutout_confidence"] == told["contact_gap"] == "pass"
    assert 0 < ad.score <= 100 and ad.manifest["quality"]["score"] == ad.score
