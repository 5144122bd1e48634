"""The blocking client and the asyncio client; both run the operations of cyclorama.operations."""

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Generic, Self, TypeVar, Unpack, cast

import grpc
from google.protobuf.message import Message

from cyclorama import operations
from cyclorama.credentials import ClientCredentials, PathOrText
from cyclorama.defaults import GATEWAY, REQUEST_SIZE_KEY
from cyclorama.errors import CycloramaError, error_from_rpc
from cyclorama.jobs import AsyncJobs, Jobs
from cyclorama.operations import (
    AdArguments,
    CompositeArguments,
    FinishArguments,
    GenerateArguments,
    InpaintArguments,
    Operation,
    PictureArguments,
    PictureLike,
)
from cyclorama.replay import prepare_replay
from cyclorama.results import (
    Ad,
    Assessment,
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
from cyclorama.tracing import Metadata, trace_client_call

T = TypeVar("T")
OnEvent = Callable[[Event], object]


class Client:
    """Blocking client of a gateway, or of one stage at its own address.

        with cyclorama.Client("127.0.0.1:50050") as client:
            ad = client.create_ad("photo.jpg", "on a marble table, soft morning light")
            ad.save("ad.png")

    address: host:port, unix:path, or dns:///name:port to use every address of a name. timeout:
    seconds for a whole call; watching a job and fetching its files have no limit. ca: PEM file of
    the certificate authorities to trust, or "public" for those that browsers trust; turns on TLS.
    cert, key: PEM files of your own certificate, for servers that require one. token: your bearer
    token for the gateway. channel: a grpc.Channel of your own to use instead; ca, cert and key are
    then ignored.

    Every call raises CycloramaError when it fails, ValueError when an argument cannot be sent, such
    as an option that does not exist, and OSError when a file cannot be read. A token without ca or
    cert raises ValueError unless the address is on this machine. Threads may share a client.

    A picture argument is the bytes of a file, its path, or a picture that an earlier call returned.
    The attribute `jobs` manages the gateway's campaigns: see Jobs.
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
        """Opens a channel to `address`, such as host:port, or uses `channel`.

        timeout: seconds for a whole call. ca, cert, key: PEM files for TLS. token: of the gateway.
        The class describes them in full.
        """
        self._address = address
        self._timeout = timeout
        self._credentials = ClientCredentials(ca, cert, key, token)
        self._channel = channel or self._credentials.open_channel(address)
        self.jobs = Jobs(self)

    def create_ad(
        self,
        photo: PictureLike,
        prompt: str,
        *,
        on_event: OnEvent | None = None,
        **arguments: Unpack[AdArguments],
    ) -> Ad:
        """Makes an ad of a photo and a prompt, through the gateway, and returns it.

        photo: a picture file of at most 48 MiB, unless the gateway is set otherwise. prompt: what
        the scene should look like, 1 to 2000 characters. on_event: called with every Event, in
        this thread, while the call runs. arguments: size, seed, format and more; see
        AdArguments.

        Errors: PRODUCT_NOT_FOUND when no product stands out in the photo, INVALID_IMAGE when it is
        no picture, INVALID_REQUEST when an argument is out of range, ENGINE_NOT_READY when a named
        engine is not ready, STAGE_UNREACHABLE when a stage does not answer, OVERLOADED when too
        many calls are in flight.
        """
        return self.run(operations.prepare_ad(photo, prompt, **arguments), on_event)

    def replay(
        self,
        manifest: Mapping[str, Any],
        photo: PictureLike,
        *,
        on_event: OnEvent | None = None,
    ) -> Ad:
        """Makes an ad again from its manifest, the record of how it was made, and returns it.

        compare_manifests says whether the new ad is identical.

        manifest: as in `Ad.manifest`. photo: the photo of the first ad. on_event: called with every
        Event, in this thread, while the call runs.

        Errors: ValueError when the photo is not the one that the manifest names, or the manifest is
        invalid; else those of create_ad.
        """
        return self.run(prepare_replay(manifest, photo), on_event)

    def verify(self, picture: PictureLike, manifest: str) -> Verification:
        """Compares an ad's file with its manifest, through the gateway; returns what has changed.

        picture: the file as it is now. manifest: the JSON text that was delivered with it.

        Errors: INVALID_IMAGE or INVALID_REQUEST when the file or the manifest cannot be read.
        """
        return self.run(operations.prepare_verification(picture, manifest))

    def check(self, picture: PictureLike, profile: str) -> ProfileReport:
        """Checks any picture file against the rules of a platform, through the gateway.

        picture: if it is a path, its suffix is checked too. profile: the name of the platform's
        rules, such as "amazon-main".

        Returns the report, which says for every rule whether the file meets it.

        Errors: INVALID_IMAGE when the file cannot be read, INVALID_REQUEST when there is no such
        profile.
        """
        return self.run(operations.prepare_profile_check(picture, profile))

    def assess(self, picture: PictureLike, manifest: str | None = None) -> Assessment:
        """Assesses a picture as a reviewer would, through the gateway: what is wrong, and the mark.

        picture: any picture file, an ad of another maker included. manifest: the JSON text that was
        delivered with an ad; everything is measured then. With None, the product is searched in the
        picture, and what only a manifest says is not known.

        Errors: INVALID_IMAGE or INVALID_REQUEST when the file or the manifest cannot be read, or
        the manifest is that of a picture of another size.
        """
        return self.run(operations.prepare_assessment(picture, manifest))

    def engines(self) -> list[EngineStatus]:
        """Lists the engines of all stages, best first, through the gateway."""
        return self.run(operations.prepare_engine_list())

    def version(self) -> str:
        """Returns the gateway's version, such as "0.1.0"; the client's is cyclorama.__version__."""
        return self.run(operations.prepare_version_query())

    def segment(
        self,
        photo: PictureLike,
        mask: PictureLike | None = None,
        **arguments: Unpack[PictureArguments],
    ) -> Cutout:
        """Cuts a product out of a photo, with a segmentation service; returns it with its alpha.

        photo: a picture file. mask: a picture of the photo's size that is light roughly where the
        product is; None lets the service find it. arguments: see PictureArguments; options are the
        fields of SegmentationOptions.

        Errors: PRODUCT_NOT_FOUND when no product stands out, INVALID_IMAGE when a picture cannot be
        read, ENGINE_NOT_READY when a named engine is not ready, OVERLOADED when too many calls are
        in flight.
        """
        return self.run(operations.prepare_segmentation(photo, mask, **arguments))

    def generate(
        self,
        prompt: str,
        *,
        on_event: OnEvent | None = None,
        **arguments: Unpack[GenerateArguments],
    ) -> Background:
        """Makes a background, a scene without the product, with a background service.

        prompt: what the scene should look like, 1 to 2000 characters. on_event: called with every
        Event, in this thread, while the call runs. arguments: see GenerateArguments; options are
        the fields of BackgroundOptions.

        Errors: INVALID_REQUEST when an argument is out of range, ENGINE_NOT_READY when a named
        engine is not ready, OVERLOADED when too many calls are in flight; reasons that begin with
        DIFFUSION_ when a diffusion model or its server fails.
        """
        return self.run(operations.prepare_background(prompt, **arguments), on_event)

    def composite(
        self,
        cutout: PictureLike,
        background: PictureLike,
        **arguments: Unpack[CompositeArguments],
    ) -> Composite:
        """Places a cut-out product in a background, with a compositing service.

        cutout: a picture with alpha. background: a picture, cropped and resized to the size of
        the composite. arguments: see CompositeArguments; options are the fields of
        CompositingOptions.

        Errors: INVALID_IMAGE when a picture cannot be read or the cut-out has no alpha,
        PRODUCT_NOT_FOUND when the cut-out is empty, OVERLOADED when too many calls are in flight.
        """
        return self.run(operations.prepare_composite(cutout, background, **arguments))

    def inpaint(
        self,
        composite: PictureLike,
        mask: PictureLike | None = None,
        *,
        on_event: OnEvent | None = None,
        **arguments: Unpack[InpaintArguments],
    ) -> Inpainted:
        """Adds light, shadow and reflection that ground a composite, with an inpainting service.

        composite: a picture of the product in its scene. mask: the product's alpha, a picture of
        the same size; optional for a Composite that this client returned. on_event: called with
        every Event, in this thread, while the call runs. arguments: see InpaintArguments; options
        are the fields of InpaintingOptions.

        Errors: INVALID_IMAGE when a picture cannot be read, INVALID_REQUEST when the sizes differ,
        PRODUCT_NOT_FOUND when the mask is empty, OVERLOADED when too many calls are in flight;
        reasons that begin with DIFFUSION_ when a diffusion model or its server fails.
        """
        return self.run(operations.prepare_inpainting(composite, mask, **arguments), on_event)

    def finish(
        self,
        ad: PictureLike,
        composite: PictureLike,
        mask: PictureLike | None = None,
        *,
        on_event: OnEvent | None = None,
        **arguments: Unpack[FinishArguments],
    ) -> Finished:
        """Encodes an ad as its final file and checks it, with a finishing service.

        ad: the finished picture. composite: the picture of the compositing stage, of the same size.
        mask: the product's alpha, of the same size; optional for a Composite that this client
        returned. on_event: called with every Event, in this thread, while the call runs. arguments:
        see FinishArguments.

        Errors: INVALID_IMAGE when a picture cannot be read or the sizes differ, INVALID_REQUEST
        when an argument is out of range, SIZE_LIMIT_UNREACHABLE when the file cannot be as small as
        requested, OVERLOADED when too many calls are in flight.
        """
        return self.run(operations.prepare_finishing(ad, composite, mask, **arguments), on_event)

    def run(self, operation: Operation[T], on_event: OnEvent | None = None) -> T:
        """Sends the gRPC call that an Operation describes, and returns its converted result.

        operation: returned by a function of cyclorama.operations. on_event: called with every Event
        that the server streams before the result, in this thread.
        """
        call = getattr(operation.stub(self._channel), operation.method)
        with _call_metadata(operation, self._address, self._credentials) as metadata:
            responses = call(operation.request, timeout=self._timeout, metadata=metadata)
            reader = _ResponseReader(operation, on_event)
            # A call that does not stream returns its only response instead of an iterator.
            for response in responses if operation.streams else [responses]:
                reader.read(response)
            return reader.result

    def stream(self, operation: Operation[T]) -> Iterator[T]:
        """Sends a call that streams its responses, and yields each one converted, without timeout.

        operation: the call; its `read` converts a response message into what is yielded.
        """
        call = getattr(operation.stub(self._channel), operation.method)
        with _call_metadata(operation, self._address, self._credentials) as metadata:
            for response in call(operation.request, metadata=metadata):
                yield cast(T, operation.read(response))

    def close(self) -> None:
        """Closes the channel; further calls fail."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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
        timeout: float = 300,
        ca: PathOrText | None = None,
        cert: PathOrText | None = None,
        key: PathOrText | None = None,
        token: str | None = None,
        channel: grpc.aio.Channel | None = None,
    ) -> None:
        """Opens an asyncio channel to `address`, such as host:port, or uses `channel`.

        timeout: seconds for a whole call. ca, cert, key: PEM files for TLS. token: of the gateway.
        The class Client describes them in full.
        """
        self._address = address
        self._timeout = timeout
        self._credentials = ClientCredentials(ca, cert, key, token)
        self._channel = channel or self._credentials.open_channel(address, grpc.aio)
        self.jobs = AsyncJobs(self)

    async def create_ad(
        self,
        photo: PictureLike,
        prompt: str,
        *,
        on_event: OnEvent | None = None,
        **arguments: Unpack[AdArguments],
    ) -> Ad:
        """As Client.create_ad: makes an ad of a photo and a prompt, through the gateway.

        on_event is called with every Event while the call runs, in the event loop. Cancelling the
        task stops the stage that is running.
        """
        return await self.run(operations.prepare_ad(photo, prompt, **arguments), on_event)

    async def replay(
        self,
        manifest: Mapping[str, Any],
        photo: PictureLike,
        *,
        on_event: OnEvent | None = None,
    ) -> Ad:
        """As Client.replay: makes an ad again from its manifest and the same photo.

        on_event is called with every Event while the call runs, in the event loop.
        """
        return await self.run(prepare_replay(manifest, photo), on_event)

    async def verify(self, picture: PictureLike, manifest: str) -> Verification:
        """As Client.verify: compares an ad's file with its manifest, a JSON text."""
        return await self.run(operations.prepare_verification(picture, manifest))

    async def check(self, picture: PictureLike, profile: str) -> ProfileReport:
        """As Client.check: checks a picture file against a platform's rules, a named profile."""
        return await self.run(operations.prepare_profile_check(picture, profile))

    async def assess(self, picture: PictureLike, manifest: str | None = None) -> Assessment:
        """As Client.assess: measures what is wrong with a picture, and predicts its mark."""
        return await self.run(operations.prepare_assessment(picture, manifest))

    async def engines(self) -> list[EngineStatus]:
        """As Client.engines: lists the engines of all stages, best first, through the gateway."""
        return await self.run(operations.prepare_engine_list())

    async def version(self) -> str:
        """As Client.version: returns the gateway's version, such as "0.1.0"."""
        return await self.run(operations.prepare_version_query())

    async def segment(
        self,
        photo: PictureLike,
        mask: PictureLike | None = None,
        **arguments: Unpack[PictureArguments],
    ) -> Cutout:
        """As Client.segment: cuts a product out of a photo.

        mask is a picture that is light roughly where the product is; None lets the service find it.
        """
        return await self.run(operations.prepare_segmentation(photo, mask, **arguments))

    async def generate(
        self,
        prompt: str,
        *,
        on_event: OnEvent | None = None,
        **arguments: Unpack[GenerateArguments],
    ) -> Background:
        """As Client.generate: makes a background, a scene without the product, from a prompt.

        on_event is called with every Event while the call runs, in the event loop.
        """
        return await self.run(operations.prepare_background(prompt, **arguments), on_event)

    async def composite(
        self,
        cutout: PictureLike,
        background: PictureLike,
        **arguments: Unpack[CompositeArguments],
    ) -> Composite:
        """As Client.composite: places a cut-out product, a picture with alpha, in a background."""
        return await self.run(operations.prepare_composite(cutout, background, **arguments))

    async def inpaint(
        self,
        composite: PictureLike,
        mask: PictureLike | None = None,
        *,
        on_event: OnEvent | None = None,
        **arguments: Unpack[InpaintArguments],
    ) -> Inpainted:
        """As Client.inpaint: adds light, shadow and reflection that ground a composite.

        mask is the product's alpha, optional for a Composite that the client returned. on_event is
        called with every Event while the call runs, in the event loop.
        """
        return await self.run(operations.prepare_inpainting(composite, mask, **arguments), on_event)

    async def finish(
        self,
        ad: PictureLike,
        composite: PictureLike,
        mask: PictureLike | None = None,
        *,
        on_event: OnEvent | None = None,
        **arguments: Unpack[FinishArguments],
    ) -> Finished:
        """As Client.finish: encodes an ad as its final file and checks it.

        composite is the picture of the compositing stage. mask is the product's alpha, optional for
        a Composite that the client returned. on_event is called with every Event while the call
        runs, in the event loop.
        """
        return await self.run(
            operations.prepare_finishing(ad, composite, mask, **arguments), on_event
        )

    async def run(self, operation: Operation[T], on_event: OnEvent | None = None) -> T:
        """As Client.run: sends the gRPC call that an Operation describes, and returns its result.

        on_event is called with every Event that the server streams before the result.
        """
        call = getattr(operation.stub(self._channel), operation.method)
        with _call_metadata(operation, self._address, self._credentials) as metadata:
            responses = call(operation.request, timeout=self._timeout, metadata=metadata)
            reader = _ResponseReader(operation, on_event)
            if operation.streams:
                async for response in responses:
                    reader.read(response)
            else:
                reader.read(await responses)
            return reader.result

    async def stream(self, operation: Operation[T]) -> AsyncIterator[T]:
        """As Client.stream: sends a call that streams, and yields each response converted."""
        call = getattr(operation.stub(self._channel), operation.method)
        with _call_metadata(operation, self._address, self._credentials) as metadata:
            async for response in call(operation.request, metadata=metadata):
                yield cast(T, operation.read(response))

    async def close(self) -> None:
        """As Client.close: closes the channel; further calls fail."""
        await self._channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class _ResponseReader(Generic[T]):
    """Reads the responses of a call: passes its events to `on_event` and keeps its result.

    A stream must be read to its end: gRPC cancels a call whose stream is left early.
    """

    def __init__(self, operation: Operation[T], on_event: OnEvent | None) -> None:
        """Prepares to read the responses of an operation; on_event: receives its events."""
        self._read = operation.read
        self._on_event = on_event
        self._results: list[T] = []

    def read(self, response: Message) -> None:
        """Converts one response message: passes on an Event, keeps anything else as the result."""
        value = self._read(response)
        if not isinstance(value, Event):
            self._results.append(value)
        elif self._on_event:
            self._on_event(value)

    @property
    def result(self) -> T:
        """Returns the result; raises CycloramaError when the stream ended without one."""
        if not self._results:
            raise CycloramaError(grpc.StatusCode.INTERNAL, "the response ended without a result")
        return self._results[-1]


@contextmanager
def _call_metadata(
    operation: Operation[T], address: str, credentials: ClientCredentials
) -> Iterator[Metadata]:
    """Yields the gRPC metadata to send with a call: its size, the trace, and the token, if any.

    The call is made inside the context: it is traced, and its gRPC error becomes a CycloramaError.

    address: the server, which the error names when it does not answer.
    """
    try:
        with trace_client_call(operation.method) as trace_metadata:
            # Servers read large requests when they have the memory, if they know of it before.
            size = (REQUEST_SIZE_KEY, str(operation.request.ByteSize()))
            yield (*credentials.metadata, *trace_metadata, size)
    except grpc.RpcError as error:
        raise error_from_rpc(error, address, credentials.uses_tls) from error
