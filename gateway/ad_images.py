"""The images of a call: kept apart from its request, which names them by key, until a stage's turn.

A message cannot release one of its fields: every request that a photo is copied into keeps it for
as long as the request exists. Bytes apart from the requests exist once, and can be released.
"""

import asyncio
from collections.abc import Mapping
from typing import Self, TypeVar

from google.protobuf.message import Message

from cyclorama.v1 import ads_pb2
from gateway.artifacts import ArtifactStore
from services.runtime.errors import NotFound
from services.runtime.guards.image_fields import find_images
from services.runtime.objects import hash_content

# Bytes that are hashed in another thread, which takes longer than to start it. Larger: the event
# loop waits for longer; 1 MiB takes about a millisecond.
HASHED_IN_THREAD_BYTES = 2**20

MessageT = TypeVar("MessageT", bound=Message)


class AdImages:
    """The images of a call by key, the SHA-256 of their bytes: in memory, or in the store.

    sizes: in bytes, by key.
    """

    sizes: Mapping[str, int]

    def __init__(
        self, artifacts: ArtifactStore, sizes: Mapping[str, int], data: Mapping[str, bytes]
    ) -> None:
        """Keeps images apart from their requests.

        artifacts: contains those that are not in `data`. sizes: of all images, by key. data: the
        bytes of those that are in memory, by key.
        """
        self.sizes = sizes
        self._artifacts = artifacts
        self._data = dict(data)
        self._by_uri = False

    @classmethod
    async def detach(cls, request: Message, artifacts: ArtifactStore) -> Self:
        """Takes the images out of a request, which is changed: keys replace their bytes.

        Those that are keys already are in the artifact store; raises NotFound when one is missing.
        """
        data: dict[str, bytes] = {}
        uploaded = {image.uri for image in find_images(request) if image.uri}
        for image in find_images(request):
            if not image.uri:
                content = image.data
                # Setting `uri` clears `data`, which share the oneof `source`.
                image.uri = await _compute_key(content)
                data[image.uri] = content
        sizes = await _measure_stored(uploaded, artifacts)
        return cls(artifacts, sizes | {key: len(each) for key, each in data.items()}, data)

    @classmethod
    async def find_stored(cls, request: Message, artifacts: ArtifactStore) -> Self:
        """Finds the images of a request, which are keys already, in the artifact store.

        Raises NotFound when one of them is missing.
        """
        keys = {image.uri for image in find_images(request)}
        return cls(artifacts, await _measure_stored(keys, artifacts), {})

    async def pass_by_uri(self) -> None:
        """Lets the stages read the images from the store, where those in memory are put first."""
        for content in self._data.values():
            await self._artifacts.put_object(content)
        self._data.clear()
        self._by_uri = True

    async def serialize(self, request: Message) -> bytes:
        """Returns a request as bytes for its stage, with the bytes of its images in place of keys.

        Keys of images that stages made stay, and all do when images are passed by URI.
        """
        own = {image.uri for image in find_images(request)} & self.sizes.keys()
        if own and not self._by_uri:
            request = await self._fill_in(request, own)
        return request.SerializeToString()

    def release_photo(self, ad: ads_pb2.CreateAdRequest) -> None:
        """Frees the memory of the photo of an ad, which only segmentation needs."""
        lettering = ad.lettering
        others = (ad.backdrop.picture.uri, lettering.logo.uri, lettering.font_file.uri)
        if ad.photo.uri not in others:
            self._data.pop(ad.photo.uri, None)

    async def _fill_in(self, request: MessageT, keys: set[str]) -> MessageT:
        """Returns a copy of a request in which bytes replace some of the keys."""
        filled = type(request)()
        filled.CopyFrom(request)
        for image in find_images(filled):
            if image.uri in keys:
                image.data = await self._read(image.uri)
        return filled

    async def _read(self, key: str) -> bytes:
        """Returns the bytes of an image; raises NotFound when the store lacks it."""
        data = self._data.get(key) or await self._artifacts.read_object(key)
        if data is None:
            raise _build_missing_error(key)
        return data


async def _compute_key(data: bytes) -> str:
    """Returns the key of bytes, without keeping the event loop waiting for large ones."""
    if len(data) < HASHED_IN_THREAD_BYTES:
        return hash_content(data)
    return await asyncio.to_thread(hash_content, data)


async def _measure_stored(keys: set[str], artifacts: ArtifactStore) -> dict[str, int]:
    """Returns the sizes in bytes of images in the store by key; raises NotFound without one."""
    sizes = {key: await artifacts.measure_object(key) for key in keys}
    found = {key: size for key, size in sizes.items() if size is not None}
    if missing := sorted(keys - found.keys()):
        raise _build_missing_error(missing[0])
    return found


def _build_missing_error(key: str) -> NotFound:
    """Returns the error for an image that the store lacks. key: names it to operators."""
    error = NotFound("a picture is no longer kept; send it again")
    error.metadata = {"key": key}
    return error
