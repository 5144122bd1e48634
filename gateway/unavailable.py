"""The part of AdService that is promised in the contract and not built yet."""

from cyclorama.v1 import ads_pb2_grpc
from services.runtime.errors import NotAvailable

JOBS = "jobs are not available in this version; call CreateAd once per ad"
ARTIFACTS = "artifacts are not available in this version; CreateAd returns the ad itself"


def _answer(sentence: str):
    async def answer(self, request, context):
        raise NotAvailable(sentence)

    return answer


def _stream(sentence: str):
    async def stream(self, request, context):
        raise NotAvailable(sentence)
        yield

    return stream


class UnavailableServicer(ads_pb2_grpc.AdServiceServicer):
    """Answers each such rpc with UNIMPLEMENTED and one sentence."""

    SubmitJob = _answer(JOBS)
    GetJob = _answer(JOBS)
    ListJobs = _answer(JOBS)
    WatchJob = _stream(JOBS)
    CancelJob = _answer(JOBS)
    GetArtifact = _stream(ARTIFACTS)
