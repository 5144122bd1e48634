"""Pytest plugin: a dead worker ends the run at once, an oversized one fails it.

Needed because pytest-xdist restarts a dead worker, which repeats the fatal test, and waits forever
while a process that the dead worker forked keeps its pipes open.
"""

import ctypes
import gc
import os
import re
import resource
import signal
import threading
from collections import Counter
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path

import pytest

# Two workers and the services that they start have to fit into a machine of 8 GiB.
MAX_PEAK_MIB = 2048
# Parameter of mallopt(3) in malloc.h, and the size from which freed memory leaves the process.
# Otherwise glibc raises that size to 32 MiB as it sees images, and each of the heaps that it keeps
# for the threads of servers retains some: after tests/gateway/test_profiles.py 438 MiB, not 119.
M_MMAP_THRESHOLD = -3
MMAP_THRESHOLD_BYTES = 4 * 2**20
# Collections of the middle generation before Python starts a full one by itself. Larger: garbage of
# one test file may add up for longer; 10 is Python's own.
MIDDLE_PER_FULL_COLLECTION = 1000
# As many test files as are worth a look when a worker was too large.
GROWTH_SHOWN = 5
# The other workers may finish their tests for this long after one died between two tests.
FINISH_SECONDS = 20
# Watchers of ended workers only have to send a signal.
JOIN_SECONDS = 5


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option that sets the limit."""
    parser.addoption(
        "--max-worker-mib",
        type=int,
        default=MAX_PEAK_MIB,
        help="fail the run when the memory of a worker exceeds this many MiB",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Limits and measures memory where tests run, and watches workers where they are started."""
    with suppress(AttributeError):
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD_BYTES)
    meter = MemoryMeter()
    config.pluginmanager.register(meter)
    if hasattr(config, "workerinput"):
        # Whatever a worker starts shares its process group and can be ended with it.
        os.setpgid(0, 0)
    else:
        config.pluginmanager.register(WorkerGuard(config.option.max_worker_mib, meter))


def peak_mib() -> int:
    """Returns the largest resident memory of this process so far, in MiB."""
    # Not getrusage() on Linux: its maximum includes the process that started this one.
    with suppress(FileNotFoundError):
        status = Path("/proc/self/status").read_text()
        return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) // 2**10
    # macOS counts in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 2**20


def free_memory() -> None:
    """Deletes unreachable objects and returns freed memory to the system.

    glibc keeps a heap for each of the many threads of servers, and what was freed in it.
    """
    gc.collect()
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class MemoryMeter:
    """Records how much each test file raised the peak memory of this process."""

    def __init__(self) -> None:
        self.growth: Counter[str] = Counter()

    def read(self) -> dict[str, object]:
        """Returns the peak in MiB and the files that raised it the most."""
        return {"peak": peak_mib(), "growth": dict(self.growth.most_common(GROWTH_SHOWN))}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_finish(self) -> None:
        """Exempts imported modules and collected tests, which stay, from later garbage collections.

        Otherwise each takes half a second longer, and there is one after every test file. With few
        objects left, Python would start full ones often, in whichever thread: those of servers
        crash when they delete the event loop's objects of gRPC.
        """
        gc.collect()
        gc.freeze()
        gc.set_threshold(*gc.get_threshold()[:2], MIDDLE_PER_FULL_COLLECTION)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(
        self, item: pytest.Item, nextitem: pytest.Item | None
    ) -> Generator[None, object, object]:
        """Measures around a test with its fixtures, and frees memory between two files."""
        before = peak_mib()
        outcome = yield
        self.growth[item.nodeid.partition("::")[0]] += peak_mib() - before
        if nextitem is None or nextitem.path != item.path:
            free_memory()
        return outcome

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Sends the measurement from a worker to the process that started it."""
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["memory"] = self.read()


class WorkerGuard:
    """Ends the run when a worker dies, and fails it when one was too large."""

    def __init__(self, max_mib: int, own: MemoryMeter) -> None:
        self.max_mib = max_mib
        self.own = own
        self.memory: dict[str, dict] = {}
        self.dead: dict[str, object] = {}
        self.signals: dict[str, int] = {}
        self.crash: pytest.TestReport | None = None
        self.groups: dict[int, threading.Thread] = {}
        self.deadline = threading.Timer(FINISH_SECONDS, self.signal_workers, [signal.SIGKILL])
        self.deadline.daemon = True

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node) -> None:
        """Starts to watch the process of a worker."""
        name, pid = node.gateway.id, node.gateway._rinfo().pid
        watcher = threading.Thread(target=self._end_group_after, args=(name, pid), daemon=True)
        self.groups[pid] = watcher
        watcher.start()

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node, error: object) -> None:
        """Reads the measurement of a worker that ended, or notes that it died."""
        if not error:
            self.memory[node.gateway.id] = node.workeroutput["memory"]
        elif error != "keyboard-interrupt":
            self.dead[node.gateway.id] = error
            if len(self.dead) == 1:
                self.deadline.start()

    @pytest.hookimpl(optionalhook=True)
    def pytest_handlecrashitem(self, report: pytest.TestReport) -> None:
        """Remembers the report of the test that a worker died in."""
        self.crash = report

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Ends the run once that report has been counted."""
        if report is self.crash:
            pytest.exit(str(report.longrepr), pytest.ExitCode.TESTS_FAILED)

    def pytest_keyboard_interrupt(self) -> None:
        """Interrupts the workers: their process groups do not get the terminal's Ctrl-C."""
        self.signal_workers(signal.SIGINT)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> Generator[None, object, object]:
        """Sets the exit status, and leaves no process of a worker behind."""
        if not self.memory and not self.dead:
            self.memory["main"] = self.own.read()
        if (self.dead or self.oversized()) and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED
        outcome = yield
        self.deadline.cancel()
        for watcher in self.groups.values():
            watcher.join(JOIN_SECONDS)
        return outcome

    def pytest_terminal_summary(self, terminalreporter) -> None:
        """Prints the peak memory of each worker, and what went wrong with it."""
        terminalreporter.section("memory of workers")
        for name, memory in sorted(self.memory.items()):
            terminalreporter.line(f"{name}: peak {memory['peak']} MiB, limit {self.max_mib} MiB")
            if name in self.oversized():
                growth = ", ".join(f"{file} +{mib} MiB" for file, mib in memory["growth"].items())
                terminalreporter.line(f"{name} exceeded the limit: {growth}", red=True)
        for name, error in self.dead.items():
            cause = self.signals.get(name)
            killed = f"killed by {signal.Signals(cause).name}" if cause else error
            terminalreporter.line(f"{name} died: {killed}", red=True)
            if cause == signal.SIGKILL:
                terminalreporter.line("The kernel sends SIGKILL when memory runs out: see dmesg.")

    def oversized(self) -> set[str]:
        """Returns the names of the workers that exceeded the limit."""
        return {name for name, each in self.memory.items() if each["peak"] > self.max_mib}

    def signal_workers(self, number: int) -> None:
        """Sends a signal to all workers and to what they started."""
        for group in self.groups:
            with suppress(ProcessLookupError):
                os.killpg(group, number)

    def _end_group_after(self, name: str, pid: int) -> None:
        """Waits for the end of a worker and kills the processes that it leaves.

        pytest-xdist notices the end only when no process has the worker's pipes open.
        """
        with suppress(ChildProcessError):
            ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
            if ended.si_code in (os.CLD_KILLED, os.CLD_DUMPED):
                self.signals[name] = ended.si_status
        with suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
