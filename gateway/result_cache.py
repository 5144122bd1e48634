"""Caches stage results under a hash of everything that shapes them, separately for each caller.

With a shared cache, the speed of a response would reveal what other callers have made.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from typing import TypeVar

from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2, engine_pb2, finishing_pb2
from gateway.artifacts import ArtifactStore
from gateway.engine_reports import EngineReports
from gateway.stage_methods import RequestT, ResultT, StageMethod, StageRequest, StageResult
from services.runtime.guards.references import find_images
from services.runtime.objects import hash_content

MessageT = TypeVar("MessageT", bound=Message)


class ResultCache:
    """Stores stage results in the artifact store: images as objects, the rest as a record."""

    def __init__(self, reports: EngineReports, artifacts: ArtifactStore) -> None:
        self._reports = reports
        self._artifacts = artifacts
        self._in_flight: dict[str, asyncio.Future[None]] = {}

    async def get_or_compute(
        self,
        method: StageMethod[RequestT, ResultT],
        request: RequestT,
        compute: Callable[[], Awaitable[ResultT]],
        owner: str,
    ) -> tuple[ResultT, bool]:
        """Returns the result of a stage, and whether it was cached instead of computed.

        compute: calls the stage. owner: name of the caller whose results may be reused. Equal
        concurrent requests of one owner share one computation.
        """
        expected = await self._reports.predict_engine(method.stage, request.options.engine)
        if expected is None:
            return await compute(), False
        content = _hash_request(method.stage, request, owner)
        key = _hash_cache_key(content, expected)
        while key in self._in_flight:
            await asyncio.wait([self._in_flight[key]])
        done = self._in_flight[key] = asyncio.get_running_loop().create_future()
        try:
            cached = await self._read_result(method, key, _accepts_uri(request))
            if cached is not None:
                return cached, True
            result = await compute()
            if not result.run.failed_over:
                await self._store_result(key, result)
            # Under the engine that ran: the failed one may run for the next equal request.
            elif engine := await self._reports.find_engine(method.stage, result.run.engine):
                await self._store_result(_hash_cache_key(content, engine), result)
            return result, False
        finally:
            del self._in_flight[key]
            done.set_result(None)

    async def _store_result(self, key: str, result: StageResult) -> None:
        """Stores the images of a result as objects, and the rest as a record."""
        # Records must stay small, which a layered file is not.
        if isinstance(result, finishing_pb2.FinishAdResult) and result.layered_file:
            return
        record = _copy_message(result)
        for image in find_images(record):
            if image.HasField("data"):
                image.uri = await self._artifacts.overwrite_object(image.data)
        await self._artifacts.write_record(key, record.SerializeToString())

    async def _read_result(
        self, method: StageMethod[RequestT, ResultT], key: str, by_uri: bool
    ) -> ResultT | None:
        """Returns a cached result; None when it is missing, outdated or has lost an image."""
        record = await self._artifacts.read_record(key)
        if record is None:
            return None
        result = method.result()
        result.ParseFromString(record)
        engine = await self._reports.find_engine(method.stage, result.run.engine)
        # Another engine than the expected one may have answered, and been updated since.
        if engine and engine.version != result.run.version:
            return None
        for image in find_images(result):
            if by_uri:
                # The stage that reads the object checks its bytes.
                if not await self._artifacts.has_object(image.uri):
                    return None
                continue
            data = await self._artifacts.read_object(image.uri)
            if data is None:
                return None
            image.data = data
        return result


def _copy_message(message: MessageT) -> MessageT:
    """Returns a copy of a message."""
    copy = type(message)()
    copy.CopyFrom(message)
    return copy


def _accepts_uri(request: StageRequest) -> bool:
    """Returns whether the images of the result are sent as keys."""
    return not isinstance(request, finishing_pb2.FinishAdRequest) and request.accept_uri


def _hash_request(stage: ads_pb2.Stage, request: StageRequest, owner: str) -> bytes:
    """Hashes all that shapes a result except the engine: owner, stage, request, images."""
    bare = _copy_message(request)
    digest = hashlib.sha256("\0".join([owner, str(stage)]).encode())
    for image in find_images(bare):
        digest.update((image.uri or hash_content(image.data)).encode())
        image.ClearField("source")
    # The transport does not change the result.
    if not isinstance(bare, finishing_pb2.FinishAdRequest):
        bare.accept_uri = False
    digest.update(bare.SerializeToString(deterministic=True))
    return digest.digest()


def _hash_cache_key(content: bytes, engine: engine_pb2.EngineStatus) -> str:
    """Returns the name of the record for a content hash and the engine that computes it."""
    identity = "\0".join([engine.name, engine.version, engine.model])
    return hashlib.sha256(b"\0".join([content, identity.encode()])).hexdigest()
