"""The blocking client; it runs the operations of cyclorama.operations."""

import copy
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from typing import Literal, Self, TypeVar, Unpack, cast, overload

import grpc

from cyclorama import operations
from cyclorama.ad_streams import AdStream
from cyclorama.arguments import (
    AdArguments,
    CompositeArguments,
    FinishArguments,
    GenerateArguments,
    InpaintArguments,
    SegmentArguments,
)
from cyclorama.batches import BatchOptions, OnProgress, run_batch
from cyclorama.calls import CallOptions, Connection, ResponseReader, Tries
from cyclorama.checks import check_callback
from cyclorama.credentials import ClientCredentials, PathOrText
from cyclorama.defaults import GATEWAY, MAX_RETRIES, TIMEOUT_SECONDS
from cyclorama.errors import CycloramaError, InvalidRequest
from cyclorama.jobs import Jobs
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
from cyclorama.webhooks import Webhooks

T = TypeVar("T")
OnEvent = Callable[[Event], None]


class Client:
    """Blocking client of a gateway, or of one stage at its own address.

        with cyclorama.Client("127.0.0.1:50050") as client:
            ad = client.create_ad("photo.jpg", "on a marble table, soft morning light")
            ad.save("ad.png")

    address: host:port, unix:path, or dns:///name:port to use every address of a name. timeout:
    seconds for a whole call, its retries included; math.inf for none. Watching a job and fetching
    its files have no limit. max_retries: how often a call is repeated that failed because a server
    was overloaded or did not answer, with growing pauses, at least as long as the server asks for,
    and with the same seed. ca: PEM file of the certificate authorities to trust, or "public" for
    those that browsers trust; turns on TLS. cert: PEM file of your own certificate, for servers
    that require one. key: PEM file of its private key. token: your bearer token for the gateway.
    channel: a grpc.Channel of your own to use instead; ca, cert and key are then ignored.

    Every call takes `timeout`, its own time limit in place of the client's. It raises a
    CycloramaError when it fails, ValueError when an argument cannot be sent, such as an option that
    does not exist, and OSError when a file cannot be read. A token without ca or cert raises
    ValueError unless the address is on this machine. Threads may share a client.

    A picture argument is a path, the bytes of a file, an open file, an image of Pillow, an array of
    uint8 (height, width, 3) in RGB, or a picture that an earlier call returned. The attribute
    `jobs` manages the gateway's campaigns, `webhooks` its deliveries of events: see Jobs, Webhooks.
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
        channel: grpc.Channel | None = None,
    ) -> None:
        """Opens a channel to `address`, such as host:port, or uses `channel`.

        timeout: seconds for a whole call. max_retries: of calls that failed for a moment. ca, cert,
        key: PEM files for TLS. token: of the gateway. The class describes them in full.
        """
        self._options = CallOptions(timeout, max_retries)
        credentials = ClientCredentials(ca, cert, key, token)
        self._connection = Connection(address, credentials, channel, grpc)
        self.jobs = Jobs(self)
        self.webhooks = Webhooks(self)

    def __repr__(self) -> str:
        """Returns the class and the address."""
        return f"{type(self).__name__}({self._connection!r})"

    def with_options(self, *, timeout: float | None = None, max_retries: int | None = None) -> Self:
        """Returns a client with other options on the same channel; closing one closes both.

        timeout: seconds for a whole call. max_retries: of calls that failed for a moment. None
        leaves an option as it is.
        """
        client = copy.copy(self)
        client._options = self._options.change(timeout, max_retries)
        client.jobs = Jobs(client)
        client.webhooks = Webhooks(client)
        return client

    @list_keywords
    def create_ad(
        self,
        photo: PictureLike,
        prompt: str,
        *,
        on_event: OnEvent | None = None,
        timeout: float | None = None,
        **arguments: Unpack[AdArguments],
    ) -> Ad:
        """Makes an ad of a photo and a prompt, through the gateway, and returns it.

        photo: a picture of at most 48 MiB, unless the gateway is set otherwise. prompt: what the
        scene should look like, 1 to 2000 characters. on_event: called with every Event, in this
        thread, while the call runs. timeout: seconds, in place of the client's. arguments: size,
        seed, format and more; see AdArguments.

        Errors: PRODUCT_NOT_FOUND when no product stands out in the photo, INVALID_IMAGE when it is
        no picture, INVALID_REQUEST when an argument is out of range, ENGINE_NOT_READY when a named
        engine is not ready, STAGE_UNREACHABLE when a stage does not answer, OVERLOADED when too
        many calls are in flight.
        """
        return self.run(
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
    ) -> AdStream:
        """Makes an ad as create_ad does, and returns an iterator of its events.

        `result()` of the iterator is the ad.

        photo, prompt, timeout, arguments: as of create_ad.
        """
        operation = operations.prepare_ad(photo, prompt, **arguments)
        values = self._send(operation, timeout)
        return AdStream(values)

    @overload
    def map(
        self,
        photos: PictureLike | Iterable[PictureLike],
        prompt: str,
        *,
        concurrency: int = ...,
        return_exceptions: Literal[False] = ...,
        on_progress: OnProgress | None = ...,
        timeout: float | None = ...,
        **arguments: Unpack[AdArguments],
    ) -> Iterator[Ad]: ...

    @overload
    def map(
        self,
        photos: PictureLike | Iterable[PictureLike],
        prompt: str,
        *,
        concurrency: int = ...,
        return_exceptions: bool,
        on_progress: OnProgress | None = ...,
        timeout: float | None = ...,
        **arguments: Unpack[AdArguments],
    ) -> Iterator[Ad | Exception]: ...

    @list_keywords
    def map(
        self,
        photos: PictureLike | Iterable[PictureLike],
        prompt: str,
        *,
        concurrency: int = 4,
        return_exceptions: bool = False,
        on_progress: OnProgress | None = None,
        timeout: float | None = None,
        **arguments: Unpack[AdArguments],
    ) -> Iterator[Ad | Exception]:
        """Makes an ad of every photo, several at a time; yields them in the order of the photos.

        photos: several, or one; also a generator, which is read as the ads are made. prompt: of all
        of them. concurrency: calls at a time. return_exceptions: whether an ad that fails yields
        its error, and the others continue; else the error is raised in its place. on_progress:
        called with the number of ads that have ended and that of all, None if `photos` has no
        length. timeout: of each. arguments: as of create_ad.
        """
        check_callback(on_progress, "on_progress")
        return run_batch(
            lambda photo: self.create_ad(photo, prompt, timeout=timeout, **arguments),
            iterate_pictures(photos),
            BatchOptions(concurrency, return_exceptions, on_progress),
        )

    def upload(self, picture: PictureLike, *, timeout: float | None = None) -> UploadedImage:
        """Has the gateway keep a picture, so that many calls send its name in place of its bytes.

        picture: a photo, a logo or a backdrop. It is kept as long as results are, 30 days by
        default, or until the last job of yours that has it is deleted. timeout: seconds, in place
        of the client's.

        Errors: UNSUPPORTED_FEATURE when the gateway keeps no jobs, ARTIFACT_STORE_UNAVAILABLE when
        its store cannot be used.
        """
        return self.run(operations.prepare_upload(picture), timeout=timeout)

    def replay(
        self,
        manifest: ManifestLike | Ad,
        photo: PictureLike,
        mask: PictureLike | None = None,
        *,
        backdrop: PictureLike | None = None,
        logo: PictureLike | None = None,
        font_file: PictureLike | None = None,
        on_event: OnEvent | None = None,
        timeout: float | None = None,
    ) -> Ad:
        """Makes an ad again from its manifest, the record of how it was made, and returns it.

        compare_manifests says whether the new ad is identical.

        manifest: as in `Ad.manifest`, its JSON text, the path of its file, or the Ad. photo: the
        photo of the first ad. mask: the mask of the first ad, if it was made with one. backdrop:
        its backdrop, if that was a picture. logo: its logo, if it has one. font_file: its font, if
        that was a file. on_event: called with every Event, in this thread, while the call runs.
        timeout: seconds, in place of the client's.

        Errors: ValueError when a file is missing or not the one that the manifest names, or the
        manifest is invalid; else those of create_ad.
        """
        operation = prepare_replay(
            manifest, photo, mask, backdrop=backdrop, logo=logo, font_file=font_file
        )
        return self.run(operation, on_event, timeout=timeout)

    def verify(
        self,
        picture: PictureLike,
        manifest: ManifestLike | None = None,
        *,
        timeout: float | None = None,
    ) -> Verification:
        """Compares an ad's file with its manifest, through the gateway; returns what has changed.

        picture: the file as it is now. manifest: its JSON text, its parsed form or the path of its
        file; None for that of an Ad, or for the .json file next to the path of a picture. timeout:
        seconds, in place of the client's.

        Errors: INVALID_IMAGE or INVALID_REQUEST when the file or the manifest cannot be read.
        """
        return self.run(operations.prepare_verification(picture, manifest), timeout=timeout)

    def check(
        self, picture: PictureLike, profile: str, *, timeout: float | None = None
    ) -> ProfileReport:
        """Checks any picture file against the rules of a platform, through the gateway.

        picture: if it is a path, its suffix is checked too. profile: the name of the platform's
        rules, such as "amazon-main". timeout: seconds, in place of the client's.

        Returns the report, which says for every rule whether the file meets it.

        Errors: INVALID_IMAGE when the file cannot be read, INVALID_REQUEST when there is no such
        profile.
        """
        return self.run(operations.prepare_profile_check(picture, profile), timeout=timeout)

    def assess(
        self,
        picture: PictureLike,
        manifest: ManifestLike | None = None,
        *,
        timeout: float | None = None,
    ) -> Assessment:
        """Assesses a picture as a reviewer would, through the gateway: what is wrong, and the mark.

        picture: any picture file, an ad of another maker included. manifest: as of verify, of an
        ad; everything is measured then. With None, the product is searched in the picture, and what
        only a manifest says is not known. timeout: seconds, in place of the client's.

        Errors: INVALID_IMAGE or INVALID_REQUEST when the file or the manifest cannot be read, or
        the manifest is that of a picture of another size.
        """
        return self.run(operations.prepare_assessment(picture, manifest), timeout=timeout)

    def engines(self, *, timeout: float | None = None) -> list[EngineStatus]:
        """Lists the engines of all stages, best first, through the gateway."""
        return self.run(operations.prepare_engine_list(), timeout=timeout)

    def profiles(self, *, timeout: float | None = None) -> list[Platform]:
        """Lists the platforms whose rules ads can be made for, with sizes that meet them."""
        return self.run(operations.prepare_platform_list(), timeout=timeout)

    @list_keywords
    def validate(
        self, *, timeout: float | None = None, **arguments: Unpack[AdArguments]
    ) -> list[Contradiction]:
        """Checks options of an ad against their bounds and the platform's rules; makes no ad.

        timeout: seconds, in place of the client's. arguments: see AdArguments.
        """
        try:
            return self.run(operations.prepare_validation(**arguments), timeout=timeout)
        except InvalidRequest as error:
            return contradictions_from_error(error)

    def version(self, *, timeout: float | None = None) -> str:
        """Returns the gateway's version, such as "0.1.0"; the client's is cyclorama.__version__."""
        return self.run(operations.prepare_version_query(), timeout=timeout)

    @list_keywords
    def segment(
        self,
        photo: PictureLike,
        mask: PictureLike | None = None,
        *,
        timeout: float | None = None,
        **arguments: Unpack[SegmentArguments],
    ) -> Cutout:
        """Cuts a product out of a photo; returns it with its alpha.

        The client is one of a gateway or of the segmentation stage.

        photo: a picture. mask: a picture of the photo's shape that is light roughly where the
        product is; None lets the service find it. timeout: seconds, in place of the client's.
        arguments: see SegmentArguments.

        Errors: PRODUCT_NOT_FOUND when no product stands out, INVALID_IMAGE when a picture cannot be
        read, ENGINE_NOT_READY when a named engine is not ready, OVERLOADED when too many calls are
        in flight.
        """
        return self.run(operations.prepare_segmentation(photo, mask, **arguments), timeout=timeout)

    @list_keywords
    def generate(
        self,
        prompt: str,
        *,
        on_event: OnEvent | None = None,
        timeout: float | None = None,
        **arguments: Unpack[GenerateArguments],
    ) -> Background:
        """Makes a background, a scene without the product, with a background service.

        prompt: what the scene should look like, 1 to 2000 characters. on_event: called with every
        Event, in this thread, while the call runs. timeout: seconds, in place of the client's.
        arguments: see GenerateArguments.

        Errors: INVALID_REQUEST when an argument is out of range, ENGINE_NOT_READY when a named
        engine is not ready, OVERLOADED when too many calls are in flight; reasons that begin with
        DIFFUSION_ when a diffusion model or its server fails.
        """
        return self.run(
            operations.prepare_background(prompt, **arguments), on_event, timeout=timeout
        )

    @list_keywords
    def composite(
        self,
        cutout: PictureLike,
        background: PictureLike,
        *,
        timeout: float | None = None,
        **arguments: Unpack[CompositeArguments],
    ) -> Composite:
        """Places a cut-out product in a background, with a compositing service.

        cutout: a picture with alpha. background: a picture, cropped and resized to the size of
        the composite. timeout: seconds, in place of the client's. arguments: see
        CompositeArguments.

        Errors: INVALID_IMAGE when a picture cannot be read or the cut-out has no alpha,
        PRODUCT_NOT_FOUND when the cut-out is empty, OVERLOADED when too many calls are in flight.
        """
        return self.run(
            operations.prepare_composite(cutout, background, **arguments), timeout=timeout
        )

    @list_keywords
    def inpaint(
        self,
        composite: PictureLike,
        mask: PictureLike | None = None,
        *,
        on_event: OnEvent | None = None,
        timeout: float | None = None,
        **arguments: Unpack[InpaintArguments],
    ) -> Inpainted:
        """Adds light, shadow and reflection that ground a composite, with an inpainting service.

        composite: a picture of the product in its scene. mask: the product's alpha, a picture of
        the same size; optional for a Composite that this client returned. on_event: called with
        every Event, in this thread, while the call runs. timeout: seconds, in place of the
        client's. arguments: see InpaintArguments.

        Errors: INVALID_IMAGE when a picture cannot be read, INVALID_REQUEST when the sizes differ,
        PRODUCT_NOT_FOUND when the mask is empty, OVERLOADED when too many calls are in flight;
        reasons that begin with DIFFUSION_ when a diffusion model or its server fails.
        """
        return self.run(
            operations.prepare_inpainting(composite, mask, **arguments), on_event, timeout=timeout
        )

    @list_keywords
    def finish(
        self,
        ad: PictureLike,
        composite: PictureLike,
        mask: PictureLike | None = None,
        *,
        on_event: OnEvent | None = None,
        timeout: float | None = None,
        **arguments: Unpack[FinishArguments],
    ) -> Finished:
        """Encodes an ad as its final file and checks it, with a finishing service.

        ad: the finished picture. composite: the picture of the compositing stage, of the same size.
        mask: the product's alpha, of the same size; optional for a Composite that this client
        returned. on_event: called with every Event, in this thread, while the call runs. timeout:
        seconds, in place of the client's. arguments: see FinishArguments.

        Errors: INVALID_IMAGE when a picture cannot be read or the sizes differ, INVALID_REQUEST
        when an argument is out of range, SIZE_LIMIT_UNREACHABLE when the file cannot be as small as
        requested, OVERLOADED when too many calls are in flight.
        """
        return self.run(
            operations.prepare_finishing(ad, composite, mask, **arguments),
            on_event,
            timeout=timeout,
        )

    def run(
        self,
        operation: Operation[T],
        on_event: OnEvent | None = None,
        *,
        timeout: float | None = None,
    ) -> T:
        """Sends the gRPC call that an Operation describes, and returns its converted result.

        operation: returned by a function of cyclorama.operations. on_event: called with every Event
        that the server streams before the result, in this thread. timeout: seconds, in place of the
        client's.
        """
        check_callback(on_event, "on_event")
        values = self._send(operation, timeout)
        with closing(values):
            for value in values:
                if not isinstance(value, Event):
                    return value
                if on_event:
                    on_event(value)
        raise AssertionError("a call that ends without a result raises")

    def stream(self, operation: Operation[T], *, timeout: float | None = None) -> Iterator[T]:
        """Sends a call that streams its responses, and yields each one converted.

        operation: the call; its `read` converts a response message into what is yielded. timeout:
        seconds; None for none.
        """
        call = self._connection.open_method(operation)
        with self._connection.prepare_call(operation, timeout) as metadata:
            for response in call(operation.request, timeout=timeout, metadata=metadata):
                yield cast(T, operation.read(response))

    def close(self) -> None:
        """Closes the channel; further calls raise ClientClosed."""
        self._connection.is_closed = True
        self._connection.channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(
        self, operation: Operation[T], timeout: float | None
    ) -> Generator[Event | T, None, None]:
        """Sends a call, again where that may help; yields its events, and last its result."""
        tries = Tries(operation.request, self._options.change(timeout))
        while True:
            try:
                yield from self._try(operation, tries)
                return
            except CycloramaError as error:
                pause = tries.next_pause(error)
            time.sleep(pause)

    def _try(self, operation: Operation[T], tries: Tries) -> Generator[Event | T, None, None]:
        """Sends a call once; yields its events, and last its result."""
        call = self._connection.open_method(operation)
        with self._connection.prepare_call(operation, tries.timeout) as metadata:
            responses = call(operation.request, timeout=tries.seconds_left, metadata=metadata)
            reader = ResponseReader(operation)
            try:
                # A call that does not stream returns its only response instead of an iterator.
                for response in responses if operation.streams else [responses]:
                    if event := reader.read(response):
                        yield event
            finally:
                if operation.streams:
                    # Without effect on a call that has ended.
                    responses.cancel()
        yield reader.result
