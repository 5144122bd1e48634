"""Counts the daily quota usage of callers in the database that gateways share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from gateway.callers.caller import Caller
from gateway.callers.quotas import QuotaExceeded
from gateway.database import TABLES, create_tables, insert_if_missing
from gateway.database_threads import write_database

MIB = 2**20  # Bytes.
USAGE = sa.Table(
    "cyclorama_usage",
    TABLES,
    sa.Column("caller", sa.String(64), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("ads", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
)


def _read_clock() -> datetime:
    """Returns the current time in UTC."""
    return datetime.now(UTC)


class QuotaUsage:
    """Counts ads and request bytes by caller and day; a day begins at midnight UTC.

    write_engine: opened with `begin_immediate`. All gateways on one database count together.
    """

    def __init__(
        self, write_engine: sa.Engine, read_clock: Callable[[], datetime] = _read_clock
    ) -> None:
        """Creates the table of usage if it is missing.

        write_engine: connects to the database; opened with `begin_immediate`. read_clock: returns
        the current time in UTC.
        """
        self._write_engine, self._read_clock = write_engine, read_clock
        create_tables(write_engine)

    async def charge_quota(self, caller: Caller, ads: int, request_bytes: int) -> None:
        """Adds ads and bytes to what a caller has used today.

        ads: number of ads that the request makes. request_bytes: its size. Raises QuotaExceeded,
        and adds nothing, when that would exceed a daily quota. Without one, nothing is counted.
        """
        if _has_daily_quota(caller):
            await write_database(self._charge_quota, caller, ads, request_bytes)

    async def check_quota(self, caller: Caller, ads: int, request_bytes: int) -> None:
        """Raises QuotaExceeded when a request would exceed a daily quota of a caller; adds nothing.

        ads: number of ads that the request makes. request_bytes: its size.
        """
        if _has_daily_quota(caller):
            await write_database(self._check_quota, caller, ads, request_bytes)

    def charge_in_transaction(
        self, connection: sa.Connection, caller: Caller, ads: int, request_bytes: int
    ) -> None:
        """Adds ads and bytes to what a caller has used today, within an open transaction.

        connection: with that transaction; a rollback undoes the charge. ads: number of ads that
        the request makes. request_bytes: its size. Raises QuotaExceeded when a daily quota would be
        exceeded. Without one, nothing is counted.
        """
        if not _has_daily_quota(caller):
            return
        now = self._read_clock()
        charged = {"ads": USAGE.c.ads + ads, "bytes": USAGE.c.bytes + request_bytes}
        self._start_day(connection, caller, now)
        allowed = sa.and_(_match_usage(caller, now), *_build_quota_conditions(caller, charged))
        # Checks and charges in one statement; no row is updated when a quota would be exceeded.
        if not connection.execute(USAGE.update().where(allowed).values(charged)).rowcount:
            used = connection.execute(sa.select(USAGE).where(_match_usage(caller, now))).one()
            raise _build_daily_quota_error(caller, ads=used.ads + ads, now=now)

    def _charge_quota(self, caller: Caller, ads: int, request_bytes: int) -> None:
        """Charges the daily quotas of a caller in a transaction of its own; blocks the thread."""
        with self._write_engine.begin() as connection:
            self.charge_in_transaction(connection, caller, ads, request_bytes)

    def _check_quota(self, caller: Caller, ads: int, request_bytes: int) -> None:
        """Charges the daily quotas of a caller, then undoes it; blocks the thread.

        Raises QuotaExceeded when a quota would be exceeded.
        """
        with self._write_engine.connect() as connection:
            self.charge_in_transaction(connection, caller, ads, request_bytes)
            connection.rollback()

    def _start_day(self, connection: sa.Connection, caller: Caller, now: datetime) -> None:
        """Inserts the row for a caller's usage today if it is missing; then also deletes old rows.

        Old are those of the caller from before yesterday. now: the current time in UTC.
        """
        if insert_if_missing(connection, USAGE, caller=caller.name, day=now.date(), ads=0, bytes=0):
            # Keeps yesterday: the clock of another gateway may be behind.
            yesterday = now.date() - timedelta(days=1)
            outdated = sa.and_(USAGE.c.caller == caller.name, USAGE.c.day < yesterday)
            connection.execute(USAGE.delete().where(outdated))


def _has_daily_quota(caller: Caller) -> bool:
    """Returns whether the ads or bytes per day of a caller are limited."""
    return caller.ads_per_day is not None or caller.mib_per_day is not None


def _match_usage(caller: Caller, now: datetime) -> sa.ColumnElement[bool]:
    """Returns an SQL condition that selects the usage of a caller today."""
    return sa.and_(USAGE.c.caller == caller.name, USAGE.c.day == now.date())


def _build_quota_conditions(
    caller: Caller, charged: dict[str, sa.ColumnElement[int]]
) -> list[sa.ColumnElement[bool]]:
    """Returns the SQL conditions for a charge: one for each daily quota that the caller has.

    charged: SQL expressions for the usage after the charge, of "ads" and "bytes".
    """
    conditions = []
    if caller.ads_per_day is not None:
        conditions.append(charged["ads"] <= caller.ads_per_day)
    if caller.mib_per_day is not None:
        conditions.append(charged["bytes"] <= int(caller.mib_per_day * MIB))
    return conditions


def _build_daily_quota_error(caller: Caller, ads: int, now: datetime) -> QuotaExceeded:
    """Returns the error for a charge that was refused, with the time until midnight UTC.

    ads: those of today, the refused ones included; when they are within the quota, the quota of
    bytes is exceeded. now: the current time in UTC.
    """
    midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    seconds = max(1, round((midnight - now).total_seconds()))
    if caller.ads_per_day is not None and ads > caller.ads_per_day:
        return QuotaExceeded(caller, f"your {caller.ads_per_day} ads a day are used up", seconds)
    what = f"the {caller.mib_per_day:g} MiB that you may send a day are used up"
    return QuotaExceeded(caller, what, seconds)
