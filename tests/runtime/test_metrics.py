"""Metrics count calls, engine runs and bytes, and are served for Prometheus."""

import socket
import urllib.request

import grpc
import numpy as np
import pytest
from prometheus_client import REGISTRY

from cyclorama.v1 import background_pb2, background_pb2_grpc, image_pb2, segmentation_pb2_grpc
from services.imaging.images import encode_image
from services.runtime.errors import ProductNotFound
from services.runtime.formats import PNG
from services.runtime.metrics import serve_metrics
from services.runtime.settings import ServerSettings
from tests.support.engines import Flat, MiddleCrop
from tests.support.serving import REQUEST, serve_function
from tests.support.system import QUICK, start_stage


def read_sample(name: str, **labels: str) -> float:
    """Returns a sample of the process's registry; 0 before it first appears."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.fixture
def growth():
    """Returns a function that measures how much a sample grew since the first call for it."""
    first = {}

    def measure_growth(name: str, **labels: str) -> float:
        key = name, *labels.items()
        now = read_sample(name, **labels)
        return now - first.setdefault(key, now)

    return measure_growth


def start_with_channel(name: str, engine):
    """Starts a stage with one engine; returns it with a channel to it."""
    running = start_stage(name, engine)
    return running, grpc.insecure_channel(f"127.0.0.1:{running.port}")


def test_a_call_adds_to_the_metrics_of_queue_codec_engine_and_bytes(growth):
    samples = [
        ("cyclorama_calls_total", {"method": "SegmentProduct", "outcome": "OK"}),
        ("cyclorama_call_duration_seconds_count", {"method": "SegmentProduct"}),
        ("cyclorama_codec_duration_seconds_count", {"step": "decode"}),
        ("cyclorama_codec_duration_seconds_count", {"step": "encode"}),
        ("cyclorama_engine_duration_seconds_count", {"engine": "crop"}),
        ("cyclorama_engine_runs_total", {"engine": "crop", "outcome": "OK"}),
    ]
    received = ("cyclorama_message_bytes_total", {"method": "SegmentProduct", "direction": "in"})
    for name, labels in [*samples, received]:
        growth(name, **labels)
    waited = growth("cyclorama_call_queue_seconds_count")
    running, channel = start_with_channel("segmentation", MiddleCrop())
    request = type(REQUEST)(photo=encode_image(np.full((64, 64, 3), 90, np.uint8), PNG))
    with channel:
        segmentation_pb2_grpc.SegmentationServiceStub(channel).SegmentProduct(request, timeout=5)
    running.stop(ServerSettings(**QUICK))
    assert {(n, *labels.values()): growth(n, **labels) for n, labels in samples} == {
        (n, *labels.values()): 1 for n, labels in samples
    }
    assert growth(received[0], **received[1]) == request.ByteSize()
    assert growth("cyclorama_call_queue_seconds_count") > waited


def test_a_stream_counts_as_one_engine_run(growth):
    run = ("cyclorama_engine_runs_total", {"engine": "flat", "outcome": "OK"})
    growth(run[0], **run[1])
    running, channel = start_with_channel("background", Flat())
    request = background_pb2.GenerateBackgroundRequest(
        prompt="x", size=image_pb2.Size(width=256, height=256)
    )
    with channel:
        answers = background_pb2_grpc.BackgroundServiceStub(channel).GenerateBackground(
            request, timeout=5
        )
        assert len(list(answers)) == 2
    running.stop(ServerSettings(**QUICK))
    assert growth(run[0], **run[1]) == 1


@pytest.mark.parametrize(
    ("error", "outcome"),
    [(ProductNotFound("no"), "PRODUCT_NOT_FOUND"), (KeyError("bug"), "INTERNAL")],
)
def test_a_failed_call_is_counted_by_its_reason(growth, error, outcome):
    def act():
        raise error

    growth("cyclorama_calls_total", method="SegmentProduct", outcome=outcome)
    with serve_function(act) as stub, pytest.raises(grpc.RpcError):
        stub.SegmentProduct(REQUEST, timeout=5)
    assert growth("cyclorama_calls_total", method="SegmentProduct", outcome=outcome) == 1


def test_calls_in_flight_are_counted_until_they_end(growth):
    growth("cyclorama_calls_in_flight", method="SegmentProduct")
    with serve_function(
        lambda: growth("cyclorama_calls_in_flight", method="SegmentProduct")
    ) as stub:
        assert stub.SegmentProduct(REQUEST, timeout=5).confidence == 1
        assert read_sample("cyclorama_calls_in_flight_limit") == 8
    assert growth("cyclorama_calls_in_flight", method="SegmentProduct") == 0


def test_metrics_are_served_at_the_configured_address_until_the_block_ends():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with serve_metrics(f"127.0.0.1:{port}"):
        url = f"http://127.0.0.1:{port}/metrics"
        with urllib.request.urlopen(url, timeout=5) as answer:
            assert b"# TYPE cyclorama_call_duration_seconds histogram" in answer.read()
        with pytest.raises(SystemExit, match="in use"), serve_metrics(f"127.0.0.1:{port}"):
            pass
    with pytest.raises(OSError):
        urllib.request.urlopen(url, timeout=5)


@pytest.mark.parametrize("address", ["foo", "127.0.0.1:many"])
def test_an_invalid_address_ends_the_process_with_one_sentence(address):
    with pytest.raises(SystemExit, match="is no address; send host:port"), serve_metrics(address):
        pass
