"""Tests of ads for the profiles of advertising platforms."""

import grpc
import numpy as np
import pytest

from cyclorama import AsyncClient, CycloramaError
from cyclorama.v1 import image_pb2
from services.imaging.images import ImageCodec, encode_image
from services.runtime.engines import EngineTraits
from services.runtime.formats import PNG
from services.runtime.profiles import list_profile_names, load_profile
from services.runtime.settings import ImageSettings
from services.segmentation.engine import SegmentationResult as Cut
from tests.support.pictures import draw_cutout, draw_product
from tests.support.system import serve_system

PHOTO = encode_image(draw_product(480, 384)[0], PNG).data


class LargeCutout:
    """Returns one large cut-out with a soft edge, of a given confidence."""

    name = "large"
    version = "1"
    traits = EngineTraits()

    def __init__(self, confidence=0.95):
        self._confidence = confidence

    def segment(self, photo, prompt):
        return Cut(draw_cutout(2200, 1500), (100, 100, 100, 100), self._confidence, is_certain=True)


async def make_ad(profile, confidence=0.95, **fields):
    """Makes an ad for a profile, whose report has to be that of a check of the file."""
    options = {"delivery": {"profile": profile}} | fields.pop("options", {})
    async with (
        serve_system(segmentation=LargeCutout(confidence)) as running,
        AsyncClient(running.address) as client,
    ):
        ad = await client.create_ad(PHOTO, "a table", seed=7, options=options, **fields)
        assert await client.check(ad.data, profile) == ad.profile
        return ad


async def catch_ad_error(profile, **fields) -> CycloramaError:
    with pytest.raises(CycloramaError) as caught:
        await make_ad(profile, **fields)
    assert caught.value.code is grpc.StatusCode.INVALID_ARGUMENT
    return caught.value


def read_pixels(ad) -> np.ndarray:
    return ImageCodec(ImageSettings()).read_rgb(image_pb2.Image(data=ad.data), "ad")


async def test_amazon_main_is_a_white_packshot_with_every_rule_measured():
    ad = await make_ad("amazon-main")
    assert ad.profile.passed and (ad.width, ad.height) == (2000, 2000) and ad.format == "jpeg"
    assert (read_pixels(ad)[:60] == 255).all()
    checks = {each.name: each for each in ad.profile.measurements}
    assert checks["white_background"].verdict == "pass"
    assert float(checks["product_share"].measured) >= 0.85
    assert ad.manifest["profile"]["passed"]
    assert [s["stage"] for s in ad.manifest["stages"]][1] == "compositing"


@pytest.mark.parametrize("profile", ["amazon-main", "google-merchant"])
async def test_a_doubtful_cutout_passes_no_profile_of_shops(profile):
    ad = await make_ad(profile, confidence=0.3, size=(500, 500))
    assert not ad.profile.passed
    assert [m.name for m in ad.profile.measurements if m.verdict == "fail"] == ["cutout"]


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"compositing": {"shadow": {"kind": "SHADOW_KIND_DROP"}}}, "compositing.shadow.kind"),
        ({"compositing": {"shadow_opacity": 0.3}}, "compositing.shadow_opacity"),
        ({"backdrop": {"color": {"red": 250}}}, "backdrop"),
        ({"inpainting": {"shadow_strength": 1.0}}, "inpainting.shadow_strength"),
    ],
)
async def test_a_request_that_contradicts_amazon_main_is_rejected_with_the_reason(options, field):
    error = await catch_ad_error("amazon-main", options=options)
    assert field in error.text and "pure white" in error.text


async def test_lettering_is_rejected_where_the_platform_forbids_text():
    for profile in ("amazon-main", "google-merchant"):
        error = await catch_ad_error(profile, options={"lettering": {"headline": "Sale"}})
        assert "lettering" in error.text and "text" in error.text


async def test_a_request_that_agrees_with_a_profile_is_accepted():
    white = {"color": {"red": 255, "green": 255, "blue": 255}}
    ad = await make_ad("amazon-main", options={"backdrop": white}, size=(1200, 1200), format="png")
    assert ad.profile.passed and (ad.width, ad.format) == (1200, "png")
    assert {"longest_side": "warn"}.items() <= {
        f.name: f.verdict for f in ad.profile.measurements
    }.items()


@pytest.mark.slow
async def test_an_option_that_breaks_a_rule_is_reported():
    ad = await make_ad("amazon-main", options={"compositing": {"width_share": 0.3}})
    assert not ad.profile.passed
    assert "fail" in {f.verdict for f in ad.profile.measurements if f.name == "product_share"}


async def test_the_product_of_a_story_stays_inside_the_safe_zone():
    ad = await make_ad("meta-stories")
    assert ad.profile.passed and (ad.width, ad.height) == (1080, 1920)
    assert {f.name: f.verdict for f in ad.profile.measurements}["safe_zone"] == "pass"


@pytest.mark.parametrize("size", [(300, 250), (728, 90), (160, 600)])
async def test_a_banner_has_its_size_and_at_most_150_kilobytes(size):
    ad = await make_ad("iab-banner", size=size)
    assert ad.profile.passed and (ad.width, ad.height) == size and len(ad.data) <= 150_000


@pytest.mark.parametrize(
    "profile",
    [
        "google-display",
        "google-performance-max",
        "meta-feed",
        "pinterest-pin",
        "linkedin-feed",
        "tiktok-image",
        "youtube-thumbnail",
    ],
)
async def test_a_created_ad_meets_the_rules_that_can_be_measured(profile):
    ad = await make_ad(profile)
    assert ad.profile.passed
    assert "warn" not in {each.verdict for each in ad.profile.measurements}


async def test_an_unknown_profile_is_rejected_with_the_known_names():
    error = await catch_ad_error("ebay")
    assert "delivery.profile" in error.text and "amazon-main" in error.text


async def test_any_file_can_be_checked():
    async with serve_system() as running, AsyncClient(running.address) as client:
        report = await client.check(PHOTO, "amazon-main")
    assert not report.passed
    assert {f.verdict for f in report.measurements if f.name == "white_background"} == {"fail"}


async def test_every_ad_is_measured_and_scored():
    async with serve_system() as running, AsyncClient(running.address) as client:
        ad = await client.create_ad(PHOTO, "a table", seed=7, size=(256, 256))
    verdicts = {each.name: each.verdict for each in ad.measurements}
    assert verdicts["pixel_lock"] == verdicts["contact_gap"] == "pass"
    # The engine cuts off the foot of the product.
    assert verdicts["cutout_confidence"] == "fail"
    assert 1 <= ad.score <= 10 and ad.manifest["quality"]["score"] == pytest.approx(ad.score)


async def test_every_profile_is_listed_with_sizes_that_meet_its_own_rules():
    async with serve_system() as running, AsyncClient(running.address) as client:
        profiles = await client.profiles()
        assert [each.name for each in profiles] == list(list_profile_names())
        for profile in profiles:
            for size in profile.sizes:
                for name in profile.formats:
                    assert not await client.validate(profile=profile.name, size=size, format=name)
            default = load_profile(profile.name, "profile").request["size"]
            assert profile.sizes[0] == (default["width"], default["height"])
    feed = next(each for each in profiles if each.name == "meta-feed")
    assert (feed.title, feed.family, feed.formats) == ("Meta feed", "Meta", ("png", "jpeg"))


@pytest.mark.parametrize(
    ("options", "field", "words", "rejected"),
    [
        (
            {"profile": "amazon-main", "headline": "Sale"},
            "lettering",
            "no text or logo",
            True,
        ),
        (
            {"profile": "meta-stories", "size": "1200x628"},
            "size",
            "Meta stories and reels does not take 1200 x 628; choose 1080 x 1920",
            False,
        ),
        (
            {"profile": "iab-banner", "size": "301x250"},
            "size",
            "choose 300 x 250, 336 x 280, ",
            False,
        ),
        (
            {"profile": "meta-feed", "format": "avif"},
            "accept_format",
            "AVIF; choose JPEG or PNG",
            False,
        ),
        ({"profile": "amazon-main", "shadow": "drop"}, "compositing.shadow.kind", "white", True),
    ],
)
async def test_contradictions_are_said_before_the_ad_is_made(options, field, words, rejected):
    async with serve_system() as running, AsyncClient(running.address) as client:
        (found,) = await client.validate(**options)
    assert found.field == field and found.rejected is rejected
    assert words in found.text


async def test_options_without_a_profile_contradict_nothing_but_the_bounds_of_fields():
    async with serve_system() as running, AsyncClient(running.address) as client:
        assert await client.validate(headline="Sale", size="999x50") == []
        found = await client.validate(headline="x" * 121, size="5000x50", profile="meta-feed")
    assert {(each.field, each.rejected) for each in found} == {
        ("lettering.headline", True),
        ("size", True),
    }
