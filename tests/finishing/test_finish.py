"""Finishing with every engine: certificate, reports, layers and progress."""

import threading
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from google.protobuf.struct_pb2 import Struct

from services.finishing import finish, heartbeat
from services.finishing.engine import (
    LOSSLESS,
    FileOptions,
    FinishedFile,
    FinishingRequest,
    Lettering,
)
from services.finishing.engines import ENGINES, FinishingSettings, open_engine
from services.finishing.engines.noop import NoopFinishing
from services.finishing.engines.pillow import PillowFinishing, files
from services.finishing.finish import WRITTEN, finish_ad
from services.imaging.decoding import decode_image_file
from services.imaging.encoding import encode_jpeg
from services.imaging.images import layers_to_messages
from services.runtime.engines import EngineProgress, EngineTraits
from services.runtime.errors import CallCancelled, InvalidRequest
from services.runtime.formats import FILE_FORMATS, JPEG, PNG, RAW_RGB, name_from_format
from services.runtime.guards.cancellation import track_call
from services.runtime.guards.guarded_call import GuardedCall
from services.runtime.profiles import load_profile
from services.runtime.settings import ImageSettings
from tests.support.pictures import assert_image_equal, draw_product

LIMITS = ImageSettings()
PIXELS, PRODUCT = draw_product(200, 160)
MASK = np.where(PRODUCT, np.uint8(255), np.uint8(0))
PROFILE = load_profile("amazon-main", "profile")
ALL = FileOptions(PNG, layers=True, layered_file=True)


class JpegFinishing:
    """An engine that writes JPEG with OpenCV, whatever the request says."""

    name = "jpeg-only"
    version = "1"
    traits = EngineTraits()

    def finish(self, request):
        return FinishedFile(encode_jpeg(request.ad, 60), JPEG, 60, request.ad)


def build_request(fmt=PNG, options=None, **more) -> FinishingRequest:
    options = options or FileOptions(fmt)
    below = [("background", PIXELS)]
    return FinishingRequest(PIXELS, MASK, PIXELS, options, layers=below, **more)


def finish_with(engine, request):
    """Returns the fractions of the progress, and the result."""
    *steps, ad = finish_ad(engine, request, LIMITS)
    assert all(isinstance(each, EngineProgress) for each in steps)
    return [step.fraction for step in steps], ad


@pytest.fixture(params=ENGINES)
def engine(request):
    """Each engine that the stage opens by default."""
    return open_engine(request.param, FinishingSettings())


@pytest.mark.parametrize("fmt", FILE_FORMATS, ids=map(name_from_format, FILE_FORMATS))
def test_every_engine_writes_every_format_and_reports_lossless_files_correctly(engine, fmt):
    file = engine.finish(build_request(fmt))
    assert file.format == fmt and 0 <= file.quality <= 100
    assert_image_equal(file.ad, PIXELS)
    if fmt == RAW_RGB:
        assert file.data == PIXELS.tobytes() and file.quality == LOSSLESS
    else:
        written = decode_image_file(file.data, LIMITS, "file").pixels
        assert np.array_equal(written, PIXELS) == (file.quality == LOSSLESS)


def test_every_engine_draws_lettering_next_to_the_product_and_writes_layers(engine):
    file = engine.finish(build_request(options=ALL, lettering=Lettering("Hello", "Buy")))
    assert (file.ad != PIXELS).any()
    assert_image_equal(file.ad[PRODUCT], PIXELS[PRODUCT])
    assert_image_equal(decode_image_file(file.data, LIMITS, "file").pixels, file.ad)
    assert file.layered_file[:4] == b"8BPS" and not engine.finish(build_request()).layered_file


@pytest.mark.parametrize("engine", [PillowFinishing(), JpegFinishing()], ids=lambda each: each.name)
def test_files_of_every_engine_are_certified_measured_and_checked(engine):
    fractions, ad = finish_with(engine, build_request(JPEG, profile=PROFILE))
    lock = ad.pixel_lock
    assert lock["locked_pixels"] == PRODUCT.sum() and lock["differing_pixels"] == 0
    assert not lock["lossless"] and 0 < lock["delta_e_max"] < 30
    assert ad.quality_report.findings and ad.profile_report.profile == "amazon-main"
    assert fractions[0] == 0 and WRITTEN in fractions and fractions == sorted(fractions)


@pytest.mark.parametrize("engine", [PillowFinishing(), JpegFinishing()], ids=lambda each: each.name)
def test_layers_of_every_engine_have_the_ad_on_top(engine):
    _, ad = finish_with(engine, build_request(options=ALL))
    assert [each.name for each in ad.layers] == ["background", "composite", "mask", "final"]
    assert_image_equal(decode_image_file(ad.layers[-1].image.data, LIMITS, "layer").pixels, PIXELS)


def test_the_report_measures_the_lettering():
    for lettering in (None, Lettering("Hello", "Buy")):
        _, ad = finish_with(PillowFinishing(), build_request(lettering=lettering))
        legibility = next(x for x in ad.quality_report.findings if x.name == "legibility")
        assert legibility.HasField("value") == bool(lettering)


def test_the_noop_engines_file_has_no_certificate_reports_or_layers():
    fractions, ad = finish_with(NoopFinishing(), build_request(options=ALL))
    assert fractions == [0] and ad.file.data == PIXELS.tobytes() and ad.file.format == RAW_RGB
    assert not ad.pixel_lock and not ad.quality_report.findings and not ad.layers


def test_a_profile_with_the_noop_engine_is_rejected():
    with pytest.raises(InvalidRequest, match=r"delivery\.profile: .* engine noop does"):
        finish_with(NoopFinishing(), build_request(profile=PROFILE))


class BlockedWork:
    """Runs work after it has been released."""

    def __init__(self, work):
        self._work = work
        self.started, self.released = threading.Event(), threading.Event()

    def __call__(self, *args):
        self.started.set()
        assert self.released.wait(10), "no progress was reported meanwhile"
        return self._work(*args)


def block_encoder(monkeypatch) -> BlockedWork:
    blocked = BlockedWork(files.ENCODERS[PNG].write)
    monkeypatch.setitem(files.ENCODERS, PNG, replace(files.ENCODERS[PNG], write=blocked))
    return blocked


def block_part(name: str):
    """Returns a function that blocks a part of the stage or the engine by its name."""
    module = PillowFinishing.finish.__globals__ if name == "encode_photoshop" else vars(finish)

    def block_work(monkeypatch) -> BlockedWork:
        blocked = BlockedWork(module[name])
        monkeypatch.setitem(module, name, blocked)
        return blocked

    return block_work


PARTS = ("encode_photoshop", "create_pixel_lock", "report_quality", "check_profile")


@pytest.mark.parametrize(
    ("block_work", "low", "high"),
    [
        (block_encoder, 0, WRITTEN),
        *((block_part(name), 0 if name == PARTS[0] else WRITTEN, 1) for name in PARTS),
        (block_part("layers_to_messages"), WRITTEN, 1),
    ],
    ids=["encoder", *PARTS, "layers"],
)
def test_progress_is_reported_however_long_a_part_takes(monkeypatch, block_work, low, high):
    monkeypatch.setattr(heartbeat, "INTERVAL_SECONDS", 0.02)
    blocked, fractions, meanwhile = block_work(monkeypatch), [], []
    for step in finish_ad(PillowFinishing(), build_request(options=ALL, profile=PROFILE), LIMITS):
        if isinstance(step, EngineProgress):
            fractions.append(step.fraction)
            meanwhile += [step.fraction] if blocked.started.is_set() else []
            if len(meanwhile) == 3:
                blocked.released.set()
    assert fractions == sorted(fractions)
    assert all(low < early < late < high for early, late in pairwise(meanwhile[:3]))
    assert step.pixel_lock and step.layers and step.file.layered_file


def test_encoding_layers_ends_when_the_caller_has_gone(monkeypatch):
    encoded = []

    def record_layers(layers):
        for layer in layers_to_messages(layers):
            encoded.append(layer.name)
            yield layer

    monkeypatch.setattr(finish, "layers_to_messages", record_layers)
    caller = GuardedCall("Any", Struct(), "id", lambda: not encoded, lambda: None)
    with track_call(caller), pytest.raises(CallCancelled):
        finish_with(PillowFinishing(), build_request(options=ALL))
    assert encoded == ["background"]
