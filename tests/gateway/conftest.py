"""A gateway that can be closed and reopened."""

from contextlib import asynccontextmanager

import grpc
import pytest

from cyclorama.v1 import ads_pb2_grpc
from tests.support.system import kept_in, system


@pytest.fixture
def gateway(tmp_path):
    """Opens a gateway, each time with the same database and artifact store."""

    @asynccontextmanager
    async def open_gateway(**settings):
        async with (
            system(**kept_in(tmp_path) | settings) as running,
            grpc.aio.insecure_channel(running.address) as channel,
        ):
            yield ads_pb2_grpc.AdServiceStub(channel)

    return open_gateway
