"""Tests of quotas, which gateways with one database count together."""

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
from gateway.callers.usage import USAGE, QuotaUsage
from gateway.database import IN_MEMORY, open_database
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.callers import token_metadata, write_callers
from tests.support.engines import Flat
from tests.support.pictures import draw_product
from tests.support.serving import read_error_details
from tests.support.system import serve_system

PHOTO = encode_image(draw_product()[0], PNG)
SIZE = image_pb2.Size(width=256, height=256)
AD = ads_pb2.CreateAdRequest(photo=PHOTO, prompt="a table", size=SIZE, seed=1)


@asynccontextmanager
async def open_gateway(folder, jobs=False, settings=None, **quotas):
    """Opens a gateway with equal quotas for all callers; yields a stub and metadata of two."""
    tokens = write_callers(folder / "callers.toml", **quotas)
    settings = {"callers": str(folder / "callers.toml")} | (settings or {})
    if jobs:
        settings |= {
            "database": f"sqlite:///{folder}/jobs.db",
            "artifact_store": str(folder / "artifacts"),
        }
    async with (
        serve_system(**settings) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = ads_pb2_grpc.AdServiceStub(channel)
        yield stub, token_metadata(tokens["shop"]), token_metadata(tokens["agency"])


async def create_ad(stub, metadata) -> list:
    return [each async for each in stub.CreateAd(AD, metadata=metadata, timeout=60)]


async def catch_quota_error(call) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert read_error_details(caught.value)["ErrorInfo"].reason == "QUOTA_EXCEEDED"
    return caught.value


async def test_ads_above_the_daily_quota_are_rejected_until_midnight(tmp_path):
    async with open_gateway(tmp_path, ads_per_day=1) as (stub, shop, agency):
        await create_ad(stub, shop)
        error = await catch_quota_error(create_ad(stub, shop))
        await create_ad(stub, agency)
    details = read_error_details(error)
    (violation,) = details["QuotaFailure"].violations
    assert violation.subject == "caller:shop" and "1 ads a day" in violation.description
    assert 0 < details["RetryInfo"].retry_delay.seconds <= 86_400
    assert dict(error.trailing_metadata())["cyclorama-retry-seconds"].isdigit()


async def test_bytes_above_the_daily_quota_are_rejected_for_every_method(tmp_path):
    check = ads_pb2.CheckAdRequest(image=PHOTO, profile="amazon-main")
    quota = (1.5 * check.ByteSize()) / 2**20
    usage = QuotaUsage(open_database(IN_MEMORY, begin_immediate=True))
    caller = Caller(name="shop", scopes={"read"}, mib_per_day=quota)
    await usage.charge_quota(caller, 0, check.ByteSize())
    with pytest.raises(QuotaExceeded, match="MiB that you may send a day"):
        await usage.charge_quota(caller, 0, check.ByteSize())
    async with open_gateway(tmp_path, mib_per_day=0) as (stub, shop, _):
        await catch_quota_error(stub.CheckAd(check, metadata=shop))
        assess = ads_pb2.AssessAdRequest(image=PHOTO)
        await catch_quota_error(stub.AssessAd(assess, metadata=shop))
        await catch_quota_error(create_ad(stub, shop))


async def test_a_campaign_is_charged_once_and_not_when_it_is_rejected(tmp_path):
    campaign = jobs_pb2.Campaign(
        photos=[{"image": PHOTO}], prompts=["a", "b"], sizes=[SIZE], seed=1
    )

    async def submit(prompts: int = 2, request_id=""):
        request = ads_pb2.SubmitJobRequest(campaign=campaign, request_id=request_id)
        request.campaign.prompts[:] = [f"a table {each}" for each in range(prompts)]
        return (await stub.SubmitJob(request, metadata=shop)).job.name

    request_id = str(uuid.uuid4())
    settings = {"max_queued_ads": 40}
    gateway = open_gateway(tmp_path, jobs=True, settings=settings, ads_per_day=50)
    async with gateway as (stub, shop, _):
        names = await asyncio.gather(*(submit(2, request_id) for _ in range(8)))
        assert len(set(names)) == 1
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await submit(45)
        assert read_error_details(caught.value)["ErrorInfo"].reason == "JOB_QUEUE_FULL"
        await catch_quota_error(submit(49))
        assert await submit(2, request_id) == names[0]
        await submit(1)
        await catch_quota_error(submit(48))


async def test_a_repeated_submission_returns_its_job_when_the_quota_is_used_up(tmp_path):
    campaign = jobs_pb2.Campaign(
        photos=[{"image": PHOTO}], prompts=["a", "b"], sizes=[SIZE], seed=1
    )
    request = ads_pb2.SubmitJobRequest(campaign=campaign, request_id=str(uuid.uuid4()))
    async with open_gateway(tmp_path, jobs=True, ads_per_day=2) as (stub, shop, _):
        first, again = [await stub.SubmitJob(request, metadata=shop) for _ in range(2)]
        assert first.job.name == again.job.name
        request.request_id = str(uuid.uuid4())
        await catch_quota_error(stub.SubmitJob(request, metadata=shop))


async def test_the_concurrency_quota_of_a_caller_does_not_affect_others(tmp_path):
    background = Flat(threading.Event())
    settings = {"background": background}
    gateway = open_gateway(tmp_path, settings=settings, max_concurrent_calls=1)
    async with gateway as (stub, shop, agency):
        first = asyncio.create_task(create_ad(stub, shop))
        assert await asyncio.to_thread(background.waiting.wait, 20)
        error = await catch_quota_error(create_ad(stub, shop))
        assert read_error_details(error)["RetryInfo"].retry_delay.seconds == 2
        assert await stub.ListEngines(ads_pb2.AdServiceListEnginesRequest(), metadata=agency)
        background.go.set()
        await first
        await create_ad(stub, shop)


class SettableClock:
    """A clock that moves only when the test sets it."""

    def __init__(self) -> None:
        self.now = datetime(2031, 5, 17, 23, 59, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(params=["one", "several"])
def usages_and_clock(request, tmp_path):
    """Opens the usage database as one gateway does, and as several do that share a file."""
    clock, count = SettableClock(), 1 if request.param == "one" else 4
    address = f"sqlite:///{tmp_path}/jobs.db"
    usages = [QuotaUsage(open_database(address, begin_immediate=True), clock) for _ in range(count)]
    return usages, clock


SHOP = Caller(name="shop", scopes={"create"}, ads_per_day=50)


async def test_concurrent_charges_never_exceed_the_quota(usages_and_clock):
    usages, _ = usages_and_clock

    async def charge_one(number: int) -> bool:
        try:
            await usages[number % len(usages)].charge_quota(SHOP, 1, 1000)
        except QuotaExceeded:
            return False
        return True

    assert sum(await asyncio.gather(*map(charge_one, range(80)))) == 50


async def test_a_day_ends_at_midnight_and_older_days_are_deleted(usages_and_clock):
    usages, clock = usages_and_clock
    for _ in range(3):
        await usages[0].charge_quota(SHOP, 50, 0)
        with pytest.raises(QuotaExceeded, match="try again in 60 s"):
            await usages[-1].charge_quota(SHOP, 1, 0)
        clock.now += timedelta(days=1)
    with usages[0]._write_engine.connect() as connection:
        assert len(connection.execute(USAGE.select()).all()) == 2


async def test_checking_a_quota_charges_nothing(usages_and_clock):
    usages, _ = usages_and_clock
    for _ in range(3):
        await usages[0].check_quota(SHOP, 50, 1)
    await usages[-1].charge_quota(SHOP, 50, 1)
    with pytest.raises(QuotaExceeded):
        await usages[0].check_quota(SHOP, 1, 1)
