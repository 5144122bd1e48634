"""Caches stage results under a hash of everything that shapes them, separately for each caller.

With a shared cache, the speed of a response would reveal what other callers have made.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar, cast

import structlog
from google.protobuf.message import DecodeError, Message

from cyclorama.v1 import ads_pb2, background_pb2, engine_pb2, finishing_pb2, inpainting_pb2
from gateway.artifacts import ArtifactStore
from gateway.engine_reports import EnginePrediction, EngineReports
from gateway.stage_methods import (
    METHODS,
    RequestT,
    ResultT,
    StageMethod,
    StageRequest,
    StageResult,
    name_from_stage,
)
from services.runtime.engines import NOT_SIGNED
from services.runtime.errors import ArtifactStoreUnavailable
from services.runtime.formats import RAW_CHANNELS
from services.runtime.guards.image_fields import find_images
from services.runtime.objects import hash_content

MessageT = TypeVar("MessageT", bound=Message)

log = structlog.get_logger()


@dataclass(frozen=True)
class _RequestIdentity:
    """What a request contributes to the name under which its result is cached.

    prefix: of the name, from `_build_prefix`. hash: from `_hash_request`. names_model: whether it
    names the model that has to run.
    """

    prefix: str
    hash: bytes
    names_model: bool

    def hash_cache_key(self, prediction: EnginePrediction) -> str:
        """Returns the name of the record that caches the result of the request.

        prediction: the engine that computes it, and those that are not ready to. The name ends in a
        SHA-256 in hexadecimal.
        """
        engine = prediction.engine
        model = "" if self.names_model else engine.model
        identity = [engine.name, engine.version, model, engine.settings_hash]
        text = "\0".join((*identity, *prediction.passed_over))
        return self.prefix + hashlib.sha256(b"\0".join([self.hash, text.encode()])).hexdigest()


class ResultCache:
    """Stores stage results in the artifact store: images as objects, the rest as a record."""

    def __init__(self, reports: EngineReports, artifacts: ArtifactStore) -> None:
        """Starts with the results that the artifact store contains.

        reports: predicts which engine computes a result, as results differ by engine.
        """
        self._reports = reports
        self._artifacts = artifacts
        self._in_flight: dict[str, asyncio.Future[None]] = {}
        # The event loop does not keep a task alive, this set does until the task is done.
        self._storing: set[asyncio.Task[None]] = set()

    async def get_or_compute(
        self,
        method: StageMethod[RequestT, ResultT],
        request: RequestT,
        compute: Callable[[], Awaitable[ResultT]],
        owner: str,
        source: str,
    ) -> tuple[ResultT, bool]:
        """Returns the result of a stage, and whether it was cached instead of computed.

        method, request: what `compute` calls the stage with when no result is cached. owner: name
        of the caller; only results for the same caller are reused. source: what the result is made
        from, with which it is erased: the key of a photo, or a prompt. Equal concurrent requests of
        one owner share one computation. A result is stored while its ad goes on: only equal
        requests wait for that. Without a prediction of the engine, as while a stage starts, equal
        requests share nothing until one of them has a result.
        """
        # Hashing the images of a request takes milliseconds, in which others go on.
        request_hash = await asyncio.to_thread(_hash_request, method.stage, request, owner)
        prefix = _build_prefix(method.stage, owner, source)
        identity = _RequestIdentity(prefix, request_hash, _names_model(request))
        key = await self._claim_cache_key(method.stage, request.options.engine, identity)
        if key is None:
            result = await compute()
            await self._try_to_store(method.stage, identity, key, result)
            return result, False
        try:
            cached = await self._read_result(method, key, request)
            if cached is not None:
                self._end_computation(key)
                return cached, True
            result = await compute()
        except BaseException:
            self._end_computation(key)
            raise
        storing = asyncio.create_task(self._try_to_store(method.stage, identity, key, result))
        self._storing.add(storing)
        storing.add_done_callback(self._storing.discard)
        storing.add_done_callback(lambda _: self._end_computation(key))
        return result, False

    def _end_computation(self, key: str) -> None:
        """Lets those continue that wait for the computation under a cache key."""
        self._in_flight.pop(key).set_result(None)

    async def _try_to_store(
        self, stage: ads_pb2.Stage, identity: _RequestIdentity, key: str | None, result: StageResult
    ) -> None:
        """Stores a result under the key that leads to it again; logs why it cannot be stored.

        key: which was predicted before it was computed; None where none could be.
        """
        try:
            if prediction := await self._find_prediction(stage, result.run):
                stored_key = identity.hash_cache_key(prediction)
                await self._store_result(stored_key, result)
                if stored_key != key:
                    # Those that wait for this computation predict better then.
                    self._reports.expire_report(stage)
        except ArtifactStoreUnavailable as error:
            log.warning("result not cached", stage=name_from_stage(stage), cause=str(error))
        # A defect, which the ad does not need to wait or fail for.
        except Exception:
            log.exception("result not cached", stage=name_from_stage(stage))

    async def _claim_cache_key(
        self, stage: ads_pb2.Stage, choice: engine_pb2.EngineChoice, identity: _RequestIdentity
    ) -> str | None:
        """Returns the cache key of a request for its computation, after those of equal requests.

        Others wait until the future under the key in `_in_flight` is done, which says only that the
        computation has ended. Returns None without a prediction of the engine.
        """
        while expected := await self._reports.predict_engine(stage, choice):
            key = identity.hash_cache_key(expected)
            if key not in self._in_flight:
                self._in_flight[key] = asyncio.get_running_loop().create_future()
                return key
            # Again after each wait: another waiting request may have started first.
            await asyncio.wait([self._in_flight[key]])
        return None

    async def _store_result(self, key: str, result: StageResult) -> None:
        """Stores a result: its images as objects, and the rest as a record under a cache key.

        The record comes first, so that no object is stored that no record leads to. A result with a
        layered file is not stored, nor one whose file could not be signed.
        """
        # A layered file would be part of the record, and records must stay small.
        if isinstance(result, finishing_pb2.FinishAdResult) and (
            result.layered_file or _lacks_signature(result)
        ):
            return
        record = _copy_message(result)
        objects: dict[str, bytes] = {}
        for image in find_images(record):
            if image.HasField("data"):
                data = image.data
                image.uri = hash_content(data)
                objects[image.uri] = data
        await self._artifacts.write_record(key, record.SerializeToString())
        for object_key, data in objects.items():
            await self._artifacts.overwrite_object(data, object_key)

    async def wait_until_stored(self) -> None:
        """Waits until the results that were computed so far are stored."""
        if self._storing:
            await asyncio.wait(self._storing)

    async def _find_prediction(
        self, stage: ads_pb2.Stage, run: engine_pb2.EngineRun
    ) -> EnginePrediction | None:
        """Returns the prediction that leads to this run again; None when it cannot be known.

        run: what the stage reports. It counts instead of the prediction before it, as an engine may
        have failed, become ready or been restarted with another model meanwhile.
        """
        ran = engine_pb2.EngineStatus(
            name=run.engine,
            version=run.version,
            model=run.model,
            settings_hash=run.settings_hash,
        )
        causes = [each.cause for each in run.replaced]
        names = [each.engine for each in run.replaced]
        # An engine that failed may not fail again: only while it is not ready, this one runs first.
        if engine_pb2.REPLACEMENT_CAUSE_FAILED in causes:
            return EnginePrediction(ran, tuple(names))
        # The first one of those that would return the same again decides.
        ready = [
            name
            for name, cause in zip(names, causes, strict=True)
            if cause != engine_pb2.REPLACEMENT_CAUSE_NOT_READY
        ]
        first = await self._reports.find_engine(stage, ready[0]) if ready else ran
        passed_over = tuple(name for name in names if name not in ready)
        return EnginePrediction(first, passed_over) if first else None

    async def _read_result(
        self, method: StageMethod[RequestT, ResultT], key: str, request: RequestT
    ) -> ResultT | None:
        """Returns the result under a cache key; None when missing, outdated or without an image.

        method: names the type of the result. request: says whether the images are returned as keys
        of the artifact store instead of bytes.
        """
        record = await self._artifacts.read_record(key)
        if record is None:
            return None
        result = method.result()
        result.ParseFromString(record)
        engine = await self._reports.find_engine(method.stage, result.run.engine)
        # Another engine than the expected one may have answered, and changed since.
        if engine and not _is_same_engine(engine, result.run, _names_model(request)):
            return None
        by_uri = _accepts_uri(request)
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


def _lacks_signature(finished: finishing_pb2.FinishAdResult) -> bool:
    """Returns whether the stage signs, but could not sign this file at this moment."""
    is_file = finished.file.format not in RAW_CHANNELS
    # The generated stub mistakes the message for Python's Warning.
    reasons = [cast(Any, warning).reason for warning in finished.run.warnings]
    return is_file and not finished.unsigned_sha256 and NOT_SIGNED in reasons


def build_folder_name(owner: str, source: str) -> str:
    """Returns the folder of the records of all results that a caller had made from a source.

    owner: name of the caller. source: the key of a photo, or a prompt.
    """
    return hashlib.sha256("\0".join([owner, source]).encode()).hexdigest()


def list_object_keys(record_name: str, record: bytes) -> list[str]:
    """Returns the keys of the objects that belong to a cached result; none if it is corrupt.

    record_name, record: of the result in the artifact store.
    """
    stage, _, _ = record_name.rpartition("/")[2].partition("-")
    methods = {name_from_stage(method.stage): method for method in METHODS.values()}
    if stage not in methods:
        return []
    result = methods[stage].result()
    try:
        result.ParseFromString(record)
    except DecodeError:
        return []
    return [image.uri for image in find_images(result) if image.uri]


def _build_prefix(stage: ads_pb2.Stage, owner: str, source: str) -> str:
    """Returns what the names of the records of a stage begin with, for a caller and a source."""
    return f"{build_folder_name(owner, source)}/{name_from_stage(stage)}-"


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


def _names_model(request: StageRequest) -> bool:
    """Returns whether a request names the model that has to run, which the stage then checks."""
    match request.options:
        case background_pb2.BackgroundOptions() | inpainting_pb2.InpaintingOptions() as options:
            return bool(options.diffusion.model)
    return False


def _is_same_engine(
    engine: engine_pb2.EngineStatus, run: engine_pb2.EngineRun, names_model: bool
) -> bool:
    """Returns whether an engine would run today as it did then.

    engine: as its stage lists it. run: as its stage reported it. names_model: whether the request
    names the model, whichever is the engine's own.
    """
    return (
        engine.version == run.version
        and engine.settings_hash == run.settings_hash
        and (names_model or engine.model == run.model)
    )
