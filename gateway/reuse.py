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
    inpainting_pb2,
    segmentation_pb2,
)
from gateway.artifacts import Artifacts
from gateway.stages import Stages
from services.runtime.guards.references import pictures_in
from services.runtime.objects import key_of

RESULTS = {
    ads_pb2.STAGE_SEGMENTATION: segmentation_pb2.SegmentProductResponse,
    ads_pb2.STAGE_BACKGROUND: background_pb2.GenerateBackgroundResult,
    ads_pb2.STAGE_COMPOSITING: compositing_pb2.CompositeProductResponse,
    ads_pb2.STAGE_INPAINTING: inpainting_pb2.InpaintSceneResult,
}
VERSIONS_SECONDS = 2.0
AUTO = "auto"

Do = Callable[[], Awaitable[Message]]


class Reuse:
    """Serves stage results from the store, and keeps those that had to be made."""

    def __init__(self, stages: Stages, artifacts: Artifacts) -> None:
        self._stages = stages
        self._artifacts = artifacts
        self._making: dict[str, asyncio.Future] = {}
        self._versions: dict[int, tuple[float, dict[str, str]]] = {}

    async def call(self, stage: int, request: Message, do: Do, owner: str) -> tuple[Message, bool]:
        """Returns the stage's result and whether it was served rather than made by `do`.

        Equal calls of one owner at the same moment share one making.
        """
        address = await self._address(stage, request, owner)
        if address is None:
            return await do(), False
        while address in self._making:
            await asyncio.wait([self._making[address]])
        done = self._making[address] = asyncio.get_running_loop().create_future()
        try:
            kept = await self._recall(stage, address, request.accept_uri)
            if kept is not None:
                return kept, True
            made = await do()
            await self._keep(address, made)
            return made, False
        finally:
            del self._making[address]
            done.set_result(None)

    async def _address(self, stage: int, request: Message, owner: str) -> str | None:
        """The hash of owner, stage, engine, version and request; None where no engine is known."""
        name = request.options.engine.name or AUTO
        versions = await self._versions_of(stage)
        engine = next(iter(versions), None) if name == AUTO else name
        if engine not in versions:
            return None
        bare, keys = _without_pictures(request)
        parts = [owner, str(stage), engine, versions[engine], *keys]
        digest = hashlib.sha256("\0".join(parts).encode())
        digest.update(bare.SerializeToString(deterministic=True))
        return digest.hexdigest()

    async def _versions_of(self, stage: int) -> dict[str, str]:
        """The ready engines, best first, and their versions; asked anew every few seconds."""
        now = asyncio.get_running_loop().time()
        asked, versions = self._versions.get(stage, (-VERSIONS_SECONDS, {}))
        if now - asked >= VERSIONS_SECONDS:
            listed = (await self._stages.engines(stage)).engines
            versions = {each.name: each.version for each in listed if each.ready}
            self._versions[stage] = now, versions
        return versions

    async def _keep(self, address: str, made: Message) -> None:
        stored = type(made)()
        stored.CopyFrom(made)
        for image in pictures_in(stored):
            if image.HasField("data"):
                image.uri = await self._artifacts.mend(image.data)
        await self._artifacts.note(address, stored.SerializeToString())

    async def _recall(self, stage: int, address: str, by_uri: bool) -> Message | None:
        record = await self._artifacts.recall(address)
        if record is None:
            return None
        kept = RESULTS[stage].FromString(record)
        for image in pictures_in(kept):
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


def _without_pictures(request: Message) -> tuple[Message, list[str]]:
    bare = type(request)()
    bare.CopyFrom(request)
    keys = []
    for image in pictures_in(bare):
        keys.append(image.uri or key_of(image.data))
        image.ClearField("source")
    # A result is the same whichever way it comes.
    bare.accept_uri = False
    return bare, keys
