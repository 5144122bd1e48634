"""The asyncio client; it runs the operations of cyclorama.operations."""

import asyncio
import copy
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Literal, Self, TypeVar, Unpack, cast, overload

import grpc

from cyclorama import operations
from cyclorama.ad_streams import AsyncAdStream
from cyclorama.arguments import (
    AdArguments,
    CompositeArguments,
    FinishArguments,
    GenerateArguments,
    InpaintArguments,
    SegmentArguments,
)
from cyclorama.batches import BatchOptions, OnAsyncProgress, run_async_batch
from cyclorama.callbacks import await_callback
from cyclorama.calls import CallOptions, Connection, ResponseReader, Tries
from cyclorama.checks import check_callback
from cyclorama.credentials import ClientCredentials, PathOrText
from cyclorama.defaults import GATEWAY, MAX_RETRIES, TIMEOUT_SECONDS
from cyclorama.errors import CycloramaError, InvalidRequest
from cyclorama.jobs import AsyncJobs
from cyclorama.keyword_signatures import list_keywords
from cyclorama.manifests import ManifestLike
from cyclorama.operations import Operation
from cyclorama.pictures import PictureLike, UploadedImage, iterate_pictures
from cyclorama.replay import prepare_replay
from cyclorama.responses import contradictions_from_error
from cyclorama.results import (
    Ad,
    Assessment,
    Background,
    Composite,
    Contradiction,
    Cutout,
    EngineStatus,
    Event,
    Finished,
    Inpainted,
    Platform,
    ProfileReport,
    Verification,
)
from cyclorama.webhooks import AsyncWebhooks

T = TypeVar("T")
OnAsyncEvent = Callable[[Event], Awaitable[object] | None]
"""A function or a coroutine function, which is awaited."""


class AsyncClient:
    """Asyncio client of a gateway, or of one stage: every method of Client, awaited.

        async with cyclorama.AsyncClient("127.0.0.1:50050") as client:
            ad = await client.create_ad("photo.jpg", "on a marble table, soft morning light")

    The arguments are those of Client; channel is a grpc.aio.Channel.
    """

    def __init__(
        self,
        address: str = GATEWAY,
        *,
        timeout: float = TIMEOUT_SECONDS,
        max_retries: int = MAX_RETRIES,
        ca: PathOrText | None = None,
        cert: PathOrText | None = None,
        key: PathOrText | None = None,
        token: str | None = None,
        channel: grpc.aio.Channel | None = None,
    ) -> None:
        """Opens an asyncio channel to `address`, such as host:port, or uses `channel`.

        timeout: seconds for a whole call. max_retries: of calls that failed for a moment. ca, cert,
        key: PEM files for TLS. token: of the gateway. The class Client describes them in full.
        """
        self._options = CallOptions(timeout, max_retries)
        credentials = ClientCredentials(ca, cert, key, token)
        self._connection = Connection(address, credentials, channel, grpc.aio)
        self.jobs = AsyncJobs(self)
        self.webhooks = AsyncWebhooks(self)

    def __repr__(self) -> str:
        """Returns the class and the address."""
        return f"{type(self).__name__}({self._connection!r})"

    def with_options(self, *, timeout: float | None = None, max_retries: int | None = None) -> Self:
        """As Client.with_options: returns a client with other options on the same channel."""
        client = copy.copy(self)
        client._options = self._options.change(timeout, max_retries)
        client.jobs = AsyncJobs(client)
        client.webhooks = AsyncWebhooks(client)
        return client

    @list_keywords
    async def create_ad(
        self,
        photo: PictureLike,
        prompt: str,
        *,
        on_event: OnAsyncEvent | None = None,
        timeout: float | None = None,
        **arguments: Unpack[AdArguments],
    ) -> Ad:
        """As Client.create_ad: makes an ad of a photo and a prompt, through the gateway.

        on_event is called with every Event while the call runs, in the event loop, and awaited if
        it is async. Cancelling the task stops the stage that is running.
        """
        return await self.run(
            operations.prepare_ad(photo, prompt, **arguments), on_event, timeout=timeout
        )

    @list_keywords
    def stream_ad(
        self,
        photo: PictureLike,
        prompt: str,
        *,
        timeout: float | None = None,
        **arguments: Unpack[AdArguments],
    ) -> AsyncAdStream:
        """As Client.stream_ad: makes an ad, and returns an asynchronous iterator of its events."""
        operation = operations.prepare_ad(photo, prompt, **arguments)
        values = self._send(operation, timeout)
        return AsyncAdStream(values)

    @overload
    def map(
        self,
        photos: PictureLike | Iterable[PictureLike],
        prompt: str,
        *,
        concurrency: int = ...,
        return_exceptions: Literal[False] = ...,
        on_progress: OnAsyncProgress | None = ...,
        timeout: float | None = ...,
        **arguments: Unpack[AdArguments],
    ) -> AsyncIterator[Ad]: ...

    @overload
    def map(
        self,
        photos: PictureLike | Iterable[PictureLike],
        prompt: str,
        *,
        concurrency: int = ...,
        return_exceptions: bool,
        on_progress: OnAsyncProgress | None = ...,
        timeout: float | None = ...,
        **arguments: Unpack[AdArguments],
    ) -> AsyncIterator[Ad | Exception]: ...

    @list_keywords
    def map(
        self,
        photos: PictureLike | Iterable[PictureLike],
        prompt: str,
        *,
        concurrency: int = 4,
        return_exceptions: bool = False,
        on_progress: OnAsyncProgress | None = None,
        timeout: float | None = None,
        **arguments: Unpack[AdArguments],
    ) -> AsyncIterator[Ad | Exception]:
        """As Client.map: makes an ad of every photo, several at a time, in order: `async for`."""

        async def create(photo: PictureLike) -> Ad:
            """Makes the ad of one photo."""
            return await self.create_ad(photo, prompt, timeout=timeout, **arguments)

        check_callback(on_progress, "on_progress", may_be_async=True)
        options = BatchOptions(concurrency, return_exceptions, on_progress)
        return run_async_batch(create, iterate_pictures(photos), options)

    async def upload(self, picture: PictureLike, *, timeout: float | None = None) -> UploadedImage:
        """As Client.upload: has the gateway keep a picture for later calls."""
        return await self.run(operations.prepare_upload(picture), timeout=timeout)

    async def replay(
        self,
        manifest: ManifestLike | Ad,
        photo: PictureLike,
        mask: PictureLike | None = None,
        *,
        backdrop: PictureLike | None = None,
        logo: PictureLike | None = None,
        font_file: PictureLike | None = None,
        on_event: OnAsyncEvent | None = None,
        timeout: float | None = None,
    ) -> Ad:
        """As Client.replay: makes an ad again from its manifest, the same photo and files.

        on_event is called with every Event while the call runs, in the event loop.
        """
        operation = prepare_replay(
            manifest, photo, mask, backdrop=backdrop, logo=logo, font_file=font_file
        )
        return await self.run(operation, on_event, timeout=timeout)

    async def verify(
        self,
        picture: PictureLike,
        manifest: ManifestLike | None = None,
        *,
        timeout: float | None = None,
    ) -> Verification:
        """As Client.verify: compares an ad's file with its manifest."""
        operation = operations.prepare_verification(picture, manifest)
        return await self.run(operation, timeout=timeout)

    async def check(
        self, picture: PictureLike, profile: str, *, timeout: float | None = None
    ) -> ProfileReport:
        """As Client.check: checks a picture file against a platform's rules, a named profile."""
        return await self.run(operations.prepare_profile_check(picture, profile), timeout=timeout)

    async def assess(
        self,
        picture: PictureLike,
        manifest: ManifestLike | None = None,
        *,
        timeout: float | None = None,
    ) -> Assessment:
        """As Client.assess: measures what is wrong with a picture, and predicts its mark."""
        return await self.run(operations.prepare_assessment(picture, manifest), timeout=timeout)

    async def engines(self, *, timeout: float | None = None) -> list[EngineStatus]:
        """As Client.engines: lists the engines of all stages, best first, through the gateway."""
        return await self.run(operations.prepare_engine_list(), timeout=timeout)

    async def profiles(self, *, timeout: float | None = None) -> list[Platform]:
        """As Client.profiles: lists the platforms whose rules ads can be made for."""
        return await self.run(operations.prepare_platform_list(), timeout=timeout)

    @list_keywords
    async def validate(
        self, *, timeout: float | None = None, **arguments: Unpack[AdArguments]
    ) -> list[Contradiction]:
        """As Client.validate: checks options of an ad, without making it."""
        try:
            return await self.run(operations.prepare_validation(**arguments), timeout=timeout)
        except InvalidRequest as error:
            return contradictions_from_error(error)

    async def version(self, *, timeout: float | None = None) -> str:
        """As Client.version: returns the gateway's version, such as "0.1.0"."""
        return await self.run(operations.prepare_version_query(), timeout=timeout)

    @list_keywords
    async def segment(
        self,
        photo: PictureLike,
        mask: PictureLike | None = None,
        *,
        timeout: float | None = None,
        **arguments: Unpack[SegmentArguments],
    ) -> Cutout:
        """As Client.segment: cuts a product out of a photo.

        mask is a picture that is light roughly where the product is; None lets the service find it.
        """
        operation = operations.prepare_segmentation(photo, mask, **arguments)
        return await self.run(operation, timeout=timeout)

    @list_keywords
    async def generate(
        self,
        prompt: str,
        *,
        on_event: OnAsyncEvent | None = None,
        timeout: float | None = None,
        **arguments: Unpack[GenerateArguments],
    ) -> Background:
        """As Client.generate: makes a background, a scene without the product, from a prompt.

        on_event is called with every Event while the call runs, in the event loop.
        """
        return await self.run(
            operations.prepare_background(prompt, **arguments), on_event, timeout=timeout
        )

    @list_keywords
    async def composite(
        self,
        cutout: PictureLike,
        background: PictureLike,
        *,
        timeout: float | None = None,
        **arguments: Unpack[CompositeArguments],
    ) -> Composite:
        """As Client.composite: places a cut-out product, a picture with alpha, in a background."""
        operation = operations.prepare_composite(cutout, background, **arguments)
        return await self.run(operation, timeout=timeout)

    @list_keywords
    async def inpaint(
        self,
        composite: PictureLike,
        mask: PictureLike | None = None,
        *,
        on_event: OnAsyncEvent | None = None,
        timeout: float | None = None,
        **arguments: Unpack[InpaintArguments],
    ) -> Inpainted:
        """As Client.inpaint: adds light, shadow and reflection that ground a composite.

        mask is the product's alpha, optional for a Composite that the client returned. on_event is
        called with every Event while the call runs, in the event loop.
        """
        operation = operations.prepare_inpainting(composite, mask, **arguments)
        return await self.run(operation, on_event, timeout=timeout)

    @list_keywords
    async def finish(
        self,
        ad: PictureLike,
        composite: PictureLike,
        mask: PictureLike | None = None,
        *,
        on_event: OnAsyncEvent | None = None,
        timeout: float | None = None,
        **arguments: Unpack[FinishArguments],
    ) -> Finished:
        """As Client.finish: encodes an ad as its final file and checks it.

        composite is the picture of the compositing stage. mask is the product's alpha, optional for
        a Composite that the client returned. on_event is called with every Event while the call
        runs, in the event loop.
        """
        operation = operations.prepare_finishing(ad, composite, mask, **arguments)
        return await self.run(operation, on_event, timeout=timeout)

    async def run(
        self,
        operation: Operation[T],
        on_event: OnAsyncEvent | None = None,
        *,
        timeout: float | None = None,
    ) -> T:
        """As Client.run: sends the gRPC call that an Operation describes, and returns its result.

        on_event is called with every Event that the server streams before the result.
        """
        check_callback(on_event, "on_event", may_be_async=True)
        values = self._send(operation, timeout)
        async with aclosing(values):
            async for value in values:
                if not isinstance(value, Event):
                    return value
                await await_callback(on_event, value)
        raise AssertionError("a call that ends without a result raises")

    async def stream(
        self, operation: Operation[T], *, timeout: float | None = None
    ) -> AsyncIterator[T]:
        """As Client.stream: sends a call that streams, and yields each response converted."""
        call = self._connection.open_method(operation)
        with self._connection.prepare_call(operation, timeout) as metadata:
            async for response in call(operation.request, timeout=timeout, metadata=metadata):
                yield cast(T, operation.read(response))

    async def close(self) -> None:
        """As Client.close: closes the channel; further calls raise ClientClosed."""
        self._connection.is_closed = True
        await self._connection.channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def _send(
        self, operation: Operation[T], timeout: float | None
    ) -> AsyncGenerator[Event | T, None]:
        """Sends a call, again where that may help; yields its events, and last its result."""
        tries = Tries(operation.request, self._options.change(timeout))
        while True:
            try:
                values = self._try(operation, tries)
                async with aclosing(values):
                    async for value in values:
                        yield value
                return
            except CycloramaError as error:
                pause = tries.next_pause(error)
            await asyncio.sleep(pause)

    async def _try(self, operation: Operation[T], tries: Tries) -> AsyncGenerator[Event | T, None]:
        """Sends a call once; yields its events, and last its result."""
        call = self._connection.open_method(operation)
        with self._connection.prepare_call(operation, tries.timeout) as metadata:
            responses = call(operation.request, timeout=tries.seconds_left, metadata=metadata)
            reader = ResponseReader(operation)
            try:
                if operation.streams:
                    async for response in responses:
                        if event := reader.read(response):
                            yield event
                else:
                    reader.read(await responses)
            finally:
                # Without effect on a call that has ended.
                responses.cancel()
        yield reader.result
