"""A gateway that can be closed and reopened."""

from contextlib import asynccontextmanager

import grpc
import pytest

from cyclorama.v1 import ads_pb2_grpc
from tests.support.system import job_store_settings, serve_system


@pytest.fixture
def gateway(tmp_path):
    """Opens a gateway, each time with the same database and artifact store."""

    @asynccontextmanager
    async def open_gateway(**settings):
        async with (
            serve_system(**job_store_settings(tmp_path) | settings) as running,
            grpc.aio.insecure_channel(running.address) as channel,
        ):
            yield ads_pb2_grpc.AdServiceStub(channel)

    return open_gateway
