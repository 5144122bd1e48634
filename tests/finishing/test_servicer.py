"""The finishing service on the wire: progress, file, certificate, rejected requests."""

import json

import grpc
import numpy as np
import pytest

from cyclorama.v1 import engine_pb2, finishing_pb2, image_pb2
from cyclorama.v1.finishing_pb2_grpc import FinishingServiceStub
from services.finishing.engines.noop import NoopFinishing
from services.finishing.engines.pillow import PillowFinishing
from services.imaging.images import ImageCodec, encode_image
from services.runtime.engines import Engines
from services.runtime.formats import PNG
from services.runtime.settings import ImageSettings
from tests.support.pictures import assert_image_equal, draw_product
from tests.support.serving import read_error_details, serve_service
from tests.support.system import build_stage_service

PIXELS, PRODUCT = draw_product(200, 160)
ALPHA = np.where(PRODUCT, np.uint8(255), np.uint8(0))
AD, MASK = encode_image(PIXELS, PNG), encode_image(ALPHA, PNG)
WHOLE = {"ad": AD, "mask": MASK, "composite": AD}
ENGINES = {"pillow": PillowFinishing(), "noop": NoopFinishing()}


@pytest.fixture(scope="module")
def stage():
    engines = Engines(list(ENGINES), ENGINES.__getitem__)
    with serve_service(build_stage_service("finishing", engines)) as channel:
        yield FinishingServiceStub(channel)


def call_finish_ad(stage, **fields):
    """The progress messages and the result of one call."""
    request = finishing_pb2.FinishAdRequest(**WHOLE | fields)
    *progress, last = stage.FinishAd(request, timeout=60)
    assert last.HasField("result") and all(each.HasField("progress") for each in progress)
    return [each.progress.fraction for each in progress], last.result


def find_error(stage, **fields):
    with pytest.raises(grpc.RpcError) as caught:
        call_finish_ad(stage, **fields)
    return caught.value


def test_progress_never_falls_and_ends_with_a_certified_file(stage):
    fractions, result = call_finish_ad(stage)
    assert fractions[0] == 0 and fractions == sorted(fractions)
    assert result.run.engine == "pillow"
    assert (result.file.format, result.file.width, result.file.height) == (PNG, 160, 200)
    assert_image_equal(ImageCodec(ImageSettings()).read(result.file, "file"), PIXELS)
    lock = finishing_pb2.VerifyFileRequest(image=result.file, pixel_lock=result.pixel_lock)
    verified = stage.VerifyFile(lock)
    assert verified.locked and verified.pixels_unchanged
    assert f"all {PRODUCT.sum()} locked product pixels" in verified.verdict
    assert json.loads(result.pixel_lock)["differing_pixels"] == 0


def test_layers_are_listed_from_the_bottom_up_with_the_ad_on_top(stage):
    below = image_pb2.Layer(name="background", image=AD)
    _, result = call_finish_ad(stage, layers=[below], delivery=finishing_pb2.Delivery(layers=True))
    names = [layer.name for layer in result.layers]
    assert names == ["background", "composite", "mask", "final"]


def test_the_noop_engine_returns_raw_pixels_when_named(stage):
    engine = engine_pb2.EngineChoice(name="noop")
    _, result = call_finish_ad(stage, options=finishing_pb2.FinishingOptions(engine=engine))
    assert result.run.engine == "noop"
    assert result.file.format == image_pb2.IMAGE_FORMAT_RAW_RGB
    assert result.file.data == PIXELS.tobytes()


def test_engines_are_listed_with_their_traits(stage):
    request = finishing_pb2.FinishingServiceListEnginesRequest()
    listed = {each.name: each for each in stage.ListEngines(request).engines}
    assert listed.keys() == ENGINES.keys()
    assert listed["pillow"].ready and not listed["pillow"].generative


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        (
            {"mask": encode_image(ALPHA[:-1], PNG)},
            "mask: is 160 x 199, the ad 160 x 200; send equal",
        ),
        ({"composite": encode_image(PIXELS[:, :-2], PNG)}, "composite: is 158 x 200"),
        ({"ad": encode_image(np.zeros((8, 8, 3), np.uint8), PNG)}, "ad"),
        (
            {
                "accept_format": image_pb2.IMAGE_FORMAT_RAW_RGB,
                "delivery": finishing_pb2.Delivery(profile="amazon-main"),
            },
            "accept_format: is RAW, and a profile is about files",
        ),
        ({"delivery": finishing_pb2.Delivery(profile="none-such")}, "none-such"),
        ({"lettering": finishing_pb2.Lettering()}, "lettering: says nothing"),
        (
            {"lettering": finishing_pb2.Lettering(headline="x", anchor="ANCHOR_CENTER")},
            "lettering.anchor: is the center, where the product is; send a side",
        ),
        (
            {"lettering": finishing_pb2.Lettering(headline="x", font="comic")},
            "lettering.font: there is no font 'comic'; choose from inter-bold",
        ),
        (
            {"lettering": finishing_pb2.Lettering(headline="x", font_file={"data": b"text"})},
            "lettering.font_file: is no font file; send TTF, OTF or WOFF2",
        ),
        ({"delivery": finishing_pb2.Delivery(max_kilobytes=5)}, "ask for JPEG"),
    ],
)
def test_invalid_requests_are_rejected_with_the_field(stage, fields, message):
    error = find_error(stage, **fields)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert message in error.details()


def test_all_missing_fields_are_named_at_once(stage):
    with pytest.raises(grpc.RpcError) as caught:
        list(stage.FinishAd(finishing_pb2.FinishAdRequest(), timeout=60))
    broken = read_error_details(caught.value)["BadRequest"].field_violations
    assert [each.field for each in broken] == ["ad", "mask", "composite"]
