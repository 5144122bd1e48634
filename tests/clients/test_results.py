"""Results of calls, as they are read from the messages of the contract."""

import json
from dataclasses import replace
from datetime import datetime

import pytest

from cyclorama import (
    Ad,
    AdWarning,
    Event,
    Job,
    JobAd,
    Picture,
    ProfileReport,
    UnusedWords,
    rank_ads,
)
from cyclorama.jobs import prepare_job_query
from cyclorama.operations import (
    prepare_background,
    prepare_composite,
    prepare_engine_list,
    prepare_finishing,
    prepare_inpainting,
    prepare_segmentation,
    prepare_verification,
    prepare_version_query,
    read_ad_response,
)
from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    finishing_pb2,
    inpainting_pb2,
    segmentation_pb2,
)

IMAGE = {"data": b"x", "format": "IMAGE_FORMAT_PNG", "width": 3, "height": 2}
FINDING = {
    "name": "halo",
    "measured": "5.1",
    "limit": "below 4",
    "verdict": "VERDICT_WARN",
    "note": "a rim",
    "value": 5.1,
    "unit": "px",
    "remedy": "use a plain background",
}


def read_ad(**fields) -> Ad:
    """Reads an ad from the last message of CreateAd."""
    return read_ad_response(ads_pb2.CreateAdResponse(ad={"image": IMAGE, **fields}))


def read_job(**fields) -> Job:
    """Reads a job from the response of GetJob."""
    response = ads_pb2.GetJobResponse(job={"name": "jobs/1", **fields})
    return prepare_job_query("jobs/1").read(response)


def test_an_ad_has_its_picture_layers_and_report():
    quality = {"score": 7.25, "reasons": "a rim shows", "findings": [FINDING]}
    quality["flaw_probability"] = 0.125
    ad = read_ad(
        manifest='{"ad": {"format": "png"}}',
        layers=[{"name": "mask", "image": IMAGE | {"format": "IMAGE_FORMAT_RAW_GRAY"}}],
        layered_file=b"8BPS",
        quality_report=quality,
    )
    assert (ad.data, ad.format, ad.width, ad.height) == (b"x", "png", 3, 2)
    assert ad.manifest == {"ad": {"format": "png"}} and ad.manifest is ad.manifest
    assert ad.layers == {"mask": Picture(b"x", "raw_gray", 3, 2)} and ad.layered_file == b"8BPS"
    assert (ad.score, ad.reasons, ad.flaw_probability) == (7.2, "a rim shows", 0.125)
    (measurement,) = ad.measurements
    assert (measurement.name, measurement.verdict) == ("halo", "warn")
    assert (measurement.measured, measurement.limit) == ("5.1", "below 4")
    assert (measurement.value, measurement.unit) == (5.1, "px")
    assert (measurement.note, measurement.remedy) == ("a rim", "use a plain background")


def test_an_ad_without_a_profile_has_no_profile_report():
    assert read_ad().profile is None
    report = {"profile": "amazon-main", "checked": "2026-11-23", "passed": True}
    profile = read_ad(profile_report=report | {"findings": [FINDING]}).profile
    assert (profile.profile, profile.checked, profile.passed) == ("amazon-main", "2026-11-23", True)
    assert [each.name for each in profile.measurements] == ["halo"]


@pytest.mark.parametrize(
    ("verdict", "name"),
    [
        ("VERDICT_PASS", "pass"),
        ("VERDICT_WARN", "warn"),
        ("VERDICT_FAIL", "fail"),
        ("VERDICT_UNKNOWN", "unknown"),
    ],
)
def test_a_verdict_is_a_lower_case_word(verdict, name):
    (measurement,) = read_ad(quality_report={"findings": [{"verdict": verdict}]}).measurements
    assert measurement.verdict == name and measurement.value is None


def test_a_stage_result_keeps_the_whole_response():
    segmented = segmentation_pb2.SegmentProductResponse(cutout=IMAGE, confidence=0.5)
    cutout = prepare_segmentation(b"x").read(segmented)
    assert (cutout.width, cutout.reply.confidence) == (3, 0.5)
    composed = compositing_pb2.CompositeProductResponse(composite=IMAGE, mask=IMAGE)
    composite = prepare_composite(b"x", b"y").read(composed)
    assert composite.mask == Picture(b"x", "png", 3, 2) and composite.reply == composed


@pytest.mark.parametrize(
    ("operation", "response", "stage"),
    [
        (prepare_background("x"), background_pb2.GenerateBackgroundResponse, "background"),
        (prepare_inpainting(b"x"), inpainting_pb2.InpaintSceneResponse, "inpainting"),
        (prepare_finishing(b"x", b"y"), finishing_pb2.FinishAdResponse, "finishing"),
    ],
)
def test_a_streaming_stage_reports_progress_and_then_its_result(operation, response, stage):
    progress = response(progress={"fraction": 0.25, "preview": {"data": b"small"}})
    assert operation.read(progress) == Event(stage, "progress", 0.25, b"small")
    field = {"background": "background", "inpainting": "ad", "finishing": "file"}[stage]
    result = operation.read(response(result={field: IMAGE}))
    assert (result.data, result.width) == (b"x", 3) and operation.streams


def test_a_verification_has_boxes_around_changed_pixels():
    box = {"x": 1, "y": 2, "width": 3, "height": 4}
    response = ads_pb2.VerifyAdResponse(locked=False, verdict="changed", differing=[box])
    verification = prepare_verification(b"x", "{}").read(response)
    assert verification.differing == ((1, 2, 3, 4),)
    assert not verification.locked and verification.verdict == "changed"


def test_a_stage_that_does_not_answer_is_listed_as_not_ready():
    response = ads_pb2.AdServiceListEnginesResponse(stages=[{"stage": "STAGE_INPAINTING"}])
    (status,) = prepare_engine_list().read(response)
    assert (status.stage, status.name, status.ready) == ("inpainting", "-", False)
    assert "start it" in status.reason


def test_a_gateway_without_a_version_reports_an_empty_one():
    assert prepare_version_query().read(ads_pb2.AdServiceListEnginesResponse()) == ""


def test_a_job_has_its_ads_counts_times_and_stages():
    read = read_job(
        state="JOB_STATE_SUCCEEDED",
        create_time=datetime(2026, 11, 28, 9),
        ads=[
            {
                "prompt": "sand",
                "size": {"width": 64, "height": 32},
                "seed": 7,
                "photo": "ff",
                "state": "JOB_STATE_SUCCEEDED",
                "artifact": "artifacts/a",
                "manifest": "artifacts/m",
            }
        ],
        counts={"succeeded": 1, "waiting": 2},
        stages=[{"stage": "background", "computed": 3, "cached": 4}],
    )
    ad = JobAd("sand", (64, 32), 7, "ff", "succeeded", "artifacts/a", "artifacts/m", "")
    assert read.ads == (ad,) and read.created == datetime(2026, 11, 28, 9)
    assert read.stages == {"background": (3, 4)}
    assert (read.count("succeeded"), read.count("waiting"), read.total) == (1, 2, 3)


@pytest.mark.parametrize(
    ("state", "ended"),
    [
        ("QUEUED", False),
        ("RUNNING", False),
        ("SUCCEEDED", True),
        ("PARTIALLY_SUCCEEDED", True),
        ("FAILED", True),
        ("CANCELLED", True),
    ],
)
def test_a_job_has_ended_in_its_final_states(state, ended):
    assert read_job(state=f"JOB_STATE_{state}").ended is ended


def test_an_ad_of_a_job_has_the_reason_status_and_stage_of_its_error():
    error = {"code": 9, "reason": "PRODUCT_NOT_FOUND", "message": "no product", "stage": "seg"}
    (ad,) = read_job(ads=[{"state": "JOB_STATE_FAILED", "error": error}]).ads
    assert (ad.error, ad.error_reason) == ("no product", "PRODUCT_NOT_FOUND")
    assert (ad.error_status, ad.error_stage) == ("FAILED_PRECONDITION", "seg")


def test_a_job_counts_states_that_the_gateway_does_not_from_its_ads():
    read = read_job(ads=[{"state": "JOB_STATE_RUNNING"}, {"state": "JOB_STATE_QUEUED"}])
    assert (read.count("running"), read.count("queued")) == (1, 1)


def test_a_picture_is_saved_into_a_new_folder(tmp_path):
    path = tmp_path / "new" / "folder" / "a.PNG"
    assert Picture(b"data", "png", 1, 1).save(str(path)) == path
    assert path.read_bytes() == b"data"


def test_a_picture_is_not_saved_with_the_suffix_of_another_format(tmp_path):
    with pytest.raises(ValueError, match="the picture is png"):
        Picture(b"data", "png", 1, 1).save(tmp_path / "a.jpg")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (Event("background", "started"), "background: started"),
        (Event("background", "progress", 0.256), "background: 26%"),
        (
            Event("background", "finished", engine="flat", seconds=1.25, warnings=("a", "b")),
            "background: flat, 1.2 s; a; b",
        ),
    ],
)
def test_an_event_is_printed_as_one_line(event, text):
    assert str(event) == text


def test_an_ad_lists_its_warnings_and_the_words_that_it_shows():
    segmentation = {"parameters": {}, "warnings": [{"reason": "LOW_CONFIDENCE", "message": "dim"}]}
    left_out = [{"words": "dragon", "nearest": "rock"}, {"words": "castle"}]
    partly = {"reason": "PROMPT_PARTLY_UNDERSTOOD", "message": "no dragon", "left_out": left_out}
    background = {"shown_prompt": {"shown": ["forest"]}, "warnings": [partly]}
    manifest = json.dumps({"stages": [segmentation, background]})
    ad = Ad(b"", "png", 1, 1, manifest_json=manifest)
    unused = (UnusedWords("dragon", "rock"), UnusedWords("castle"))
    assert ad.warnings == (
        AdWarning("LOW_CONFIDENCE", "dim"),
        AdWarning("PROMPT_PARTLY_UNDERSTOOD", "no dragon", unused),
    )
    assert ad.understood == ("forest",)
    assert Ad(b"", "png", 1, 1).warnings == () == Ad(b"", "png", 1, 1).understood


def test_repr_never_contains_the_bytes_of_a_picture():
    ad = Ad(b"secret", "png", 1, 1, manifest_json=json.dumps({"a": "secret"}))
    assert "secret" not in repr(ad) and "secret" not in repr(Event("a", "b", preview=b"secret"))


def test_ads_without_a_profile_rank_by_score_alone():
    low, high = Ad(b"", "png", 1, 1, score=1), Ad(b"", "png", 1, 1, score=2)
    assert rank_ads([low, high]) == [high, low] and rank_ads([]) == []
    failed = replace(high, score=99, profile=ProfileReport("a", "b", "c", (), False))
    assert rank_ads([failed, low]) == [low, failed]
