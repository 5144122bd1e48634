"""The page's texts, form options, settings and cache."""

import io
import re
import zipfile
from collections.abc import AsyncIterator

import grpc
import numpy as np
import pytest

from cyclorama.defaults import PHOTO_MIB
from cyclorama.errors import CycloramaError, FieldViolation
from cyclorama.results import Ad, EngineStatus, Measurement
from cyclorama.stages import STAGES
from cyclorama.v1 import ads_pb2, segmentation_pb2
from cyclorama.web.ad_cache import AdCache
from cyclorama.web.app import STATIC
from cyclorama.web.archive import stream_zip
from cyclorama.web.error_messages import (
    REASONS,
    REQUESTS,
    STAGE_NAMES,
    explain_error,
    format_sentence,
)
from cyclorama.web.flaw_texts import list_looks
from cyclorama.web.form_options import read_ad_arguments, read_campaign_arguments
from cyclorama.web.health import describe_health
from cyclorama.web.measurements import TINTED, describe_pixel_lock, describe_quality
from cyclorama.web.quality_texts import AVERAGE_MARK, FAULTLESS_MARK, TEXTS, word_score
from cyclorama.web.settings import read_page_settings
from gateway.database_failures import FAILURES
from gateway.profiles import apply_profile
from services.finishing.quality.measurement import PASS, UNKNOWN
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.report import report_quality
from services.finishing.quality.score import read_model
from services.imaging.images import ImageCodec, encode_image
from services.runtime import errors
from services.runtime.formats import PNG
from services.runtime.settings import ImageSettings
from services.segmentation.prompts import read_segmentation_prompt

CERTIFICATE = {"locked_pixels": 1200, "differing_pixels": 0, "lossless": True}
# What may be the name of a field of the contract.
NAMED = re.compile(r"[a-z]_[a-z]|[a-z\]]\.[a-z]|\[\d")
LOSSY = {"lossless": False, "delta_e_max": 2.24, "delta_e_mean": 0.31}


def error(
    reason: str, text: str = "segmentation: why", code=grpc.StatusCode.UNAVAILABLE, retry_seconds=1
):
    ids = {"stage": "segmentation", "call_id": "ab12"}
    return CycloramaError(code, text, reason=reason, retry_seconds=retry_seconds, **ids)


def test_a_stage_that_does_not_answer_is_named_as_on_the_page():
    explained = explain_error(
        error("STAGE_UNREACHABLE", "segmentation: does not answer; try again shortly")
    )
    assert explained.title == "The step “cut-out” does not answer"
    assert explained.text == "Does not answer; try again shortly."
    assert "make up" in explained.technical and "Ask the person" in explained.advice
    assert explained.can_retry and explained.call_id == "ab12"


def test_every_reason_of_the_services_is_known_or_a_bug():
    ours = {
        each.reason
        for each in vars(errors).values()
        if isinstance(each, type) and issubclass(each, errors.ServiceError)
    }
    ours |= {each.reason for each in FAILURES}
    unexplained = ours - set(REASONS)
    assert unexplained <= {"INTERNAL", "CALL_CANCELLED"}, unexplained


def test_a_photo_that_cannot_be_read_is_answered_with_the_file_types_that_can():
    invalid = error("INVALID_IMAGE", "segmentation: photo: is no picture", retry_seconds=None)
    explained = explain_error(invalid)
    assert explained.advice.endswith("one product as PNG, JPEG, WEBP, AVIF or TIFF.")


def refuse(**fields):
    """Returns what the page says of a request that Amazon does not take as its main image."""
    request = ads_pb2.CreateAdRequest(delivery={"profile": "amazon-main"}, **fields)
    with pytest.raises(errors.InvalidRequest) as refused:
        apply_profile(request)
    violations = tuple(FieldViolation(each.field, each.text) for each in refused.value.violations)
    return explain_error(
        CycloramaError(
            grpc.StatusCode.INVALID_ARGUMENT,
            str(refused.value),
            reason="INVALID_REQUEST",
            call_id="ab12",
            field_violations=violations,
        )
    )


def test_what_a_platform_does_not_take_is_said_in_the_words_of_the_form():
    lettered = refuse(lettering={"headline": "Sale"}, backdrop={"color": {"red": 255}})
    assert lettered.title == "The platform does not take this ad"
    assert lettered.text == (
        "Amazon's main image must have no text or logo. The background must be pure white."
    )
    assert lettered.advice == "Leave out the text and the backdrop, or choose another platform."
    assert not lettered.call_id and not lettered.can_retry
    shadow = refuse(compositing={"shadow": {"kind": 2}, "shadow_opacity": 0.5})
    assert shadow.text.count("pure white") == 1
    assert shadow.advice == "Leave out the shadow, or choose another platform."


def test_a_failure_without_a_reason_goes_by_its_status_and_else_is_a_bug():
    late = explain_error(error("", code=grpc.StatusCode.DEADLINE_EXCEEDED))
    assert late.title == "It took too long"
    assert (
        explain_error(error("", code=grpc.StatusCode.INTERNAL)).title
        == "Something went wrong inside"
    )


def test_the_gateways_address_stays_behind_the_page():
    explained = explain_error(
        error("UNREACHABLE", "nothing answers at 10.0.0.7:50050; is it running?")
    )
    assert explained.title == "Cyclorama does not answer" and "10.0.0.7" not in str(
        explained.to_json()
    )


def test_a_failing_stable_diffusion_server_is_not_taken_for_cyclorama_itself():
    explained = explain_error(
        error("DIFFUSION_UNREACHABLE", "background: http://gpu:7860 does not answer")
    )
    assert explained.title == "The picture could not be generated" and explained.can_retry


def test_what_only_the_operator_understands_is_apart_from_the_advice():
    for reason, words in (
        ("UNAUTHENTICATED", "CYCLORAMA_TOKEN_FILE"),
        ("DIFFUSION_TIMEOUT", "docs/stable-diffusion.md"),
        ("UNKNOWN", "call ID"),
    ):
        explained = explain_error(
            error(reason, "it failed", code=grpc.StatusCode.INTERNAL, retry_seconds=None)
        )
        assert words in explained.technical
        assert words not in explained.advice and "`" not in explained.advice


def test_a_job_database_that_fails_is_not_taken_for_cyclorama_itself():
    for reason in ("JOB_DATABASE_CORRUPT", "JOB_DATABASE_FULL", "JOB_DATABASE_OTHER"):
        explained = explain_error(error(reason, "the job database fails", retry_seconds=30))
        assert "campaign database" in explained.title and explained.can_retry
        assert "make up" not in explained.advice and "operator" in explained.advice


def test_a_flagged_picture_is_not_taken_for_a_failure():
    explained = explain_error(error("DIFFUSION_UNSAFE", "background: it was flagged"))
    assert "safety checker flagged" in explained.title and "another scene" in explained.advice


def test_fields_are_called_as_the_form_calls_them():
    text = "prompt: write 1 to 2000 characters; size.width: at least 50"
    assert format_sentence(text).startswith("The description of the scene write 1")
    assert format_sentence(text).endswith("; the format at least 50.")


def list_fields(message, path: str = "", depth: int = 4) -> list[str]:
    """Returns the paths of all fields of a message, and of messages within it."""
    found = []
    for field in message.fields:
        found.append(own := f"{path}{field.name}")
        if field.message_type and depth:
            found += list_fields(field.message_type, f"{own}.", depth - 1)
    return found


def test_no_field_of_the_contract_is_named_on_the_page():
    paths = [path for each in REQUESTS for path in list_fields(each.DESCRIPTOR)]
    paths += [f"options.points[{index}]" for index in range(2)] + ["segmentation.points[12].x"]
    assert len(paths) > 400
    for path in paths:
        said = format_sentence(f"{path}: is wrong; set {path} or negative_prompt in photo.jpg")
        assert not NAMED.search(said.replace("photo.jpg", "")), said
        assert said.endswith("what to keep out in photo.jpg.")


def encode_png(pixels):
    return encode_image(pixels, PNG)


def refuse_correction(mask=None, **options):
    """Returns what the page says of a correction that the segmentation stage refuses."""
    request = segmentation_pb2.SegmentProductRequest(options=options)
    if mask is not None:
        request.mask.CopyFrom(mask)
    with pytest.raises(errors.InvalidRequest) as refused:
        read_segmentation_prompt(request, (120, 160), ImageCodec(ImageSettings()))
    violations = tuple(FieldViolation(each.field, each.text) for each in refused.value.violations)
    return explain_error(
        CycloramaError(
            grpc.StatusCode.INVALID_ARGUMENT,
            str(refused.value),
            reason=refused.value.reason,
            stage="segmentation",
            field_violations=violations,
        )
    )


@pytest.mark.parametrize(
    ("correction", "words"),
    [
        (
            {"points": [{"x": 9, "y": 9, "outside": True}, {"x": 9, "y": 9}]},
            "Two points on one place say the opposite.",
        ),
        ({"points": [{"x": 900, "y": 9}, {"x": 901, "y": 9}]}, "A point lies outside the photo."),
        (
            {"box": {"x": 900, "y": 9, "width": 5, "height": 5}},
            "The box lies outside the photo, or has no area.",
        ),
        ({"edge": segmentation_pb2.EDGE_MASK}, "The stroke of the brush did not arrive."),
        (
            {"mask": encode_png(np.zeros((120, 160, 3), np.uint8))},
            "Nothing of the photo is left, or all of it is kept.",
        ),
        (
            {"mask": encode_png(np.zeros((160, 120, 3), np.uint8))},
            "The corrected cut-out is that of another photo.",
        ),
    ],
)
def test_a_correction_that_the_stage_refuses_is_explained_without_names_of_fields(
    correction, words
):
    explained = refuse_correction(**correction)
    assert explained.text == words
    assert explained.advice == "Undo the last correction, or start over."
    assert not NAMED.search(f"{explained.title} {explained.text}")


def test_the_pixel_lock_is_described_for_lossless_lossy_and_changed_files():
    exact = describe_pixel_lock(CERTIFICATE)
    assert exact["verdict"] == "pass" and "all 1,200 are exactly" in exact["text"]
    lossy = describe_pixel_lock(CERTIFICATE | LOSSY)
    assert lossy["verdict"] == "pass" and "by 0.3 on average and 2.2 at most" in lossy["text"]
    tinted = describe_pixel_lock(CERTIFICATE, is_tinted=True)
    assert tinted["text"] == f"{exact['text']}{TINTED}" and TINTED not in exact["text"]
    changed = describe_pixel_lock(CERTIFICATE | {"differing_pixels": 7})
    assert changed["verdict"] == "fail" and "7 of its 1,200" in changed["text"]


def test_measurements_are_described_worst_first_in_their_own_words():
    halo = ("halo", "5.12 px", "at most 4 px")
    described = describe_quality(
        [
            Measurement("pixel_lock", "0 differing", "0", "pass", "", None, "", ""),
            Measurement(*halo, "pass", "a rim of the photo", 5.12, "px", ""),
            Measurement(
                "contact_gap", "not known", "", "unknown", "How far it floats.", None, "", ""
            ),
            Measurement("new_one", "3 px", "", "fail", "What it is.", 3, "px", "fix it"),
        ]
    )
    assert [each["label"] for each in described] == ["New one", "Stands on the ground", "Old edge"]
    assert (described[0]["text"], described[0]["remedy"]) == ("What it is.", "Fix it.")
    assert described[0]["detail"] == "3 px"
    assert described[1]["detail"] == "Not known."
    assert "rim of the old background" in described[2]["text"]
    assert described[2]["detail"] == described[2]["remedy"] == ""


def test_the_page_has_words_for_every_measurement_and_no_names_of_fields():
    picture = AssessedPicture(np.full((64, 64, 3), 200, np.uint8))
    measured = {finding.name for finding in report_quality(picture).findings}
    assert measured == set(TEXTS)
    for name, words in TEXTS.items():
        said = f"{words.label}. {words.meaning} {words.fault} {words.advice} {words.on_backdrop}"
        assert not re.search(r"[a-z]\.[a-z]|_|[A-Z]{2}|Delta|segment|composit|mask", said), name
        sentences = [words.meaning, words.fault, words.advice, words.on_backdrop or "."]
        assert all(each.endswith(".") for each in sentences), name
    assert len({words.label for words in TEXTS.values()}) == len(TEXTS)


def measure_fault(name: str, cost: float = 0.0, verdict: str = "warn") -> Measurement:
    return Measurement(name, "0.7", "at most 0.65", verdict, "", 0.7, "", "", cost)


def test_what_only_another_photo_changes_comes_after_what_a_press_does():
    small, lost = measure_fault("enlargement", 0.9), measure_fault("contrast", 0.2)
    names = [each["name"] for each in describe_quality([small, lost])]
    assert names == ["contrast", "enlargement"]
    assert list_looks([small, lost])[0]["name"] == "contrast"


def test_what_costs_most_comes_first_and_says_what_is_wrong():
    faults = [measure_fault("halo", 0.2), measure_fault("glow", 0.9), measure_fault("lean", 0.5)]
    described = describe_quality([*faults, measure_fault("crop", 0.1, "fail")])
    assert [each["label"] for each in described] == [
        *("Distance from the edge", "No glow around it", "Upright", "Old edge")
    ]
    assert described[1]["text"] == "A dark or light glow surrounds the product."


def test_advice_on_an_own_backdrop_asks_for_no_description():
    faults = [measure_fault(name) for name in TEXTS]
    for each in describe_quality(faults, has_backdrop=True):
        if each["label"] not in (TEXTS["place"].label, TEXTS["things"].label):
            assert not re.search(r"[Dd]escri|variation|words of", each["remedy"]), each


def test_the_reasons_for_a_mark_are_in_the_words_of_the_page():
    reasons = "contact_gap 12 px costs 0.8; halo 5 Delta E costs 0.2; 2 measurements not known"
    said = word_score(reasons)
    assert said == "Stands on the ground costs 0.8; Old edge costs 0.2; 2 checks not known."
    assert word_score(reasons, 1) == "Stands on the ground costs 0.8."
    assert word_score("no issues found") == "No issues found."


def test_every_measurement_says_what_it_means_and_what_to_do():
    picture = AssessedPicture(np.full((64, 64, 3), 200, np.uint8))
    for finding in report_quality(picture).findings:
        assert finding.note.endswith("."), finding.name
        assert finding.remedy or finding.verdict in (PASS, UNKNOWN), finding.name


def test_a_form_says_only_what_was_filled_in():
    assert read_ad_arguments({"prompt": "x", "scale": 100, "seed": None}) == {"reuse": True}
    assert read_ad_arguments({"seed": 0})["seed"] == 0
    placed = {"anchor": "top_left", "shadow": "cast", "locked": True}
    assert read_ad_arguments({"scale": 140, **placed}) == {
        "width_share": 0.98,
        "height_share": 0.868,
        **placed,
        "margins": 0.06,
        "reuse": True,
    }
    many = read_campaign_arguments({"sizes": [[50, 60]], "variants": 2, "call": "Shop now"})
    assert many["sizes"] == [(50, 60)] and many["variants"] == 2
    assert many["call_to_action"] == "Shop now"


def ad_of_size(size: int) -> Ad:
    return Ad(b"x" * size, "png", 1, 1)


def test_the_cache_evicts_the_oldest_ad_and_never_the_newest():
    ad_cache = AdCache(100)
    first, second = ad_cache.add(ad_of_size(60)), ad_cache.add(ad_of_size(30))
    assert ad_cache.get(first) and ad_cache.get(second)
    third = ad_cache.add(ad_of_size(500))
    assert ad_cache.get(first) is ad_cache.get(second) is None and ad_cache.get(third)


async def test_a_zip_is_written_forwards_a_file_at_a_time():
    async def files() -> AsyncIterator[tuple[str, bytes]]:
        yield "one.txt", b"1" * 1000
        yield "two.txt", b"2"

    parts = [part async for part in stream_zip(files())]
    assert len(parts) == 3 and len(parts[0]) > 1000
    with zipfile.ZipFile(io.BytesIO(b"".join(parts))) as archive:
        assert archive.testzip() is None and archive.read("two.txt") == b"2"


def test_every_stage_has_its_words():
    assert tuple(STAGE_NAMES) == STAGES
    script = (STATIC / "stages.js").read_text()
    table = script[script.index("STAGES = {") : script.index("};")]
    assert tuple(re.findall(r"^  (\w+): \[\"", table, re.MULTILINE)) == STAGES


def test_the_form_knows_how_large_a_photo_may_be():
    assert f"PHOTO_BYTES = {PHOTO_MIB} * 2 ** 20;" in (STATIC / "photo.js").read_text()


def engine(stage: str, name: str, ready: bool, **fields) -> EngineStatus:
    reason = "" if ready else f"{name} is missing; install it"
    return EngineStatus(stage, name, "1" if ready else "", ready, reason, **fields)


def test_health_says_what_is_missing_in_the_words_of_the_page():
    engines = [engine(stage, "own", True) for stage in STAGES]
    engines.append(engine("background", "optional", False))
    assert describe_health(engines) == {"kind": "health", "missing": [], "diagnoses": []}
    engines.append(engine("background", "server", False, configured=True))
    (warning,) = describe_health(engines)["diagnoses"]
    assert warning == {
        "name": "Scene, server",
        "state": "warning",
        "found": "Not ready.",
        "advice": "Server is missing; install it.",
    }
    engines[3] = engine("inpainting", "own", False)
    health = describe_health(engines)
    assert health["missing"] == ["light and shadow"]
    error = health["diagnoses"][-1]
    assert (error["name"], error["state"]) == ("Light and shadow", "error")
    assert "own is missing" in error["advice"].lower()


def test_settings_come_from_options_and_else_from_the_environment(monkeypatch):
    monkeypatch.setenv("CYCLORAMA_WEB_LISTEN", "0.0.0.0:81")
    monkeypatch.setenv("CYCLORAMA_WEB_HOSTS", "studio.lan,other.lan")
    settings = read_page_settings(["--gateway", "gateway:50050"])
    assert settings.address == ("0.0.0.0", 81) and settings.gateway == "gateway:50050"
    assert settings.hosts == ("studio.lan", "other.lan")
    assert read_page_settings(["--listen", "[::1]:82"]).address == ("::1", 82)


@pytest.mark.parametrize("listen", ["8080", "host:", "host:http", ":80", "host:99999"])
def test_an_invalid_address_is_refused_with_an_example(listen):
    with pytest.raises(SystemExit, match=r"127\.0\.0\.1:50080"):
        read_page_settings(["--listen", listen])


def test_marks_are_compared_with_those_of_the_calibration():
    model = read_model()
    average = model.mark - sum(model.costs[name] * model.average[name] for name in model.costs)
    assert pytest.approx((model.mark, average), abs=0.05) == (FAULTLESS_MARK, AVERAGE_MARK)
