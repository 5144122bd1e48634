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
# By name; not as `options` of the connection, which PgBouncer refuses.
LIMITS = {
    "idle_in_transaction_session_timeout": round(1000 * MAX_PAUSE_SECONDS),
    "lock_timeout": round(1000 * LOCK_SECONDS),
}
SET_IN_SESSION = "; ".join(f"SET SESSION {name} = {value}" for name, value in LIMITS.items())
SET_IN_TRANSACTION = "; ".join(f"SET LOCAL {name} = {value}" for name, value in LIMITS.items())


def open_postgres(url: sa.URL, *, begin_immediate: bool) -> sa.Engine:
    """Returns an engine for a Postgres database; its connections are checked after a pause.

    url: with the driver. begin_immediate: whether the transactions write; otherwise, every
    statement is a transaction of its own.
    """
    arguments = {name: value for name, value in CONNECTION.items() if name not in url.query}
    # A database created without an encoding would return bytes in place of text.
    arguments["client_encoding"] = "utf8"
    engine = sa.create_engine(url, connect_args=arguments, pool_timeout=POOL_SECONDS)
    sa.event.listen(engine, "connect", _adapt_to_pooler)
    _check_connections(engine)
    if not begin_immediate:
        return engine.execution_options(isolation_level="AUTOCOMMIT")

    @sa.event.listens_for(engine, "begin")
    def limit_transaction(connection: sa.Connection) -> None:
        """Limits a transaction where its session has no limits."""
        if connection.connection.info["is_pooled"]:
            connection.exec_driver_sql(SET_IN_TRANSACTION)

    return engine


def _adapt_to_pooler(connection: Any, entry: ConnectionPoolEntry) -> None:
    """Limits the session of a new connection, unless a pooler such as PgBouncer shares it.

    A pooler may use another session for every transaction, and has others use it afterwards: no
    statements are prepared there, and each transaction is limited by itself.
    """
    pid = connection.execute("SELECT pg_backend_pid()").fetchone()[0]
    # A pooler tells its clients a number of its own.
    entry.info["is_pooled"] = is_pooled = pid != connection.info.backend_pid
    if is_pooled:
        connection.prepare_threshold = None
    else:
        connection.execute(SET_IN_SESSION)
    connection.commit()


def _check_connections(engine: sa.Engine) -> None:
    """Has connections that were closed meanwhile replaced before they are used."""

    @sa.event.listens_for(engine, "connect")
    @sa.event.listens_for(engine, "checkin")
    def note_use(_connection: object, entry: ConnectionPoolEntry) -> None:
        """Notes when a connection was last used; a new one is used without a check."""
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
