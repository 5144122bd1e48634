"""The commands `webhooks` and what `doctor` says of endpoints, against a real gateway."""

import io
import json
import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

import cyclorama
from cyclorama.cli.doctor import check_webhooks
from cyclorama.cli.webhooks import tabulate_deliveries
from gateway.webhooks.attempts import FailureReason
from gateway.webhooks.event_types import EventType
from gateway.webhooks.outbox import MESSAGE_PREFIX
from tests.support.pictures import draw_product
from tests.support.receivers import respond_in_turn, respond_with, run_receiver
from tests.support.system import job_store_settings, serve_system_in_thread
from tests.support.waiting import wait_until
from tests.support.webhooks import write_endpoints

pytestmark = pytest.mark.slow
# The services of this process log to the same output.
LOG_LINE = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d .*\n", re.MULTILINE)


@pytest.fixture(scope="module")
def receiver():
    """Receives the events of the endpoint `shop`, and refuses the first one."""
    with run_receiver(respond_in_turn(respond_with(503), respond_with(204))) as receiver:
        yield receiver


@pytest.fixture(scope="module")
def running(tmp_path_factory, receiver):
    """A gateway with three endpoints, after a job: two deliveries failed."""
    folder = tmp_path_factory.mktemp("webhooks")
    with run_receiver(respond_with(410)) as gone:
        unreached = {"url": "https://localhost/", "allow_networks": [], "events": ["job.canceled"]}
        shop = {"url": receiver.url, "retry_seconds": []}
        file = write_endpoints(
            folder / "webhooks.toml", shop=shop, gone={"url": gone.url}, refused=unreached
        )
        settings = job_store_settings(folder) | {"webhooks": str(file)}
        with (
            serve_system_in_thread(**settings) as running,
            cyclorama.Client(running.address) as client,
        ):
            client.jobs.submit(draw_product(96, 96)[0], "on sand", sizes=[(64, 64)]).wait()
            wait_until(lambda: len(list(client.webhooks.list("failed"))) == 2, "both failed")
            yield running


@pytest.mark.parametrize("reason", FailureReason)
def test_a_terminal_of_80_columns_shows_ids_and_reasons_whole(reason):
    now = datetime.now(UTC).replace(tzinfo=None)
    message_id = MESSAGE_PREFIX + uuid.uuid4().hex
    delivery = cyclorama.WebhookDelivery(
        message_id, "e" * 64, EventType.JOB_PARTIALLY_SUCCEEDED, "jobs/1", "delivered",
        now, 100, 503, reason, now, now,
    )  # fmt: skip
    output = io.StringIO()
    Console(file=output, width=80).print(tabulate_deliveries([delivery]))
    words = output.getvalue().split()
    shown = {message_id, reason, "delivered", "attempts", "100", "503", f"{now:%H:%M:%S}"}
    assert shown <= set(words) and max(map(len, output.getvalue().splitlines())) <= 80


@pytest.fixture
def run(command):
    """Runs a command of webhooks; returns its exit status and output."""

    def run_command(*words: str) -> tuple[int, str]:
        status, out, _ = command("webhooks", *words)
        return status, LOG_LINE.sub("", out)

    return run_command


@pytest.fixture
def run_json(run):
    """Runs a command of webhooks with --json; returns the value that it printed."""
    return lambda *words: json.loads(run(*words, "--json")[1])


def test_deliveries_are_listed_with_attempts_and_status(run, run_json):
    by_endpoint = {each["endpoint"]: each for each in run_json("list", "--state", "failed")}
    failed = by_endpoint["shop"]
    assert by_endpoint.keys() == {"shop", "gone"}
    assert (failed["type"], failed["attempts"], failed["status"]) == ("job.succeeded", 1, 503)
    assert failed["reason"] == "HTTP_STATUS" and failed["due"] is None
    assert datetime.now(UTC) - datetime.fromisoformat(failed["created"]) < timedelta(minutes=5)
    _, table = run("list", "--endpoint", "shop")
    assert failed["id"] in table and "503" in table and "gone" not in table
    assert "older ones are not listed" in run("list", "--limit", "1")[1]


def test_endpoints_say_what_is_disabled_and_what_cannot_be_reached(run, run_json, running):
    found = {each["name"]: each for each in run_json("endpoints", "--check")}
    assert found["gone"]["disabled"] and not found["shop"]["problem"]
    assert found["refused"]["problem"] == "REFUSED_ADDRESS"
    _, table = run("endpoints", "--check")
    assert "disabled since" in table and "REFUSED_ADDRESS" in table
    diagnoses = {each.name: each for each in check_webhooks(running.address)}
    assert diagnoses["webhook shop"].state == "ok"
    assert "webhooks enable gone" in diagnoses["webhook gone"].advice
    assert "allow_networks" in diagnoses["webhook refused"].advice


def test_a_replay_delivers_once_more_and_needs_a_condition(run, run_json, receiver):
    assert run("replay")[0] == 2
    assert run("replay", "msg_unknown")[0] != 0
    (first,) = receiver.requests
    replayed, disabled = run("replay", "--failed")[1].splitlines()
    assert replayed == "1 delivery is made once more"
    assert disabled.startswith("gone is disabled") and "webhooks enable gone`" in disabled
    # Of another endpoint than the disabled one.
    assert "disabled" not in run("replay", "--failed", "--endpoint", "shop")[1]
    assert receiver.wait_for(2)[1].message_id == first.message_id
    wait_until(lambda: run_json("list", "--state", "delivered"), "it is delivered")
    assert run_json("replay", first.message_id) == {"replayed": 1}
    receiver.wait_for(3)
    assert run("replay", "--since", "2026-01-31")[0] == 0
    assert run("replay", "--since", "yesterday")[0] == 2


def test_an_endpoint_is_enabled(run):
    assert "gone is enabled" in run("enable", "gone")[1]
    assert run("enable", "nothing")[0] != 0


async def test_the_asyncio_client_lists_and_replays(running):
    async with cyclorama.AsyncClient(running.address) as client:
        names = [each.name for each in await client.webhooks.endpoints()]
        assert names == ["gone", "refused", "shop"]
        found = [each async for each in client.webhooks.list("delivered", endpoint="shop")]
        assert [each.type for each in found] == ["job.succeeded"]
        assert await client.webhooks.replay(found[0].id, endpoint="shop") == 1
        await client.webhooks.enable("shop")
        with pytest.raises(ValueError, match="waiting, delivered, failed"):
            await client.webhooks.replay(state="lost")
