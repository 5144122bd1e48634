"""Errors of failed calls: their translation from gRPC, and the time limits of calls."""

import grpc
import pytest

from cyclorama import AsyncClient, Client, CycloramaError
from cyclorama.errors import CALLER_ERRORS
from tests.clients.scripted import PendingCall, fail_with, serve_gateway


def call_and_catch(handler, **options) -> CycloramaError:
    """Calls a gateway whose ListEngines fails and returns the error."""
    with (
        serve_gateway(ListEngines=handler) as gateway,
        Client(gateway.address, **options) as client,
        pytest.raises(CycloramaError) as caught,
    ):
        client.version()
    return caught.value


def test_an_error_has_all_that_the_server_says():
    error = call_and_catch(
        fail_with(
            grpc.StatusCode.RESOURCE_EXHAUSTED,
            "too many calls; try again later",
            reason="OVERLOADED",
            stage="background",
            call_id="ab12",
            retry_seconds="2.5",
        )
    )
    assert (error.code, error.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "OVERLOADED")
    assert (error.stage, error.call_id, error.retry_seconds) == ("background", "ab12", 2.5)
    assert error.text == "too many calls; try again later"
    assert str(error) == "RESOURCE_EXHAUSTED: too many calls; try again later"
    assert isinstance(error.__cause__, grpc.RpcError)


def test_an_error_without_trailers_has_empty_fields():
    error = call_and_catch(fail_with(grpc.StatusCode.INTERNAL, "internal error"))
    assert (error.reason, error.stage, error.call_id) == ("", "", "")
    assert error.retry_seconds is None and error.text == "internal error"


def test_binary_trailers_are_ignored():
    def handle(request, context):
        context.set_trailing_metadata((("grpc-status-details-bin", b"\x00\xff"),))
        context.abort(grpc.StatusCode.NOT_FOUND, "no such job")

    assert call_and_catch(handle).text == "no such job"


def test_an_unavailable_server_behind_the_gateway_keeps_its_own_text():
    handler = fail_with(
        grpc.StatusCode.UNAVAILABLE,
        "does not answer",
        reason="STAGE_UNREACHABLE",
        stage="inpainting",
    )
    error = call_and_catch(handler)
    assert error.text == "does not answer" and error.stage == "inpainting"
    assert not error.caller_can_fix


def test_a_message_over_the_limit_of_grpc_is_the_callers_error():
    error = call_and_catch(fail_with(grpc.StatusCode.RESOURCE_EXHAUSTED, "grpc: too large"))
    assert error.reason == "MESSAGE_TOO_LARGE" and "send smaller ones" in error.text
    assert error.caller_can_fix


@pytest.mark.parametrize("code", [each for each in grpc.StatusCode if each.value[0]])
def test_callers_can_fix_requests_that_are_wrong_and_nothing_else(code):
    assert CycloramaError(code, "").caller_can_fix is (code in CALLER_ERRORS)
    wrong = {"INVALID_ARGUMENT", "FAILED_PRECONDITION", "NOT_FOUND", "PERMISSION_DENIED"}
    wrong |= {"UNAUTHENTICATED", "UNIMPLEMENTED"}
    assert (code in CALLER_ERRORS) is (code.name in wrong)


def test_an_rpc_that_the_server_lacks_is_unimplemented():
    with (
        serve_gateway() as gateway,
        Client(gateway.address) as client,
        pytest.raises(CycloramaError) as caught,
    ):
        client.version()
    assert caught.value.code is grpc.StatusCode.UNIMPLEMENTED and caught.value.caller_can_fix


def test_a_call_ends_at_its_timeout_and_is_cancelled_on_the_server():
    pending = PendingCall()
    error = call_and_catch(pending.respond, timeout=0.3)
    assert error.code is grpc.StatusCode.DEADLINE_EXCEEDED and not error.caller_can_fix
    assert pending.cancelled.wait(10)


def test_a_streaming_call_ends_at_its_timeout():
    pending = PendingCall()
    with (
        serve_gateway(CreateAd=pending.stream) as gateway,
        Client(gateway.address, timeout=0.3) as client,
        pytest.raises(CycloramaError) as caught,
    ):
        client.create_ad(b"photo", "x")
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
    assert pending.cancelled.wait(10)


async def test_the_async_client_raises_the_same_errors():
    failing = fail_with(grpc.StatusCode.NOT_FOUND, "no such job", reason="NOT_FOUND", call_id="c1")
    with serve_gateway(GetJob=failing) as gateway:
        async with AsyncClient(gateway.address) as client:
            with pytest.raises(CycloramaError) as caught:
                await client.jobs.get("jobs/none")
    error = caught.value
    assert (error.text, error.reason, error.call_id) == ("no such job", "NOT_FOUND", "c1")


async def test_an_async_call_ends_at_its_timeout():
    pending = PendingCall()
    with serve_gateway(ListEngines=pending.respond) as gateway:
        async with AsyncClient(gateway.address, timeout=0.3) as client:
            with pytest.raises(CycloramaError) as caught:
                await client.version()
    assert caught.value.code is grpc.StatusCode.DEADLINE_EXCEEDED
