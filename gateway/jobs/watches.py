"""Watches a job: streams it after each of its events, or waits, until it has ended."""

import asyncio
from collections.abc import AsyncIterator

from cyclorama.v1 import ads_pb2
from gateway.database_threads import read_database
from gateway.jobs.feeds import PAGE_EVENTS, JobFeed
from gateway.jobs.ledger import JobLedger
from gateway.jobs.progress import ENDED, JobEvent, JobProgress
from services.runtime.errors import InvalidRequest, Violation

# Time between an event and the query for whether its job has ended. Larger: waits end later;
# smaller: more queries for a job with many ads.
PAUSE_SECONDS = 0.05


async def stream_job(
    ledger: JobLedger, feed: JobFeed, job: str, after_sequence: int, owner: str | None
) -> AsyncIterator[ads_pb2.WatchJobResponse]:
    """Yields a job after each of its events, until it has ended.

    The first response contains all ads, each other one the ad that changed. ledger: loads the job.
    feed: of the job, shared by its watchers. job: its id. after_sequence: number of the last event
    that the caller has seen; 0 for none. owner: whose job it must be; None for any. Raises NotFound
    when there is no such job, and InvalidRequest when it has no such event, as after an older
    backup was restored.
    """
    # Before the job is loaded, so that no event between is missed.
    version = feed.version
    progress, events, total = await read_database(
        ledger.load_watched_job, job, after_sequence, max_events=PAGE_EVENTS, owner=owner
    )
    if after_sequence > total:
        text = f"is after the job's last event, {total}; send 0 to get all events"
        raise InvalidRequest(Violation("after_sequence", text))
    feed.note_count(total)
    feed.plan = progress.plan = feed.plan or progress.plan
    is_first_response = True
    while True:
        for event in events:
            yield _apply_event(progress, event, with_all_ads=is_first_response)
            after_sequence, is_first_response = event.sequence, False
        if not events and progress.state not in ENDED:
            await feed.wait_for_events(version)
        version = feed.version
        events = await feed.load_events(after_sequence)
        # A job that had ended may have continued with ads that were retried.
        if not events and progress.state in ENDED:
            return


async def wait_until_ended(ledger: JobLedger, feed: JobFeed, job: str, owner: str | None) -> None:
    """Waits until a job has ended. ledger, feed, job, owner, errors: as of stream_job."""
    while True:
        # Before the job is loaded, so that no event between is missed.
        version = feed.version
        feed.raise_error()
        current = await read_database(ledger.load_basic_job, job, owner=owner)
        if current.state in ENDED:
            return
        await feed.wait_for_events(version)
        await asyncio.sleep(PAUSE_SECONDS)


def _apply_event(
    progress: JobProgress, event: JobEvent, *, with_all_ads: bool
) -> ads_pb2.WatchJobResponse:
    """Updates a job with its next event; returns the response that describes it then.

    with_all_ads: whether the response contains all ads, or only the one that changed.
    """
    progress.apply_event(event)
    positions = list(range(len(progress))) if with_all_ads else [event.position]
    response = ads_pb2.WatchJobResponse(
        sequence=event.sequence, job=progress.to_message(positions), positions=positions
    )
    # The caller may take it late: until then only the states are needed.
    progress.forget_outcomes()
    return response
