"""Guards turn errors into statuses, limit calls, and log each call once."""

import json
import logging
import threading
from contextlib import ExitStack
from types import SimpleNamespace

import cv2
import grpc
import pytest
import structlog

from cyclorama.v1 import background_pb2, background_pb2_grpc, image_pb2, segmentation_pb2
from cyclorama.v1.segmentation_pb2_grpc import (
    add_SegmentationServiceServicer_to_server as add_servicer,
)
from services.runtime.errors import ProductNotFound, ServiceError
from services.runtime.guards.bodies import RequestReader
from services.runtime.guards.call_log import CALL_ID, current_call_id
from services.runtime.guards.interceptor import GuardInterceptor
from services.runtime.logs import configure_logging
from services.runtime.server import Service
from services.runtime.settings import ServerSettings
from services.runtime.threads import CallThreadPool
from tests.support.serving import (
    REQUEST,
    ScriptedServicer,
    read_error_details,
    serve_function,
    serve_service,
)


@pytest.fixture
def stub():
    """Returns a function that serves a scripted SegmentProduct and returns its stub."""
    with ExitStack() as open_servers:
        yield lambda act, **settings: open_servers.enter_context(serve_function(act, **settings))


@pytest.fixture
def json_lines(capsys):
    """Returns functions that switch to JSON logs, and that return the lines written since."""
    before = logging.root.handlers[:]
    yield (
        lambda: configure_logging("segmentation", ServerSettings()),
        lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()],
    )
    structlog.reset_defaults()
    logging.root.handlers[:] = before


def call_and_fail(stub, request=REQUEST, **how) -> grpc.RpcError:
    """Calls SegmentProduct and returns the error that it raises."""
    with pytest.raises(grpc.RpcError) as caught:
        stub.SegmentProduct(request, timeout=5, **how)
    return caught.value


def raise_in_call(error):
    """Returns a function that raises an error."""

    def act():
        raise error

    return act


def test_an_expected_error_has_its_status_text_and_reason(stub):
    error = call_and_fail(stub(raise_in_call(ProductNotFound("photograph it again"))))
    assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
    assert error.details() == "photograph it again"
    assert read_error_details(error)["ErrorInfo"].reason == "PRODUCT_NOT_FOUND"
    assert dict(error.trailing_metadata())["cyclorama-reason"] == "PRODUCT_NOT_FOUND"


def test_an_unexpected_error_reveals_nothing(stub):
    error = call_and_fail(stub(raise_in_call(KeyError("/srv/secret"))))
    assert error.code() is grpc.StatusCode.INTERNAL
    assert "secret" not in error.details() + str(error.trailing_metadata())


def test_invalid_fields_are_listed_in_bad_request_details(stub):
    wrong = segmentation_pb2.SegmentProductRequest(
        options=segmentation_pb2.SegmentationOptions(box_share=3)
    )
    error = call_and_fail(stub(lambda: None), wrong)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    fields = [each.field for each in read_error_details(error)["BadRequest"].field_violations]
    assert fields == ["photo", "options.box_share"]


def test_a_call_beyond_the_limit_is_rejected_with_a_retry_delay(stub):
    inside, leave = threading.Event(), threading.Event()

    def stay():
        inside.set()
        leave.wait(5)

    busy = stub(stay, max_concurrent_calls=1)
    first = busy.SegmentProduct.future(REQUEST, timeout=5)
    assert inside.wait(5)
    error = call_and_fail(busy)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert read_error_details(error)["RetryInfo"].retry_delay.seconds == 2
    leave.set()
    assert first.result().confidence == 0
    assert busy.SegmentProduct(REQUEST, timeout=5).confidence == 0


def test_a_failed_call_frees_its_place(stub):
    limited = stub(raise_in_call(ServiceError("no")), max_concurrent_calls=1)
    for _ in range(3):
        assert call_and_fail(limited).code() is grpc.StatusCode.INTERNAL


def test_the_call_id_reaches_the_handler_and_the_error(stub):
    seen = []

    def act():
        seen.append(current_call_id())
        raise ProductNotFound("no")

    error = call_and_fail(stub(act), metadata=((CALL_ID, "campaign-7"),))
    assert seen == ["campaign-7"]
    assert read_error_details(error)["ErrorInfo"].metadata["call_id"] == "campaign-7"


@pytest.mark.parametrize("sent", ["", "x" * 65, 'a"b', "a b"])
def test_an_id_that_could_forge_log_lines_is_replaced(stub, sent):
    seen = []
    stub(lambda: seen.append(current_call_id())).SegmentProduct(
        REQUEST, timeout=5, metadata=((CALL_ID, sent),)
    )
    assert seen[0] != sent and seen[0].isalnum()


def test_each_call_logs_one_json_line_with_its_id(stub, json_lines):
    switch, lines = json_lines
    switch()
    stub(lambda: None).SegmentProduct(REQUEST, timeout=5, metadata=((CALL_ID, "line-1"),))
    done = [line for line in lines() if line.get("call_id") == "line-1"]
    assert [line["event"] for line in done] == ["done"]
    assert done[0]["service"] == "segmentation" and done[0]["method"] == "SegmentProduct"


def test_an_unexpected_error_is_logged_with_its_stack(stub, json_lines):
    switch, lines = json_lines
    switch()
    call_and_fail(stub(raise_in_call(KeyError("lost"))))
    failed = [line for line in lines() if line["event"] == "failed"]
    assert failed[0]["exception"][0]["exc_type"] == "KeyError"


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_local_variables_of_an_error_are_not_logged(stub, capsys, log_format):
    before = logging.root.handlers[:]
    configure_logging("segmentation", ServerSettings(log_format=log_format))

    def act():
        prompt = "secret " * 2
        raise KeyError(len(prompt))

    call_and_fail(stub(act))
    structlog.reset_defaults()
    logging.root.handlers[:] = before
    out = capsys.readouterr().out
    assert "KeyError" in out and "secret secret" not in out


def test_a_message_beyond_the_size_limit_is_rejected(stub):
    large = segmentation_pb2.SegmentProductRequest(photo=image_pb2.Image(data=b"x" * 2**21))
    error = call_and_fail(stub(lambda: None, max_message_mib=1), large)
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


def create_opencv_memory_error() -> cv2.error:
    """Returns the error that OpenCV raises when it cannot allocate memory."""
    error = cv2.error("Insufficient memory")
    error.code = cv2.Error.StsNoMem
    return error


@pytest.mark.parametrize(
    "error", [MemoryError(), create_opencv_memory_error()], ids=["python", "opencv"]
)
def test_a_memory_error_is_reported_as_out_of_memory(stub, error):
    error = call_and_fail(stub(raise_in_call(error)))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert read_error_details(error)["ErrorInfo"].reason == "OUT_OF_MEMORY"


async def test_known_methods_are_wrapped_once_and_unknown_ones_are_not_cached():
    known = grpc.unary_unary_rpc_method_handler(
        lambda request, context: request,
        request_deserializer=segmentation_pb2.SegmentProductRequest.FromString,
        response_serializer=segmentation_pb2.SegmentProductResponse.SerializeToString,
    )
    looked_up = []

    async def look_up(details):
        looked_up.append(details.method)
        return known if details.method.endswith("SegmentProduct") else None

    settings = ServerSettings()
    guards = GuardInterceptor([], RequestReader(settings), CallThreadPool(1), stall_timeout=60)
    there, missing = (
        SimpleNamespace(method=f"/cyclorama.v1.SegmentationService/{name}", invocation_metadata=())
        for name in ("SegmentProduct", "Guess")
    )
    first, second = [await guards.intercept_service(look_up, there) for _ in range(2)]
    assert first is second
    assert [await guards.intercept_service(look_up, missing) for _ in range(2)] == [None, None]
    assert looked_up == [there.method, missing.method, missing.method]


def test_a_request_that_is_no_message_of_its_type_is_invalid():
    service = Service("cyclorama.v1.SegmentationService", add_servicer, ScriptedServicer(int))
    with serve_service(service) as channel, pytest.raises(grpc.RpcError) as caught:
        channel.unary_unary("/cyclorama.v1.SegmentationService/SegmentProduct")(b"\xff", timeout=5)
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert read_error_details(caught.value)["ErrorInfo"].reason == "MALFORMED_REQUEST"


def test_a_cancelled_stream_ends_its_generator_and_sends_no_status(json_lines):
    switch, lines = json_lines
    switch()
    ended = threading.Event()

    class Steps(background_pb2_grpc.BackgroundServiceServicer):
        def GenerateBackground(self, request, context):  # noqa: N802
            try:
                while True:
                    yield background_pb2.GenerateBackgroundResponse()
            finally:
                ended.set()

    add = background_pb2_grpc.add_BackgroundServiceServicer_to_server
    with serve_service(Service("cyclorama.v1.BackgroundService", add, Steps())) as channel:
        stub = background_pb2_grpc.BackgroundServiceStub(channel)
        call = stub.GenerateBackground(background_pb2.GenerateBackgroundRequest(), timeout=20)
        next(call)
        call.cancel()
        assert ended.wait(5)
    events = [line["event"] for line in lines()]
    assert events.count("cancelled") == 1 and not {"failed", "refused"} & set(events)
