"""The commands and code in README, CONTRIBUTING and the pages of docs/."""

import re
from collections.abc import Iterator
from pathlib import Path

from tools import ROOT

FENCED = re.compile(r"^```(\w+)\n(.*?)^```", re.DOTALL | re.MULTILINE)
SHELL = ("sh", "bash", "shell", "console")
# A loop of the shell, which is one command.
LOOP = re.compile(r"for .*?\ndone.*", re.DOTALL)


def list_documents() -> list[Path]:
    """Returns README, CONTRIBUTING and all pages."""
    return [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]


def read_blocks(page: Path) -> list[tuple[str, str]]:
    """Returns the language and text of each fenced block of a page."""
    return FENCED.findall(page.read_text())


def read_text(page: Path) -> str:
    """Returns a page without its fenced blocks."""
    return FENCED.sub("", page.read_text())


def read_shell(page: Path) -> list[str]:
    """Returns the text of each fenced block of a page that is for a shell."""
    return [text for kind, text in read_blocks(page) if kind in SHELL]


def list_commands(page: Path) -> list[str]:
    """Returns the commands of a page in order."""
    return [command for text in read_shell(page) for command in split_commands(text)]


def split_commands(text: str) -> Iterator[str]:
    """Yields the commands of a block, each on one line unless it is a loop."""
    joined = re.sub(r"\\\n\s*", "", text)
    while joined := joined.strip():
        loop = LOOP.match(joined)
        command = loop[0] if loop else joined.partition("\n")[0]
        yield command
        joined = joined.removeprefix(command)
