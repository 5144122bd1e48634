"""Finishes ads: what the stage does around its engines, alike for each of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from cyclorama.v1 import finishing_pb2, image_pb2
from services.finishing.checks import check_profile
from services.finishing.engine import LOSSLESS, Engine, FinishedFile, FinishingRequest
from services.finishing.facts import file_facts, picture_facts
from services.finishing.heartbeat import run_with_steps
from services.finishing.lock import certify
from services.finishing.quality import Subject, report_quality
from services.imaging.decoding import ImageLimits, decode_image_file
from services.imaging.images import layers_to_messages
from services.runtime.engines import EngineProgress
from services.runtime.errors import InvalidRequest, Violation
from services.runtime.guards.cancellation import check_active

# Share of the work that is done when the file is written; the rest is certificate, reports and
# layers.
WRITTEN = 0.7


@dataclass(frozen=True)
class FinishedAd:
    """An engine's file, and what is certain of it.

    pixel_lock: the certificate, plain JSON values. layers: from the bottom up, empty unless asked
    for. Of an engine that does no work only the file is there.
    """

    file: FinishedFile
    pixel_lock: Mapping[str, Any] = field(default_factory=dict)
    quality_report: finishing_pb2.QualityReport = field(default_factory=finishing_pb2.QualityReport)
    profile_report: finishing_pb2.ProfileReport | None = None
    layers: Sequence[image_pb2.Layer] = ()


def finish_ad(
    engine: Engine, request: FinishingRequest, limits: ImageLimits
) -> Iterator[EngineProgress | FinishedAd]:
    """Yields steps, never long apart, then one ad. Closing the iterator early abandons the work.

    limits: of the file that is read back. Raises what the engine raises, and InvalidRequest when
    a profile is to be checked on the file of an engine that does no work.
    """
    # Progress first: gRPC does not transparently retry a stream that has sent a message.
    yield EngineProgress(0.0)
    file = yield from run_with_steps(lambda: engine.finish(request), 0.0, WRITTEN)
    if file.ad is None:
        yield _unexamined(engine, request, file)
        return
    yield EngineProgress(WRITTEN)
    done = yield from run_with_steps(lambda: _examined(request, file, file.ad, limits), WRITTEN, 1)
    # Many layers take a while to be sent.
    yield EngineProgress(1.0)
    yield done


def _unexamined(engine: Engine, request: FinishingRequest, file: FinishedFile) -> FinishedAd:
    if request.profile:
        text = f"cannot be checked, as engine {engine.name} does no work; name another engine"
        raise InvalidRequest(Violation("delivery.profile", text))
    return FinishedAd(file)


def _examined(
    request: FinishingRequest, file: FinishedFile, ad: np.ndarray, limits: ImageLimits
) -> FinishedAd:
    """Certifies and measures the file of an ad, uint8 RGB (H, W, 3), and collects its layers."""
    written = ad if file.quality == LOSSLESS else decode_image_file(file.data, limits, "ad")
    check_active()
    lock = certify(request.composite, request.mask, ad, written)
    check_active()
    return FinishedAd(
        file,
        lock,
        _quality_report(request, lock["differing_pixels"]),
        _profile_report(request, file.data, written, ad),
        tuple(_layers(request, ad)) if request.options.layers else (),
    )


def _quality_report(request: FinishingRequest, differing: int) -> finishing_pb2.QualityReport:
    return report_quality(
        Subject(request.ad, request.composite, request.mask, differing, request.circumstances)
    )


def _profile_report(
    request: FinishingRequest, data: bytes, written: np.ndarray, ad: np.ndarray
) -> finishing_pb2.ProfileReport | None:
    """The rules of the profile asked for, checked on the file and its pixels before encoding."""
    if not request.profile:
        return None
    picture = picture_facts(written, ad, request.mask)
    return check_profile(request.profile, file_facts(data), picture)


def _layers(request: FinishingRequest, ad: np.ndarray) -> Iterator[image_pb2.Layer]:
    above = [("composite", request.composite), ("mask", request.mask), ("final", ad)]
    for layer in layers_to_messages([*request.layers, *above]):
        check_active()
        yield layer
