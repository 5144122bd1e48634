"""Converts the responses of calls, messages of the contract, into results and events."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import Any, cast

from cyclorama.errors import InvalidRequest
from cyclorama.formats import format_name_from_number
from cyclorama.results import (
    Ad,
    Assessment,
    Background,
    Composite,
    ContentCredentials,
    Contradiction,
    Cutout,
    EngineStatus,
    Event,
    Finished,
    Inpainted,
    Measurement,
    Picture,
    Platform,
    ProfileReport,
    Verification,
    picture_fields_from_image,
)
from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    engine_pb2,
    finishing_pb2,
    image_pb2,
    inpainting_pb2,
    jobs_pb2,
    segmentation_pb2,
)


@dataclass(frozen=True)
class FileChunk:
    """A part of a file of an ad that is too large for one message; see AdChunk in the contract."""

    file: str
    data: bytes = field(repr=False)


def read_ad_response(response: ads_pb2.CreateAdResponse) -> Event | FileChunk | Ad:
    """Converts one message of the CreateAd stream: an Event, a part of a file, or the Ad."""
    match response.WhichOneof("event"):
        case "ad":
            return _read_ad(response.ad)
        case "chunk":
            return FileChunk(response.chunk.file, response.chunk.data)
        case "queued":
            return Event("", "queued", queue_position=response.queued.ads_before)
        case "started":
            return Event(_read_stage(response.started.stage), "started")
        case "progress":
            return _read_progress(_read_stage(response.progress.stage), response.progress.progress)
    return _read_stage_end(response.finished)


def read_verification(reply: ads_pb2.VerifyAdResponse) -> Verification:
    """Converts the response of VerifyAd, which compares an ad's file with its manifest."""
    boxes = tuple((box.x, box.y, box.width, box.height) for box in reply.differing)
    return Verification(
        locked=reply.locked,
        verdict=reply.verdict,
        file_unchanged=reply.file_unchanged,
        pixels_unchanged=reply.pixels_unchanged,
        differing=boxes,
        source=reply.source,
        record_matches=reply.record_matches,
        credentials=_read_credentials(reply.credentials),
        is_authentic=reply.authentic,
    )


def _read_credentials(report: finishing_pb2.CredentialsReport) -> ContentCredentials:
    """Converts the report on a file's Content Credentials."""
    name = finishing_pb2.CredentialsState.Name(report.state).removeprefix("CREDENTIALS_STATE_")
    has_time, has_lock = report.HasField("signed_at"), report.HasField("lock_matches")
    return ContentCredentials(
        state="unchecked" if name == "UNSPECIFIED" else name.lower(),
        verdict=report.verdict,
        signer=report.signer,
        issuer=report.issuer,
        signed_at=report.signed_at.ToDatetime(UTC) if has_time else None,
        lock_matches=report.lock_matches if has_lock else None,
        source=report.source,
        problems=tuple(report.problems),
    )


def read_assessment(reply: ads_pb2.AssessAdResponse) -> Assessment:
    """Converts the response of AssessAd, which has a picture's quality report."""
    report = reply.quality_report
    return Assessment(
        score=round(report.score, 1),
        flaw_probability=report.flaw_probability,
        reasons=report.reasons,
        measurements=_read_measurements(report.findings),
        product_found=reply.product_found,
    )


def _read_ad(message: ads_pb2.Ad) -> Ad:
    """Converts an Ad message, with its layers and reports, into an Ad."""
    layers = {
        layer.name: Picture(**picture_fields_from_image(layer.image)) for layer in message.layers
    }
    return Ad(
        **picture_fields_from_image(message.image),
        manifest_json=message.manifest,
        layers=layers,
        layered_file=message.layered_file,
        **report_fields_from_message(message),
    )


def join_ad(ad: Ad, chunks: Iterable[FileChunk]) -> Ad:
    """Returns an ad with the files that came in chunks before it."""
    files: defaultdict[str, list[bytes]] = defaultdict(list)
    for chunk in chunks:
        files[chunk.file].append(chunk.data)
    joined = {name: b"".join(parts) for name, parts in files.items()}
    layers = {
        name: replace(layer, data=joined.get(f"layers/{name}", layer.data))
        for name, layer in ad.layers.items()
    }
    return replace(
        ad,
        data=joined.get("image", ad.data),
        layered_file=joined.get("layered_file", ad.layered_file),
        layers=layers,
    )


def report_fields_from_message(message: ads_pb2.Ad | jobs_pb2.JobAd) -> dict[str, Any]:
    """Returns the reports on an ad, and whether it is a draft, as arguments of Ad and JobAd."""
    quality, has_profile = message.quality_report, message.HasField("profile_report")
    return {
        "score": round(quality.score, 1),
        "flaw_probability": quality.flaw_probability,
        "reasons": quality.reasons,
        "measurements": _read_measurements(quality.findings),
        "profile": read_profile_report(message.profile_report) if has_profile else None,
        "draft": message.quality == engine_pb2.QUALITY_DRAFT,
    }


def read_profile_report(message: finishing_pb2.ProfileReport) -> ProfileReport:
    """Converts a ProfileReport message, which says whether a file meets a platform's rules."""
    return ProfileReport(
        profile=message.profile,
        source=message.source,
        checked=message.checked,
        measurements=_read_measurements(message.findings),
        passed=message.passed,
    )


def _read_measurements(messages: Iterable[finishing_pb2.Finding]) -> tuple[Measurement, ...]:
    """Converts Finding messages, one per measured property of an ad, into measurements."""
    return tuple(
        Measurement(
            name=message.name,
            measured=message.measured,
            limit=message.limit,
            verdict=_read_verdict(message.verdict),
            note=message.note,
            value=message.value if message.HasField("value") else None,
            unit=message.unit,
            remedy=message.remedy,
            cost=message.cost,
            box=_read_box(message.box) if message.HasField("box") else None,
        )
        for message in messages
    )


def _read_box(message: image_pb2.Box) -> tuple[int, int, int, int]:
    return message.x, message.y, message.width, message.height


def _read_verdict(number: int) -> str:
    """Returns the name of a Verdict value, such as "pass"."""
    return finishing_pb2.Verdict.Name(number).removeprefix("VERDICT_").lower()


def read_cutout(reply: segmentation_pb2.SegmentProductResponse) -> Cutout:
    """Converts the response of SegmentProduct into a Cutout."""
    return Cutout(**picture_fields_from_image(reply.cutout), reply=reply)


def read_background(response: background_pb2.GenerateBackgroundResponse) -> Event | Background:
    """Converts one message of the GenerateBackground stream into an Event or the Background."""
    if response.WhichOneof("event") == "result":
        return Background(
            **picture_fields_from_image(response.result.background), reply=response.result
        )
    return _read_progress("background", response.progress)


def read_composite(reply: compositing_pb2.CompositeProductResponse) -> Composite:
    """Converts the response of CompositeProduct into a Composite with the product's mask."""
    mask = Picture(**picture_fields_from_image(reply.mask))
    return Composite(**picture_fields_from_image(reply.composite), mask=mask, reply=reply)


def read_inpainted(response: inpainting_pb2.InpaintSceneResponse) -> Event | Inpainted:
    """Converts one message of the InpaintScene stream into an Event or the grounded picture."""
    if response.WhichOneof("event") == "result":
        return Inpainted(**picture_fields_from_image(response.result.ad), reply=response.result)
    return _read_progress("inpainting", response.progress)


def read_finished(response: finishing_pb2.FinishAdResponse) -> Event | Finished:
    """Converts one message of the FinishAd stream into an Event or the final file."""
    if response.WhichOneof("event") == "result":
        return Finished(**picture_fields_from_image(response.result.file), reply=response.result)
    return _read_progress("finishing", response.progress)


def read_engines(reply: ads_pb2.AdServiceListEnginesResponse) -> list[EngineStatus]:
    """Converts the response of ListEngines into the statuses of the engines of all stages.

    A stage that does not answer lists no engines; one entry named "-" says so.
    """
    return [
        _read_engine_status(_read_stage(stage_engines.stage), engine)
        for stage_engines in reply.stages
        for engine in stage_engines.engines or [_UNREACHABLE]
    ]


def read_platforms(reply: ads_pb2.ListProfilesResponse) -> list[Platform]:
    """Converts the response of ListProfiles into the platforms."""
    return [
        Platform(
            name=profile.name,
            title=profile.title,
            family=profile.family,
            source=profile.source,
            checked=profile.checked,
            sizes=tuple((size.width, size.height) for size in profile.sizes),
            formats=tuple(format_name_from_number(each) for each in profile.formats),
        )
        for profile in reply.profiles
    ]


def read_contradictions(reply: ads_pb2.ValidateOptionsResponse) -> list[Contradiction]:
    """Converts the response of ValidateOptions into the contradictions."""
    return [
        Contradiction(each.field, each.description, each.rejected) for each in reply.contradictions
    ]


def contradictions_from_error(error: InvalidRequest) -> list[Contradiction]:
    """Returns the fields that are out of their bounds, with which every ad is rejected."""
    return [Contradiction(each.field, each.text, rejected=True) for each in error.field_violations]


def _read_engine_status(stage: str, engine: engine_pb2.EngineStatus) -> EngineStatus:
    """Converts an EngineStatus message; stage: the name of the engine's stage."""
    return EngineStatus(
        stage,
        name=engine.name,
        version=engine.version,
        ready=engine.ready,
        reason=engine.reason,
        generative=engine.generative,
        follows_camera=engine.follows_camera,
        casts_shadows=engine.casts_shadows,
        model=engine.model,
        suits_drafts=engine.suits_drafts,
        configured=engine.configured,
    )


_UNREACHABLE = engine_pb2.EngineStatus(name="-", reason="the stage does not answer (yet); start it")


def _read_progress(stage: str, progress: engine_pb2.Progress) -> Event:
    """Converts the Progress message of a named stage into an event."""
    position = progress.queue_position if progress.HasField("queue_position") else None
    return Event(
        stage,
        "progress",
        fraction=progress.fraction,
        preview=progress.preview.data,
        queue_position=position,
    )


def _read_stage_end(message: ads_pb2.StageFinished) -> Event:
    """Converts the message that an ad's stage has finished into an event, with its warnings."""
    run = message.run
    return Event(
        _read_stage(message.stage),
        "finished",
        fraction=1.0,
        preview=run.preview.data,
        engine=run.engine,
        seconds=run.elapsed.ToMilliseconds() / 1000,
        # Type checkers mistake the message Warning for the built-in exception.
        warnings=tuple(cast(Any, warning).message for warning in run.warnings),
        cached=message.cached,
    )


def _read_stage(number: int) -> str:
    """Returns the name of a Stage value, such as "background" for STAGE_BACKGROUND."""
    return ads_pb2.Stage.Name(number).removeprefix("STAGE_").lower()
