"""Tests of the cleanup of old jobs and artifacts."""

import os
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from cyclorama.v1 import jobs_pb2
from gateway.artifacts import ArtifactStore
from gateway.database import open_database
from gateway.jobs.ledger import JobLedger
from gateway.jobs.plan import fill_campaign_defaults
from gateway.jobs.progress import AdOutcome
from gateway.jobs.retention import delete_old_data
from gateway.jobs.tables import JOBS
from services.runtime.errors import NotFound
from services.runtime.objects import STORE_VERSION
from tests.support.campaigns import end_first_ad

GIB = 2**30


class AgedStores:
    """A ledger and an artifact store with jobs and objects of any age."""

    def __init__(self, folder) -> None:
        address = f"sqlite:///{folder}/jobs.db"
        self.write_engine = open_database(address, begin_immediate=True)
        self.ledger = JobLedger(open_database(address), self.write_engine)
        self.artifacts = ArtifactStore(str(folder / "artifacts"))
        self._folder = folder / "artifacts" / STORE_VERSION / "objects"

    def add_job(
        self, name: str, days: float, photo="", artifact="", preview="", ended: bool = True
    ) -> None:
        campaign = jobs_pb2.Campaign(photos=[{"image": {"uri": photo}}], prompts=["x"])
        self.ledger.add_job(name, fill_campaign_defaults(campaign), "local")
        if ended:
            outcome = AdOutcome(artifact=artifact, preview=preview)
            end_first_ad(self.write_engine, name, outcome)
        created = datetime.now(UTC) - timedelta(days=days)
        with self.write_engine.begin() as connection:
            connection.execute(JOBS.update().where(JOBS.c.id == name).values(created=created))

    async def put_object(self, data: bytes, days: float) -> str:
        key = await self.artifacts.put_object(data)
        then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(self._folder / key[:2] / key, (then, then))
        return key

    async def find_objects(self, keys: list[str]) -> list[str]:
        return [key for key in keys if await self.artifacts.read_object(key)]

    def has_job(self, job: str) -> bool:
        try:
            self.ledger.load_campaign(job)
        except NotFound:
            return False
        return True


@pytest.fixture
def stores(tmp_path):
    return AgedStores(tmp_path)


async def test_jobs_and_objects_older_than_the_retention_are_deleted(stores):
    stores.add_job("old", 31)
    stores.add_job("young", 29)
    old, young = await stores.put_object(b"old", 31), await stores.put_object(b"young", 29)
    await delete_old_data(stores.ledger, stores.artifacts, 30, 1)
    assert not stores.has_job("old") and stores.has_job("young")
    assert await stores.artifacts.read_object(old) is None
    assert await stores.artifacts.read_object(young) == b"young"


async def test_objects_of_remaining_jobs_stay_at_any_age(stores):
    photo = await stores.put_object(b"photo", 41)
    unneeded = await stores.put_object(b"unneeded", 41)
    stores.add_job("waiting", 40, photo, ended=False)
    ad, preview = await stores.put_object(b"ad", 39), await stores.put_object(b"preview", 39)
    stores.add_job("young", 1, artifact=ad, preview=preview)
    await delete_old_data(stores.ledger, stores.artifacts, 30, 1 / GIB)
    assert stores.has_job("waiting") and stores.has_job("young")
    assert await stores.artifacts.read_object(unneeded) is None
    assert await stores.artifacts.read_object(photo) == b"photo"
    assert len(await stores.artifacts.list_entries()) == 3


async def test_above_the_size_limit_the_oldest_objects_go_first_and_the_last_hour_stays(stores):
    keys = [await stores.put_object(bytes([n]) * 1000, days) for n, days in enumerate((3, 2, 1, 0))]
    await delete_old_data(stores.ledger, stores.artifacts, 30, 2500 / GIB)
    assert await stores.find_objects(keys) == keys[2:]
    await delete_old_data(stores.ledger, stores.artifacts, 30, 1 / GIB)
    assert await stores.find_objects(keys) == keys[3:]
    assert REGISTRY.get_sample_value("cyclorama_artifact_store_bytes") == 1000
    assert REGISTRY.get_sample_value("cyclorama_artifact_store_limit_bytes") == 1
