"""The part of AdService that is about jobs."""

from cyclorama.v1 import ads_pb2, ads_pb2_grpc
from gateway.callers.caller import current_caller
from gateway.callers.usage import Usage
from gateway.jobs.jobs import Jobs
from gateway.jobs.plan import count_ads
from services.runtime.errors import UnsupportedFeature

NO_JOBS = "this gateway keeps no jobs; have CYCLORAMA_GATEWAY_DATABASE set, or call CreateAd per ad"


class JobsServicer(ads_pb2_grpc.AdServiceServicer):
    """Answers with UNIMPLEMENTED where the gateway keeps no jobs."""

    def __init__(self, usage: Usage, jobs: Jobs | None) -> None:
        self._usage = usage
        self._own_jobs = jobs

    async def SubmitJob(self, request, context):
        jobs, caller = self._jobs, current_caller()
        job = await jobs.find(request.request_id, caller)
        if job is None:
            costs = caller, count_ads(request.campaign), request.ByteSize()
            # Before pictures are stored; it counts only together with the job.
            await self._usage.check(*costs)
            spend = lambda connection: self._usage.spend_within(connection, *costs)  # noqa: E731
            job = await jobs.submit(request, caller, spend)
        return ads_pb2.SubmitJobResponse(job=job)

    async def GetJob(self, request, context):
        return ads_pb2.GetJobResponse(job=await self._jobs.get(request.name, current_caller()))

    async def ListJobs(self, request, context):
        return await self._jobs.page(request, current_caller())

    async def WatchJob(self, request, context):
        caller = current_caller()
        async for event in self._jobs.watch(request.name, request.after_sequence, caller):
            yield event

    async def CancelJob(self, request, context):
        job = await self._jobs.cancel(request.name, current_caller())
        return ads_pb2.CancelJobResponse(job=job)

    async def GetArtifact(self, request, context):
        caller = current_caller()
        async for chunk in self._jobs.artifact(request.name, request.offset, caller):
            yield chunk

    @property
    def _jobs(self) -> Jobs:
        if self._own_jobs is None:
            raise UnsupportedFeature(NO_JOBS)
        return self._own_jobs
