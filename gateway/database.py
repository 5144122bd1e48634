"""The database of jobs, workers and quota usage: SQLite in a file or in memory, or Postgres."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, InterfaceError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from services.runtime.errors import JobDatabaseUnavailable

# Time that SQLite waits for another process to finish writing. Transactions here take
# milliseconds, so only a stuck process runs into it.
BUSY_TIMEOUT_SECONDS = 30
IN_MEMORY = "sqlite://"
# Version of all tables together; a database of another version is refused. Raise it with every
# change of a table.
SCHEMA_VERSION = 5
TABLES = sa.MetaData()
SCHEMA = sa.Table(
    "cyclorama_schema",
    TABLES,
    sa.Column("only", sa.Integer, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)
P = ParamSpec("P")
R = TypeVar("R")


def open_database(address: str, *, begin_immediate: bool = False) -> sa.Engine:
    """Returns an SQLAlchemy engine for a database address; a missing SQLite file is created.

    address: "sqlite:///path" or "postgresql://..."; IN_MEMORY lasts as long as the process.
    begin_immediate: whether SQLite transactions take the write lock when they begin, so that those
    that read before they write wait for each other instead of failing.
    Raises SystemExit for an invalid address.
    """
    try:
        url = sa.make_url(address)
    except ArgumentError:
        # Without the address, which may contain a password.
        reason = "is no address of a database; send sqlite:///path or postgresql://..."
        raise SystemExit(f"CYCLORAMA_GATEWAY_DATABASE: {reason}") from None
    if url.get_backend_name() != "sqlite":
        url = url.set(drivername="postgresql+psycopg")
        # A database created without an encoding would return bytes in place of text.
        encoding = {"client_encoding": "utf8"}
        # Replaces connections that a restarted database has closed.
        return sa.create_engine(url, connect_args=encoding, pool_pre_ping=True)
    engine = _open_sqlite(url)
    _configure_sqlite(engine, begin_immediate)
    return engine


def create_tables(write_engine: sa.Engine) -> None:
    """Creates the tables of TABLES that the database lacks, and the row with their version.

    write_engine: connects to the database; opened with `begin_immediate`. Raises SystemExit when
    another version wrote the database, which is then left unchanged.
    """
    with write_engine.begin() as connection:
        existing_version = _read_schema_version(connection)
        if existing_version not in (None, SCHEMA_VERSION):
            raise SystemExit(
                f"the job database has schema {existing_version}, and this version of Cyclorama "
                f"needs {SCHEMA_VERSION}: let the version that wrote it finish its jobs, then name "
                "a new database in CYCLORAMA_GATEWAY_DATABASE; nothing in the old one was changed"
            )
        TABLES.create_all(connection)
        # The table has one row, with the key 1, and two gateways may start at the same time.
        insert_if_missing(connection, SCHEMA, only=1, version=SCHEMA_VERSION)


def insert_if_missing(connection: sa.Connection, table: sa.Table, **values: object) -> bool:
    """Inserts a row unless its primary key exists; returns whether it was inserted.

    values: by name of the column.
    """
    statement: sa.Insert
    if connection.dialect.name == "sqlite":
        statement = sqlite.insert(table).values(values).on_conflict_do_nothing()
    else:
        statement = postgresql.insert(table).values(values).on_conflict_do_nothing()
    return bool(connection.execute(statement).rowcount)


async def call_database(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Calls a function that uses the database, in a thread; returns its result.

    The arguments are passed on. Raises JobDatabaseUnavailable when the database cannot be reached.
    """
    try:
        return await asyncio.to_thread(function, *args, **kwargs)
    except (InterfaceError, OperationalError) as error:
        raise JobDatabaseUnavailable() from error


def _open_sqlite(url: sa.URL) -> sa.Engine:
    """Returns an engine for a SQLite file, whose folder is created, or a database in memory.

    url: without a path for a database in memory. Raises SystemExit when the folder cannot be
    created.
    """
    arguments: dict[str, object] = {"timeout": BUSY_TIMEOUT_SECONDS}
    if not url.database:
        # A database in memory disappears with its connection: all threads share one.
        arguments["check_same_thread"] = False
        return sa.create_engine(
            url, connect_args=arguments, poolclass=QueuePool, pool_size=1, max_overflow=0
        )
    folder = Path(url.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"{folder} cannot be made: {error.strerror}"
        raise SystemExit(f"CYCLORAMA_GATEWAY_DATABASE: {reason}") from None
    return sa.create_engine(url, connect_args=arguments)


def _configure_sqlite(engine: sa.Engine, begin_immediate: bool) -> None:
    """Sets the journal mode, and how transactions begin, for all connections of an engine.

    engine: of a SQLite database. begin_immediate: whether transactions take the write lock when
    they begin, not at their first write.
    """

    @sa.event.listens_for(engine, "connect")
    def configure_connection(connection: Any, _: ConnectionPoolEntry) -> None:
        """Configures a new connection of Python's sqlite3 module."""
        # Commits take a thousandth of the time that SQLite's default journal needs.
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        if begin_immediate:
            # sqlite3 itself then begins no transaction; begin_transaction does.
            connection.isolation_level = None

    if begin_immediate:

        @sa.event.listens_for(engine, "begin")
        def begin_transaction(connection: sa.Connection) -> None:
            """Begins a transaction that takes the write lock at once."""
            connection.exec_driver_sql("BEGIN IMMEDIATE")


def _read_schema_version(connection: sa.Connection) -> int | None:
    """Returns the version of Cyclorama's tables in the database; None when it has none of them."""
    existing = set(sa.inspect(connection).get_table_names())
    if SCHEMA.name in existing:
        return connection.scalar(sa.select(SCHEMA.c.version))
    # Version 1 had no version table.
    return 1 if existing & TABLES.tables.keys() else None
