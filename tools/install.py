"""Installs the project into .venv and shows the progress: python3 -m tools.install EXTRAS [--fetch]

EXTRAS are those of pyproject.toml, separated by commas. --fetch also fetches what the embedded
engines use where it is there. It needs the standard library only. On a terminal one line follows
the installation; elsewhere each phase prints a line.
"""

# Python may be too old to evaluate the annotations.
from __future__ import annotations

import os
import queue
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(".venv")
PYTHON, LOG = f"{FOLDER}/bin/python", FOLDER / "install.log"
OLDEST_PYTHON = (3, 11)
# Seconds between two updates of the line on a terminal.
UPDATE_SECONDS = 0.25
DOWNLOAD = re.compile(r"\s*(?:Downloading|Using cached) ([\w.]+)-.*\(([\d.]+) ([kMG]?)B\)")
MEGABYTES = {"": 1e-6, "k": 1e-3, "M": 1.0, "G": 1e3}
PACKAGES = "Installing collected packages: "
# What pip prints when it cannot reach the index.
UNREACHABLE = re.compile(r"Retrying \(|[Cc]onnection|timed out|SSLError|from versions: none")
NETWORK_HINT = (
    "The package index cannot be reached or lacks packages. Check the network, or set https_proxy "
    "to a proxy or PIP_INDEX_URL to a mirror, and try again."
)


class Fetch(NamedTuple):
    """What is fetched: its title, the module with arguments, and what is without it."""

    title: str
    command: Sequence[str]
    otherwise: str


FETCHES = (
    Fetch(
        "a network that cuts products out (5 MB)",
        ("services.segmentation.models", "u2netp"),
        "Without it engine classic cuts products out.",
    ),
    Fetch(
        "photographed places (3 MB)",
        ("services.background.places",),
        "Without them the studio paints its places.",
    ),
)


class StatusLine:
    """The line on a terminal that is rewritten; elsewhere nothing is rewritten."""

    def __init__(self) -> None:
        self.is_shown = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
        self._start = time.monotonic()

    @property
    def seconds(self) -> float:
        """Seconds since the start."""
        return time.monotonic() - self._start

    def update(self, text: str) -> None:
        """Rewrites the line: a text and the seconds since the start."""
        if self.is_shown:
            columns = shutil.get_terminal_size().columns
            self._write("\r" + f"{text}, {self.seconds:.0f} s"[: columns - 1] + "\x1b[K")

    def print(self, text: str) -> None:
        """Prints a line that stays, in place of the one that is rewritten."""
        self.clear()
        self._write(text + "\n")

    def clear(self) -> None:
        """Removes the line that is rewritten."""
        if self.is_shown:
            self._write("\r\x1b[K")

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()


class PipProgress:
    """What pip has done so far, by the lines that it has printed."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.to_install = 0
        self._installed_before = 0
        self._current = ""
        self._downloads = 0
        self._megabytes = 0.0

    def read_line(self, line: str) -> None:
        """Updates the progress by a line of pip's output."""
        self.lines.append(line)
        if found := DOWNLOAD.match(line):
            self._current = found[1]
            self._downloads += 1
            self._megabytes += float(found[2]) * MEGABYTES[found[3]]
        elif line.startswith(PACKAGES):
            self.to_install = line.count(",") + 1
            self._installed_before = count_installed_packages()

    @property
    def phase(self) -> str:
        """What pip does now, in a few words."""
        if self.to_install:
            return f"Installing {count_packages(self.to_install)}"
        return "Downloading packages" if self._downloads else "Preparing"

    def describe(self) -> str:
        """Returns the phase with how far it is."""
        if self.to_install:
            done = count_installed_packages() - self._installed_before
            return f"{self.phase}: {min(done, self.to_install)} done"
        if self._downloads:
            return f"{self.phase}: {self._downloads}, {self._megabytes:.0f} MB, now {self._current}"
        return self.phase

    def explain_failure(self) -> list[str]:
        """Returns pip's own reasons, without repetitions, and what to do about them."""
        errors = [line.strip() for line in self.lines if re.match(r"\s*(ERROR|error): ", line)]
        hints = [NETWORK_HINT] if any(map(UNREACHABLE.search, self.lines)) else []
        return [*dict.fromkeys(errors), f"All that pip printed is in {LOG}.", *hints]


def count_packages(number: int) -> str:
    """Returns a number of packages in words."""
    return f"{number} package" if number == 1 else f"{number} packages"


def count_installed_packages() -> int:
    """Returns the number of packages in .venv; pip writes this file when one is complete."""
    return sum(1 for _ in FOLDER.glob("lib/python*/site-packages/*.dist-info/INSTALLER"))


def install_project(extras: str, status: StatusLine) -> int:
    """Creates .venv and installs the project with extras; returns the exit status."""
    status.print("Installing into .venv, once; nothing outside this folder changes.")
    exit_status, lines = _run_module(
        [sys.executable, "-m", "venv", str(FOLDER)], "Creating the environment", status
    )
    if exit_status:
        # Says what is missing on systems that split Python into packages.
        status.print("\n".join(lines))
        return exit_status
    progress = PipProgress()
    exit_status = _run_pip(extras, progress, status)
    LOG.write_text("\n".join(progress.lines) + "\n")
    if exit_status:
        status.print("\n".join(progress.explain_failure()))
    else:
        status.print(f"Installed {count_packages(progress.to_install)} in {status.seconds:.0f} s.")
    return exit_status


def fetch_files(status: StatusLine) -> None:
    """Fetches what the embedded engines can do without; prints what the lack of it means."""
    status.print(f"Fetching {' and '.join(each.title for each in FETCHES)}.")
    for fetch in FETCHES:
        command = [PYTHON, "-m", *fetch.command]
        exit_status, lines = _run_module(command, f"Fetching {fetch.title}", status)
        if exit_status:
            status.print("\n".join([*lines, fetch.otherwise]))
    status.clear()


def _run_pip(extras: str, progress: PipProgress, status: StatusLine) -> int:
    """Shows the progress until pip ends, a line for each phase where there is no terminal.

    Returns the exit status of pip.
    """
    phase = ""
    command = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check"]
    # Python compiles the modules that it imports; pip would compile all, for a third of the time.
    command += ["--no-compile", "--editable", f".[{extras}]"]
    with _start(command) as pip:
        for line in _read_lines(pip):
            if line:
                progress.read_line(line)
            status.update(progress.describe())
            if not status.is_shown and progress.phase != phase:
                phase = progress.phase
                status.print(f"{phase}.")
    return pip.returncode


def _run_module(command: list[str], title: str, status: StatusLine) -> tuple[int, list[str]]:
    """Runs a command under a title; returns its exit status and what it printed."""
    with _start(command) as process:
        lines = []
        for line in _read_lines(process):
            lines += [line] if line else []
            status.update(title)
    return process.returncode, lines


@contextmanager
def _start(command: list[str]) -> Iterator[subprocess.Popen[str]]:
    """Starts a command, and waits for its end.

    It has a session of its own, so that Ctrl-C reaches it and its children once, from here.
    """
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    except BaseException:
        # pip deletes its temporary folders.
        os.killpg(process.pid, signal.SIGINT)
        raise
    finally:
        process.wait()


def _read_lines(pip: subprocess.Popen[str]) -> Iterator[str]:
    """Yields the lines of pip, and an empty one where none came for a while."""
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def read() -> None:
        for line in pip.stdout or ():
            lines.put(line.rstrip("\n") or " ")
        lines.put(None)

    threading.Thread(target=read, daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=UPDATE_SECONDS)
        except queue.Empty:
            line = ""
        if line is None:
            return
        yield line


def main() -> None:
    """Exits with a sentence where Python is too old, and with 130 on Ctrl-C and SIGTERM."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    if sys.version_info < OLDEST_PYTHON:
        needed, found = (".".join(map(str, each[:2])) for each in (OLDEST_PYTHON, sys.version_info))
        sys.exit(f"Python {needed} or newer is needed, and this is {found}; set PYTHON= to another")
    extras, *options = sys.argv[1:]
    try:
        status = StatusLine()
        exit_status = install_project(extras, status)
        if options == ["--fetch"] and not exit_status:
            fetch_files(status)
    except KeyboardInterrupt:
        exit_status = 130
        print("\nInterrupted. Run it again to install the rest.")
    sys.exit(exit_status)


if __name__ == "__main__":
    main()
