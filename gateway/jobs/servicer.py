"""The methods of AdService that concern jobs."""

from collections.abc import AsyncIterator

import grpc
import sqlalchemy as sa

from cyclorama.v1 import ads_pb2, ads_pb2_grpc, jobs_pb2
from gateway.callers.caller import Caller, get_current_caller
from gateway.callers.usage import QuotaUsage
from gateway.jobs.plan import count_ads
from gateway.jobs.service import JobService
from services.runtime.errors import JobDatabaseUnavailable, ServiceError, UnsupportedFeature

NO_JOBS = "this gateway keeps no jobs; have CYCLORAMA_GATEWAY_DATABASE set, or call CreateAd per ad"
# Longest wait where the request leaves it to the gateway, as WaitJobRequest states.
WAIT_SECONDS = 60.0


class JobServicer(ads_pb2_grpc.AdServiceServicer):
    """Submits, lists, watches and changes jobs; raises UnsupportedFeature without a database."""

    def __init__(self, usage: QuotaUsage, jobs: JobService | None) -> None:
        self._usage = usage
        self._jobs_or_none = jobs

    async def SubmitJob(
        self, request: ads_pb2.SubmitJobRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.SubmitJobResponse:
        """Charges the caller's quota and starts a job; returns the job.

        A request with a request id that the caller has used before starts no second job, charges
        nothing and returns the first one.
        """
        jobs, caller = self._jobs, get_current_caller()
        try:
            job = await self._charge_and_submit(request, caller, jobs)
        except JobDatabaseUnavailable:
            raise
        except ServiceError:
            # Whatever stops a new job does not stop the repetition of a request.
            submitted = await jobs.find_submitted_job(request.request_id, caller)
            if submitted is None:
                raise
            job = submitted
        return ads_pb2.SubmitJobResponse(job=job)

    async def _charge_and_submit(
        self, request: ads_pb2.SubmitJobRequest, caller: Caller, jobs: JobService
    ) -> jobs_pb2.Job:
        """Charges the caller's quota and starts a job, unless its request id was used before."""
        await jobs.uploads.check_images(request, caller.name)
        ads, request_bytes = count_ads(request.campaign), request.ByteSize()
        # Before images are stored; the quota is charged together with adding the job.
        await self._usage.check_quota(caller, ads, request_bytes)

        def charge_quota(connection: sa.Connection) -> None:
            """Charges the quota in the transaction that adds the job."""
            self._usage.charge_in_transaction(connection, caller, ads, request_bytes)

        return await jobs.submit_job(request, caller, charge_quota)

    async def UploadImage(
        self, request: ads_pb2.UploadImageRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.UploadImageResponse:
        """Stores a picture for later calls of the same caller; returns its key."""
        jobs, caller = self._jobs, get_current_caller()
        await self._usage.charge_quota(caller, ads=0, request_bytes=request.ByteSize())
        if request.image.uri:
            raise UnsupportedFeature("a picture is uploaded as bytes; send them as data")
        image = await jobs.uploads.add_image(request.image, caller.name)
        return ads_pb2.UploadImageResponse(image=image)

    async def GetJob(
        self, request: ads_pb2.GetJobRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.GetJobResponse:
        """Returns a job of the caller, unless it asks for less with the states of all ads."""
        job = await self._jobs.get_job(request.name, get_current_caller(), request.view)
        return ads_pb2.GetJobResponse(job=job)

    async def ListJobs(
        self, request: ads_pb2.ListJobsRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.ListJobsResponse:
        """Lists a page of the jobs of the caller that match a filter, newest first."""
        return await self._jobs.list_jobs(request, get_current_caller())

    async def WatchJob(
        self, request: ads_pb2.WatchJobRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[ads_pb2.WatchJobResponse]:
        """Streams a job of the caller after each change, from an event on, until it has ended."""
        caller = get_current_caller()
        async for event in self._jobs.watch_job(
            request.name, request.after_sequence, caller, with_stages=request.with_stages
        ):
            yield event

    async def WaitJob(
        self, request: ads_pb2.WaitJobRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.WaitJobResponse:
        """Returns a job of the caller when it has ended, or as it stands after a time."""
        jobs, caller = self._jobs, get_current_caller()
        is_set = request.HasField("timeout")
        seconds = request.timeout.ToTimedelta().total_seconds() if is_set else WAIT_SECONDS
        await jobs.wait_for_job(request.name, seconds, caller)
        job = await jobs.get_job(request.name, caller, request.view)
        return ads_pb2.WaitJobResponse(job=job)

    async def CancelJob(
        self, request: ads_pb2.CancelJobRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.CancelJobResponse:
        """Cancels the ads of a job of the caller that have not ended; returns the job."""
        job = await self._jobs.cancel_job(request.name, get_current_caller())
        return ads_pb2.CancelJobResponse(job=job)

    async def RetryJob(
        self, request: ads_pb2.RetryJobRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.RetryJobResponse:
        """Charges the caller's quota with the failed ads of a job, and queues them once more."""
        caller = get_current_caller()

        def charge_quota(connection: sa.Connection, ads: int) -> None:
            """Charges the quota in the transaction that queues the ads."""
            self._usage.charge_in_transaction(connection, caller, ads, request_bytes=0)

        job = await self._jobs.retry_job(request.name, caller, charge_quota, request.positions)
        return ads_pb2.RetryJobResponse(job=job)

    async def DeleteJob(
        self, request: ads_pb2.DeleteJobRequest, context: grpc.aio.ServicerContext
    ) -> ads_pb2.DeleteJobResponse:
        """Cancels a job of the caller, and erases all that is stored of it."""
        await self._jobs.delete_job(request.name, get_current_caller())
        return ads_pb2.DeleteJobResponse()

    async def GetArtifact(
        self, request: ads_pb2.GetArtifactRequest, context: grpc.aio.ServicerContext
    ) -> AsyncIterator[ads_pb2.GetArtifactResponse]:
        """Streams the bytes of an ad's file or manifest, from a byte offset on."""
        caller = get_current_caller()
        async for chunk in self._jobs.read_artifact(request.name, request.offset, caller):
            yield chunk

    @property
    def _jobs(self) -> JobService:
        """The job service.

        Raises UnsupportedFeature when the gateway has no job database, and JobDatabaseUnavailable
        while it cannot be used.
        """
        if self._jobs_or_none is None:
            raise UnsupportedFeature(NO_JOBS)
        self._jobs_or_none.raise_if_failed()
        return self._jobs_or_none
