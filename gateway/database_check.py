"""Checks whether the job database can be used, and says at start why it cannot."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from gateway.database import TABLES, parse_address
from gateway.database_failures import JobDatabaseFull, JobDatabaseReadOnly, find_failure
from gateway.database_faults import CHECK_SECONDS, find_start_fault, is_corrupt
from services.runtime.errors import JobDatabaseUnavailable

# Bytes that SQLite needs to open a file: an index of its log of 32 KiB, and the first pages of it.
# Larger: a disk with some space left counts as full.
MIN_FREE_BYTES = 2**17


@contextmanager
def exit_if_unusable(address: str) -> Iterator[None]:
    """Raises SystemExit, with a sentence for the operator, when the database fails in the block.

    address: of the database. Checks the file of an SQLite database first.
    """
    path = find_database_path(address)
    name = path or parse_address(address).render_as_string(hide_password=True)
    try:
        if path and (fault := find_start_fault(path, CHECK_SECONDS)):
            raise SystemExit(f"the job database {name} {fault}")
        yield
    except (DBAPIError, sqlite3.Error) as error:
        if not (failure := find_failure(error)):
            raise
        if path and failure is JobDatabaseUnavailable:
            failure = _examine_disk(path.parent)
        raise SystemExit(f"the job database {name} {failure.remedy}") from None
    except OSError as error:
        raise SystemExit(
            f"the job database {name} cannot be opened, {error.strerror}: correct its path, or "
            "make its folder readable and writable for the gateway's user"
        ) from None


def find_corruption(engine: sa.Engine) -> bool | None:
    """Returns whether an SQLite database is corrupt; None when the check took too long.

    Reads at most CHECK_SECONDS, from the disk: nothing of the file is cached in the connection.
    Postgres checks its pages itself.
    """
    if engine.dialect.name != "sqlite" or not engine.url.database:
        return False
    with engine.connect() as connection:
        driver_connection = connection.connection.driver_connection
        # Closed after use, not returned to the pool with its time limit.
        connection.detach()
        assert isinstance(driver_connection, sqlite3.Connection)
        driver_connection.execute("PRAGMA cache_size=0")
        return is_corrupt(driver_connection, CHECK_SECONDS)


def read_all_tables(engine: sa.Engine) -> None:
    """Reads a row of every table; raises DBAPIError when one is missing or cannot be read."""
    with engine.connect() as connection:
        for table in TABLES.sorted_tables:
            connection.execute(sa.select(sa.literal(1)).select_from(table).limit(1)).first()


def is_file_missing(address: str) -> bool:
    """Returns whether an address is that of an SQLite file that does not exist.

    Raises OSError when its folder cannot be read.
    """
    path = find_database_path(address)
    return path is not None and not path.exists()


def find_database_path(address: str) -> Path | None:
    """Returns the path of an SQLite database; None for one in memory, or Postgres.

    Raises SystemExit for any other address.
    """
    url = parse_address(address)
    return Path(url.database) if url.drivername == "sqlite" and url.database else None


def _examine_disk(folder: Path) -> type[JobDatabaseUnavailable]:
    """Returns why a file in a folder cannot be opened: SQLite says the same for several reasons."""
    try:
        status = os.statvfs(folder)
    except OSError:
        return JobDatabaseUnavailable
    if status.f_flag & os.ST_RDONLY or not os.access(folder, os.W_OK):
        return JobDatabaseReadOnly
    is_full = status.f_bavail * status.f_frsize < MIN_FREE_BYTES
    return JobDatabaseFull if is_full else JobDatabaseUnavailable
