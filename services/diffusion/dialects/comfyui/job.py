"""Runs one prompt on a ComfyUI server: queues it, follows it to its end, and fetches its image."""

import threading
import time
import uuid
from contextlib import closing

import numpy as np
import structlog

from services.diffusion.dialects.comfyui.api import ComfyUIApi
from services.diffusion.dialects.comfyui.event_socket import (
    ConnectionRefused,
    EventSocket,
    SocketLost,
)
from services.diffusion.dialects.comfyui.events import PromptEnd, PromptState
from services.diffusion.dialects.comfyui.refusals import describe_failure
from services.diffusion.dialects.comfyui.workflow import Graph
from services.diffusion.errors import (
    DiffusionFailed,
    DiffusionOutOfMemory,
    DiffusionTimeout,
    InvalidOutput,
    ServerUnreachable,
)
from services.diffusion.images import decode_server_image
from services.diffusion.request import DiffusionProgress
from services.imaging.thumbnails import shrink_to_thumbnail
from services.runtime.errors import ServiceError

# In seconds: how soon a cancellation or the timeout is noticed. Smaller: more CPU while waiting.
RECEIVE_SECONDS = 0.1
# In seconds, before a lost connection is opened again. Smaller: a server that has not yet noticed
# the loss forgets the new connection when it does; larger: more events are missed.
RECONNECT_SECONDS = 0.2
# In seconds, between requests for the queue and the record of a prompt: while it waits, while the
# connection is lost, and after a cancellation. Smaller: more requests.
POLL_SECONDS = 0.25
# In seconds without a message, after which the server is asked whether the prompt has ended.
# Larger: an end that was not sent is noticed later; smaller: more requests while a model loads.
SILENT_SECONDS = 5.0
# In seconds without connection and answer, after which the server counts as gone. Larger: the
# request goes to another server later; smaller: a network that fails for a moment costs an image.
LOST_SECONDS = 10.0
# In seconds, until the record of a prompt that has ended is there. Larger: the error of a server
# that keeps no records comes later.
RECORD_SECONDS = 1.0

log = structlog.get_logger()


class PromptRun:
    """One prompt. One thread calls run(); others may read the progress and cancel.

    is_left: whether the server may still have the prompt although run() has ended.
    """

    def __init__(self, api: ComfyUIApi, output: str, passes: int) -> None:
        """Prepares a prompt; nothing is sent yet.

        output: id of the node with the image.
        passes: how many nodes of the graph sample.
        """
        self._api = api
        self._state = PromptState(output, passes)
        # Of its own, as a server sends the events of a prompt to this client only.
        self._client_id = uuid.uuid4().hex
        self._socket = EventSocket(api.http, self._client_id)
        self._is_cancelled = threading.Event()
        self._is_cancel_sent = False
        self.is_left = False
        self._queue_position: int | None = None
        # Whether the connection was ever lost, so that an image may have been sent to nobody, and
        # whether that was since the server was last asked.
        self._was_lost = self._is_behind = False
        # When the server was last asked about the prompt, last sent a message, and last answered.
        self._polled = self._heard = self._answered = time.monotonic()

    def cancel(self) -> None:
        """Makes run() stop the prompt on the server, which ends it with an error."""
        self._is_cancelled.set()

    def read_progress(self) -> DiffusionProgress:
        """Returns how far the image is, without asking the server."""
        state = self._state
        return DiffusionProgress(
            fraction=state.fraction,
            preview=_decode_preview(state.preview),
            queue_position=0 if state.is_started else self._queue_position,
            # Between steps silence is a hang; before those of each node a model may be loaded.
            state=state.changes if state.is_between_steps else None,
        )

    def run(self, graph: Graph, end: float) -> bytes:
        """Runs a graph and returns its image file.

        Raises the classes in `services.diffusion.errors`, after it tried to stop a prompt whose end
        it did not see.

        end: when to give up, as time.monotonic() counts it.
        """
        with closing(self._socket):
            # First, or the first events would be sent to nobody.
            self._socket.connect()
            self._check_cancelled()
            try:
                self._submit(graph)
                self._follow(end)
            finally:
                if self._state.end is None:
                    self.is_left = not self.stop()
            return self._fetch_image()

    def stop(self) -> bool:
        """Stops what the server has of this run, also if its answer to that was lost.

        Returns whether the server answered; only logs if it did not.
        """
        try:
            for prompt_id in self._api.read_queue().list_ids(self._client_id):
                self._api.cancel(prompt_id)
        except ServiceError as error:
            log.info("cancel failed", why=str(error))
            return False
        return True

    def _submit(self, graph: Graph) -> None:
        """Queues the graph, of which the server may choose the id."""
        prompt_id = str(uuid.uuid4())
        output = self._state.output
        self._state.prompt_id = self._api.submit(graph, self._client_id, prompt_id, output)
        self._heard = self._answered = time.monotonic()

    def _follow(self, end: float) -> None:
        """Takes over messages until the prompt has ended; raises DiffusionTimeout at `end`."""
        while self._state.end is None:
            if time.monotonic() > end:
                raise DiffusionTimeout("the image server took too long; ask for a smaller picture")
            self._receive()
            if self._should_poll():
                self._polled = time.monotonic()
                self._poll()

    def _receive(self) -> None:
        """Takes over the next message, if one comes soon; connects again if that is necessary."""
        if not self._socket.is_open:
            time.sleep(RECONNECT_SECONDS)
            self._reconnect()
            return
        try:
            message = self._socket.receive(RECEIVE_SECONDS)
        except SocketLost:
            log.info("connection for events lost")
            self._was_lost = self._is_behind = True
            return
        if message is None:
            return
        self._heard = self._answered = time.monotonic()
        if message.is_binary:
            self._state.record_binary(message.data)
        else:
            self._state.record_text(message.data)

    def _should_poll(self) -> bool:
        """Whether it is time to ask the server, because it will not report by itself."""
        state = self._state
        if state.end:
            return False
        if self._is_cancelled.is_set() and not self._is_cancel_sent:
            return True
        now = time.monotonic()
        is_expecting = not state.is_started or state.image is not None or self._is_cancel_sent
        if is_expecting or self._is_behind:
            return now - self._polled > POLL_SECONDS
        return now - max(self._polled, self._heard) > SILENT_SECONDS

    def _poll(self) -> None:
        """Stops the prompt if it was cancelled, and asks the server what has become of it.

        Raises ServerUnreachable if the server has not answered for a while, or lost the prompt.
        """
        if self._is_cancelled.is_set():
            self._try_cancel()
        try:
            position, entry = self._find_prompt()
        except ServiceError as error:
            if time.monotonic() - self._answered > LOST_SECONDS:
                raise ServerUnreachable("the image server disconnected; try again") from error
            return
        self._answered = time.monotonic()
        self._is_behind = not self._socket.is_open
        self._queue_position = position
        if position == 0:
            self._state.is_started = True
        if entry:
            self._state.record_history(entry)
        elif position is None:
            self._record_vanished()

    def _find_prompt(self) -> tuple[int | None, dict[str, object]]:
        """Returns the prompt's position in the server's queue, and its record after its end."""
        prompt_id = self._state.prompt_id
        # In this order, in which a prompt moves.
        position = self._api.read_queue().find_position(prompt_id)
        return position, self._api.read_history(prompt_id) if position is None else {}

    def _record_vanished(self) -> None:
        """Records the end of a prompt that the server knows nothing of.

        Raises ServerUnreachable if the server lost it.
        """
        if self._state.image is not None:
            self._state.end = PromptEnd.SUCCESS
        elif self._is_cancelled.is_set():
            self._state.end = PromptEnd.INTERRUPTED
        else:
            text = "the image server lost the picture, as if it was restarted; try again"
            raise ServerUnreachable(text)

    def _reconnect(self) -> None:
        """Connects again, or the image would be lost; only logs if it cannot.

        Raises ConnectionRefused if the server's process has ended.
        """
        try:
            self._socket.connect()
        except ConnectionRefused:
            raise
        except ServiceError as error:
            log.debug("no connection for events", why=str(error))

    def _try_cancel(self) -> None:
        """Stops the prompt on the server; only logs if that fails."""
        self._is_cancel_sent = True
        try:
            self._api.cancel(self._state.prompt_id)
        except ServiceError as error:
            log.info("cancel failed", why=str(error))

    def _check_cancelled(self) -> None:
        """Raises DiffusionTimeout if the image was cancelled."""
        if self._is_cancelled.is_set():
            raise DiffusionTimeout("the picture was cancelled; send it again if you need it")

    def _fetch_image(self) -> bytes:
        """Returns the image file of a prompt that has ended, or raises why there is none."""
        state = self._state
        if state.end is PromptEnd.INTERRUPTED:
            self._check_cancelled()
            text = "somebody stopped the picture on the image server; try again"
            raise DiffusionFailed(text)
        if state.end is PromptEnd.ERROR:
            raise self._handle_failure()
        if state.image is None and state.file is None:
            self._read_record()
        if state.image is not None:
            return state.image
        if state.file:
            return self._api.download(state.file)
        if self._was_lost:
            text = "the connection was lost while the image server sent the picture; try again"
            raise ServerUnreachable(text)
        raise InvalidOutput("the image server sent no picture; see its log")

    def _read_record(self) -> None:
        """Takes over the server's record of the prompt, which follows the message of its end."""
        end = time.monotonic() + RECORD_SECONDS
        while not (entry := self._api.read_history(self._state.prompt_id)):
            if time.monotonic() > end:
                return
            time.sleep(RECEIVE_SECONDS)
        self._state.record_history(entry)

    def _handle_failure(self) -> ServiceError:
        """Returns the error for a node that failed; frees memory on the server if that ran out."""
        error = describe_failure(self._state.failure)
        if isinstance(error, DiffusionOutOfMemory):
            try:
                self._api.free_memory()
            except ServiceError as cause:
                log.info("freeing memory failed", why=str(cause))
        return error


def _decode_preview(data: bytes | None) -> np.ndarray | None:
    """Decodes a preview, an image file, to a uint8 RGB (h, w, 3) thumbnail; None if it is none."""
    if data is None:
        return None
    try:
        return shrink_to_thumbnail(decode_server_image(data))
    except ValueError:
        return None
