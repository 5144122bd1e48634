"""Who gets in at the gateway, and with which token."""

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
from gateway.callers.book import Book
from gateway.callers.entries import add_caller, add_token
from gateway.callers.tokens import hash_of
from gateway.service import open_book
from gateway.settings import Settings
from services.runtime.logs import configure_logging
from tests.support.callers import expired_token, showing, written_callers
from tests.support.serving import details_of
from tests.support.system import system
from tools import ROOT

LIST = ads_pb2.AdServiceListEnginesRequest()
NO_TOKEN = "no valid token came with the call"


@pytest.fixture
def book(tmp_path):
    """The path of a file of callers, and their tokens."""
    path = tmp_path / "callers.toml"
    return path, written_callers(path)


@asynccontextmanager
async def gateway(path):
    async with (
        system(callers=str(path)) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        yield ads_pb2_grpc.AdServiceStub(channel)


async def refusal(call) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        if hasattr(call, "read"):
            await call.read()
        else:
            await call
    return caught.value


async def test_only_a_valid_token_gets_in_and_all_others_hear_the_same(book):
    path, tokens = book
    wrong = [
        (),
        showing(""),
        showing(tokens["shop"][:-1]),
        showing(hash_of(tokens["shop"])),
        showing(expired_token(path, "shop")),
        (("authorization", f"Basic {tokens['shop']}"),),
        (("authorization", tokens["shop"]),),
    ]
    async with gateway(path) as stub:
        assert len((await stub.ListEngines(LIST, metadata=showing(tokens["shop"]))).stages) == 5
        heard = [await refusal(stub.ListEngines(LIST, metadata=metadata)) for metadata in wrong]
    assert {each.code() for each in heard} == {grpc.StatusCode.UNAUTHENTICATED}
    assert {each.details() for each in heard} == {heard[0].details()}
    assert NO_TOKEN in heard[0].details()
    assert details_of(heard[0])["ErrorInfo"].reason == "UNAUTHENTICATED"


async def test_a_token_without_the_scope_is_told_which_one_is_missing(book):
    path, tokens = book
    async with gateway(path) as stub:
        error = await refusal(
            stub.CreateAd(ads_pb2.CreateAdRequest(), metadata=showing(tokens["screen"]))
        )
        fine = await refusal(
            stub.CreateAd(ads_pb2.CreateAdRequest(), metadata=showing(tokens["shop"]))
        )
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED
    assert details_of(error)["ErrorInfo"].metadata["scope"] == "create"
    # One step further: the request itself is wrong.
    assert fine.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_stranger_is_refused_before_its_request_is_read(book):
    path, _ = book
    # Larger than what is read at all: whoever reads it answers RESOURCE_EXHAUSTED.
    large = ads_pb2.CreateAdRequest(photo=image_pb2.Image(data=bytes(70 * 2**20)))
    async with gateway(path) as stub:
        error = await refusal(stub.CreateAd(large, timeout=30))
    assert error.code() is grpc.StatusCode.UNAUTHENTICATED


def test_every_method_has_its_scope():
    methods = ads_pb2.DESCRIPTOR.services_by_name["AdService"].methods_by_name
    assert set(SCOPES) == set(methods)


async def test_a_changed_file_counts_at_once_and_a_broken_one_changes_nothing(book):
    path, tokens = book
    async with gateway(path) as stub:

        async def enters(token: str) -> bool:
            try:
                await stub.ListEngines(LIST, metadata=showing(token))
            except grpc.aio.AioRpcError as error:
                assert error.code() is grpc.StatusCode.UNAUTHENTICATED
                return False
            return True

        later = add_token(path, "shop")
        assert await enters(later) and await enters(tokens["shop"])
        whole = path.read_text()
        path.write_text(whole + "[caller.\n")
        assert await enters(later)
        path.write_text(whole.replace(hash_of(tokens["shop"]), "0" * 64))
        assert not await enters(tokens["shop"])
        assert await enters(later)
        os.remove(path)
        assert await enters(later)


async def test_no_token_is_in_the_log(book, capsys):
    path, tokens = book
    before = logging.root.handlers[:]
    configure_logging("gateway", Settings(log_level="debug"))
    try:
        async with gateway(path) as stub:
            await stub.ListEngines(LIST, metadata=showing(tokens["boss"]))
            await refusal(stub.ListEngines(LIST, metadata=showing(tokens["boss"] + "x")))
            with open(path, "a") as file:
                file.write(f'[[token]]\ncaller = "boss"\nsha256 = "{tokens["shop"]}"\n')
            await refusal(stub.ListEngines(LIST))
    finally:
        structlog.reset_defaults()
        logging.root.handlers[:] = before
    out = capsys.readouterr().out
    lines = [json.loads(line) for line in out.splitlines()]
    assert any(line["event"] == "done" and line.get("caller") == "boss" for line in lines)
    assert sum(line["event"] == "refused" for line in lines) == 2
    assert any("cannot be used" in line["event"] for line in lines)
    assert not [name for name, token in tokens.items() if token in out]


def test_the_command_prints_a_token_once_and_keeps_its_hash(tmp_path):
    path = tmp_path / "callers.toml"

    def run(*words: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "gateway.callers", *words],
            cwd=ROOT,
            env=os.environ | {"CYCLORAMA_GATEWAY_CALLERS": str(path)},
            capture_output=True,
            text=True,
        )

    token = run("new", "shop", "--days", "30", "--ads-per-day", "100").stdout.strip()
    caller = Book(str(path)).find(token)
    assert (caller.name, caller.ads_per_day, caller.mib_per_day) == ("shop", 100, None)
    assert token not in path.read_text() and hash_of(token) in path.read_text()
    assert path.stat().st_mode & 0o077 == 0
    again = run("renew", "shop").stdout.strip()
    assert again != token and Book(str(path)).find(again) == caller
    for wrong in (["new", "shop"], ["new", "A b"], ["new", "x", "--scopes", "all"], ["renew", "y"]):
        done = run(*wrong)
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
def test_a_file_that_cannot_be_used_ends_the_process_with_the_reason(tmp_path, text, why):
    (tmp_path / "callers.toml").write_text(text)
    with pytest.raises(SystemExit) as caught:
        open_book(Settings(callers=str(tmp_path / "callers.toml")))
    assert "the file of callers" in str(caught.value) and why in str(caught.value)


def test_a_token_in_place_of_its_hash_is_not_repeated(tmp_path):
    path = tmp_path / "callers.toml"
    add_caller(path, "shop", ["read"])
    with path.open("a") as file:
        file.write('[[token]]\ncaller = "shop"\nsha256 = "cyc_secret"\n')
    with pytest.raises(SystemExit) as caught:
        Book(str(path))
    assert "cyc_secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("listen", "open_"),
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
def test_without_callers_only_loopback_is_open(listen, open_):
    if open_:
        assert open_book(Settings(listen=listen)) is None
        return
    with pytest.raises(SystemExit, match="CYCLORAMA_GATEWAY_CALLERS"):
        open_book(Settings(listen=listen))
    assert open_book(Settings(listen=listen, allow_unauthenticated=True)) is None
