"""Finishes ads with any engine: certifies, measures and checks the file that the engine wrote."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cyclorama.v1 import finishing_pb2, image_pb2
from services.finishing.checks import check_profile
from services.finishing.engine import (
    LOSSLESS,
    FinishedFile,
    FinishingEngine,
    FinishingRequest,
    TextLine,
)
from services.finishing.heartbeat import run_with_progress
from services.finishing.lock import create_pixel_lock
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.report import report_quality
from services.finishing.signing import AdSigning, SignedFile
from services.imaging.decoding import decode_image_file
from services.imaging.images import NamedLayer, layers_to_messages
from services.imaging.size_limits import ImageLimits
from services.imaging.thumbnails import encode_thumbnail
from services.runtime.engines import EngineProgress, EngineWarning
from services.runtime.errors import InvalidRequest, Violation
from services.runtime.guards.cancellation import check_active

# Fraction of the work that is done when the file is written; the rest is certificate, reports and
# layers. Only the progress that callers see depends on it.
WRITTEN = 0.7


@dataclass(frozen=True)
class FinishingResult:
    """A finished ad: its file, certificate and reports.

    pixel_lock: the pixel-lock certificate, as plain JSON values.
    preview: a thumbnail of the finished ad.
    layers: from the bottom up, empty unless requested.
    unsigned_sha256: of the file before it was signed, in hexadecimal; empty if it was not.
    The file of the noop engine has neither certificate nor reports nor preview nor layers.
    """

    file: FinishedFile
    pixel_lock: Mapping[str, Any] = field(default_factory=dict)
    quality_report: finishing_pb2.QualityReport = field(default_factory=finishing_pb2.QualityReport)
    profile_report: finishing_pb2.ProfileReport | None = None
    preview: image_pb2.Image | None = None
    layers: Sequence[image_pb2.Layer] = ()
    unsigned_sha256: str = ""
    warnings: Sequence[EngineWarning] = ()


def finish_ad(
    engine: FinishingEngine,
    request: FinishingRequest,
    limits: ImageLimits,
    signing: AdSigning | None = None,
) -> Iterator[EngineProgress | FinishingResult]:
    """Writes an ad as a file, certifies and measures it; yields progress, then one result.

    Progress comes at short intervals. Closing the iterator early cancels the work. Raises what the
    engine raises, and InvalidRequest when a platform's profile is to be checked on the file of the
    noop engine, which writes no real one.

    limits: on pictures that are decoded, as the written file is.
    signing: adds Content Credentials to the file; None for none.
    """
    # Progress first: gRPC does not transparently retry a stream that has sent a message.
    yield EngineProgress(0.0)
    request = signing.prepare(engine, request) if signing else request
    file = yield from run_with_progress(lambda: engine.finish(request), 0.0, WRITTEN)
    ad = file.ad
    if ad is None:
        yield _skip_reports(engine, request, file)
        return
    yield EngineProgress(WRITTEN)
    result = yield from run_with_progress(
        lambda: _certify_and_report(engine, request, file, ad, limits, signing), WRITTEN, 1
    )
    # Many layers take a while to be sent.
    yield EngineProgress(1.0)
    yield result


def _skip_reports(
    engine: FinishingEngine, request: FinishingRequest, file: FinishedFile
) -> FinishingResult:
    """Returns the noop engine's file without certificate and reports, as it is not the ad.

    Raises InvalidRequest when the request names a platform profile to check the file against.
    """
    if request.profile:
        text = f"cannot be checked, as engine {engine.name} does no work; name another engine"
        raise InvalidRequest(Violation("delivery.profile", text))
    return FinishingResult(file)


def _certify_and_report(
    engine: FinishingEngine,
    request: FinishingRequest,
    file: FinishedFile,
    ad: np.ndarray,
    limits: ImageLimits,
    signing: AdSigning | None,
) -> FinishingResult:
    """Returns a finished file with certificate, reports, preview and the requested layers.

    It is signed before the profile is checked, whose limits apply to the file that is delivered.

    ad: uint8 RGB (H, W, 3), the pixels that were encoded.
    limits: on pictures that are decoded, as the file is unless it is lossless.
    """
    written = ad if file.quality == LOSSLESS else decode_image_file(file.data, limits, "ad").pixels
    check_active()
    certificate = create_pixel_lock(request.composite, request.mask, ad, written)
    check_active()
    signed = signing.sign(engine, request, file, certificate) if signing else SignedFile(file)
    return FinishingResult(
        signed.file,
        pixel_lock=certificate,
        quality_report=report_ad_quality(
            request, certificate["differing_pixels"], ad, file.text_lines
        ),
        profile_report=check_profile(request.profile, signed.file.data, written)
        if request.profile
        else None,
        preview=encode_thumbnail(ad),
        layers=tuple(_collect_layers(request, ad)) if request.options.layers else (),
        unsigned_sha256=signed.unsigned_sha256,
        warnings=signed.warnings,
    )


def report_ad_quality(
    request: FinishingRequest,
    differing: int,
    ad: np.ndarray,
    text_lines: Sequence[TextLine] = (),
) -> finishing_pb2.QualityReport:
    """Measures the ad's quality.

    differing: how many of the product's pixels were changed.
    ad: uint8 RGB (H, W, 3), the ad with its lettering.
    text_lines: those of the lettering.
    """
    return report_quality(
        AssessedPicture(
            request.ad,
            request.mask,
            request.composite,
            differing,
            request.circumstances,
            lettered=ad if request.lettering else None,
            text_lines=text_lines,
        )
    )


def _collect_layers(request: FinishingRequest, ad: np.ndarray) -> Iterator[image_pb2.Layer]:
    """Yields a request's layers from the bottom up, with composite, mask and ad on top.

    ad: uint8 RGB (H, W, 3), the finished ad, which becomes the layer "final".
    """
    above: list[NamedLayer] = [
        ("composite", request.composite),
        ("mask", request.mask),
        ("final", ad),
    ]
    for layer in layers_to_messages([*request.layers, *above]):
        check_active()
        yield layer
