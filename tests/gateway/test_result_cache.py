"""Results are cached for the engine, model and settings that computed them, and for no others."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from cyclorama.v1 import background_pb2, engine_pb2, image_pb2
from gateway.artifacts import ArtifactStore
from gateway.engine_reports import EngineReports
from gateway.result_cache import ResultCache
from gateway.settings import GatewaySettings
from gateway.stage_client import StageClient
from gateway.stage_methods import BACKGROUND
from services.background.engine import BackgroundResult
from services.background.engines import BackgroundSettings, open_engine
from services.runtime.engines import Engines
from services.runtime.errors import ArtifactStoreUnavailable, BackendUnavailable, DeadlineTooShort
from services.runtime.settings import ServerSettings
from tests.support.engines import Flat
from tests.support.system import QUICK, start_stage
from tools.doubles.a1111.process import run_double

REMOTE, OWN = "remote", "own"


class ServerBackground(Flat):
    """Generates as Flat does, on a server with a model, that may be down or fail."""

    def __init__(self, name: str = REMOTE) -> None:
        super().__init__()
        self.name = name
        self.reason, self.checkpoint, self.settings_hash = "", "sd_xl", "28 steps"
        self.error: Exception | None = None

    def unavailable_reason(self) -> str:
        return self.reason

    def model(self) -> str:
        return self.checkpoint

    def generate(self, order):
        for step in super().generate(order):
            if self.error:
                raise self.error
            if isinstance(step, BackgroundResult):
                step = replace(step, model=order.diffusion.get("model", self.checkpoint))
            yield step


class CachedStage:
    """Calls a background stage through a cache, as the gateway does for a job."""

    def __init__(self, stages: StageClient, artifacts: ArtifactStore) -> None:
        self._stages = stages
        self._reports = EngineReports(stages)
        self._cache = ResultCache(self._reports, artifacts)

    def expire_reports(self) -> None:
        """Lets the next call ask the stage again for its engines."""
        self._reports.expire_report(BACKGROUND.stage)

    async def generate(
        self, **options: object
    ) -> tuple[background_pb2.GenerateBackgroundResult, bool]:
        """Returns the result for one and the same request, and whether it was cached."""
        request = background_pb2.GenerateBackgroundRequest(
            prompt="a table",
            size=image_pb2.Size(width=256, height=256),
            seed=7,
            options=background_pb2.BackgroundOptions(**options),
        )
        return await self._cache.get_or_compute(
            BACKGROUND,
            request,
            lambda: self._stages.call_stage(
                BACKGROUND, request, time.monotonic() + 20, on_progress=lambda _: None
            ),
            owner="local",
            source=request.prompt,
        )


@pytest.fixture
def serve(tmp_path):
    """Serves a background stage with some engines; the store is that of earlier ones."""

    @asynccontextmanager
    async def serve_engines(
        *engines: Flat, store: ArtifactStore | None = None
    ) -> AsyncIterator[CachedStage]:
        by_name = {engine.name: engine for engine in engines}
        stage = start_stage("background", Engines(list(by_name), by_name.__getitem__))
        settings = GatewaySettings(background_address=f"127.0.0.1:{stage.port}", database="")
        yield CachedStage(StageClient(settings), store or ArtifactStore(str(tmp_path)))
        stage.stop(ServerSettings(**QUICK))

    return serve_engines


class Own(Flat):
    """The embedded engine."""

    name = OWN


class SlowStore(ArtifactStore):
    """Writes records only after `may_write` is set; `error` is raised instead."""

    def __init__(self, address: str, error: Exception | None = None) -> None:
        super().__init__(address)
        self.may_write, self.error = asyncio.Event(), error

    async def write_record(self, name: str, record: bytes) -> None:
        await self.may_write.wait()
        if self.error:
            raise self.error
        await super().write_record(name, record)


def list_reasons(result: background_pb2.GenerateBackgroundResult) -> list[str]:
    """Returns the reasons of the warnings of a result."""
    return [warning.reason for warning in result.run.warnings]


async def test_a_server_that_went_away_unnoticed_is_called_again(serve):
    remote = ServerBackground()
    async with serve(remote, Own()) as stage:
        await stage.generate(product="cup")  # The gateway now expects the server for a while.
        remote.reason = "is down"
        replaced, _ = await stage.generate()
        assert replaced.run.engine == OWN and list_reasons(replaced) == ["FELL_BACK"]
        remote.reason = ""
        recovered, was_cached = await stage.generate()
    assert recovered.run.engine == REMOTE and not was_cached


async def test_an_ad_goes_on_while_its_result_is_stored_and_equal_requests_wait(serve, tmp_path):
    store = SlowStore(str(tmp_path))
    async with serve(Own(), store=store) as stage:
        _, was_cached = await asyncio.wait_for(stage.generate(), 20)
        waiting = asyncio.create_task(stage.generate())
        await asyncio.wait({waiting}, timeout=0.1)
        assert not was_cached and not waiting.done()
        store.may_write.set()
        _, was_cached = await asyncio.wait_for(waiting, 20)
    assert was_cached


@pytest.mark.parametrize(
    ("error", "level"), [(ArtifactStoreUnavailable(), "warning"), (ValueError("odd"), "error")]
)
async def test_a_result_that_cannot_be_stored_is_computed_again(serve, tmp_path, error, level):
    store = SlowStore(str(tmp_path), error)
    async with serve(Own(), store=store) as stage:
        with capture_logs() as logs:
            first = await asyncio.wait_for(stage.generate(), 20)
            waiting = asyncio.create_task(stage.generate())
            await asyncio.wait({waiting}, timeout=0.1)
            store.may_write.set()
            second = await asyncio.wait_for(waiting, 20)
    assert first[1] is second[1] is False
    assert first[0].background == second[0].background
    failures = [line for line in logs if line["event"] == "result not cached"]
    assert failures and {line["log_level"] for line in failures} == {level}
    assert all(bool(line.get("exc_info")) is (level == "error") for line in failures)


async def test_equal_requests_share_a_computation_of_another_engine_than_expected(serve):
    remote = ServerBackground()
    async with serve(remote, Own()) as stage:
        await stage.generate(product="cup")
        remote.reason = "is down"
        results = await asyncio.gather(*(stage.generate() for _ in range(3)))
    assert [was_cached for _, was_cached in results] == [False, True, True]
    assert {result.run.engine for result, _ in results} == {OWN}


async def test_a_replacement_is_reused_while_the_server_is_away(serve):
    remote = ServerBackground()
    remote.reason = "is down"
    async with serve(remote, Own()) as stage:
        first, _ = await stage.generate()
        again, was_cached = await stage.generate()
    assert was_cached and list_reasons(first) == list_reasons(again) == ["FELL_BACK"]
    async with serve(Own()) as stage:
        alone, was_cached = await stage.generate()
    assert not was_cached and list_reasons(alone) == []


@pytest.mark.parametrize(
    "error", [BackendUnavailable("the server went away"), DeadlineTooShort(needed=9, left=1)]
)
async def test_an_engine_that_failed_is_called_again(serve, error):
    remote = ServerBackground()
    remote.error = error
    choice = engine_pb2.EngineChoice(name=REMOTE, allow_fallback=True)
    async with serve(remote, Own()) as stage:
        replaced, _ = await stage.generate(engine=choice)
        remote.error = None
        recovered, was_cached = await stage.generate(engine=choice)
    assert (replaced.run.engine, recovered.run.engine) == (OWN, REMOTE) and not was_cached


@pytest.mark.parametrize("change", [{"checkpoint": "flux"}, {"settings_hash": "4 steps"}])
async def test_another_model_or_other_settings_compute_again(serve, change):
    remote = ServerBackground()
    async with serve(remote) as stage:
        await stage.generate()
        assert (await stage.generate())[1]
    vars(remote).update(change)
    async with serve(remote) as stage:
        changed, was_cached = await stage.generate()
        assert not was_cached and (await stage.generate())[1]
    assert changed.run.model == remote.checkpoint
    assert changed.run.settings_hash == remote.settings_hash


async def test_a_model_that_changed_unnoticed_is_not_taken_for_the_old_one(serve):
    remote = ServerBackground()
    async with serve(remote) as stage:
        await stage.generate(product="cup")
        remote.checkpoint = "flux"
        assert (await stage.generate())[0].run.model == "flux"
        remote.checkpoint = "sd_xl"
        result, was_cached = await stage.generate()
    assert result.run.model == "sd_xl" and not was_cached


async def test_a_request_that_names_its_model_is_reused_whichever_model_is_loaded(serve):
    remote = ServerBackground()
    named = {"diffusion": {"model": "flux"}}
    async with serve(remote) as stage:
        assert (await stage.generate(**named))[0].run.model == "flux"
        remote.checkpoint = "another"
        stage.expire_reports()
        assert (await stage.generate(**named))[1]


async def test_a_real_server_is_called_again_for_another_checkpoint_and_other_settings(serve):
    async def generate(server, **settings) -> bool:
        """Calls a stage that was just started for a server; returns whether it was cached."""
        engine = open_engine("a1111", BackgroundSettings(a1111_url=server.url, **settings))
        async with serve(engine) as stage:
            _, was_cached = await stage.generate()
        return was_cached

    with run_double(model="first") as first, run_double(model="second") as second:
        assert [await generate(first), await generate(first)] == [False, True]
        assert not await generate(first, diffusion_steps=5)
        assert not await generate(second)
        assert await generate(first)
        assert (len(first.image_requests), len(second.image_requests)) == (2, 1)
