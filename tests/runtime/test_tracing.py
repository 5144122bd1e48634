"""Spans form one trace from the client to the Stable Diffusion server; logs contain its id."""

import io
import json
import logging

import pytest
import structlog
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cyclorama import Client
from services.background.engines import BackgroundSettings, open_engine
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from services.runtime.logs import configure_logging
from services.runtime.settings import ServerSettings
from services.runtime.tracing import export_spans
from tests.support.pictures import draw_product
from tests.support.system import serve_system_in_thread
from tools.doubles.a1111.process import run_double

PROMPT = "a secretive marble table"
PHOTO = encode_image(draw_product()[0], PNG).data


@pytest.fixture(scope="module")
def run():
    """The spans and the log lines of one ad, drawn by a double of a server."""
    spans, log, before = InMemorySpanExporter(), io.StringIO(), logging.root.handlers[:]
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    trace.set_tracer_provider(provider)
    configure_logging("test", ServerSettings(log_level="debug"))
    logging.root.handlers[0].setStream(log)
    with run_double("a1111") as server:
        engine = open_engine("a1111", BackgroundSettings(a1111_url=server.url))
        with (
            serve_system_in_thread(background=engine) as running,
            Client(running.address, timeout=60) as client,
        ):
            client.create_ad(PHOTO, PROMPT, size=(256, 256), seed=1)
    provider.shutdown()
    structlog.reset_defaults()
    logging.root.handlers[:] = before
    ours = (line for line in log.getvalue().splitlines() if '"call_id"' in line)
    return spans.get_finished_spans(), [json.loads(line) for line in ours], log.getvalue()


def list_ancestors(spans, name: str) -> list[str]:
    """Returns the names from a span up to the one without a parent."""
    by_id = {each.context.span_id: each for each in spans}
    at = next(each for each in spans if each.name == name)
    names = [at.name]
    while at.parent:
        at = by_id[at.parent.span_id]
        names.append(at.name)
    return names


def test_the_server_request_is_a_child_of_engine_stage_gateway_and_client(run):
    assert list_ancestors(run[0], "POST /sdapi/v1/txt2img") == [
        "POST /sdapi/v1/txt2img",
        "engine a1111",
        "GenerateBackground",
        "stage background",
        "CreateAd",
        "call CreateAd",
    ]


@pytest.mark.parametrize(
    ("engine", "method", "stage"),
    [
        ("crop", "SegmentProduct", "segmentation"),
        ("opencv", "CompositeProduct", "compositing"),
        ("grounding", "InpaintScene", "inpainting"),
    ],
)
def test_the_span_of_each_engine_is_a_child_of_its_stage(run, engine, method, stage):
    names = list_ancestors(run[0], f"engine {engine}")
    assert names[1:4] == [method, f"stage {stage}", "CreateAd"]


def test_all_spans_belong_to_one_trace(run):
    assert len({each.context.trace_id for each in run[0] if each.name != "ListEngines"}) == 1


def test_the_log_line_of_a_call_contains_its_trace_and_span(run):
    spans, lines, _ = run
    ids = {f"{each.context.span_id:016x}": each for each in spans}
    done = {line["method"]: line for line in lines if line["event"] == "done"}
    assert {
        "SegmentProduct",
        "GenerateBackground",
        "CompositeProduct",
        "InpaintScene",
        "CreateAd",
    } <= set(done)
    for method, line in done.items():
        own = ids[line["span_id"]]
        assert own.name == method and line["trace_id"] == f"{own.context.trace_id:032x}"


def test_spans_and_logs_contain_no_prompts_and_no_images(run):
    spans, _, log = run
    text = log + "".join(each.to_json() for each in spans)
    assert PROMPT not in text and "iVBORw0" not in text


def test_a_missing_exporter_ends_the_process_with_one_sentence(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "opentelemetry.exporter.otlp.proto.grpc", None)
    settings = ServerSettings(otlp_endpoint="http://127.0.0.1:1")
    with pytest.raises(SystemExit, match="install the extra otel"), export_spans("test", settings):
        pass
