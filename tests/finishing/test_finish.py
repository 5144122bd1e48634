"""What the stage does around every engine: certificate, reports, layers and signs of life."""

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
from services.finishing.engines import ENGINES, Settings, open_engine
from services.finishing.engines.noop import Noop
from services.finishing.engines.pillow import PillowEngine, files
from services.finishing.finish import WRITTEN, finish_ad
from services.imaging.decoding import decode_image_file
from services.imaging.encoding import encode_jpeg
from services.imaging.images import layers_to_messages
from services.runtime.engines import EngineProgress, EngineTraits
from services.runtime.errors import CallCancelled, InvalidRequest
from services.runtime.formats import FILE_FORMATS, JPEG, PNG, RAW_RGB, name_from_format
from services.runtime.guards.cancellation import track_call
from services.runtime.guards.interceptor import GuardedCall
from services.runtime.profiles import load_profile
from services.runtime.settings import ImageSettings
from tests.support.pictures import assert_image_equal, draw_product

LIMITS = ImageSettings()
PIXELS, PRODUCT = draw_product(200, 160)
MASK = np.where(PRODUCT, np.uint8(255), np.uint8(0))
PROFILE = load_profile("amazon-main", "profile")
ALL = FileOptions(PNG, layers=True, layered_file=True)


class JpegOnly:
    """Writes JPEG with OpenCV, and nothing else."""

    name = "jpeg-only"
    version = "1"
    traits = EngineTraits()

    def finish(self, request):
        return FinishedFile(encode_jpeg(request.ad, 60), JPEG, 60, request.ad)


def request(fmt=PNG, options=None, **more) -> FinishingRequest:
    options = options or FileOptions(fmt)
    below = [("background", PIXELS)]
    return FinishingRequest(PIXELS, MASK, PIXELS, options, layers=below, **more)


def finished(engine, asked):
    """The fractions of the steps, and the ad."""
    *steps, ad = finish_ad(engine, asked, LIMITS)
    assert all(isinstance(each, EngineProgress) for each in steps)
    return [step.fraction for step in steps], ad


@pytest.fixture(params=ENGINES)
def engine(request):
    """Each engine that the stage opens by itself."""
    return open_engine(request.param, Settings())


@pytest.mark.parametrize("fmt", FILE_FORMATS, ids=map(name_from_format, FILE_FORMATS))
def test_every_engine_writes_every_format_and_says_truly_what_is_lossless(engine, fmt):
    file = engine.finish(request(fmt))
    assert file.format == fmt and 0 <= file.quality <= 100
    assert_image_equal(file.ad, PIXELS)
    if fmt == RAW_RGB:
        assert file.data == PIXELS.tobytes() and file.quality == LOSSLESS
    else:
        written = decode_image_file(file.data, LIMITS, "file")
        assert np.array_equal(written, PIXELS) == (file.quality == LOSSLESS)


def test_every_engine_letters_next_to_the_product_and_writes_the_layers_under_it(engine):
    file = engine.finish(request(options=ALL, lettering=Lettering("Hello", "Buy")))
    assert (file.ad != PIXELS).any()
    assert_image_equal(file.ad[PRODUCT], PIXELS[PRODUCT])
    assert_image_equal(decode_image_file(file.data, LIMITS, "file"), file.ad)
    assert file.layered_file[:4] == b"8BPS" and not engine.finish(request()).layered_file


@pytest.mark.parametrize("engine", [PillowEngine(), JpegOnly()], ids=lambda each: each.name)
def test_whatever_engine_wrote_it_a_file_is_certified_measured_and_checked(engine):
    fractions, ad = finished(engine, request(JPEG, profile=PROFILE))
    lock = ad.pixel_lock
    assert lock["locked_pixels"] == PRODUCT.sum() and lock["differing_pixels"] == 0
    assert not lock["lossless"] and 0 < lock["delta_e_max"] < 30
    assert ad.quality_report.findings and ad.profile_report.profile == "amazon-main"
    assert fractions[0] == 0 and WRITTEN in fractions and fractions == sorted(fractions)


@pytest.mark.parametrize("engine", [PillowEngine(), JpegOnly()], ids=lambda each: each.name)
def test_whatever_engine_wrote_it_layers_come_with_the_ad_on_top(engine):
    _, ad = finished(engine, request(options=ALL))
    assert [each.name for each in ad.layers] == ["background", "composite", "mask", "final"]
    assert_image_equal(decode_image_file(ad.layers[-1].image.data, LIMITS, "layer"), PIXELS)


def test_an_engine_that_does_no_work_has_its_file_and_nothing_that_costs():
    fractions, ad = finished(Noop(), request(options=ALL))
    assert fractions == [0] and ad.file.data == PIXELS.tobytes() and ad.file.format == RAW_RGB
    assert not ad.pixel_lock and not ad.quality_report.findings and not ad.layers


def test_a_profile_is_never_left_unchecked_in_silence():
    with pytest.raises(InvalidRequest, match=r"delivery\.profile: .* engine noop does"):
        finished(Noop(), request(profile=PROFILE))


class Held:
    """Runs real work, but not before it is released."""

    def __init__(self, work):
        self._work = work
        self.begun, self.released = threading.Event(), threading.Event()

    def __call__(self, *args):
        self.begun.set()
        assert self.released.wait(10), "nothing showed meanwhile that the work goes on"
        return self._work(*args)


def held_encoder(monkeypatch) -> Held:
    held = Held(files.ENCODERS[PNG].write)
    monkeypatch.setitem(files.ENCODERS, PNG, replace(files.ENCODERS[PNG], write=held))
    return held


def held_part(name: str):
    """Holds what the stage, or the engine, calls by this name."""
    module = PillowEngine.finish.__globals__ if name == "write_photoshop" else vars(finish)

    def hold(monkeypatch) -> Held:
        held = Held(module[name])
        monkeypatch.setitem(module, name, held)
        return held

    return hold


PARTS = ("write_photoshop", "certify", "report_quality", "check_profile")


@pytest.mark.parametrize(
    ("hold", "low", "high"),
    [
        (held_encoder, 0, WRITTEN),
        *((held_part(name), 0 if name == PARTS[0] else WRITTEN, 1) for name in PARTS),
        (held_part("layers_to_messages"), WRITTEN, 1),
    ],
    ids=["encoder", *PARTS, "layers"],
)
def test_however_long_a_part_takes_it_shows_that_it_goes_on(monkeypatch, hold, low, high):
    monkeypatch.setattr(heartbeat, "INTERVAL_SECONDS", 0.02)
    held, fractions, meanwhile = hold(monkeypatch), [], []
    for step in finish_ad(PillowEngine(), request(options=ALL, profile=PROFILE), LIMITS):
        if isinstance(step, EngineProgress):
            fractions.append(step.fraction)
            meanwhile += [step.fraction] if held.begun.is_set() else []
            if len(meanwhile) == 3:
                held.released.set()
    assert fractions == sorted(fractions)
    assert all(low < early < late < high for early, late in pairwise(meanwhile[:3]))
    assert step.pixel_lock and step.layers and step.file.layered_file


def test_layers_are_encoded_no_further_once_the_caller_has_gone(monkeypatch):
    encoded = []

    def watched(layers):
        for layer in layers_to_messages(layers):
            encoded.append(layer.name)
            yield layer

    monkeypatch.setattr(finish, "layers_to_messages", watched)
    caller = GuardedCall("Any", Struct(), "id", lambda: not encoded, lambda: None)
    with track_call(caller), pytest.raises(CallCancelled):
        finished(PillowEngine(), request(options=ALL))
    assert encoded == ["background"]
