"""Lets go of old jobs and of what nobody has needed for long."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from gateway.artifacts import Artifacts
from gateway.database import ask
from gateway.jobs.ledger import Ledger
from gateway.metrics import KEPT_BYTES, KEPT_LIMIT_BYTES
from services.runtime.errors import ArtifactStoreUnavailable, JobDatabaseUnavailable

ROUND_SECONDS = 3600.0
LATELY = timedelta(hours=1)

log = structlog.get_logger()


async def keep_tidy(ledger: Ledger, artifacts: Artifacts, days: float, gib: float) -> None:
    """Once an hour drops what is older than `days`, then the oldest beyond `gib`; never returns."""
    while True:
        try:
            await tidy(ledger, artifacts, days, gib)
        except (JobDatabaseUnavailable, ArtifactStoreUnavailable):
            log.warning("the store could not be tidied")
        await asyncio.sleep(ROUND_SECONDS)


async def tidy(ledger: Ledger, artifacts: Artifacts, days: float, gib: float) -> None:
    """One such round. What a job needs that is still there stays, and so does the last hour's."""
    now = datetime.now(UTC)
    limit = now - timedelta(days=days)
    await ask(ledger.forget, limit)
    needed = await ask(ledger.keys)
    kept = sorted(await artifacts.list(), key=lambda each: each.written)
    limit_bytes = gib * 2**30
    too_much = sum(each.size for each in kept) - limit_bytes
    for each in kept:
        old = each.written < limit or (too_much > 0 and each.written < now - LATELY)
        if old and each.name not in needed:
            await artifacts.drop(each.path)
            too_much -= each.size
    KEPT_BYTES.set(limit_bytes + too_much)
    KEPT_LIMIT_BYTES.set(limit_bytes)
