"""The part of AdService that is promised in the contract and not built yet."""

from cyclorama.v1 import ads_pb2_grpc
from services.runtime.errors import NotAvailable

VERIFY = "verification is not available in this version; compare the manifest's SHA-256 yourself"


def _answer(sentence: str):
    async def answer(self, request, context):
        raise NotAvailable(sentence)

    return answer


class UnavailableServicer(ads_pb2_grpc.AdServiceServicer):
    """Answers each such rpc with UNIMPLEMENTED and one sentence."""

    VerifyAd = _answer(VERIFY)
