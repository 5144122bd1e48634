"""Finishes ads with any engine: certifies, measures and checks the file that the engine wrote."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cyclorama.v1 import finishing_pb2, image_pb2
from services.finishing.checks import check_profile
from services.finishing.engine import LOSSLESS, FinishedFile, FinishingEngine, FinishingRequest
from services.finishing.heartbeat import run_with_progress
from services.finishing.lock import create_pixel_lock
from services.finishing.properties import measure_image_statistics, read_file_properties
from services.finishing.quality import QualityInput, report_quality
from services.imaging.decoding import ImageLimits, decode_image_file
from services.imaging.images import NamedLayer, layers_to_messages
from services.runtime.engines import EngineProgress
from services.runtime.errors import InvalidRequest, Violation
from services.runtime.guards.cancellation import check_active

# Fraction of the work that is done when the file is written; the rest is certificate, reports and
# layers. Only the progress that callers see depends on it.
WRITTEN = 0.7


@dataclass(frozen=True)
class FinishingResult:
    """A finished ad: its file, certificate and reports.

    pixel_lock: the pixel-lock certificate, as plain JSON values.
    layers: from the bottom up, empty unless requested.
    The file of the noop engine has neither certificate nor reports nor layers.
    """

    file: FinishedFile
    pixel_lock: Mapping[str, Any] = field(default_factory=dict)
    quality_report: finishing_pb2.QualityReport = field(default_factory=finishing_pb2.QualityReport)
    profile_report: finishing_pb2.ProfileReport | None = None
    layers: Sequence[image_pb2.Layer] = ()


def finish_ad(
    engine: FinishingEngine, request: FinishingRequest, limits: ImageLimits
) -> Iterator[EngineProgress | FinishingResult]:
    """Yields progress at short intervals, then one result; closing it early cancels the work.

    Raises what the engine raises, and InvalidRequest when a profile is to be checked on the file
    of the noop engine.

    limits: of the written file, which is decoded again.
    """
    # Progress first: gRPC does not transparently retry a stream that has sent a message.
    yield EngineProgress(0.0)
    file = yield from run_with_progress(lambda: engine.finish(request), 0.0, WRITTEN)
    ad = file.ad
    if ad is None:
        yield _skip_reports(engine, request, file)
        return
    yield EngineProgress(WRITTEN)
    result = yield from run_with_progress(
        lambda: _certify_and_report(request, file, ad, limits), WRITTEN, 1
    )
    # Many layers take a while to be sent.
    yield EngineProgress(1.0)
    yield result


def _skip_reports(
    engine: FinishingEngine, request: FinishingRequest, file: FinishedFile
) -> FinishingResult:
    if request.profile:
        text = f"cannot be checked, as engine {engine.name} does no work; name another engine"
        raise InvalidRequest(Violation("delivery.profile", text))
    return FinishingResult(file)


def _certify_and_report(
    request: FinishingRequest, file: FinishedFile, ad: np.ndarray, limits: ImageLimits
) -> FinishingResult:
    """Certifies and measures the file of an ad, uint8 RGB (H, W, 3), and collects its layers."""
    written = ad if file.quality == LOSSLESS else decode_image_file(file.data, limits, "ad")
    check_active()
    certificate = create_pixel_lock(request.composite, request.mask, ad, written)
    check_active()
    return FinishingResult(
        file,
        certificate,
        _report_quality(request, certificate["differing_pixels"]),
        _report_profile(request, file.data, written, ad),
        tuple(_collect_layers(request, ad)) if request.options.layers else (),
    )


def _report_quality(request: FinishingRequest, differing: int) -> finishing_pb2.QualityReport:
    return report_quality(
        QualityInput(request.ad, request.composite, request.mask, differing, request.circumstances)
    )


def _report_profile(
    request: FinishingRequest, data: bytes, written: np.ndarray, ad: np.ndarray
) -> finishing_pb2.ProfileReport | None:
    """Checks the requested profile on the file and on its pixels before encoding."""
    if not request.profile:
        return None
    image = measure_image_statistics(written, ad, request.mask)
    return check_profile(request.profile, read_file_properties(data), image)


def _collect_layers(request: FinishingRequest, ad: np.ndarray) -> Iterator[image_pb2.Layer]:
    """Yields the layers from the bottom up, with composite, mask and ad on top."""
    above: list[NamedLayer] = [
        ("composite", request.composite),
        ("mask", request.mask),
        ("final", ad),
    ]
    for layer in layers_to_messages([*request.layers, *above]):
        check_active()
        yield layer
