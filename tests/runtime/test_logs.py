"""Text from callers cannot forge log lines or control a terminal."""

import json
import subprocess
import sys

import grpc
import pytest
from structlog.testing import capture_logs

from services.runtime.errors import InvalidImage, InvalidRequest, Violation
from tests.support.serving import REQUEST, serve_function
from tools import ROOT

WORDS = [
    "\x1b[31mred\x1b[0m",
    "two\nlines\r\nin one",
    "02:30:00 [info     ] done",
    "\x9b2J\x07\x00\x7f",
    "\u202egpj.exe",
    '"}\n{"event": "forged"',
    "\u2028forged",
]
PROGRAM = """
import logging, sys
import structlog
from services.runtime.logs import configure_logging
from services.runtime.settings import ServerSettings

configure_logging("trial", ServerSettings(log_format=sys.argv[1]))
log = structlog.get_logger()
for words in {words!r}:
    log.info("event", why=words)
    log.info(words)
    logging.getLogger("library").warning("library: %s", words)
    try:
        raise ValueError(words)
    except ValueError:
        log.exception("failed")
"""


def run_program(log_format: str) -> str:
    """Runs PROGRAM and returns what it logs."""
    program = PROGRAM.format(words=WORDS)
    command = [sys.executable, "-c", program, log_format]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert not done.stderr
    return done.stdout.decode()


def test_each_json_line_is_one_event():
    lines = run_program("json").split("\n")[:-1]
    events = [json.loads(line) for line in lines]
    assert len(events) == 4 * len(WORDS)
    assert [each["why"] for each in events[::4]] == WORDS
    assert all(line.isascii() and line.isprintable() for line in lines)


def test_each_text_line_is_printable_and_starts_with_our_own_time_and_level():
    lines = run_program("text").split("\n")[:-1]
    assert all(line.isprintable() for line in lines)
    # Indented lines are a stack trace.
    own = [line for line in lines if not line.startswith("  ")]
    assert len(own) == 4 * len(WORDS)
    assert all(line[8:12] == " [in" or line[8:12] in (" [wa", " [er") for line in own)


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_escaped_text_remains_readable(log_format):
    text = run_program(log_format)
    assert "gpj.exe" in text and "two" in text and "library: " in text


@pytest.mark.parametrize(
    ("error", "causes"),
    [
        (InvalidImage("photo", "is damaged"), ["ValueError('zlib')"]),
        (InvalidRequest(Violation("seed", "is wrong")), []),
    ],
)
def test_only_the_cause_of_an_invalid_image_is_logged(error, causes):
    def act():
        raise error from ValueError("zlib")

    with capture_logs() as lines, serve_function(act) as stub, pytest.raises(grpc.RpcError):
        stub.SegmentProduct(REQUEST, timeout=5)
    (refused,) = (line for line in lines if line["event"] == "refused")
    assert [refused[key] for key in refused if key == "cause"] == causes
