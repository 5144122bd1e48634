"""What callers have used up today, in the database that gateways share."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa

from gateway.callers.caller import Caller
from gateway.callers.quotas import QuotaExceeded
from gateway.database import INSERTS, TABLES, ask, create_tables

MIB = 2**20
USAGE = sa.Table(
    "cyclorama_usage",
    TABLES,
    sa.Column("caller", sa.String(64), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("ads", sa.BigInteger, nullable=False),
    sa.Column("bytes", sa.BigInteger, nullable=False),
)


def _now() -> datetime:
    return datetime.now(UTC)


class Usage:
    """Counts ads and bytes by caller and day, which begins at midnight UTC.

    writes: opened with `writes_first`. All gateways on one database count together.
    """

    def __init__(self, writes: sa.Engine, now: Callable[[], datetime] = _now) -> None:
        self._writes, self._now = writes, now
        create_tables(writes)

    async def spend(self, caller: Caller, ads: int, sent: int) -> None:
        """Counts ads and bytes sent; raises QuotaExceeded, and counts nothing, beyond a quota."""
        if _has_quota(caller):
            await ask(self._spend, caller, ads, sent)

    async def check(self, caller: Caller, ads: int, sent: int) -> None:
        """Raises what spend would, and counts nothing."""
        if _has_quota(caller):
            await ask(self._check, caller, ads, sent)

    def spend_within(self, connection: sa.Connection, caller: Caller, ads: int, sent: int) -> None:
        """As spend, as a part of a transaction, which decides whether it was spent."""
        if not _has_quota(caller):
            return
        now = self._now()
        spent = {"ads": USAGE.c.ads + ads, "bytes": USAGE.c.bytes + sent}
        self._begin_day(connection, caller, now)
        wanted = sa.and_(_of(caller, now), *_within(caller, spent))
        if not connection.execute(USAGE.update().where(wanted).values(spent)).rowcount:
            used = connection.execute(sa.select(USAGE).where(_of(caller, now))).one()
            raise _exceeded(caller, used.ads + ads, now)

    def _spend(self, caller: Caller, ads: int, sent: int) -> None:
        with self._writes.begin() as connection:
            self.spend_within(connection, caller, ads, sent)

    def _check(self, caller: Caller, ads: int, sent: int) -> None:
        with self._writes.connect() as connection:
            self.spend_within(connection, caller, ads, sent)
            connection.rollback()

    def _begin_day(self, connection: sa.Connection, caller: Caller, now: datetime) -> None:
        nothing = {"caller": caller.name, "day": now.date(), "ads": 0, "bytes": 0}
        insert = INSERTS[connection.dialect.name](USAGE).values(nothing)
        if connection.execute(insert.on_conflict_do_nothing()).rowcount:
            # Not yesterday: another gateway's clock may be behind.
            old = now.date() - timedelta(days=1)
            mine = sa.and_(USAGE.c.caller == caller.name, USAGE.c.day < old)
            connection.execute(USAGE.delete().where(mine))


def _has_quota(caller: Caller) -> bool:
    return caller.ads_per_day is not None or caller.mib_per_day is not None


def _of(caller: Caller, now: datetime) -> sa.ColumnElement:
    return sa.and_(USAGE.c.caller == caller.name, USAGE.c.day == now.date())


def _within(caller: Caller, spent: dict[str, sa.ColumnElement]) -> list[sa.ColumnElement]:
    bounds = []
    if caller.ads_per_day is not None:
        bounds.append(spent["ads"] <= caller.ads_per_day)
    if caller.mib_per_day is not None:
        bounds.append(spent["bytes"] <= int(caller.mib_per_day * MIB))
    return bounds


def _exceeded(caller: Caller, ads: int, now: datetime) -> QuotaExceeded:
    midnight = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
    seconds = max(1, round((midnight - now).total_seconds()))
    if caller.ads_per_day is not None and ads > caller.ads_per_day:
        return QuotaExceeded(caller, f"your {caller.ads_per_day} ads a day are used up", seconds)
    what = f"the {caller.mib_per_day:g} MiB that you may send a day are used up"
    return QuotaExceeded(caller, what, seconds)
