"""Tests of authentication and authorization at the gateway."""

import asyncio
import json
import logging
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest
import structlog

from cyclorama.v1 import ads_pb2, ads_pb2_grpc, image_pb2, segmentation_pb2, webhooks_pb2
from gateway.callers import __main__ as callers_command
from gateway.callers.authentication import SCOPES
from gateway.callers.credentials import Credentials
from gateway.callers.credentials_editor import (
    add_caller,
    add_token,
    change_quotas,
    expire_tokens,
    revoke_tokens,
)
from gateway.callers.tokens import hash_token
from gateway.service import open_credentials
from gateway.settings import GatewaySettings
from services.runtime.logs import configure_logging
from tests.support.callers import add_expired_token, token_metadata, write_callers
from tests.support.serving import read_error_details
from tests.support.system import serve_system
from tools import ROOT

LIST = ads_pb2.AdServiceListEnginesRequest()
NO_TOKEN = "no valid token came with the call"


@pytest.fixture
def credentials_file(tmp_path):
    """Writes a credentials file; returns its path and the tokens by caller."""
    path = tmp_path / "callers.toml"
    return path, write_callers(path)


@asynccontextmanager
async def open_gateway(path):
    async with (
        serve_system(callers=str(path)) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        yield ads_pb2_grpc.AdServiceStub(channel)


async def catch_error(call) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        if hasattr(call, "read"):
            await call.read()
        else:
            await call
    return caught.value


async def test_only_a_valid_token_is_accepted_and_all_others_get_the_same_error(credentials_file):
    path, tokens = credentials_file
    invalid = [
        (),
        token_metadata(""),
        token_metadata(tokens["shop"][:-1]),
        token_metadata(hash_token(tokens["shop"])),
        token_metadata(add_expired_token(path, "shop")),
        (("authorization", f"Basic {tokens['shop']}"),),
        (("authorization", tokens["shop"]),),
    ]
    async with open_gateway(path) as stub:
        assert (
            len((await stub.ListEngines(LIST, metadata=token_metadata(tokens["shop"]))).stages) == 5
        )
        errors = [
            await catch_error(stub.ListEngines(LIST, metadata=metadata)) for metadata in invalid
        ]
    assert {each.code() for each in errors} == {grpc.StatusCode.UNAUTHENTICATED}
    assert {each.details() for each in errors} == {errors[0].details()}
    assert NO_TOKEN in errors[0].details()
    assert read_error_details(errors[0])["ErrorInfo"].reason == "UNAUTHENTICATED"


async def test_the_error_for_a_missing_scope_names_it(credentials_file):
    path, tokens = credentials_file
    async with open_gateway(path) as stub:
        error = await catch_error(
            stub.CreateAd(ads_pb2.CreateAdRequest(), metadata=token_metadata(tokens["screen"]))
        )
        allowed = await catch_error(
            stub.CreateAd(ads_pb2.CreateAdRequest(), metadata=token_metadata(tokens["shop"]))
        )
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED
    assert read_error_details(error)["ErrorInfo"].metadata["scope"] == "create"
    # Past authorization: the request itself is invalid.
    assert allowed.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_an_unauthenticated_call_is_rejected_before_its_request_is_read(credentials_file):
    path, _ = credentials_file
    # Above the message limit: reading it would end in RESOURCE_EXHAUSTED.
    large = ads_pb2.CreateAdRequest(photo=image_pb2.Image(data=bytes(70 * 2**20)))
    async with open_gateway(path) as stub:
        error = await catch_error(stub.CreateAd(large, timeout=30))
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


def test_every_method_has_a_scope():
    ads = ads_pb2.DESCRIPTOR.services_by_name["AdService"].methods_by_name
    webhooks = webhooks_pb2.DESCRIPTOR.services_by_name["WebhookService"].methods_by_name
    segmentation = segmentation_pb2.DESCRIPTOR.services_by_name["SegmentationService"]
    assert set(SCOPES) == {*ads, *webhooks, *segmentation.methods_by_name}


async def test_a_changed_file_takes_effect_at_once_and_an_invalid_one_is_ignored(credentials_file):
    path, tokens = credentials_file
    async with open_gateway(path) as stub:

        async def is_accepted(token: str) -> bool:
            try:
                await stub.ListEngines(LIST, metadata=token_metadata(token))
            except grpc.aio.AioRpcError as error:
                assert error.code() is grpc.StatusCode.UNAUTHENTICATED
                return False
            return True

        later = add_token(path, "shop")
        assert await is_accepted(later) and await is_accepted(tokens["shop"])
        whole = path.read_text()
        path.write_text(whole + "[caller.\n")
        assert await is_accepted(later)
        path.write_text(whole.replace(hash_token(tokens["shop"]), "0" * 64))
        assert not await is_accepted(tokens["shop"])
        assert await is_accepted(later)
        os.remove(path)
        assert await is_accepted(later)


async def test_tokens_are_not_logged(credentials_file, capsys):
    path, tokens = credentials_file
    before = logging.root.handlers[:]
    configure_logging("gateway", GatewaySettings(log_level="debug"))
    try:
        async with open_gateway(path) as stub:
            await stub.ListEngines(LIST, metadata=token_metadata(tokens["boss"]))
            await catch_error(stub.ListEngines(LIST, metadata=token_metadata(tokens["boss"] + "x")))
            with open(path, "a") as file:
                file.write(f'[[token]]\ncaller = "boss"\nsha256 = "{tokens["shop"]}"\n')
            await catch_error(stub.ListEngines(LIST))
    finally:
        structlog.reset_defaults()
        logging.root.handlers[:] = before
    out = capsys.readouterr().out
    lines = [json.loads(line) for line in out.splitlines()]
    assert any(line["event"] == "done" and line.get("caller") == "boss" for line in lines)
    assert sum(line["event"] == "refused" for line in lines) == 2
    assert any("credentials file is invalid" in line["event"] for line in lines)
    assert not [name for name, token in tokens.items() if token in out]


def run_command(path: Path, *words: str) -> subprocess.CompletedProcess:
    """Runs the command line in a process of its own, as an operator does."""
    return subprocess.run(
        [sys.executable, "-m", "gateway.callers", *words],
        cwd=ROOT,
        env=os.environ | {"CYCLORAMA_GATEWAY_CALLERS": str(path)},
        capture_output=True,
        text=True,
    )


def test_the_command_prints_a_token_once_and_stores_its_hash(tmp_path):
    path = tmp_path / "callers.toml"
    token = run_command(path, "new", "shop", "--days", "30", "--ads-per-day", "100").stdout.strip()
    caller = Credentials(str(path)).find_caller(token)
    assert (caller.name, caller.ads_per_day, caller.mib_per_day) == ("shop", 100, None)
    assert token not in path.read_text() and hash_token(token) in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    again = run_command(path, "renew", "shop").stdout.strip()
    assert again != token and Credentials(str(path)).find_caller(again) == caller
    listed = run_command(path, "list")
    assert hash_token(token)[:8] in listed.stdout and hash_token(again)[:8] in listed.stdout
    assert not {token, again} & set(listed.stdout.split())


def test_quotas_of_a_caller_are_changed_and_removed(tmp_path):
    path = tmp_path / "callers.toml"
    token = run_command(path, "new", "shop", "--mib-per-day", "0.5").stdout.strip()
    done = run_command(path, "limit", "shop", "--ads-per-day", "7", "--max-concurrent-calls", "1")
    assert done.stdout == "shop: max_concurrent_calls=1, ads_per_day=7, mib_per_day=0.5\n"
    done = run_command(path, "limit", "shop", "--ads-per-day", "8", "--mib-per-day", "none")
    assert done.stdout == "shop: max_concurrent_calls=1, ads_per_day=8\n"
    caller = Credentials(str(path)).find_caller(token)
    assert (caller.max_concurrent_calls, caller.ads_per_day, caller.mib_per_day) == (1, 8, None)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["new", "shop"], "there is a caller shop already"),
        (["new", "A b"], "argument name: 'A b': at most 64 of a-z"),
        (["new", "x", "--scopes", "all"], "--scopes: 'all': scopes are create, read, admin"),
        (["new", "x", "--ads-per-day", "1.5"], "1.5: a whole number, at least 0"),
        (["new", "x", "--max-concurrent-calls", "0"], "0: a whole number, at least 1"),
        (["new", "x", "--mib-per-day", "inf"], "inf: a number, at least 0"),
        (["limit", "shop"], "name a quota, such as --ads-per-day 100"),
        (["limit", "y", "--ads-per-day", "1"], "there is no caller y"),
        (["limit", "shop", "--ads-per-day", "-1"], "at least 0"),
        (["renew", "y"], "there is no caller y; there are: agency, boss, screen, shop"),
        (["revoke", "y"], "there is no caller y"),
        (["revoke", "shop", "ff"], "shop has no token ff; `list` shows their ids"),
        (["revoke", "shop", ""], "shop has no token"),
        (["new", "x", "--days", "nan"], "nan: from 0 to"),
        (["new", "x", "--days", "1e9"], "1e9: from 0 to"),
        (["--file", "", "list"], "name the file"),
        (["--file", "absent.toml", "list"], "there is no such file; `new NAME` creates it"),
        (["--file", "absent.toml", "revoke", "shop"], "there is no such file"),
        (["--file", ".", "list"], "is a directory"),
    ],
)
def test_an_invalid_command_changes_nothing_and_says_why(
    credentials_file, monkeypatch, capsys, words, why
):
    path, _ = credentials_file
    before = path.read_text()
    monkeypatch.chdir(path.parent)
    monkeypatch.setattr("sys.argv", ["gateway.callers", "--file", str(path), *words])
    with pytest.raises(SystemExit) as caught:
        callers_command.main()
    printed = capsys.readouterr()
    assert why in f"{caught.value.code} {printed.err}" and not printed.out
    assert path.read_text() == before and not Path("absent.toml").exists()


async def test_a_running_gateway_refuses_a_revoked_token_and_accepts_the_others(credentials_file):
    path, tokens = credentials_file
    async with open_gateway(path) as stub:

        async def run(*words: str) -> str:
            done = await asyncio.to_thread(run_command, path, *words)
            assert done.returncode == 0, done.stderr
            return done.stdout.strip()

        async def is_accepted(token: str) -> bool:
            try:
                await stub.ListEngines(LIST, metadata=token_metadata(token))
            except grpc.aio.AioRpcError as error:
                assert error.code() is grpc.StatusCode.UNAUTHENTICATED
                return False
            return True

        # Rotation: the second token is issued, then the first revoked.
        second = add_token(path, "shop")
        assert await is_accepted(tokens["shop"]) and await is_accepted(second)
        first_id = hash_token(tokens["shop"])[:8]
        assert await run("revoke", "shop", first_id) == f"revoked {first_id}"
        assert not await is_accepted(tokens["shop"]) and await is_accepted(second)
        third = await run("renew", "shop", "--old-days", "0")
        assert not await is_accepted(second) and await is_accepted(third)
        revoke_tokens(path, "shop")
        assert not await is_accepted(third) and await is_accepted(tokens["boss"])
        (shop,) = (each for each in json.loads(await run("list", "--json")) if not each["tokens"])
        assert shop["name"] == "shop" and shop["scopes"] == ["create", "read"]


COMMENTED = """# Callers of the trial.

# The shop's own.
[caller.shop]
scopes = [
    "create",  # and nothing else
]

# In use since May.
[[token]]
caller = 'shop'
sha256 = '{first}'

[[token]]
caller = "shop"
expires = 2099-01-01T00:00:00Z
sha256 = "{second}"

# Its screens.
[caller.screen]
scopes = ["read"]
"""


def test_revoking_a_token_keeps_what_the_operator_wrote(tmp_path):
    path, (first, second) = tmp_path / "callers.toml", ("1" * 64, "2" * 64)
    path.write_text(COMMENTED.format(first=first, second=second))
    expired = expire_tokens(path, "shop", datetime(2098, 1, 1, tzinfo=UTC))
    assert [token.id for token in expired] == ["1" * 8, "2" * 8]
    assert path.read_text().count("expires = 2098-01-01T00:00:00+00:00") == 2
    assert [token.id for token in revoke_tokens(path, "shop", ["11"])] == ["1" * 8]
    text = path.read_text()
    for kept in ("# Callers of the trial.", "# The shop's own.", "# and nothing", "# Its screens."):
        assert kept in text
    assert first not in text and second in text and "since May" not in text


def test_changing_quotas_keeps_what_the_operator_wrote(tmp_path):
    path = tmp_path / "callers.toml"
    path.write_text(COMMENTED.format(first="1" * 64, second="2" * 64))
    change_quotas(path, "shop", {"ads_per_day": 3})
    change_quotas(path, "shop", {"ads_per_day": None})
    assert path.read_text() == COMMENTED.format(first="1" * 64, second="2" * 64)


@pytest.mark.parametrize("heading", ["caller = {%s}", "[caller]\n%s"])
def test_a_caller_in_another_form_is_left_to_the_operator(tmp_path, heading):
    path = tmp_path / "callers.toml"
    path.write_text(heading % 'shop = {scopes = ["read"]}')
    with pytest.raises(ValueError, match="change it by hand"):
        change_quotas(path, "shop", {"ads_per_day": 3})


def test_tokens_in_another_form_are_left_to_the_operator(tmp_path):
    path = tmp_path / "callers.toml"
    path.write_text(
        "token = ["
        + ", ".join(f'{{caller = "shop", sha256 = "{digit * 64}"}}' for digit in "12")
        + ']\n[caller.shop]\nscopes = ["read"]\n'
    )
    before = path.read_text()
    with pytest.raises(ValueError, match="change it by hand"):
        revoke_tokens(path, "shop", ["11"])
    assert path.read_text() == before


def test_changes_at_the_same_time_are_all_kept(credentials_file):
    path, _ = credentials_file
    with ThreadPoolExecutor(8) as pool:
        tokens = list(pool.map(lambda _: add_token(path, "shop"), range(24)))
    credentials = Credentials(str(path))
    assert all(credentials.find_caller(token) for token in tokens)


def test_a_changed_file_keeps_its_mode_and_owner_and_a_link_stays_one(credentials_file):
    path, _ = credentials_file
    path.chmod(0o640)
    if os.geteuid() == 0:
        os.chown(path, 10001, 10001)
    before = path.stat()
    link = path.with_name("link.toml")
    link.symlink_to(path)
    revoke_tokens(link, "shop")
    after = path.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )
    assert link.is_symlink() and not list(path.parent.glob(".*"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[caller.shop]\nscopes = []", "at least 1 item"),
        ('[caller.shop]\nscopes = ["all"]', "'create', 'read' or 'admin'"),
        ('[caller.shop]\nscopes = ["read"]\nads = 3', "[caller.shop], ads: Extra inputs"),
        ('[caller."a/b"]\nscopes = ["read"]', "name: String should match"),
        ('[[token]]\ncaller = "shop"\nsha256 = "' + "0" * 64 + '"', "no [caller] table"),
        ("callers = 3", "only [caller.NAME] and [[token]]"),
        ("[caller", "Expected"),
    ],
)
def test_an_invalid_credentials_file_ends_the_process_with_the_reason(tmp_path, text, why):
    (tmp_path / "callers.toml").write_text(text)
    with pytest.raises(SystemExit) as caught:
        open_credentials(GatewaySettings(callers=str(tmp_path / "callers.toml")))
    assert "the file of callers" in str(caught.value) and why in str(caught.value)


def test_the_error_for_a_token_in_place_of_its_hash_does_not_reveal_it(tmp_path):
    path = tmp_path / "callers.toml"
    add_caller(path, "shop", ["read"])
    with path.open("a") as file:
        file.write('[[token]]\ncaller = "shop"\nsha256 = "cyc_secret"\n')
    with pytest.raises(SystemExit) as caught:
        Credentials(str(path))
    assert "cyc_secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("listen", "is_open"),
    [
        ("127.0.0.1:0", True),
        ("[::1]:50050", True),
        ("localhost:50050", True),
        ("unix:/tmp/socket", True),
        ("0.0.0.0:50050", False),
        ("[::]:50050", False),
        ("192.168.1.2:50050", False),
        ("gateway:50050", False),
    ],
)
def test_a_gateway_without_credentials_listens_only_on_loopback(listen, is_open):
    if is_open:
        assert open_credentials(GatewaySettings(listen=listen)) is None
        return
    with pytest.raises(SystemExit, match="CYCLORAMA_GATEWAY_CALLERS"):
        open_credentials(GatewaySettings(listen=listen))
    assert open_credentials(GatewaySettings(listen=listen, allow_unauthenticated=True)) is None
