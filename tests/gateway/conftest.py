"""A gateway that may be closed and opened again."""

from contextlib import asynccontextmanager

import grpc
import pytest

from cyclorama.v1 import ads_pb2_grpc
from tests.support.system import kept_in, system


@pytest.fixture
def gateway(tmp_path):
    """Opens a gateway, the same database and artifacts every time."""

    @asynccontextmanager
    async def opened(**how):
        async with (
            system(**kept_in(tmp_path) | how) as running,
            grpc.aio.insecure_channel(running.address) as channel,
        ):
            yield ads_pb2_grpc.AdServiceStub(channel)

    return opened
