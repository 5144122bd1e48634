"""The client, blocking and for asyncio: two ways to run the same operations."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, Self, TypeVar, Unpack, cast

import grpc
from google.protobuf.message import Message

from cyclorama import operations
from cyclorama.access import Access, PathOrText
from cyclorama.defaults import GATEWAY
from cyclorama.errors import error_of
from cyclorama.jobs import AsyncJobs, Jobs
from cyclorama.operations import (
    CompositeWishes,
    FinishWishes,
    InpaintWishes,
    Operation,
    PictureLike,
    Wishes,
)
from cyclorama.replay import replay as operation_of
from cyclorama.results import (
    Ad,
    Background,
    Composite,
    Cutout,
    EngineStatus,
    Event,
    Finished,
    Inpainted,
    ProfileReport,
    Verification,
)
from cyclorama.tracing import spanned

T = TypeVar("T")
OnEvent = Callable[[Event], object]


class Client:
    """Calls a gateway, or one stage at its own address, and waits for the answer.

        with cyclorama.Client("127.0.0.1:50050") as client:
            ad = client.create_ad("photo.jpg", "on a marble table, soft morning light")
            ad.save("ad.png")

    address: host:port, unix:path, or dns:///name:port for every address that a name has. timeout:
    seconds for a whole call; following a job and fetching its files have no limit. ca: PEM file of
    the authorities that may vouch for the server, or "public" for those that browsers trust; turns
    on TLS. cert, key: PEM files of your own certificate, where the server asks for one. token:
    what the gateway knows you by. channel: a grpc.Channel of your own, which then says where and
    how, and neither ca, cert nor key counts.

    Every call raises CycloramaError when it fails, ValueError when an argument cannot be sent, such
    as an option that does not exist, and OSError when a file cannot be read. Without ca or cert a
    token may only go to this machine; anywhere else it is a ValueError. Threads may share a client.

    A picture in an argument is its bytes, the path of its file, or what an earlier call returned.
    The attribute `jobs` has the gateway's campaigns: see Jobs.
    """

    def __init__(
        self,
        address: str = GATEWAY,
        *,
        timeout: float = 300,
        ca: PathOrText | None = None,
        cert: PathOrText | None = None,
        key: PathOrText | None = None,
        token: str | None = None,
        channel: grpc.Channel | None = None,
    ) -> None:
        self._address = address
        self._timeout = timeout
        self._access = Access(ca, cert, key, token)
        self._channel = channel or self._access.channel(address)
        self.jobs = Jobs(self)

    def create_ad(
        self,
        photo: PictureLike,
        prompt: str,
        *,
        on_event: OnEvent | None = None,
        **wishes: Unpack[Wishes],
    ) -> Ad:
        """Makes an ad of a photo and a prompt, through the gateway.

        photo: a picture file of at most 48 MiB, unless the gateway is set otherwise. prompt: what
        the scene should look like, 1 to 2000 characters. on_event: called with every Event, in
        this thread, while the call goes on. wishes: see Wishes.

        Errors: PRODUCT_NOT_FOUND when no product stands out in the photo, INVALID_IMAGE when it is
        no picture, INVALID_REQUEST when a wish is out of range, ENGINE_NOT_READY when an engine was
        named that cannot work, STAGE_UNREACHABLE when a stage does not answer, OVERLOADED when too
        many calls are at work.
        """
        return self.run(operations.create_ad(photo, prompt, **wishes), on_event)

    def replay(
        self,
        manifest: Mapping[str, Any],
        photo: PictureLike,
        *,
        on_event: OnEvent | None = None,
    ) -> Ad:
        """Makes an ad again from its manifest; compare says whether it is the same.

        manifest: what `Ad.manifest` was. photo: the same photo. on_event: as for create_ad.

        Errors: ValueError when the photo is another one, or the manifest is none; else those of
        create_ad.
        """
        return self.run(operation_of(manifest, photo), on_event)

    def verify(self, picture: PictureLike, manifest: str) -> Verification:
        """Compares an ad's file with its manifest, through the gateway.

        picture: the file as it is now. manifest: the JSON text that came with it.

        Errors: INVALID_IMAGE or INVALID_REQUEST when the file or the manifest cannot be read.
        """
        return self.run(operations.verify(picture, manifest))

    def check(self, picture: PictureLike, profile: str) -> ProfileReport:
        """Holds the rules of a platform against any picture file, through the gateway.

        picture: given as a path, its suffix is checked as well. profile: such as "amazon-main".

        Errors: INVALID_IMAGE when the file cannot be read, INVALID_REQUEST when there is no such
        profile.
        """
        return self.run(operations.check(picture, profile))

    def engines(self) -> list[EngineStatus]:
        """Lists the engines of all stages, best first, through the gateway."""
        return self.run(operations.list_engines())

    def version(self) -> str:
        """Tells the gateway's version, such as "0.1.0"; the client's is cyclorama.__version__."""
        return self.run(operations.gateway_version())

    def segment(
        self, photo: PictureLike, mask: PictureLike | None = None, **wishes: Unpack[Wishes]
    ) -> Cutout:
        """Cuts a product out of a photo, at a segmentation service.

        photo: a picture file. mask: a picture of the photo's size that is light roughly where the
        product is. wishes: see Wishes; options are the fields of SegmentationOptions.

        Errors: PRODUCT_NOT_FOUND when no product stands out, INVALID_IMAGE when a picture cannot be
        read, ENGINE_NOT_READY when an engine was named that cannot work, OVERLOADED when too many
        calls are at work.
        """
        return self.run(operations.segment(photo, mask, **wishes))

    def generate(
        self, prompt: str, *, on_event: OnEvent | None = None, **wishes: Unpack[Wishes]
    ) -> Background:
        """Makes a background, at a background service.

        prompt: 1 to 2000 characters. on_event: called with every Event. wishes: see Wishes;
        options are the fields of BackgroundOptions.

        Errors: INVALID_REQUEST when a wish is out of range, ENGINE_NOT_READY when an engine was
        named that cannot work, OVERLOADED when too many calls are at work; of a Stable Diffusion
        server, the reasons that begin with SD_.
        """
        return self.run(operations.generate(prompt, **wishes), on_event)

    def composite(
        self,
        cutout: PictureLike,
        background: PictureLike,
        **wishes: Unpack[CompositeWishes],
    ) -> Composite:
        """Sets a cut-out into a background, at a compositing service.

        cutout: a picture with alpha. background: a picture that is large enough. wishes: see
        CompositeWishes; options are the fields of CompositingOptions.

        Errors: INVALID_IMAGE when a picture cannot be read or the cut-out has no alpha,
        PRODUCT_NOT_FOUND when the cut-out is empty, OVERLOADED when too many calls are at work.
        """
        return self.run(operations.composite(cutout, background, **wishes))

    def inpaint(
        self,
        composite: PictureLike,
        mask: PictureLike | None = None,
        *,
        on_event: OnEvent | None = None,
        **wishes: Unpack[InpaintWishes],
    ) -> Inpainted:
        """Grounds a composite in its scene, at an inpainting service.

        composite: a picture. mask: the product's alpha, a picture of the same size; not needed for
        a Composite that this client returned. on_event: called with every Event. wishes: see
        InpaintWishes; options are the fields of InpaintingOptions.

        Errors: INVALID_IMAGE when a picture cannot be read, INVALID_REQUEST when the sizes differ,
        PRODUCT_NOT_FOUND when the mask is empty, OVERLOADED when too many calls are at work; of a
        Stable Diffusion server, the reasons that begin with SD_.
        """
        return self.run(operations.inpaint(composite, mask, **wishes), on_event)

    def finish(
        self,
        ad: PictureLike,
        composite: PictureLike,
        mask: PictureLike | None = None,
        *,
        on_event: OnEvent | None = None,
        **wishes: Unpack[FinishWishes],
    ) -> Finished:
        """Writes a picture as the file that leaves the system, at a finishing service.

        ad: the finished picture. composite: a picture of its size, as the product was set into it.
        mask: the product's alpha, of the same size; not needed with a Composite that this client
        returned. on_event: called with every Event. wishes: see FinishWishes.

        Errors: INVALID_IMAGE when a picture cannot be read or the sizes differ, INVALID_REQUEST
        when a wish is out of range, SIZE_LIMIT_UNREACHABLE when the file cannot be as small as
        asked, OVERLOADED when too many calls are at work.
        """
        return self.run(operations.finish(ad, composite, mask, **wishes), on_event)

    def run(self, operation: Operation[T], on_event: OnEvent | None = None) -> T:
        """Runs any operation of cyclorama.operations, and returns what it reads."""
        call = getattr(operation.stub(self._channel), operation.method)
        with _translated(self._address, self._access), spanned(operation.method) as metadata:
            metadata = (*self._access.metadata, *metadata)
            answers = call(operation.request, timeout=self._timeout, metadata=metadata)
            told = _Told(operation, on_event)
            for answer in answers if operation.streams else [answers]:
                told.take(answer)
            return told.result

    def stream(self, operation: Operation[T]) -> Iterator[T]:
        """Runs an operation that answers with many messages; yields what each reads as."""
        call = getattr(operation.stub(self._channel), operation.method)
        with _translated(self._address, self._access), spanned(operation.method) as metadata:
            metadata = (*self._access.metadata, *metadata)
            for answer in call(operation.request, metadata=metadata):
                yield cast(T, operation.read(answer))

    def close(self) -> None:
        """Closes the channel; further calls fail."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class AsyncClient:
    """The same for asyncio: every method of Client, awaited.

        async with cyclorama.AsyncClient("127.0.0.1:50050") as client:
            ad = await client.create_ad("photo.jpg", "on a marble table, soft morning light")

    The arguments are those of Client; channel is a grpc.aio.Channel.
    """

    def __init__(
        self,
        address: str = GATEWAY,
        *,
        timeout: float = 300,
        ca: PathOrText | None = None,
        cert: PathOrText | None = None,
        key: PathOrText | None = None,
        token: str | None = None,
        channel: grpc.aio.Channel | None = None,
    ) -> None:
        self._address = address
        self._timeout = timeout
        self._access = Access(ca, cert, key, token)
        self._channel = channel or self._access.channel(address, grpc.aio)
        self.jobs = AsyncJobs(self)

    async def create_ad(
        self,
        photo: PictureLike,
        prompt: str,
        *,
        on_event: OnEvent | None = None,
        **wishes: Unpack[Wishes],
    ) -> Ad:
        """As Client.create_ad; cancelling the task stops the stage that is running."""
        return await self.run(operations.create_ad(photo, prompt, **wishes), on_event)

    async def replay(
        self,
        manifest: Mapping[str, Any],
        photo: PictureLike,
        *,
        on_event: OnEvent | None = None,
    ) -> Ad:
        """As Client.replay."""
        return await self.run(operation_of(manifest, photo), on_event)

    async def verify(self, picture: PictureLike, manifest: str) -> Verification:
        """As Client.verify."""
        return await self.run(operations.verify(picture, manifest))

    async def check(self, picture: PictureLike, profile: str) -> ProfileReport:
        """As Client.check."""
        return await self.run(operations.check(picture, profile))

    async def engines(self) -> list[EngineStatus]:
        """As Client.engines."""
        return await self.run(operations.list_engines())

    async def version(self) -> str:
        """As Client.version."""
        return await self.run(operations.gateway_version())

    async def segment(
        self, photo: PictureLike, mask: PictureLike | None = None, **wishes: Unpack[Wishes]
    ) -> Cutout:
        """As Client.segment."""
        return await self.run(operations.segment(photo, mask, **wishes))

    async def generate(
        self, prompt: str, *, on_event: OnEvent | None = None, **wishes: Unpack[Wishes]
    ) -> Background:
        """As Client.generate."""
        return await self.run(operations.generate(prompt, **wishes), on_event)

    async def composite(
        self,
        cutout: PictureLike,
        background: PictureLike,
        **wishes: Unpack[CompositeWishes],
    ) -> Composite:
        """As Client.composite."""
        return await self.run(operations.composite(cutout, background, **wishes))

    async def inpaint(
        self,
        composite: PictureLike,
        mask: PictureLike | None = None,
        *,
        on_event: OnEvent | None = None,
        **wishes: Unpack[InpaintWishes],
    ) -> Inpainted:
        """As Client.inpaint."""
        return await self.run(operations.inpaint(composite, mask, **wishes), on_event)

    async def finish(
        self,
        ad: PictureLike,
        composite: PictureLike,
        mask: PictureLike | None = None,
        *,
        on_event: OnEvent | None = None,
        **wishes: Unpack[FinishWishes],
    ) -> Finished:
        """As Client.finish."""
        return await self.run(operations.finish(ad, composite, mask, **wishes), on_event)

    async def run(self, operation: Operation[T], on_event: OnEvent | None = None) -> T:
        """As Client.run."""
        call = getattr(operation.stub(self._channel), operation.method)
        with _translated(self._address, self._access), spanned(operation.method) as metadata:
            metadata = (*self._access.metadata, *metadata)
            answers = call(operation.request, timeout=self._timeout, metadata=metadata)
            told = _Told(operation, on_event)
            if operation.streams:
                async for answer in answers:
                    told.take(answer)
            else:
                told.take(await answers)
            return told.result

    async def stream(self, operation: Operation[T]) -> AsyncIterator[T]:
        """As Client.stream."""
        call = getattr(operation.stub(self._channel), operation.method)
        with _translated(self._address, self._access), spanned(operation.method) as metadata:
            metadata = (*self._access.metadata, *metadata)
            async for answer in call(operation.request, metadata=metadata):
                yield cast(T, operation.read(answer))

    async def close(self) -> None:
        """As Client.close."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _Told(Generic[T]):
    """What a call has answered so far. A stream is read to its end: leaving early cancels it."""

    result: T

    def __init__(self, operation: Operation[T], on_event: OnEvent | None) -> None:
        self._read = operation.read
        self._on_event = on_event

    def take(self, answer: Message) -> None:
        read = self._read(answer)
        if not isinstance(read, Event):
            self.result = read
        elif self._on_event:
            self._on_event(read)


@contextmanager
def _translated(address: str, access: Access) -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as error:
        raise error_of(error, address, access.secured) from error
