"""Tests of authentication and authorization at the gateway."""

import json
import logging
import os
import subprocess
import sys
from contextlib import asynccontextmanager

import grpc
import pytest
import structlog

from cyclorama.v1 import ads_pb2, ads_pb2_grpc, image_pb2
from gateway.callers.authentication import SCOPES
from gateway.callers.credentials import Credentials
from gateway.callers.credentials_editor import add_caller, add_token
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
    methods = ads_pb2.DESCRIPTOR.services_by_name["AdService"].methods_by_name
    assert set(SCOPES) == set(methods)


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


def test_the_command_prints_a_token_once_and_stores_its_hash(tmp_path):
    path = tmp_path / "callers.toml"

    def run_command(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "gateway.callers", *words],
            cwd=ROOT,
            env=os.environ | {"CYCLORAMA_GATEWAY_CALLERS": str(path)},
            capture_output=True,
            text=True,
        )

    token = run_command("new", "shop", "--days", "30", "--ads-per-day", "100").stdout.strip()
    caller = Credentials(str(path)).find_caller(token)
    assert (caller.name, caller.ads_per_day, caller.mib_per_day) == ("shop", 100, None)
    assert token not in path.read_text() and hash_token(token) in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    again = run_command("renew", "shop").stdout.strip()
    assert again != token and Credentials(str(path)).find_caller(again) == caller
    for invalid in (
        ["new", "shop"],
        ["new", "A b"],
        ["new", "x", "--scopes", "all"],
        ["renew", "y"],
    ):
        done = run_command(*invalid)
        assert done.returncode == 1 and not done.stdout and "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("[caller.shop]\nscopes = []", "at least 1 item"),
        ('[caller.shop]\nscopes = ["all"]', "'create', 'read' or 'admin'"),
        ('[caller.shop]\nscopes = ["read"]\nads = 3', "ads: Extra inputs"),
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
