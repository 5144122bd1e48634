"""Runs processes until Ctrl-C, or until one fails; needs honcho, which comes with the services."""

import os
import re
import signal
import sys
from collections.abc import Collection, Mapping

from honcho.manager import SYSTEM_PRINTER_NAME, Manager
from honcho.printer import Message, Printer

# What services and page print when they can be called; the page prints its address.
LISTENING = re.compile(r"\blistening\b|the page is at (?P<page>\S+)")
STOPPED = re.compile(r"(?P<name>[\w-]+) stopped \(rc=(?P<status>-?\d+)\)")
# Ends a command, and all that it has started, when the process that runs it has ended, even if that
# was killed. honcho starts each command as a group of processes.
ATTACHED = "(while kill -0 {parent}; do sleep 1; done; kill -TERM -$$) >/dev/null 2>&1 & {command}"


class ServicePrinter(Printer):
    """Prints the lines of processes, without those about the processes themselves.

    failure: why the first process stopped, or empty if a signal stopped all.
    """

    def __init__(self, names: Collection[str]) -> None:
        """Creates a printer; names: of the processes that say when they listen."""
        super().__init__(sys.stdout)
        self.failure = ""
        self._is_stopping = False
        self._starting = set(names)
        self._last_lines: dict[str, str] = {}
        self._page = ""

    def write(self, message: Message) -> None:
        """Prints a line of a process; keeps why one has stopped."""
        is_text = isinstance(message.data, str)
        text = message.data if is_text else message.data.decode(errors="replace")
        if message.name == SYSTEM_PRINTER_NAME:
            self._read_system_line(text)
            return
        super().write(message)
        name = message.name
        self._last_lines[name] = text.strip() or self._last_lines.get(name, "")
        if (found := LISTENING.search(text)) and name in self._starting:
            self._page = found["page"] or self._page
            self._starting.remove(name)
            if not self._starting:
                where = f" The page is at {self._page}." if self._page else ""
                print(f"All services run.{where} Ctrl-C stops them.", flush=True)

    def _read_system_line(self, text: str) -> None:
        """Keeps why the first process stopped, unless a signal stops all."""
        found = STOPPED.match(text)
        if found and not self._is_stopping:
            reason = self._last_lines.get(found["name"]) or f"exit status {found['status']}"
            self.failure = f"{found['name']} stopped: {reason}"
        self._is_stopping |= bool(found) or "received" in text


def run_processes(
    commands: Mapping[str, str], settings: Mapping[str, str], silent: Collection[str] = ()
) -> None:
    """Runs processes until Ctrl-C or the end of the terminal, or until one fails.

    Exits with the status of the first to end.

    Prints what they print, a line as soon as all of them listen, and last why one has failed. On
    Ctrl-C the status is 130.

    commands: for the shell, by name. settings: the environment. silent: names of processes that do
    not say when they listen.
    """
    # The manager itself handles Ctrl-C and SIGTERM, but not the end of its terminal.
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda number, frame: signal.raise_signal(signal.SIGTERM))
    printer = ServicePrinter([name for name in commands if name not in silent])
    manager = Manager(printer)
    for name, command in commands.items():
        attached = ATTACHED.format(parent=os.getpid(), command=command)
        manager.add_process(name, attached, env={"PYTHONUNBUFFERED": "true", **settings})
    manager.loop()
    print(printer.failure or "All services have stopped.", flush=True)
    sys.exit(manager.returncode)
