"""Webhooks of a running gateway: events, retries, replays, owners, settings, metrics."""

import asyncio
from contextlib import asynccontextmanager

import grpc
import pytest
import structlog
from google.protobuf.timestamp_pb2 import Timestamp
from prometheus_client import REGISTRY
from standardwebhooks import Webhook

from cyclorama.v1 import ads_pb2, ads_pb2_grpc, jobs_pb2, webhooks_pb2, webhooks_pb2_grpc
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.callers import token_metadata, write_callers
from tests.support.pictures import draw_product
from tests.support.receivers import respond_in_turn, respond_with, run_receiver
from tests.support.serving import read_error_details
from tests.support.system import job_store_settings, serve_system
from tests.support.webhooks import OTHER_SECRET, SECRET, write_endpoints

FAILED = webhooks_pb2.WEBHOOK_DELIVERY_STATE_FAILED
DELIVERED = webhooks_pb2.WEBHOOK_DELIVERY_STATE_DELIVERED
ALL_EVENTS = ["job.succeeded", "job.failed", "job.partially_succeeded", "job.canceled"]
ALL_EVENTS += ["ad.succeeded", "ad.failed"]
PHOTO = encode_image(draw_product(96, 96)[0], PNG).data


class Gateway:
    """Calls of a running gateway."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self.ads = ads_pb2_grpc.AdServiceStub(channel)
        self.webhooks = webhooks_pb2_grpc.WebhookServiceStub(channel)

    async def run_job(self, metadata=None, prompts=("on sand",), **campaign) -> jobs_pb2.Job:
        """Runs a job to its end."""
        image = {"data": campaign.pop("photo", PHOTO)}
        sizes = [{"width": 64, "height": 64}]
        request = ads_pb2.SubmitJobRequest(
            campaign={"photos": [{"image": image}], "prompts": prompts, "sizes": sizes} | campaign
        )
        job = (await self.ads.SubmitJob(request, metadata=metadata)).job
        wait = ads_pb2.WaitJobRequest(name=job.name)
        return (await self.ads.WaitJob(wait, metadata=metadata)).job

    async def list_deliveries(self, metadata=None, **fields) -> list[webhooks_pb2.WebhookDelivery]:
        request = webhooks_pb2.ListWebhookDeliveriesRequest(**fields)
        reply = await self.webhooks.ListWebhookDeliveries(request, metadata=metadata)
        return list(reply.deliveries)

    async def wait_until_ended(self, number: int) -> list[webhooks_pb2.WebhookDelivery]:
        """Waits until a number of deliveries have ended, and returns them."""
        async with asyncio.timeout(20):
            while len(ended := await self.list_deliveries(states=[DELIVERED, FAILED])) < number:
                await asyncio.sleep(0.02)
        return ended

    async def replay(self, metadata=None, **fields) -> int:
        request = webhooks_pb2.ReplayWebhookDeliveriesRequest(**fields)
        reply = await self.webhooks.ReplayWebhookDeliveries(request, metadata=metadata)
        return reply.count

    async def list_endpoints(self, metadata=None, **fields) -> list[webhooks_pb2.WebhookEndpoint]:
        request = webhooks_pb2.ListWebhookEndpointsRequest(**fields)
        reply = await self.webhooks.ListWebhookEndpoints(request, metadata=metadata)
        return list(reply.endpoints)


@pytest.fixture
def open_gateway(tmp_path):
    """Opens a gateway with endpoints, each time with the same database."""

    @asynccontextmanager
    async def open_with(settings=None, **endpoints):
        path = write_endpoints(tmp_path / "webhooks.toml", **endpoints)
        own = job_store_settings(tmp_path) | {"webhooks": str(path)} | (settings or {})
        async with (
            serve_system(**own) as running,
            grpc.aio.insecure_channel(running.address) as channel,
        ):
            yield Gateway(channel)

    return open_with


async def test_the_ends_of_ads_and_of_their_job_are_delivered_with_what_they_are_of(open_gateway):
    with run_receiver() as receiver:
        async with open_gateway(shop={"url": receiver.url, "events": ALL_EVENTS}) as gateway:
            job = await gateway.run_job(
                prompts=["on sand", "on slate"], display_name="Spring", labels={"season": "spring"}
            )
            ended = await gateway.wait_until_ended(3)
    events = [request.event for request in receiver.requests]
    assert sorted(event["type"] for event in events) == ["ad.succeeded"] * 2 + ["job.succeeded"]
    for request in receiver.requests:
        Webhook(SECRET).verify(request.body, request.headers)
        described = request.event["data"]["job"]
        assert described["name"] == job.name and described["display_name"] == "Spring"
        assert described["labels"] == {"season": "spring"} and described["owner"] == "local"
    (last,) = [event for event in events if event["type"] == "job.succeeded"]
    counts = {"total": 2, "waiting": 0, "succeeded": 2, "failed": 0, "cancelled": 0}
    assert last["data"] == {"job": last["data"]["job"]} and last["data"]["job"]["counts"] == counts
    ads = {each["data"]["ad"]["position"]: each["data"]["ad"] for each in events if each != last}
    assert ads[1] == {
        "position": 1,
        "artifact": job.ads[1].artifact,
        "manifest": job.ads[1].manifest,
    }
    assert {each.id for each in ended} == {each.message_id for each in receiver.requests}
    assert {(each.state, each.status, each.attempts) for each in ended} == {(DELIVERED, 204, 1)}


@pytest.mark.slow
async def test_failed_and_canceled_jobs_are_reported_with_the_error(open_gateway):
    with run_receiver() as receiver:
        endpoint = {"url": receiver.url, "events": ALL_EVENTS}
        async with open_gateway({"max_concurrent_ads": 1}, shop=endpoint) as gateway:
            await gateway.run_job(photo=b"no picture")
            await gateway.wait_until_ended(2)
    failed, ended = sorted((each.event for each in receiver.requests), key=lambda e: e["type"])
    assert (failed["type"], ended["type"]) == ("ad.failed", "job.failed")
    assert failed["data"]["ad"]["error"]["reason"] == "INVALID_IMAGE"


@pytest.mark.slow
async def test_a_failed_attempt_is_repeated_with_the_same_id_and_body(open_gateway):
    responses = respond_in_turn(respond_with(500), respond_with(302), respond_with(200))
    with run_receiver(responses) as receiver, structlog.testing.capture_logs() as logs:
        endpoint = {"url": receiver.url, "retry_seconds": [0.01, 0.01, 0.01]}
        async with open_gateway(shop=endpoint) as gateway:
            await gateway.run_job()
            (delivery,) = await gateway.wait_until_ended(1)
    assert (delivery.state, delivery.attempts, delivery.reason) == (DELIVERED, 3, "")
    assert len({(each.message_id, each.body) for each in receiver.requests}) == 1
    failures = [each for each in logs if each["event"] == "webhook not delivered"]
    assert [each["reason"] for each in failures] == ["HTTP_STATUS", "REDIRECT"]
    assert SECRET not in repr(logs) and "/hook" not in repr(failures)


@pytest.mark.slow
async def test_a_server_that_is_gone_gets_nothing_until_it_is_enabled(open_gateway):
    responses = respond_in_turn(respond_with(410), respond_with(200))
    with run_receiver(responses) as receiver:
        async with open_gateway(shop={"url": receiver.url}) as gateway:
            await gateway.run_job()
            await gateway.wait_until_ended(1)
            await gateway.run_job()
            later, first = await gateway.wait_until_ended(2)
            assert (first.state, first.reason, first.status) == (FAILED, "HTTP_STATUS", 410)
            assert (later.state, later.reason, later.attempts) == (FAILED, "DISABLED", 0)
            assert await gateway.replay(states=[FAILED]) == 0
            (endpoint,) = await gateway.list_endpoints()
            assert endpoint.HasField("disable_time") and len(receiver.requests) == 1
            await gateway.webhooks.EnableWebhookEndpoint(
                webhooks_pb2.EnableWebhookEndpointRequest(name="shop")
            )
            assert await gateway.replay(states=[FAILED]) == 2
            await asyncio.to_thread(receiver.wait_for, 3)


@pytest.mark.slow
async def test_a_server_that_asks_for_a_pause_gets_it_for_all_its_events(open_gateway):
    with run_receiver(respond_with(429, retry_after="3600")) as receiver:
        endpoint = {"url": receiver.url, "retry_seconds": [0.01], "max_concurrent": 1}
        async with open_gateway(shop=endpoint) as gateway:
            await gateway.run_job()
            await asyncio.to_thread(receiver.wait_for, 1)
            await gateway.run_job()
            async with asyncio.timeout(20):
                while not (await gateway.list_deliveries())[-1].attempts:
                    await asyncio.sleep(0.02)
            first = (await gateway.list_deliveries())[-1]
            pause = first.next_attempt_time.ToSeconds() - first.attempt_time.ToSeconds()
            assert 3599 <= pause <= 3601 and len(receiver.requests) == 1


@pytest.mark.slow
async def test_a_slow_receiver_delays_no_other(open_gateway):
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def respond_late(receiver, handler) -> None:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(30)
        respond_with(200)(receiver, handler)

    with run_receiver(respond_late) as slow, run_receiver() as quick:
        names = {"slow": {"url": slow.url, "max_concurrent": 2}, "quick": {"url": quick.url}}
        async with open_gateway(**names) as gateway:
            for _ in range(5):
                await gateway.run_job()
            await gateway.wait_until_ended(5)
            assert len(quick.requests) == 5 and len(slow.requests) == 2
            release.set()
            await gateway.wait_until_ended(10)


@pytest.mark.slow
async def test_an_event_that_was_in_flight_when_the_gateway_ended_is_sent_once_more(open_gateway):
    release = asyncio.Event()
    loop = asyncio.get_running_loop()

    def respond_late(receiver, handler) -> None:
        asyncio.run_coroutine_threadsafe(release.wait(), loop).result(30)

    with run_receiver(respond_in_turn(respond_late, respond_with(200))) as receiver:
        async with open_gateway(shop={"url": receiver.url}) as gateway:
            await gateway.run_job()
            await asyncio.to_thread(receiver.wait_for, 1)
        release.set()
        async with open_gateway(shop={"url": receiver.url}) as gateway:
            (delivery,) = await gateway.wait_until_ended(1)
    assert delivery.state == DELIVERED
    first, second = receiver.requests
    assert first.message_id == second.message_id == delivery.id


async def test_callers_see_and_replay_events_of_their_own_jobs(open_gateway, tmp_path):
    tokens = write_callers(tmp_path / "callers.toml")
    shop, agency = (token_metadata(tokens[name]) for name in ("shop", "agency"))
    settings = {"callers": str(tmp_path / "callers.toml")}
    with run_receiver() as receiver:
        only = {"url": receiver.url, "owners": ["shop"]}
        async with open_gateway(settings, every={"url": receiver.url}, only=only) as gateway:
            await gateway.run_job(shop)
            await gateway.run_job(agency)
            await asyncio.to_thread(receiver.wait_for, 3)
            assert sorted(each.endpoint for each in await gateway.list_deliveries(shop)) == [
                "every",
                "only",
            ]
            (own,) = await gateway.list_deliveries(agency)
            assert own.endpoint == "every"
            (seen,) = await gateway.list_endpoints(agency)
            assert (seen.name, seen.url) == ("every", "")
            (foreign, *_) = await gateway.list_deliveries(shop)
            with pytest.raises(grpc.RpcError) as error:
                await gateway.replay(agency, id=foreign.id)
            assert error.value.code() == grpc.StatusCode.NOT_FOUND
            with pytest.raises(grpc.RpcError) as error:
                request = webhooks_pb2.EnableWebhookEndpointRequest(name="every")
                await gateway.webhooks.EnableWebhookEndpoint(request, metadata=agency)
            assert error.value.code() == grpc.StatusCode.PERMISSION_DENIED


@pytest.mark.slow
async def test_labels_and_types_choose_the_endpoints_of_an_event(open_gateway):
    with run_receiver() as receiver:
        endpoints = {
            "spring": {"url": receiver.url, "labels": {"season": "spring"}},
            "failures": {"url": receiver.url, "events": ["job.failed"]},
        }
        async with open_gateway(**endpoints) as gateway:
            await gateway.run_job(labels={"season": "spring", "line": "a"})
            await gateway.run_job(labels={"season": "autumn"})
            await gateway.run_job(photo=b"no picture")
            ended = await gateway.wait_until_ended(2)
    assert [each.endpoint for each in ended] == ["failures", "spring"]


@pytest.mark.slow
async def test_the_file_is_read_again_when_it_changes_and_an_invalid_one_changes_nothing(
    open_gateway, tmp_path
):
    with run_receiver() as receiver:
        async with open_gateway(shop={"url": receiver.url}) as gateway:
            path = tmp_path / "webhooks.toml"
            path.write_text("[endpoint.shop]\nurl = 1\n")
            await gateway.run_job()
            await gateway.wait_until_ended(1)
            write_endpoints(path, shop={"url": receiver.url, "secrets": [OTHER_SECRET, SECRET]})
            async with asyncio.timeout(20):
                while len(receiver.requests[-1].headers["webhook-signature"].split()) < 2:
                    await gateway.run_job()
                    await gateway.wait_until_ended(len(receiver.requests))
    for secret in (SECRET, OTHER_SECRET):
        last = receiver.requests[-1]
        assert Webhook(secret).verify(last.body, last.headers)


async def test_a_deleted_job_leaves_no_webhooks(open_gateway):
    with run_receiver() as receiver:
        async with open_gateway(shop={"url": receiver.url}) as gateway:
            job = await gateway.run_job()
            await gateway.wait_until_ended(1)
            await gateway.ads.DeleteJob(ads_pb2.DeleteJobRequest(name=job.name))
            assert await gateway.list_deliveries() == []


@pytest.mark.slow
async def test_a_replay_needs_a_condition_and_pages_follow_one_another(open_gateway):
    with run_receiver() as receiver:
        async with open_gateway(shop={"url": receiver.url}) as gateway:
            with pytest.raises(grpc.RpcError) as error:
                await gateway.replay(endpoint="shop")
            assert error.value.code() == grpc.StatusCode.INVALID_ARGUMENT
            assert read_error_details(error.value)["ErrorInfo"].reason == "INVALID_REQUEST"
            for _ in range(3):
                await gateway.run_job()
            newest, *_ = await gateway.wait_until_ended(3)
            request = webhooks_pb2.ListWebhookDeliveriesRequest(page_size=2)
            page = await gateway.webhooks.ListWebhookDeliveries(request)
            request.page_token = page.next_page_token
            last = await gateway.webhooks.ListWebhookDeliveries(request)
            assert len({each.id for each in (*page.deliveries, *last.deliveries)}) == 3
            assert last.next_page_token == "" and page.deliveries[0] == newest
            assert await gateway.replay(id=newest.id) == 1
            await asyncio.to_thread(receiver.wait_for, 4)
            await gateway.wait_until_ended(3)
            before = Timestamp(seconds=newest.create_time.seconds - 60)
            assert await gateway.replay(created_from=before) == 3


@pytest.mark.slow
async def test_metrics_report_what_is_delivered_and_what_waits(open_gateway):
    with run_receiver(respond_with(500)) as receiver:
        async with open_gateway(metered={"url": receiver.url}) as gateway:
            await gateway.run_job()
            async with asyncio.timeout(20):
                while not (await gateway.list_deliveries())[0].attempts:
                    await asyncio.sleep(0.02)
            labels = {"endpoint": "metered"}
            assert REGISTRY.get_sample_value("cyclorama_webhooks_waiting", labels) == 1
            oldest = REGISTRY.get_sample_value("cyclorama_webhooks_oldest_seconds", labels)
            assert 0 <= oldest < 60
            failed = "cyclorama_webhook_attempts_failed_total"
            assert REGISTRY.get_sample_value(failed, labels | {"reason": "HTTP_STATUS"}) == 1


async def test_a_gateway_without_a_file_says_so(open_gateway):
    async with open_gateway({"webhooks": ""}) as gateway:
        with pytest.raises(grpc.RpcError) as error:
            await gateway.list_deliveries()
    assert error.value.code() == grpc.StatusCode.UNIMPLEMENTED
    assert "CYCLORAMA_GATEWAY_WEBHOOKS" in error.value.details()


@pytest.mark.slow
async def test_endpoints_that_cannot_be_reached_are_reported_when_asked(open_gateway):
    with run_receiver() as receiver:
        endpoints = {
            "ok": {"url": receiver.url},
            "refused": {"url": "https://localhost/", "allow_networks": []},
        }
        async with open_gateway(**endpoints) as gateway:
            problems = {
                each.name: each.problem for each in await gateway.list_endpoints(check=True)
            }
    assert problems == {"ok": "", "refused": "REFUSED_ADDRESS"}
    assert not receiver.requests
