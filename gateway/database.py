"""The database of jobs, workers and quota usage: SQLite in a file or in memory, or Postgres."""

from collections.abc import Collection
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from gateway.database_file import open_file
from gateway.database_postgres import open_postgres

IN_MEMORY = "sqlite://"
VARIABLE = "CYCLORAMA_GATEWAY_DATABASE"
# By the name that an address begins with.
DRIVERS = {
    "sqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
}
SUPPORTED = "sqlite:///path or postgresql://user@host/name"
# Version of all tables together; a database of another version is refused. Raise it with every
# change of a table.
SCHEMA_VERSION = 8
# Connections of an engine that reads an SQLite file. Larger: fewer queries wait for others; each
# caches up to 2 MiB of the file.
READ_CONNECTIONS = 8
# Longest wait for a connection to an SQLite file, of which one writes at a time. Larger: calls fail
# later while another program locks the file; smaller: they fail while it is only busy.
POOL_SECONDS = 5.0
TABLES = sa.MetaData()
SCHEMA = sa.Table(
    "cyclorama_schema",
    TABLES,
    sa.Column("only", sa.Integer, primary_key=True),
    sa.Column("version", sa.Integer, nullable=False),
)


def open_database(address: str, *, begin_immediate: bool = False) -> sa.Engine:
    """Returns an SQLAlchemy engine for a database address; a missing SQLite file is created.

    address: "sqlite:///path" or "postgresql://..."; IN_MEMORY lasts as long as the process.
    begin_immediate: whether the transactions write. Those of SQLite then take the write lock when
    they begin, one at a time; without it, every statement of Postgres is a transaction of its own.
    Raises SystemExit for an invalid or unsupported address.
    """
    url = parse_address(address)
    if url.drivername != "sqlite":
        return open_postgres(url, begin_immediate=begin_immediate)
    engine = _open_sqlite(url, begin_immediate)
    _configure_sqlite(engine, begin_immediate)
    return engine


def parse_address(address: str) -> sa.URL:
    """Returns the address of a database with the driver that is used: of SQLite or Postgres.

    Raises SystemExit, with what is supported, for any other address.
    """
    try:
        url = sa.make_url(address)
        backend = url.get_backend_name()
    except (ArgumentError, ValueError):
        # Without the address, which may contain a password.
        raise SystemExit(f"{VARIABLE}: is no address of a database; name {SUPPORTED}") from None
    if backend not in DRIVERS:
        raise SystemExit(f"{VARIABLE}: {backend} is not supported; name {SUPPORTED}")
    return url.set(drivername=DRIVERS[backend])


def close_database(engine: sa.Engine) -> None:
    """Closes the connections of an engine; an SQLite file is complete by itself afterwards.

    Otherwise its latest transactions would stay in the write-ahead log next to it.
    """
    with suppress(DBAPIError):
        empty_log(engine)
    engine.dispose()


def empty_log(engine: sa.Engine) -> bool:
    """Empties the write-ahead log of an SQLite database, which has earlier versions of its pages.

    Returns whether it is empty: not while another connection reads or writes. Postgres has none
    that clients can empty.
    """
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as connection:
        # Outside of a transaction, which the engine may begin.
        dbapi_connection: Any = connection.connection.driver_connection
        dbapi_connection.rollback()
        is_busy, *_ = dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    return not is_busy


def create_tables(write_engine: sa.Engine) -> None:
    """Creates the tables of TABLES that the database lacks, and the row with their version.

    write_engine: connects to the database; opened with `begin_immediate`. Raises SystemExit when
    another version wrote the database, which is then left unchanged, or when it has lost tables.
    """
    with write_engine.begin() as connection:
        existing = set(sa.inspect(connection).get_table_names())
        has_version = SCHEMA.name in existing
        version = connection.scalar(sa.select(SCHEMA.c.version)) if has_version else None
        if fault := find_schema_fault(existing, version):
            raise SystemExit(f"the job database {': '.join(fault)}")
        TABLES.create_all(connection)
        # The table has one row, with the key 1, and two gateways may start at the same time.
        insert_if_missing(connection, SCHEMA, only=1, version=SCHEMA_VERSION)


def find_schema_fault(existing: Collection[str], version: int | None) -> tuple[str, str] | None:
    """Returns why the tables of a database cannot be used, and what to do; None if they can.

    existing: names of all its tables. version: of Cyclorama's tables; None where none is stored.
    """
    if version is None and TABLES.tables.keys() & set(existing):
        # It had no table for its version.
        version = 1
    if version not in (None, SCHEMA_VERSION):
        return (
            f"has schema {version}, and this version of Cyclorama needs {SCHEMA_VERSION}",
            "let the version that wrote it finish its jobs, then name a new database in "
            f"{VARIABLE}; nothing in the old one was changed",
        )
    # A database without any of them is new.
    ours = TABLES.tables.keys() if version else set()
    if missing := sorted(ours - set(existing)):
        return (
            f"lacks tables that it had, {', '.join(missing)}",
            f"restore its backup, or name a new database in {VARIABLE} to start without jobs",
        )
    return None


def insert_if_missing(connection: sa.Connection, table: sa.Table, **values: object) -> bool:
    """Inserts a row unless its primary key exists; returns whether it was inserted.

    values: by name of the column.
    """
    statement = build_insert_if_missing(table, connection.dialect.name)
    # Else the count of Postgres is -1.
    counted = statement.execution_options(preserve_rowcount=True)
    return connection.execute(counted, values).rowcount == 1


@cache
def build_insert_if_missing(table: sa.Table, dialect: str) -> sa.Insert:
    """Returns a statement that inserts rows unless their primary key exists.

    dialect: name of that of the database.
    """
    if dialect == "sqlite":
        return sqlite.insert(table).on_conflict_do_nothing()
    return postgresql.insert(table).on_conflict_do_nothing()


def _open_sqlite(url: sa.URL, begin_immediate: bool) -> sa.Engine:
    """Returns an engine for a SQLite file, whose folder is created, or a database in memory.

    url: without a path for a database in memory. begin_immediate: as of open_database. Raises
    SystemExit when the folder cannot be created.
    """
    if not url.database:
        # A database in memory disappears with its connection: all threads share one.
        arguments = {"check_same_thread": False}
        return sa.create_engine(
            url,
            connect_args=arguments,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            pool_timeout=POOL_SECONDS,
        )
    folder = Path(url.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        reason = f"{folder} cannot be made: {error.strerror}"
        raise SystemExit(f"{VARIABLE}: {reason}") from None
    file = open_file(Path(url.database))
    # Writers wait for the connection, in turn: for the lock of a file, SQLite sleeps up to 0.1 s.
    connections = 1 if begin_immediate else READ_CONNECTIONS
    engine = sa.create_engine(
        url,
        creator=file.connect,
        pool_size=connections,
        max_overflow=0,
        pool_timeout=POOL_SECONDS,
        # Few are in use at a time, and each caches pages.
        pool_use_lifo=True,
    )
    file.watch_engine(engine)
    return engine


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
        # What is deleted is overwritten: a job that was deleted leaves no bytes in the file.
        connection.execute("PRAGMA secure_delete=ON")
        if begin_immediate:
            # sqlite3 itself then begins no transaction; begin_transaction does.
            connection.isolation_level = None

    if begin_immediate:

        @sa.event.listens_for(engine, "begin")
        def begin_transaction(connection: sa.Connection) -> None:
            """Begins a transaction that takes the write lock at once."""
            connection.exec_driver_sql("BEGIN IMMEDIATE")
