"""Limits the time to make one ad of a job."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import grpc

from services.runtime.errors import ServiceError


class AdTimeout(ServiceError):
    """An ad of a job took longer than its campaign allows; the other ads are not affected."""

    code = grpc.StatusCode.DEADLINE_EXCEEDED
    reason = "AD_TIMEOUT"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"the ad was not finished within {seconds:g} s; submit the campaign with a longer "
            "ad_timeout, or name faster engines"
        )


@asynccontextmanager
async def limit_ad_time(seconds: float | None) -> AsyncIterator[None]:
    """Raises AdTimeout, and cancels what the block waits for, after some time; None for any."""
    try:
        async with asyncio.timeout(seconds) as limit:
            yield
    except TimeoutError:
        # One within the block is not the limit's.
        if seconds is None or not limit.expired():
            raise
        raise AdTimeout(seconds) from None
