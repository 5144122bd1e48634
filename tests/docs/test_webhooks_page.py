"""The receivers of docs/webhooks.md accept what the gateway sends, and reject forgeries."""

import base64
import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from benchmarks.serving import find_free_port
from cyclorama.cli.campaigns import read_campaign
from gateway.webhooks.endpoint_file import parse_endpoints
from gateway.webhooks.event_types import EventType
from gateway.webhooks.schedule import JITTER, RETRY_SECONDS
from gateway.webhooks.sender import WebhookSender
from gateway.webhooks.signatures import build_signature_headers, decode_secret
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.pictures import draw_product
from tests.support.waiting import wait_until
from tests.support.webhooks import OTHER_SECRET, SECRET, build_endpoint
from tools import ROOT

PAGE = (ROOT / "docs" / "webhooks.md").read_text()
BLOCKS = dict(re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL))
PAYLOAD = BLOCKS["json"].encode()
NPM = ["npm", "install", "--silent", "--no-save", "standardwebhooks@1"]


@pytest.fixture(params=["python", "node"])
def receiver(request, tmp_path):
    """Runs a receiver of the page; yields its URL and its process."""
    if request.param == "node":
        if not shutil.which("npm") or subprocess.run(NPM, cwd=tmp_path).returncode:
            pytest.skip("Node or its package cannot be installed")
        (tmp_path / "receiver.mjs").write_text(BLOCKS["javascript"])
        command = ["node", "receiver.mjs"]
    else:
        command = [sys.executable, "-c", BLOCKS["python"]]
    with run_receiver_process(command, tmp_path) as running:
        yield running


@contextmanager
def run_receiver_process(command: list[str], folder):
    port = find_free_port()
    process = subprocess.Popen(
        command,
        cwd=folder,
        env=os.environ | {"WEBHOOK_SECRET": SECRET, "PORT": str(port)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    url = f"http://127.0.0.1:{port}/"
    try:
        wait_until(lambda: post(url, {}) == 400, "it listens")
        yield url, process
    finally:
        process.kill()
        process.communicate()


def post(url: str, headers: dict[str, str], body: bytes = PAYLOAD) -> int | None:
    """Sends a request; returns the status of the response, None without one."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, body, headers), timeout=10) as done:
            return done.status
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    except OSError:
        return None


def sign(secret: str = SECRET, age: int = 0) -> dict[str, str]:
    return build_signature_headers(
        "msg_forged", PAYLOAD, [decode_secret(secret)], int(time.time()) - age
    )


@pytest.mark.slow
async def test_the_receivers_of_the_page_accept_real_events_and_reject_forged_and_stale_ones(
    receiver,
):
    url, process = receiver
    endpoint = build_endpoint(url, secrets=[OTHER_SECRET, SECRET])
    for _ in range(2):
        attempt = await WebhookSender().send_event(endpoint, "msg_1", PAYLOAD)
        assert attempt.status == 204
    plain = hmac.new(SECRET.encode(), PAYLOAD, hashlib.sha256).digest()
    forgeries = {
        "another secret": sign(OTHER_SECRET),
        "another body": sign() | {"webhook-id": "msg_other"},
        "a later time": sign() | {"webhook-timestamp": str(int(time.time()) + 1)},
        "no signature": {k: v for k, v in sign().items() if k != "webhook-signature"},
        "an empty signature": sign() | {"webhook-signature": ""},
        "another version": sign() | {"webhook-signature": sign()["webhook-signature"][1:]},
        "the body alone": sign() | {"webhook-signature": f"v1,{base64.b64encode(plain).decode()}"},
        "ten minutes old": sign(age=600),
        "ten minutes early": sign(age=-600),
    }
    assert {name: post(url, headers) for name, headers in forgeries.items()} == dict.fromkeys(
        forgeries, 400
    )
    assert post(url, sign(), PAYLOAD + b" ") == 400
    assert post(url, sign(age=200)) == 204
    process.kill()
    # Once for each id.
    assert process.stdout.read() == "ad.failed jobs/5f0c8a3e\n" * 2


def test_the_file_of_the_page_is_valid_and_its_table_is_complete():
    endpoints = parse_endpoints(BLOCKS["toml"])
    assert endpoints["archive"].allow_networks == ("10.20.0.0/16",)
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", PAGE.partition("## Events")[0], re.MULTILINE)
    fields = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert fields == type(endpoints["shop"]).model_fields.keys() - {"name"}


def test_the_campaign_of_the_page_is_reported_to_the_endpoint_that_the_page_says(tmp_path):
    name = re.findall(r"cyclorama campaign (\S+)", PAGE)[0]
    (tmp_path / name).write_text(BLOCKS["yaml"])
    (tmp_path / "photos").mkdir()
    photo = encode_image(draw_product(32, 32)[0], PNG).data
    (tmp_path / "photos" / "shoe.png").write_bytes(photo)
    (part,) = read_campaign(tmp_path / name, {}).parts
    archive = parse_endpoints(BLOCKS["toml"])["archive"]
    assert archive.accepts(EventType.AD_SUCCEEDED, "shop", part.arguments["labels"])
    assert not archive.accepts(EventType.AD_SUCCEEDED, "shop", {})


def test_the_page_lists_all_types_and_pauses():
    assert re.findall(r"^\| `((?:job|ad)\.\w+)` \|", PAGE, re.MULTILINE) == [*EventType]
    names = {5: "5 s", 300: "5 min", 1800: "30 min", 7200: "2 h", 18_000: "5 h", 36_000: "10 h"}
    *pauses, last = (names[int(each)] for each in RETRY_SECONDS)
    assert f"{', '.join(pauses)} and {last} later" in PAGE
    hours = [sum(RETRY_SECONDS) * share / 3600 for share in (1, 1 + JITTER)]
    assert f"{len(RETRY_SECONDS) + 1:d}" == "8"
    assert f"in {hours[0]:.0f} to {hours[1]:.0f} hours" in PAGE


def test_the_payload_of_the_page_has_the_fields_of_real_ones():
    event = json.loads(PAYLOAD)
    assert event.keys() == {"type", "timestamp", "data"}
    assert event["data"]["job"].keys() == {"name", "owner", "display_name", "labels", "counts"}
    assert event["data"]["ad"]["error"].keys() == {"code", "reason", "message", "stage"}
