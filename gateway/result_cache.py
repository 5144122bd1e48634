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
        """Starts with the results that the artifact store contains.

        reports: predicts which engine computes a result, as results differ by engine.
        """
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

        method, request: what `compute` calls the stage with when no result is cached. owner: name
        of the caller; only results for the same caller are reused. Equal concurrent requests of one
        owner share one computation. Without a prediction of the engine, nothing is cached.
        """
        expected_engine = await self._reports.predict_engine(method.stage, request.options.engine)
        if expected_engine is None:
            return await compute(), False
        request_hash = _hash_request(method.stage, request, owner)
        key = _hash_cache_key(request_hash, expected_engine)
        # Again after each wait: another waiting request may have started first.
        while key in self._in_flight:
            await asyncio.wait([self._in_flight[key]])
        # Others wait for this future, which says only that the computation has ended.
        computation = self._in_flight[key] = asyncio.get_running_loop().create_future()
        try:
            cached = await self._read_result(method, key, _accepts_uri(request))
            if cached is not None:
                return cached, True
            result = await compute()
            if not result.run.failed_over:
                await self._store_result(key, result)
            # Under the engine that ran: the failed one may run for the next equal request.
            elif engine := await self._reports.find_engine(method.stage, result.run.engine):
                await self._store_result(_hash_cache_key(request_hash, engine), result)
            return result, False
        finally:
            del self._in_flight[key]
            computation.set_result(None)

    async def _store_result(self, key: str, result: StageResult) -> None:
        """Stores a result: its images as objects, and the rest as a record under a cache key.

        A result with a layered file is not stored.
        """
        # The file would be part of the record, and records must stay small.
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
        """Returns the result under a cache key; None when missing, outdated or without an image.

        method: names the type of the result. by_uri: whether the images are returned as keys of the
        artifact store instead of bytes.
        """
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
    """Returns a copy of a message, of the same type and with the same fields."""
    copy = type(message)()
    copy.CopyFrom(message)
    return copy


def _accepts_uri(request: StageRequest) -> bool:
    """Returns whether the images of the result are sent as keys."""
    return not isinstance(request, finishing_pb2.FinishAdRequest) and request.accept_uri


def _hash_request(stage: ads_pb2.Stage, request: StageRequest, owner: str) -> bytes:
    """Returns the SHA-256 of all that shapes a stage's result except the engine.

    That is the stage, its request and the images in it. owner: name of the caller, hashed as well
    so that callers share no results.
    """
    # A copy without its images, whose hashes are the same for bytes and for keys.
    bare = _copy_message(request)
    digest = hashlib.sha256("\0".join([owner, str(stage)]).encode())
    for image in find_images(bare):
        digest.update((image.uri or hash_content(image.data)).encode())
        # Clears the bytes or the key, which share the oneof `source`.
        image.ClearField("source")
    # Whether images are returned as bytes or as keys does not change them.
    if not isinstance(bare, finishing_pb2.FinishAdRequest):
        bare.accept_uri = False
    digest.update(bare.SerializeToString(deterministic=True))
    return digest.digest()


def _hash_cache_key(request_hash: bytes, engine: engine_pb2.EngineStatus) -> str:
    """Returns the name of the record that caches the result of a request.

    request_hash: from `_hash_request`. engine: the one that computes the result. The name is a
    SHA-256 in hexadecimal.
    """
    identity = "\0".join([engine.name, engine.version, engine.model])
    return hashlib.sha256(b"\0".join([request_hash, identity.encode()])).hexdigest()
