"""Runs the ads of the queue on the event loop, several at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

import structlog

from gateway.database_threads import work_on_database
from gateway.jobs.events import AdChange
from gateway.jobs.queue import AdKey, AdQueue, EndedAd
from services.runtime.errors import JobDatabaseUnavailable

# Longest time between two looks at the queue while ads are in flight. Smaller: ads that were
# cancelled through another gateway stop sooner; more queries.
BUSY_SECONDS = 0.5
# The same without ads. Smaller: jobs submitted to another gateway start sooner; more of a core.
IDLE_SECONDS = 1.0
# Pause before a look at the queue while more than FEW_ADS are in flight: others of them end, more
# jobs are submitted, and one transaction serves all. Larger: fewer transactions; ads end later.
BATCH_SECONDS, FEW_ADS = 0.02, 4
# Pause after the database failed. Smaller: jobs continue sooner after an outage.
RETRY_SECONDS = 0.5

log = structlog.get_logger()

CreateAd = Callable[[str, int], Coroutine[Any, Any, AdChange]]


async def _settle_at_once() -> None:
    """Waits for nothing."""


class AdDispatcher:
    """Claims ads, starts them, and ends them in the queue.

    The queue alone decides which ads run: those in flight here are compared with it after every
    exchange. So ads that were cancelled stop, and ads that were claimed before an outage or restart
    continue, also when the database is an older copy by then.
    """

    def __init__(
        self,
        queue: AdQueue,
        create_ad: CreateAd,
        get_max_ads: Callable[[], int],
        settle: Callable[[], Awaitable[None]] = _settle_at_once,
    ) -> None:
        """Starts without ads; `run` runs them.

        create_ad: coroutine function of the job's id and the position of an ad in it, which returns
        its last event; must be safe to repeat for an ad that it did not finish. get_max_ads:
        returns the number of ads that may run now. settle: waits until ads that were stopped write
        no more.
        """
        self._queue, self._create_ad, self._get_max_ads = queue, create_ad, get_max_ads
        self._settle = settle
        # Of ads that were stopped, until they write no more.
        self._releasing: dict[AdKey, asyncio.Task[None]] = {}
        self._tasks: dict[AdKey, asyncio.Task[None]] = {}
        # Of ads that are done, and that the queue does not know of yet.
        self._ended: list[EndedAd] = []
        self._changed = asyncio.Event()

    def wake(self) -> None:
        """Has the queue looked at now; to be called on the event loop."""
        self._changed.set()

    def runs_job(self, job: str) -> bool:
        """Returns whether an ad of a job, given by its id, may still write here."""
        return any(ad.job == job for ad in (*self._tasks, *self._releasing))

    async def run(self) -> None:
        """Runs ads until it is cancelled, and then stops those in flight."""
        try:
            while True:
                if len(self._tasks) > FEW_ADS:
                    await asyncio.sleep(BATCH_SECONDS)
                self._changed.clear()
                if await self._exchange_safely():
                    timeout = BUSY_SECONDS if self._tasks else IDLE_SECONDS
                    await wait_for_event(self._changed, timeout)
                else:
                    await asyncio.sleep(RETRY_SECONDS)
        finally:
            for task in (*self._tasks.values(), *self._releasing.values()):
                task.cancel()

    async def _exchange_safely(self) -> bool:
        """Exchanges ads with the queue; returns False when that failed."""
        try:
            await self._exchange_ads()
        except JobDatabaseUnavailable:
            # The database monitor reports it.
            return False
        except Exception:
            log.exception("ads not exchanged with the queue; retrying")
            return False
        return True

    async def _exchange_ads(self) -> None:
        """Ends ads in the queue, starts those that it returns, and stops all others."""
        ended = list(self._ended)
        ads = await work_on_database(self._queue.exchange_ads, ended, self._get_max_ads())
        del self._ended[: len(ended)]
        for ad, _ in ended:
            # None when the ad was cancelled meanwhile.
            self._tasks.pop(ad, None)
        for ad in self._tasks.keys() - ads:
            log.info("ad cancelled", **ad._asdict())
            task = self._tasks.pop(ad)
            task.cancel()
            self._releasing[ad] = asyncio.create_task(self._release_ad(ad, task))
        for ad in sorted(ads - self._tasks.keys()):
            self._tasks[ad] = asyncio.create_task(self._run_ad(ad))

    async def _release_ad(self, ad: AdKey, task: "asyncio.Task[None]") -> None:
        """Releases an ad in the queue when its task, which is cancelled, writes no more."""
        try:
            await asyncio.wait([task])
            await self._settle()
            await self._release_in_queue(ad)
        finally:
            del self._releasing[ad]

    async def _release_in_queue(self, ad: AdKey) -> None:
        """Releases an ad in the queue, as soon as the database works."""
        while True:
            try:
                return await work_on_database(self._queue.release_ad, ad)
            except JobDatabaseUnavailable:
                await asyncio.sleep(RETRY_SECONDS)

    async def _run_ad(self, ad: AdKey) -> None:
        """Creates an ad, and has it ended in the queue."""
        change = await self._create_ad(*ad)
        self._ended.append(EndedAd(ad, change))
        self.wake()


async def wait_for_event(event: asyncio.Event, timeout: float) -> None:
    """Waits until an event is set, or for some seconds."""
    try:
        async with asyncio.timeout(timeout):
            await event.wait()
    except TimeoutError:
        pass
