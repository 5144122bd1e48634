"""Deletes old jobs, and artifacts that no job needs."""

import asyncio
from datetime import UTC, datetime, timedelta

import structlog

from gateway.artifacts import ArtifactStore
from gateway.database_threads import work_on_database
from gateway.jobs.erasure import JobEraser
from gateway.jobs.erasure_ledger import ErasureLedger
from gateway.jobs.ledger import JobLedger
from gateway.metrics import STORE_BYTES, STORE_LIMIT_BYTES
from services.runtime.errors import ArtifactStoreUnavailable, JobDatabaseUnavailable

# Time between two cleanups. Smaller: the store exceeds its limits for a shorter time, and is
# listed more often, which buckets charge for.
CLEANUP_INTERVAL_SECONDS = 3600.0
# Age below which artifacts stay even above the size limit: ads in progress refer to them.
MIN_AGE = timedelta(hours=1)
GIB = 2**30  # Bytes.

log = structlog.get_logger()


async def run_cleanups(
    ledger: JobLedger,
    artifacts: ArtifactStore,
    erasures: ErasureLedger,
    eraser: JobEraser,
    days: float,
    gib: float,
) -> None:
    """Deletes old jobs and artifacts at once and then every hour, until cancelled.

    Continues deletions of jobs that were interrupted as well. days: age from which they are old.
    gib: size of the artifact store, in GiB, above which its oldest artifacts are deleted too. A
    cleanup that fails is logged.
    """
    while True:
        try:
            await eraser.erase_deleted_jobs()
            await delete_old_data(ledger, artifacts, days, gib)
            kept_since = datetime.now(UTC) - timedelta(days=days)
            await work_on_database(erasures.forget_erasures, kept_since)
        except (JobDatabaseUnavailable, ArtifactStoreUnavailable):
            log.warning("cleanup failed; retrying in an hour")
        await asyncio.sleep(CLEANUP_INTERVAL_SECONDS)


async def delete_old_data(
    ledger: JobLedger, artifacts: ArtifactStore, days: float, gib: float
) -> None:
    """Deletes old jobs that have ended, then old artifacts that no remaining job needs.

    days: age from which they are old. gib: size of the store, in GiB; while it is exceeded, the
    oldest artifacts are deleted too, except those of the last hour.
    """
    now = datetime.now(UTC)
    kept_since = now - timedelta(days=days)
    await work_on_database(ledger.delete_ended_jobs, kept_since)
    needed_keys = await work_on_database(ledger.list_artifact_keys)
    entries = sorted(await artifacts.list_entries(), key=lambda entry: entry.written)
    limit_bytes = gib * GIB
    excess_bytes = sum(entry.size for entry in entries) - limit_bytes
    for entry in entries:
        is_surplus = excess_bytes > 0 and entry.written < now - MIN_AGE
        if (entry.written < kept_since or is_surplus) and entry.name not in needed_keys:
            await artifacts.delete_entry(entry.path)
            excess_bytes -= entry.size
    STORE_BYTES.set(limit_bytes + excess_bytes)
    STORE_LIMIT_BYTES.set(limit_bytes)
