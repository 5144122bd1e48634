"""Takes in a call: its deadline, its share of the caller's quota, and its images."""

import time

import grpc
from google.protobuf.message import Message

from gateway.ad_images import AdImages
from gateway.artifacts import ArtifactStore
from gateway.callers.caller import get_current_caller
from gateway.callers.usage import QuotaUsage
from gateway.settings import GatewaySettings
from gateway.uploads import ImageUploads

# Caps deadlines in the far future, which would overflow the timers of the event loop.
MAX_TIMEOUT_SECONDS = 2**31


class CallIntake:
    """Takes in the calls of all services of the gateway."""

    def __init__(
        self,
        artifacts: ArtifactStore,
        settings: GatewaySettings,
        usage: QuotaUsage,
        uploads: ImageUploads | None,
    ) -> None:
        """Keeps what calls are taken in with.

        artifacts: where images are passed on by reference. usage: counts the daily quotas of
        callers. uploads: of callers; None where the gateway keeps no jobs.
        """
        self._artifacts = artifacts
        self._settings = settings
        self._usage = usage
        self._uploads = uploads

    async def charge_quota(self, request: Message, ads: int) -> None:
        """Charges the current caller's quota with ads and with the bytes of a request."""
        await self._usage.charge_quota(
            get_current_caller(), ads=ads, request_bytes=request.ByteSize()
        )

    async def detach_images(self, request: Message) -> AdImages:
        """Takes the images out of a request; raises NotFound for an upload of another caller."""
        if self._uploads:
            await self._uploads.check_images(request, get_current_caller().name)
        return await AdImages.detach(request, self._artifacts)

    def read_deadline(self, context: grpc.aio.ServicerContext) -> float:
        """Returns when a call must have ended, as a time.monotonic() value.

        A caller that sets no deadline gets `ad_timeout_seconds` from now.
        """
        time_left = context.time_remaining() or self._settings.ad_timeout_seconds
        return time.monotonic() + min(time_left, MAX_TIMEOUT_SECONDS)
