"""Servicers without a wire, under grpc_testing's server."""

import grpc
import grpc_testing


def ask(service, servicer, method: str, request, seconds: float = 60):
    """Invokes one method of a service descriptor: its answer, or all answers of a stream."""
    descriptor = service.methods_by_name[method]
    clock = grpc_testing.strict_real_time()
    server = grpc_testing.server_from_dictionary({service: servicer}, clock)
    if not descriptor.server_streaming:
        call = server.invoke_unary_unary(descriptor, (), request, seconds)
        answer, _, code, text = call.termination()
        assert code is grpc.StatusCode.OK, text
        return answer
    call = server.invoke_unary_stream(descriptor, (), request, seconds)
    _, code, text = call.termination()
    assert code is grpc.StatusCode.OK, text
    return _taken(call)


def _taken(call) -> list:
    answers = []
    while True:
        try:
            answers.append(call.take_response())
        except ValueError:
            return answers
