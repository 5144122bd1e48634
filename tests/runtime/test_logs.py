"""Nobody's words become lines of the log, or reach the terminal that shows it."""

import json
import subprocess
import sys

import grpc
import pytest
from structlog.testing import capture_logs

from services.runtime.errors import InvalidImage, InvalidRequest, Violation
from tests.support.serving import REQUEST, scripted
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
from services.runtime.logs import configure
from services.runtime.settings import ServerSettings

configure("trial", ServerSettings(log_format=sys.argv[1]))
log = structlog.get_logger()
for words in {words!r}:
    log.info("told", why=words)
    log.info(words)
    logging.getLogger("library").warning("library: %s", words)
    try:
        raise ValueError(words)
    except ValueError:
        log.exception("failed")
"""


def logged(log_format: str) -> str:
    program = PROGRAM.format(words=WORDS)
    command = [sys.executable, "-c", program, log_format]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    assert not done.stderr
    return done.stdout.decode()


def test_every_json_line_is_one_event():
    lines = logged("json").split("\n")[:-1]
    events = [json.loads(line) for line in lines]
    assert len(events) == 4 * len(WORDS)
    assert [each["why"] for each in events[::4]] == WORDS
    assert all(line.isascii() and line.isprintable() for line in lines)


def test_every_text_line_is_our_own_and_printable():
    lines = logged("text").split("\n")[:-1]
    assert all(line.isprintable() for line in lines)
    # What is moved in is a stack; all else begins with our own time and level.
    own = [line for line in lines if not line.startswith("  ")]
    assert len(own) == 4 * len(WORDS)
    assert all(line[8:12] == " [in" or line[8:12] in (" [wa", " [er") for line in own)


@pytest.mark.parametrize("log_format", ["json", "text"])
def test_what_was_said_can_still_be_read(log_format):
    text = logged(log_format)
    assert "gpj.exe" in text and "two" in text and "library: " in text


@pytest.mark.parametrize(
    ("error", "causes"),
    [
        (InvalidImage("photo", "is damaged"), ["ValueError('zlib')"]),
        (InvalidRequest(Violation("seed", "is wrong")), []),
    ],
)
def test_of_what_callers_are_refused_only_a_decoders_words_are_logged(error, causes):
    def act():
        raise error from ValueError("zlib")

    with capture_logs() as lines, scripted(act) as stub, pytest.raises(grpc.RpcError):
        stub.SegmentProduct(REQUEST, timeout=5)
    (refused,) = (line for line in lines if line["event"] == "refused")
    assert [refused[key] for key in refused if key == "cause"] == causes
