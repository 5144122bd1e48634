"""`make help` lists every target in one aligned line."""

import re
import subprocess

import pytest

from tools import ROOT

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = re.search(r"^\.PHONY: (.*)", MAKEFILE, re.MULTILINE)[1].split()


def printed_by_make(*words: str) -> list[str]:
    command = ["make", "--no-print-directory", *words]
    return subprocess.run(
        command, cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.splitlines()


def test_make_lists_every_target_in_one_line():
    lines = printed_by_make()
    assert lines == printed_by_make("help")
    listed = [re.fullmatch(r"make ([a-z-]+) +\S.*\.", line)[1] for line in lines]
    assert listed == sorted(set(listed), key=listed.index)
    assert set(listed) == set(TARGETS)


def test_descriptions_are_aligned():
    columns = {re.match(r"make [a-z-]+ +", line).end() for line in printed_by_make()}
    assert len(columns) == 1


def test_tests_are_split_by_one_marker():
    fast, slow = (
        printed_by_make("--dry-run", "--old-file=.venv/test", name)
        for name in ("test", "test-slow")
    )
    assert slow[0].startswith(fast[0].replace("'not slow'", "slow"))


def test_tests_do_not_inherit_the_memory_settings_of_services():
    """Services keep freed memory for the next message; a test worker would only grow."""
    assert "GLIBC_TUNABLES" not in re.findall(r"^export (\w+)", MAKEFILE, re.MULTILINE)
    assert re.search(r"^demo up load bench chaos: export GLIBC_TUNABLES", MAKEFILE, re.MULTILINE)


@pytest.mark.parametrize(
    ("photo", "message"),
    [("docs", "docs is a folder;"), ("missing.jpg", "There is no file missing.jpg;")],
)
def test_the_demo_says_why_a_photo_cannot_be_read(photo, message):
    command = ["make", "--no-print-directory", "demo-photo", f"DEMO_PHOTO={photo}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2 and done.stderr.startswith(message)
