"""The part of AdService that is about jobs."""

from cyclorama.v1 import ads_pb2, ads_pb2_grpc
from gateway.jobs.jobs import Jobs
from services.runtime.errors import NotAvailable

NO_JOBS = "this gateway keeps no jobs; have CYCLORAMA_GATEWAY_DATABASE set, or call CreateAd per ad"


class JobsServicer(ads_pb2_grpc.AdServiceServicer):
    """Answers with UNIMPLEMENTED where the gateway keeps no jobs."""

    def __init__(self, jobs: Jobs | None) -> None:
        self._own_jobs = jobs

    async def SubmitJob(self, request, context):
        return ads_pb2.SubmitJobResponse(job=await self._jobs.submit(request))

    async def GetJob(self, request, context):
        return ads_pb2.GetJobResponse(job=await self._jobs.get(request.name))

    async def ListJobs(self, request, context):
        return await self._jobs.page(request)

    async def WatchJob(self, request, context):
        async for event in self._jobs.watch(request.name, request.after_sequence):
            yield event

    async def CancelJob(self, request, context):
        return ads_pb2.CancelJobResponse(job=await self._jobs.cancel(request.name))

    async def GetArtifact(self, request, context):
        async for chunk in self._jobs.artifact(request.name, request.offset):
            yield chunk

    @property
    def _jobs(self) -> Jobs:
        if self._own_jobs is None:
            raise NotAvailable(NO_JOBS)
        return self._own_jobs
