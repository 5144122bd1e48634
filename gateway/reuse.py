"""Does equal work once: a stage's result is kept under the hash of everything that shaped it.

And of whose it is: otherwise the speed of an answer would tell what others have made.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable

from google.protobuf.message import Message

from cyclorama.v1 import (
    ads_pb2,
    background_pb2,
    compositing_pb2,
    engine_pb2,
    finishing_pb2,
    inpainting_pb2,
    segmentation_pb2,
)
from gateway.artifacts import Artifacts
from gateway.engine_reports import EngineReports
from services.runtime.guards.references import find_images
from services.runtime.objects import hash_content

RESULTS = {
    ads_pb2.STAGE_SEGMENTATION: segmentation_pb2.SegmentProductResponse,
    ads_pb2.STAGE_BACKGROUND: background_pb2.GenerateBackgroundResult,
    ads_pb2.STAGE_COMPOSITING: compositing_pb2.CompositeProductResponse,
    ads_pb2.STAGE_INPAINTING: inpainting_pb2.InpaintSceneResult,
    ads_pb2.STAGE_FINISHING: finishing_pb2.FinishAdResult,
}
Compute = Callable[[], Awaitable[Message]]


class Reuse:
    """Returns stage results from the store, and keeps those that had to be computed."""

    def __init__(self, reports: EngineReports, artifacts: Artifacts) -> None:
        self._reports = reports
        self._artifacts = artifacts
        self._computing: dict[str, asyncio.Future] = {}

    async def call(
        self, stage: int, request: Message, compute: Compute, owner: str
    ) -> tuple[Message, bool]:
        """Returns the stage's result and whether it was cached rather than made by `compute`.

        Equal calls of one owner at the same moment share one computation.
        """
        expected = await self._reports.expected(stage, request.options.engine)
        if expected is None:
            return await compute(), False
        content = _content(stage, request, owner)
        address = _address(content, expected)
        while address in self._computing:
            await asyncio.wait([self._computing[address]])
        done = self._computing[address] = asyncio.get_running_loop().create_future()
        try:
            kept = await self._recall(stage, address, getattr(request, "accept_uri", False))
            if kept is not None:
                return kept, True
            made = await compute()
            if not made.run.failed_over:
                await self._keep(address, made)
            # Not as the work of the engine that failed, which an equal request may run again.
            elif ran := await self._reports.named(stage, made.run.engine):
                await self._keep(_address(content, ran), made)
            return made, False
        finally:
            del self._computing[address]
            done.set_result(None)

    async def _keep(self, address: str, made: Message) -> None:
        # Records are small; a layered file is not.
        if getattr(made, "layered_file", b""):
            return
        stored = type(made)()
        stored.CopyFrom(made)
        for image in find_images(stored):
            if image.HasField("data"):
                image.uri = await self._artifacts.mend(image.data)
        await self._artifacts.note(address, stored.SerializeToString())

    async def _recall(self, stage: int, address: str, by_uri: bool) -> Message | None:
        record = await self._artifacts.recall(address)
        if record is None:
            return None
        kept = RESULTS[stage].FromString(record)
        ran = await self._reports.named(stage, kept.run.engine)
        # Where the expected engine finds nothing, another one answers, which may be newer by now.
        if ran and ran.version != kept.run.version:
            return None
        for image in find_images(kept):
            if by_uri:
                # Whoever reads it looks whether it is whole.
                if not await self._artifacts.holds(image.uri):
                    return None
                continue
            data = await self._artifacts.read(image.uri)
            if data is None:
                return None
            image.data = data
        return kept


def _content(stage: int, request: Message, owner: str) -> bytes:
    """A hash of everything but the engine that shapes a result: owner, stage, request, pictures."""
    bare = type(request)()
    bare.CopyFrom(request)
    digest = hashlib.sha256("\0".join([owner, str(stage)]).encode())
    for image in find_images(bare):
        digest.update((image.uri or hash_content(image.data)).encode())
        image.ClearField("source")
    # A result is the same whichever way it comes.
    if hasattr(bare, "accept_uri"):
        bare.accept_uri = False
    digest.update(bare.SerializeToString(deterministic=True))
    return digest.digest()


def _address(content: bytes, engine: engine_pb2.EngineStatus) -> str:
    """Where the result for some content is kept that an engine was expected to compute."""
    facts = "\0".join([engine.name, engine.version, engine.model])
    return hashlib.sha256(b"\0".join([content, facts.encode()])).hexdigest()
