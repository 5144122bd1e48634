"""Calls of servicers without a network, with grpc_testing."""

import grpc
import grpc_testing


def call_servicer(service, servicer, method: str, request, seconds: float = 60):
    """Calls one method of a servicer and returns its response, or all responses of a stream."""
    descriptor = service.methods_by_name[method]
    clock = grpc_testing.strict_real_time()
    server = grpc_testing.server_from_dictionary({service: servicer}, clock)
    if not descriptor.server_streaming:
        call = server.invoke_unary_unary(descriptor, (), request, seconds)
        response, _, code, text = call.termination()
        assert code is grpc.StatusCode.OK, text
        return response
    call = server.invoke_unary_stream(descriptor, (), request, seconds)
    _, code, text = call.termination()
    assert code is grpc.StatusCode.OK, text
    return _take_responses(call)


def _take_responses(call) -> list:
    responses = []
    while True:
        try:
            responses.append(call.take_response())
        except ValueError:
            return responses
