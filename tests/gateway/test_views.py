"""Tests what of a photo's view a background follows, and when it waits for the photo."""

import pytest

from cyclorama import Ad, AsyncClient
from cyclorama.v1 import ads_pb2, background_pb2, engine_pb2, jobs_pb2, scene_pb2
from gateway.jobs.plan import CampaignPlan, fill_campaign_defaults
from gateway.pipeline import PIPELINE, build_pipeline
from gateway.views import PITCH_STEP, PITCH_STEPS, may_follow_photo, select_followed_view
from services.imaging.images import encode_image
from services.imaging.view import PhotoView
from services.runtime.engines import EngineTraits
from services.runtime.formats import PNG
from tests.support.engines import Flat
from tests.support.pictures import draw_product
from tests.support.system import serve_system

FOLLOWS = engine_pb2.EngineStatus(name="studio", follows_camera=True)
PAINTS = engine_pb2.EngineStatus(name="a1111", generative=True)
VIEW = scene_pb2.View(
    ground_pitch=21.0,
    camera_pitch=15.0,
    pitch_confidence=0.83,
    stance=scene_pb2.STANCE_STANDING,
    tilt=4.0,
    focal_length_mm=50.0,
    light_azimuth=300.0,
    aspect=1.1,
)


def create_request(follow=background_pb2.FOLLOW_PHOTO_UNSPECIFIED) -> ads_pb2.CreateAdRequest:
    options = background_pb2.BackgroundOptions(follow_photo=follow)
    return ads_pb2.CreateAdRequest(prompt="x", background=options)


def find_needs(steps) -> dict:
    return {step.stage: step.needs for step in steps}


def test_a_single_ad_follows_pitch_stance_and_light():
    followed = select_followed_view(create_request(), VIEW)
    assert followed == scene_pb2.View(
        ground_pitch=20.0,
        pitch_confidence=1.0,
        stance=scene_pb2.STANCE_STANDING,
        light_azimuth=300.0,
        aspect=1.25,
    )


def test_a_small_correction_of_a_cutout_keeps_the_view():
    views = [
        scene_pb2.View(aspect=aspect, ground_pitch=pitch, pitch_confidence=confidence)
        for aspect, pitch, confidence in ((0.85, 21.2, 0.83), (0.93, 22.4, 0.79))
    ]
    first, other = (select_followed_view(create_request(), view) for view in views)
    assert first == other and first.aspect == pytest.approx(0.9) and first.ground_pitch == 22.0


@pytest.mark.parametrize(
    ("pitch", "step"), [(0.0, 0.0), (5.0, 8.0), (11.0, 8.0), (21.0, 25.0), (69.0, 50.0), (75, 90)]
)
def test_in_steps_similar_photos_share_a_view(pitch, step):
    request = create_request(background_pb2.FOLLOW_PHOTO_IN_STEPS)
    view = scene_pb2.View(ground_pitch=pitch, pitch_confidence=0.7, light_azimuth=90.0)
    followed = select_followed_view(request, view)
    assert followed == scene_pb2.View(
        ground_pitch=step, pitch_confidence=1.0, stance=scene_pb2.STANCE_UNSPECIFIED
    )
    assert step in PITCH_STEPS


@pytest.mark.parametrize(
    "follow", [background_pb2.FOLLOW_PHOTO_IN_STEPS, background_pb2.FOLLOW_PHOTO_EXACTLY]
)
def test_a_doubtful_pitch_is_left_out(follow):
    view = scene_pb2.View(ground_pitch=33.0, pitch_confidence=0.4)
    followed = select_followed_view(create_request(follow), view)
    assert not followed.HasField("ground_pitch") and not followed.HasField("pitch_confidence")


def test_a_view_without_a_pitch_keeps_none():
    assert not select_followed_view(create_request(), scene_pb2.View()).HasField("ground_pitch")


@pytest.mark.parametrize("engine", [FOLLOWS, PAINTS])
def test_engines_that_can_follow_the_photo_do(engine):
    assert may_follow_photo(create_request(), engine)
    assert not may_follow_photo(create_request(background_pb2.FOLLOW_PHOTO_NEVER), engine)


def test_with_a_chosen_camera_words_leave_nothing_of_the_photo_to_follow():
    request = create_request()
    request.background.camera_pitch = 0.0
    assert not may_follow_photo(request, PAINTS)
    # Its light and stance as well.
    assert may_follow_photo(request, FOLLOWS)


def test_an_engine_that_knows_no_camera_follows_nothing():
    assert not may_follow_photo(create_request(), engine_pb2.EngineStatus(name="noop"))
    assert not may_follow_photo(create_request(), engine_pb2.EngineStatus())


def test_a_background_that_follows_waits_for_the_cutout():
    segmentation, background = ads_pb2.STAGE_SEGMENTATION, ads_pb2.STAGE_BACKGROUND
    needs = find_needs(build_pipeline(has_background=True, follows_photo=True))
    assert needs[background] == (segmentation,)
    assert build_pipeline(has_background=True, follows_photo=False) == PIPELINE


def test_without_a_background_no_stage_waits_for_one():
    needs = find_needs(build_pipeline(has_background=False, follows_photo=False))
    assert ads_pb2.STAGE_BACKGROUND not in needs
    assert needs[ads_pb2.STAGE_COMPOSITING] == (ads_pb2.STAGE_SEGMENTATION,)


def test_the_ads_of_a_job_follow_in_steps_unless_it_says_otherwise():
    campaign = jobs_pb2.Campaign(prompts=["x"])
    campaign.photos.add().image.uri = "0" * 64
    plan = CampaignPlan(fill_campaign_defaults(campaign))
    follow = plan.build_ad_request(0).background.follow_photo
    assert follow == background_pb2.FOLLOW_PHOTO_IN_STEPS
    campaign.background.follow_photo = background_pb2.FOLLOW_PHOTO_EXACTLY
    plan = CampaignPlan(fill_campaign_defaults(campaign))
    follow = plan.build_ad_request(0).background.follow_photo
    assert follow == background_pb2.FOLLOW_PHOTO_EXACTLY


def test_the_scenes_of_a_jobs_photos_are_arranged_by_different_seeds():
    campaign = jobs_pb2.Campaign(prompts=["x"], variants=2, seed=7)
    for digit in "01":
        campaign.photos.add().image.uri = digit * 64
    plan = CampaignPlan(fill_campaign_defaults(campaign))
    assert [plan.build_ad_request(position).seed for position in range(4)] == [7, 8, 108, 109]


class Follower(Flat):
    """Generates as Flat does, says that it follows the camera, and keeps the views it is sent."""

    traits = EngineTraits(follows_camera=True)

    def __init__(self) -> None:
        super().__init__()
        self.views: list[PhotoView | None] = []

    def generate(self, order):
        self.views.append(order.view)
        yield from super().generate(order)


async def make_ad(engine, **options) -> Ad:
    """Makes an ad of a drawn product with this background engine."""
    photo = encode_image(draw_product()[0], PNG).data
    fields = {"size": (256, 256), "seed": 7, "options": options}
    async with (
        serve_system(background=engine) as running,
        AsyncClient(running.address, timeout=20) as client,
    ):
        return await client.create_ad(photo, "a table", **fields)


async def test_the_view_of_the_photo_reaches_background_and_manifest():
    engine = Follower()
    ad = await make_ad(engine)
    (view,) = engine.views
    assert view is not None
    segmented = next(each for each in ad.manifest["stages"] if each["stage"] == "segmentation")
    reported = segmented["view"].get("ground_pitch")
    assert view.ground_pitch == pytest.approx(reported, abs=PITCH_STEP / 2)


async def test_a_background_that_follows_nothing_gets_no_view():
    engine = Follower()
    await make_ad(engine, background={"follow_photo": "FOLLOW_PHOTO_NEVER"})
    assert engine.views == [None]
