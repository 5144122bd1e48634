"""Knows whether the job database can be used, and reports when that changes."""

import asyncio
import threading
import time
from collections.abc import Callable

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import DBAPIError

from gateway.database_check import find_corruption, read_all_tables
from gateway.database_failures import JobDatabaseCorrupt, find_failure, is_contention
from services.runtime.errors import JobDatabaseUnavailable

# Time without an error after which the database counts as usable again. Larger: jobs are reported
# as serving later; smaller: than the second in which every part of the gateway uses the database,
# reports would alternate while it fails for some of them.
QUIET_SECONDS = 3.0
# Time between two checks of a file for corruption that nothing has read yet. Smaller: it is found
# sooner; each check takes up to CHECK_SECONDS of a core.
CHECK_INTERVAL_SECONDS = 60.0
# Time without a heartbeat in the database after which it counts as standing still, and the time
# between two looks. Larger: jobs are reported as serving longer than they are; smaller: than a
# slow write takes, they are reported as failed while the database is only busy.
STALL_SECONDS, STALL_CHECK_SECONDS = 5.0, 1.0

log = structlog.get_logger()

Failure = type[JobDatabaseUnavailable]


class DatabaseMonitor:
    """Learns of failures from errors and missing heartbeats, and of recovery from a heartbeat."""

    def __init__(self, engine: sa.Engine) -> None:
        """Starts with a database that can be used.

        engine: connects to the database, for checks.
        """
        self._engine = engine
        self._listeners: list[Callable[[bool], None]] = []
        self._failure: Failure | None = None
        self._failed_at = self._failing_since = 0.0
        self._heartbeats = 0
        self._next_check = time.monotonic() + CHECK_INTERVAL_SECONDS
        self._lock = threading.Lock()

    def watch_engine(self, engine: sa.Engine) -> None:
        """Counts the errors of an engine, whichever part of the gateway uses it."""
        sa.event.listen(engine, "handle_error", self._note_error)

    def add_listener(self, report: Callable[[bool], None]) -> None:
        """Calls a function with whether the database can be used: now, and when that changes.

        report: may be called in any thread.
        """
        with self._lock:
            self._listeners.append(report)
        report(self._failure is None)

    @property
    def failure(self) -> Failure | None:
        """Why the database cannot be used; None while it can."""
        return self._failure

    def raise_failure(self) -> None:
        """Raises the error of the database while it cannot be used, without using it."""
        if failure := self._failure:
            raise failure()

    def check(self) -> None:
        """Reads every table, and now and then the whole file; called after each heartbeat.

        Raises DBAPIError, like every use of the database, when it cannot be used.
        """
        read_all_tables(self._engine)
        self._heartbeats += 1
        now = time.monotonic()
        if self._failure is JobDatabaseCorrupt or now >= self._next_check:
            self._next_check = now + CHECK_INTERVAL_SECONDS
            is_corrupt = find_corruption(self._engine)
            if is_corrupt:
                self._set_failure(JobDatabaseCorrupt, "quick_check")
            # An unfinished check does not disprove what was found before.
            if is_corrupt or (is_corrupt is None and self._failure is JobDatabaseCorrupt):
                return
        if self._failure and now - self._failed_at > QUIET_SECONDS:
            self._clear_failure()

    async def report_stalls(self) -> None:
        """Counts the database as failed while it stands still, until cancelled.

        It then keeps its callers, without an error, as a locked file or a stopped server does. Jobs
        are reported as not serving STALL_SECONDS after the last heartbeat, or a second later. Time
        in which this process stood still itself does not count.
        """
        heartbeats, stall = self._heartbeats, 0.0
        while True:
            await asyncio.sleep(STALL_CHECK_SECONDS)
            if heartbeats != self._heartbeats:
                heartbeats, stall = self._heartbeats, 0.0
                continue
            stall += STALL_CHECK_SECONDS
            # Errors say more.
            if stall >= STALL_SECONDS and self._failure in (None, JobDatabaseUnavailable):
                self._set_failure(JobDatabaseUnavailable, f"no answer for {STALL_SECONDS:g} s")

    def _note_error(self, context: sa.engine.ExceptionContext) -> None:
        """Notes an error of an engine unless it is one of the statement, or of two at once."""
        error = context.sqlalchemy_exception
        if not isinstance(error, DBAPIError) or is_contention(error):
            return
        if failure := find_failure(error):
            self._set_failure(failure, str(error.orig))

    def _set_failure(self, failure: Failure, cause: str) -> None:
        """Notes a failure, and reports it when it is new.

        A corrupt database also fails in other ways, which do not replace that.
        """
        with self._lock:
            self._failed_at = time.monotonic()
            if self._failure in (failure, JobDatabaseCorrupt):
                return
            is_first = self._failure is None
            if is_first:
                self._failing_since = self._failed_at
            self._failure = failure
        log.error("job database cannot be used", reason=failure.reason, cause=cause)
        if is_first:
            self._report(can_be_used=False)

    def _clear_failure(self) -> None:
        """Reports that the database can be used again."""
        with self._lock:
            self._failure = None
        seconds = round(time.monotonic() - self._failing_since, 1)
        log.info("job database can be used again", seconds=seconds)
        self._report(can_be_used=True)

    def _report(self, *, can_be_used: bool) -> None:
        for report in list(self._listeners):
            report(can_be_used)
