"""Finds what is wrong with an SQLite file, for the start of a gateway and for its commands."""

import sqlite3
import time
from collections.abc import Collection
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from gateway.database import SCHEMA, SCHEMA_VERSION, find_schema_fault
from gateway.database_failures import JobDatabaseCorrupt, is_corruption

# Longest check of a file at start. One of 250 MiB takes 0.2 s of a core; of a larger one, the part
# that is read in this time is checked. Larger: a gateway with a large file starts later.
CHECK_SECONDS = 2.0
# Steps of SQLite's virtual machine between two looks at the clock, which take about 1 ms. Larger:
# the check ends later than it should; smaller: it takes longer in all.
STEPS_PER_LOOK = 10_000


class DatabaseFault(NamedTuple):
    """What is wrong with a file, to follow its name, and what its operator can do."""

    cause: str
    remedy: str
    # Whether `repair` can read some of it.
    is_repairable: bool = False

    def __str__(self) -> str:
        return f"{self.cause}: {self.remedy}"


EMPTY = DatabaseFault(
    "is empty, it was truncated", "restore its backup, or move it away to start without jobs"
)
FOLDER = DatabaseFault("is a folder", "name a file in it")
MISSING = DatabaseFault(
    "does not exist", "restore its backup, or start the gateway, which creates it"
)
UNREADABLE = DatabaseFault(
    "is no SQLite database, or its header is damaged",
    "restore its backup (`python -m gateway.jobs restore FILE`), or move it away to start without "
    "jobs",
)
_cause, _remedy = JobDatabaseCorrupt.remedy.split(": ", 1)
CORRUPT = DatabaseFault(_cause, _remedy, is_repairable=True)
WITHOUT_TABLES = DatabaseFault(
    "has no tables of Cyclorama", "restore its backup, or start the gateway, which creates them"
)


def find_database_fault(path: Path) -> DatabaseFault | None:
    """Returns what is wrong with the file of a database; None if it is complete. Reads all of it.

    Raises OSError and sqlite3.Error when it cannot be opened.
    """
    if not path.exists():
        return _find_log_fault(path) or MISSING
    if fault := find_start_fault(path, seconds=None):
        return fault
    with closing(connect_file(path)) as connection:
        return None if SCHEMA.name in _list_tables(connection) else WITHOUT_TABLES


def find_start_fault(path: Path, seconds: float | None) -> DatabaseFault | None:
    """Returns why a gateway cannot start with a file; it creates a missing file, and all tables.

    seconds: to read the file at most; None for all of it. Raises OSError and sqlite3.Error when it
    cannot be opened.
    """
    if not path.exists():
        return _find_log_fault(path)
    if path.is_dir():
        return FOLDER
    if not path.stat().st_size:
        return EMPTY
    with closing(connect_damaged_file(path)) as connection:
        return _find_content_fault(connection, seconds)


def connect_file(path: Path) -> sqlite3.Connection:
    """Opens a database, which must exist."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True)


def connect_damaged_file(path: Path) -> sqlite3.Connection:
    """Opens a database to read what is left of it, as of one that was truncated."""
    connection = connect_file(path)
    # Otherwise SQLite reads nothing of a file that is shorter than its header says.
    connection.execute("PRAGMA writable_schema=ON")
    return connection


def is_corrupt(connection: sqlite3.Connection, seconds: float | None) -> bool | None:
    """Returns whether a database is corrupt; None when the check took too long.

    connection: not to be used afterwards. seconds: to read at most; None for the whole file.
    """
    if seconds is not None:
        end = time.monotonic() + seconds
        connection.set_progress_handler(lambda: time.monotonic() > end, STEPS_PER_LOOK)
    try:
        # At most one finding, which suffices.
        rows = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.DatabaseError as error:
        return None if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT else True
    return bool(rows != [("ok",)])


def _find_log_fault(path: Path) -> DatabaseFault | None:
    """Returns what is wrong with a missing file: that its log, which has data, is still there."""
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() or not log.stat().st_size:
        return None
    return DatabaseFault(
        f"is missing, and its log {log} is there",
        "restore its backup, or move the log away to start without jobs",
    )


def _find_content_fault(
    connection: sqlite3.Connection, seconds: float | None
) -> DatabaseFault | None:
    """Returns what is wrong with tables and pages of a database.

    connection: as of connect_damaged_file. seconds: as of is_corrupt.
    """
    try:
        tables = _list_tables(connection)
    except sqlite3.DatabaseError as error:
        if is_corruption(error):
            return UNREADABLE
        raise
    try:
        version = _read_version(connection, tables)
    except sqlite3.DatabaseError as error:
        if is_corruption(error):
            return CORRUPT
        raise
    if sentence := find_schema_fault(tables, version):
        return DatabaseFault(*sentence)
    connection.execute("PRAGMA writable_schema=OFF")
    return CORRUPT if is_corrupt(connection, seconds) else None


def _list_tables(connection: sqlite3.Connection) -> set[str]:
    """Returns the names of all tables."""
    rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name for (name,) in rows}


def _read_version(connection: sqlite3.Connection, tables: Collection[str]) -> int | None:
    """Returns the version of Cyclorama's tables; None when there is none."""
    if SCHEMA.name not in tables:
        return None
    row = connection.execute(f"SELECT version FROM {SCHEMA.name}").fetchone()
    return row[0] if row else SCHEMA_VERSION
