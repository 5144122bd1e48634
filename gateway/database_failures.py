"""Recognizes from a driver's error what is wrong with the job database."""

import sqlite3

from sqlalchemy.exc import (
    DBAPIError,
    InterfaceError,
    InvalidRequestError,
    OperationalError,
)
from sqlalchemy.exc import TimeoutError as PoolTimeout

from services.runtime.errors import JobDatabaseUnavailable

# Seconds after which callers try again while an operator has something to repair. Larger: jobs
# are submitted later after a repair; smaller: more calls fail meanwhile.
REPAIR_SECONDS = 30.0
# The lower byte of SQLite's result codes; the upper ones are details.
PRIMARY_CODE_MASK = 0xFF


class JobDatabaseFull(JobDatabaseUnavailable):
    """The disk of the job database is full; stored jobs are not affected."""

    reason = "JOB_DATABASE_FULL"
    retry_seconds = REPAIR_SECONDS
    text = "the disk of the job database is full; have its operator free space, single ads work"
    remedy = "cannot be written, as its disk is full: free space, then start again"


class JobDatabaseReadOnly(JobDatabaseUnavailable):
    """The job database cannot be written; stored jobs are not affected."""

    reason = "JOB_DATABASE_READ_ONLY"
    retry_seconds = REPAIR_SECONDS
    text = "the job database is read-only; have its operator make it writable, single ads work"
    remedy = "is read-only: make the file and its folder writable for the gateway's user"


class JobDatabaseCorrupt(JobDatabaseUnavailable):
    """The job database is corrupt; its operator must restore or repair it."""

    reason = "JOB_DATABASE_CORRUPT"
    retry_seconds = REPAIR_SECONDS
    text = "the job database is corrupt; have its operator restore it, single ads work"
    remedy = (
        "is corrupt: restore its backup (`python -m gateway.jobs restore FILE`), save what is "
        "readable (`python -m gateway.jobs repair NEW_FILE`), or move it away to start without jobs"
    )


class JobDatabaseLost(JobDatabaseUnavailable):
    """The job database was deleted, or lacks its tables; its operator must restore it."""

    reason = "JOB_DATABASE_LOST"
    retry_seconds = REPAIR_SECONDS
    text = "the job database is missing; have its operator restore it, single ads work"
    remedy = (
        "lacks tables that it had: restore its backup, or name a new database to start without jobs"
    )


# All ways in which the database can fail.
FAILURES: tuple[type[JobDatabaseUnavailable], ...] = (
    JobDatabaseUnavailable,
    JobDatabaseLost,
    JobDatabaseCorrupt,
    JobDatabaseFull,
    JobDatabaseReadOnly,
)


class DatabaseFileLost(sqlite3.OperationalError):
    """The file of an SQLite database was deleted or replaced."""


SQLITE_FAILURES: dict[int, type[JobDatabaseUnavailable]] = {
    sqlite3.SQLITE_CORRUPT: JobDatabaseCorrupt,
    sqlite3.SQLITE_NOTADB: JobDatabaseCorrupt,
    sqlite3.SQLITE_FULL: JobDatabaseFull,
    sqlite3.SQLITE_READONLY: JobDatabaseReadOnly,
}
# By the SQLSTATE of Postgres, or its class, the first two characters.
POSTGRES_FAILURES: dict[str, type[JobDatabaseUnavailable]] = {
    "42P01": JobDatabaseLost,  # undefined_table
    "3D000": JobDatabaseLost,  # invalid_catalog_name: the whole database is missing
    "3F000": JobDatabaseLost,  # invalid_schema_name
    "53100": JobDatabaseFull,  # disk_full
    "25006": JobDatabaseReadOnly,  # read_only_sql_transaction
    "XX001": JobDatabaseCorrupt,  # data_corrupted
    "XX002": JobDatabaseCorrupt,  # index_corrupted
}
# transaction_rollback, such as a serialization failure or deadlock, and lock_not_available.
POSTGRES_CONTENTION = ("40", "55P03")

# All errors with which SQLAlchemy reports a database that cannot be used: of its driver; of a pool
# without a free connection, or whose new connections were closed at once.
UNUSABLE = (DBAPIError, PoolTimeout, InvalidRequestError)
# Errors of drivers that say nothing more precise.
UNAVAILABLE = (InterfaceError, OperationalError, sqlite3.OperationalError)


def find_failure(error: DBAPIError | sqlite3.Error) -> type[JobDatabaseUnavailable] | None:
    """Returns the failure of the database that an error of its driver reports.

    error: of SQLAlchemy, or of sqlite3 itself. None when the database works: the statement was
    wrong, or a row exists already.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, DatabaseFileLost):
        return JobDatabaseLost
    if isinstance(cause, sqlite3.Error) and str(cause).startswith("no such table"):
        return JobDatabaseLost
    code, sqlstate = _read_codes(cause)
    if code == sqlite3.SQLITE_INTERRUPT:
        return None
    known = SQLITE_FAILURES.get(code) or POSTGRES_FAILURES.get(sqlstate)
    if known:
        return known
    is_unavailable = isinstance(error, UNAVAILABLE)
    return JobDatabaseUnavailable if is_unavailable else None


def is_corruption(error: sqlite3.Error) -> bool:
    """Returns whether an error says that a file is corrupt, or no SQLite database."""
    return SQLITE_FAILURES.get(_read_codes(error)[0]) is JobDatabaseCorrupt


def is_contention(error: DBAPIError) -> bool:
    """Returns whether an error only says that another transaction was first."""
    code, sqlstate = _read_codes(error.orig)
    is_locked = code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
    return is_locked or sqlstate.startswith(POSTGRES_CONTENTION)


def _read_codes(error: BaseException | None) -> tuple[int, str]:
    """Returns SQLite's primary result code of an error, or 0, and Postgres's SQLSTATE, or ""."""
    code = getattr(error, "sqlite_errorcode", None) or 0
    sqlstate = getattr(error, "sqlstate", None) or ""
    return code & PRIMARY_CODE_MASK, sqlstate
