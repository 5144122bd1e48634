"""What callers may use up, and how gateways count it together."""

import asyncio
import threading
import uuid
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import grpc
import pytest

from cyclorama.v1 import ads_pb2, ads_pb2_grpc, image_pb2, jobs_pb2
from gateway.callers.caller import Caller
from gateway.callers.quotas import QuotaExceeded
from gateway.callers.usage import USAGE, Usage
from gateway.database import MEMORY, open_database
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.callers import showing, written_callers
from tests.support.engines import Flat
from tests.support.pictures import draw_product
from tests.support.serving import details_of
from tests.support.system import system

PHOTO = encode_image(draw_product()[0], PNG)
SIZE = image_pb2.Size(width=256, height=256)
AD = ads_pb2.CreateAdRequest(photo=PHOTO, prompt="a table", size=SIZE, seed=1)


@asynccontextmanager
async def gateway(folder, jobs=False, how=None, **quotas):
    """A gateway whose callers all have these quotas; a stub, and metadata of shop and agency."""
    tokens = written_callers(folder / "callers.toml", **quotas)
    settings = {"callers": str(folder / "callers.toml")} | (how or {})
    if jobs:
        settings |= {
            "database": f"sqlite:///{folder}/jobs.db",
            "artifact_store": str(folder / "kept"),
        }
    async with (
        system(**settings) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = ads_pb2_grpc.AdServiceStub(channel)
        yield stub, showing(tokens["shop"]), showing(tokens["agency"])


async def create(stub, metadata) -> list:
    return [each async for each in stub.CreateAd(AD, metadata=metadata, timeout=60)]


async def refusal(call) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert details_of(caught.value)["ErrorInfo"].reason == "QUOTA_EXCEEDED"
    return caught.value


async def test_ads_beyond_the_days_quota_are_refused_until_midnight(tmp_path):
    async with gateway(tmp_path, ads_per_day=1) as (stub, shop, agency):
        await create(stub, shop)
        error = await refusal(create(stub, shop))
        await create(stub, agency)
    details = details_of(error)
    (violation,) = details["QuotaFailure"].violations
    assert violation.subject == "caller:shop" and "1 ads a day" in violation.description
    assert 0 < details["RetryInfo"].retry_delay.seconds <= 86_400
    assert dict(error.trailing_metadata())["cyclorama-retry-seconds"].isdigit()


async def test_bytes_beyond_the_days_quota_are_refused_whatever_the_method(tmp_path):
    check = ads_pb2.CheckAdRequest(image=PHOTO, profile="amazon-main")
    quota = (1.5 * check.ByteSize()) / 2**20
    usage = Usage(open_database(MEMORY, writes_first=True))
    caller = Caller(name="shop", scopes={"read"}, mib_per_day=quota)
    await usage.spend(caller, 0, check.ByteSize())
    with pytest.raises(QuotaExceeded, match="MiB that you may send a day"):
        await usage.spend(caller, 0, check.ByteSize())
    async with gateway(tmp_path, mib_per_day=0) as (stub, shop, _):
        await refusal(stub.CheckAd(check, metadata=shop))
        await refusal(create(stub, shop))


async def test_a_campaign_counts_its_ads_once_and_not_where_it_was_not_taken(tmp_path):
    campaign = jobs_pb2.Campaign(photo=PHOTO, prompts=["a", "b"], sizes=[SIZE], seed=1)

    async def submit(prompts: int = 2, request_id=""):
        asked = ads_pb2.SubmitJobRequest(campaign=campaign, request_id=request_id)
        asked.campaign.prompts[:] = [f"a table {each}" for each in range(prompts)]
        return (await stub.SubmitJob(asked, metadata=shop)).job.name

    request_id = str(uuid.uuid4())
    how = {"max_queued_ads": 40}
    async with gateway(tmp_path, jobs=True, how=how, ads_per_day=50) as (stub, shop, _):
        names = await asyncio.gather(*(submit(2, request_id) for _ in range(8)))
        assert len(set(names)) == 1
        with pytest.raises(grpc.aio.AioRpcError, match="already at work"):
            await submit(45)
        await refusal(submit(49))
        assert await submit(2, request_id) == names[0]
        await submit(1)
        await refusal(submit(48))


async def test_a_caller_has_so_many_calls_at_work_and_others_have_theirs(tmp_path):
    background = Flat(threading.Event())
    how = {"background": background}
    async with gateway(tmp_path, how=how, calls_at_work=1) as (stub, shop, agency):
        first = asyncio.create_task(create(stub, shop))
        assert await asyncio.to_thread(background.waiting.wait, 20)
        error = await refusal(create(stub, shop))
        assert details_of(error)["RetryInfo"].retry_delay.seconds == 2
        assert await stub.ListEngines(ads_pb2.AdServiceListEnginesRequest(), metadata=agency)
        background.go.set()
        await first
        await create(stub, shop)


class Clock:
    """A time that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2031, 5, 17, 23, 59, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(params=["one", "several"])
def counting(request, tmp_path):
    """Usage as one gateway counts it, and as several do that share a file."""
    clock, count = Clock(), 1 if request.param == "one" else 4
    address = f"sqlite:///{tmp_path}/jobs.db"
    usages = [Usage(open_database(address, writes_first=True), clock) for _ in range(count)]
    return usages, clock


SHOP = Caller(name="shop", scopes={"create"}, ads_per_day=50)


async def test_no_more_is_spent_than_there_is_however_many_ask_at_once(counting):
    usages, _ = counting

    async def one(number: int) -> bool:
        try:
            await usages[number % len(usages)].spend(SHOP, 1, 1000)
        except QuotaExceeded:
            return False
        return True

    assert sum(await asyncio.gather(*map(one, range(80)))) == 50


async def test_a_day_ends_at_midnight_and_the_one_before_last_is_forgotten(counting):
    usages, clock = counting
    for _ in range(3):
        await usages[0].spend(SHOP, 50, 0)
        with pytest.raises(QuotaExceeded, match="try again in 60 s"):
            await usages[-1].spend(SHOP, 1, 0)
        clock.now += timedelta(days=1)
    with usages[0]._writes.connect() as connection:
        assert len(connection.execute(USAGE.select()).all()) == 2


async def test_to_check_costs_nothing(counting):
    usages, _ = counting
    for _ in range(3):
        await usages[0].check(SHOP, 50, 1)
    await usages[-1].spend(SHOP, 50, 1)
    with pytest.raises(QuotaExceeded):
        await usages[0].check(SHOP, 1, 1)
