import os
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from cyclorama.v1 import image_pb2, jobs_pb2
from gateway.artifacts import Artifacts
from gateway.database import open_database
from gateway.jobs.ledger import JOBS, Ledger
from gateway.jobs.plan import settle
from gateway.jobs.retention import tidy
from services.runtime.errors import NotFound
from services.runtime.objects import STORE_VERSION

SUCCEEDED = jobs_pb2.JOB_STATE_SUCCEEDED
GIB = 2**30


class Kept:
    """A ledger and a store whose jobs and objects can be made old."""

    def __init__(self, folder) -> None:
        address = f"sqlite:///{folder}/jobs.db"
        self.writes = open_database(address, writes_first=True)
        self.ledger = Ledger(open_database(address), self.writes)
        self.artifacts = Artifacts(str(folder / "artifacts"))
        self._folder = folder / "artifacts" / STORE_VERSION / "objects"

    def job(self, name: str, days: float, photo="", artifact="", ended: bool = True) -> None:
        campaign = jobs_pb2.Campaign(photo=image_pb2.Image(uri=photo), prompts=["x"])
        self.ledger.open(name, settle(campaign), "local")
        if ended:
            self.ledger.tell(name, 0, SUCCEEDED, artifact=artifact)
        created = datetime.now(UTC) - timedelta(days=days)
        with self.writes.begin() as connection:
            connection.execute(JOBS.update().where(JOBS.c.id == name).values(created=created))

    async def put(self, data: bytes, days: float) -> str:
        key = await self.artifacts.put(data)
        then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(self._folder / key[:2] / key, (then, then))
        return key

    def has(self, job: str) -> bool:
        try:
            self.ledger.order(job)
        except NotFound:
            return False
        return True


@pytest.fixture
def kept(tmp_path):
    return Kept(tmp_path)


async def test_what_is_older_than_the_days_goes_and_what_is_younger_stays(kept):
    kept.job("old", 31)
    kept.job("young", 29)
    old, young = await kept.put(b"old", 31), await kept.put(b"young", 29)
    await tidy(kept.ledger, kept.artifacts, 30, 1)
    assert not kept.has("old") and kept.has("young")
    assert await kept.artifacts.read(old) is None
    assert await kept.artifacts.read(young) == b"young"


async def test_what_a_job_that_stays_needs_stays_however_old(kept):
    photo, unneeded = await kept.put(b"photo", 41), await kept.put(b"unneeded", 41)
    kept.job("waiting", 40, photo, ended=False)
    kept.job("young", 1, artifact=await kept.put(b"ad", 39))
    await tidy(kept.ledger, kept.artifacts, 30, 1 / GIB)
    assert kept.has("waiting") and kept.has("young")
    assert await kept.artifacts.read(unneeded) is None
    assert await kept.artifacts.read(photo) == b"photo"
    assert len(await kept.artifacts.list()) == 2


async def test_of_too_much_the_oldest_goes_first_and_the_last_hour_never(kept):
    keys = [await kept.put(bytes([n]) * 1000, days) for n, days in enumerate((3, 2, 1, 0))]
    await tidy(kept.ledger, kept.artifacts, 30, 2500 / GIB)
    assert [bool(await kept.artifacts.read(key)) for key in keys] == [False, False, True, True]
    await tidy(kept.ledger, kept.artifacts, 30, 1 / GIB)
    assert [bool(await kept.artifacts.read(key)) for key in keys] == [False, False, False, True]
    assert REGISTRY.get_sample_value("cyclorama_artifact_store_bytes") == 1000
    assert REGISTRY.get_sample_value("cyclorama_artifact_store_limit_bytes") == 1
