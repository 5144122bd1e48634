"""Watches a job: streams it after each of its events, or waits, until it has ended."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

from cyclorama.v1 import ads_pb2
from gateway.database_threads import read_database
from gateway.jobs.ad_stages import AdStage
from gateway.jobs.feeds import PAGE_EVENTS, JobFeed
from gateway.jobs.ledger import JobLedger
from gateway.jobs.progress import ENDED, JobEvent, JobProgress
from services.runtime.errors import InvalidRequest, Violation

# Time between an event and the query for whether its job has ended. Larger: waits end later;
# smaller: more queries for a job with many ads.
PAUSE_SECONDS = 0.05


async def stream_job(
    ledger: JobLedger,
    feed: JobFeed,
    job: str,
    after_sequence: int,
    owner: str | None,
    list_stages: Callable[[], Mapping[int, AdStage]] = dict,
) -> AsyncIterator[ads_pb2.WatchJobResponse]:
    """Yields a job after each of its events, and of its ads' stages, until it has ended.

    The first response contains all ads, each other one those that changed. ledger: loads the job.
    feed: of the job, shared by its watchers. job: its id. after_sequence: number of the last event
    that the caller has seen; 0 for none. owner: whose job it must be; None for any. list_stages:
    returns the stages of its ads in flight, by their positions; none for events alone. Raises
    NotFound when there is no such job, and InvalidRequest when it has no such event, as after an
    older backup was restored.
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
    shown: dict[int, AdStage] = {}
    while True:
        for event in events:
            yield _apply_event(progress, event, with_all_ads=is_first_response)
            after_sequence, is_first_response = event.sequence, False
        stages = dict(list_stages())
        shown = {at: stage for at, stage in shown.items() if at in stages}
        changed = [at for at in stages if stages[at] != shown.get(at) and progress.is_running(at)]
        if changed and not is_first_response:
            yield _describe_stages(progress, after_sequence, changed, stages)
            shown |= {at: stages[at] for at in changed}
        if not events and progress.state not in ENDED:
            await feed.wait_for_events(version)
        version = feed.version
        events = await feed.load_events(after_sequence)
        # A job that had ended may have continued with ads that were retried.
        if not events and progress.state in ENDED:
            return


def _describe_stages(
    progress: JobProgress, sequence: int, positions: list[int], stages: Mapping[int, AdStage]
) -> ads_pb2.WatchJobResponse:
    """Returns the response that describes ads in flight, given by positions, with their stages.

    sequence: of the last event of the job.
    """
    job = progress.to_message(positions)
    for position, ad in zip(positions, job.ads, strict=True):
        ad.stage, ad.stage_fraction, ad.attempt, ad.retry_reason = stages[position]
    return ads_pb2.WatchJobResponse(sequence=sequence, job=job, positions=positions)


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
