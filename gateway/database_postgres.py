"""Connections to a Postgres database, directly or through a pool such as PgBouncer."""

import time
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

# Time without use after which a connection to Postgres is checked before its next use. Smaller:
# fewer queries fail after a restart of the database; more round trips.
PING_AFTER_SECONDS = 1.0
# Longest pause of a gateway within a transaction, after which Postgres ends it. Larger: others wait
# longer for a gateway that stands still; smaller: busy machines lose transactions.
MAX_PAUSE_SECONDS = 10.0
# Longest waits: for a connection, new or of the pool, and for a lock of another transaction.
# Larger: calls fail later while the database stands still; smaller: they fail while it is busy.
CONNECT_SECONDS, POOL_SECONDS, LOCK_SECONDS = 5, 5.0, 5.0
# Of libpq, each unless the address has it: a server whose machine is lost is noticed within 10 s.
CONNECTION: dict[str, Any] = {
    "connect_timeout": CONNECT_SECONDS,
    "keepalives_idle": 4,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
# The settings of every transaction that writes, and of nothing else: connections of a PgBouncer are
# those of others afterwards, and it refuses settings that come with a connection.
BEGIN = (
    f"SET LOCAL idle_in_transaction_session_timeout = {round(1000 * MAX_PAUSE_SECONDS)}; "
    f"SET LOCAL lock_timeout = {round(1000 * LOCK_SECONDS)}"
)


def open_postgres(url: sa.URL, *, begin_immediate: bool) -> sa.Engine:
    """Returns an engine for a Postgres database; its connections are checked after a pause.

    url: with the driver. begin_immediate: whether the transactions write; otherwise, every
    statement is a transaction of its own.
    """
    arguments = {name: value for name, value in CONNECTION.items() if name not in url.query}
    # A database created without an encoding would return bytes in place of text. Statements that
    # are prepared belong to one connection, which a PgBouncer changes.
    arguments |= {"client_encoding": "utf8", "prepare_threshold": None}
    engine = sa.create_engine(url, connect_args=arguments, pool_timeout=POOL_SECONDS)
    _check_connections(engine)
    if not begin_immediate:
        return engine.execution_options(isolation_level="AUTOCOMMIT")

    @sa.event.listens_for(engine, "begin")
    def limit_transaction(connection: sa.Connection) -> None:
        """Sets how long a transaction waits, and how long others wait for it."""
        connection.exec_driver_sql(BEGIN)

    return engine


def _check_connections(engine: sa.Engine) -> None:
    """Has connections that were closed meanwhile replaced before they are used."""

    @sa.event.listens_for(engine, "connect")
    @sa.event.listens_for(engine, "checkin")
    def note_use(_connection: object, entry: ConnectionPoolEntry) -> None:
        """Notes when a connection was last used; a new one is not checked, its use tells."""
        entry.info["used"] = time.monotonic()

    @sa.event.listens_for(engine, "checkout")
    def check_connection(
        connection: sa.engine.interfaces.DBAPIConnection, entry: ConnectionPoolEntry, _: object
    ) -> None:
        """Raises DisconnectionError, whereupon the pool connects again, when it was closed."""
        if time.monotonic() - entry.info.get("used", 0.0) < PING_AFTER_SECONDS:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError("the database closed the connection") from error
