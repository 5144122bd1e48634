"""The sockets of the double: events and pictures, each for the client of its job."""

import asyncio
import json
import struct
import uuid
from typing import Any

from aiohttp import WSMsgType, web

from tools.doubles.comfyui.faults import BROKEN_FRAMES
from tools.doubles.comfyui.options import DoubleOptions

FORMATS = {"JPEG": 1, "PNG": 2}
PREVIEW, PREVIEW_WITH_METADATA = 1, 4
# Seconds for which a closing socket waits for its client.
CLOSE_SECONDS = 0.1
# Bytes of the largest upload.
MAX_UPLOAD = 100 << 20
FEATURES = {
    "supports_preview_metadata": True,
    "max_upload_size": MAX_UPLOAD,
    "extension": {"manager": {"supports_v4": True}},
}


class SocketHub:
    """The open sockets by client id. Events leave in the order in which they were sent."""

    def __init__(self, options: DoubleOptions) -> None:
        self._options = options
        self.sockets: dict[str, web.WebSocketResponse] = {}
        self.features: dict[str, dict] = {}
        # All that were ever open, as one may have replaced another.
        self._open: set[web.WebSocketResponse] = set()
        self._transports: dict[str, asyncio.Transport] = {}
        self._frames: asyncio.Queue = asyncio.Queue()

    def send(self, event: str, data: dict[str, Any], client_id: str | None) -> None:
        """Sends an event to the socket of a client; to every socket if `client_id` is None."""
        self._frames.put_nowait((json.dumps({"type": event, "data": data}), client_id))

    def send_picture(
        self, fmt: str, data: bytes, metadata: dict[str, Any], client_id: str | None
    ) -> None:
        """Sends a picture, with metadata if the client supports that."""
        if self.features.get(client_id or "", {}).get("supports_preview_metadata"):
            text = json.dumps(metadata | {"image_type": f"image/{fmt.lower()}"}).encode()
            head = struct.pack(">II", PREVIEW_WITH_METADATA, len(text)) + text
        else:
            head = struct.pack(">II", PREVIEW, FORMATS[fmt])
        self._frames.put_nowait((head + data, client_id))

    def send_broken_frames(self, client_id: str | None) -> None:
        """Sends frames that no client expects."""
        for frame in BROKEN_FRAMES:
            self._frames.put_nowait((frame, client_id))

    def close_socket(self, client_id: str | None) -> None:
        """Closes the socket of a client after all frames before."""
        self._frames.put_nowait((None, client_id))

    def reset_socket(self, client_id: str | None) -> None:
        """Cuts the connection of a client now, without closing its socket properly."""
        if transport := self._transports.get(client_id or ""):
            transport.abort()

    async def publish(self) -> None:
        """Sends what was given to the other methods, forever."""
        while True:
            frame, client_id = await self._frames.get()
            known = self.sockets.get(client_id or "")
            for socket in list(self.sockets.values()) if client_id is None else [known]:
                if socket is not None and not socket.closed:
                    await self._send_frame(socket, frame)

    async def close_all(self) -> None:
        """Closes every socket, as a server that stops."""
        for socket in list(self._open):
            await socket.close()

    async def _send_frame(self, socket: web.WebSocketResponse, frame: str | bytes | None) -> None:
        try:
            if frame is None:
                await socket.close()
            elif isinstance(frame, bytes):
                await socket.send_bytes(frame)
            else:
                await socket.send_str(frame)
        except ConnectionError:
            pass

    async def handle(self, request: web.Request, status: dict[str, Any]) -> web.WebSocketResponse:
        """Serves GET /ws. A second socket with the same id replaces the first.

        status: the queue, for the first event.
        """
        socket = web.WebSocketResponse(timeout=CLOSE_SECONDS)
        await socket.prepare(request)
        client_id = request.query.get("clientId", "") or uuid.uuid4().hex
        self.sockets[client_id], self.features[client_id] = socket, {}
        self._transports[client_id] = request.transport
        self._open.add(socket)
        try:
            self.send("status", {"status": status, "sid": client_id}, client_id)
            await self._read(socket, client_id)
        finally:
            # Also removes a later socket of the same id, as ComfyUI does.
            self._open.discard(socket)
            self.sockets.pop(client_id, None)
            self.features.pop(client_id, None)
            self._transports.pop(client_id, None)
        return socket

    async def _read(self, socket: web.WebSocketResponse, client_id: str) -> None:
        is_first = True
        async for message in socket:
            if message.type != WSMsgType.TEXT:
                continue
            try:
                data = json.loads(message.data)
            except ValueError:
                continue
            is_flags = isinstance(data, dict) and data.get("type") == "feature_flags"
            if is_first and is_flags and self._options.behavior.reports_node_states:
                self.features[client_id] = data.get("data", {})
                self.send("feature_flags", FEATURES, client_id)
            is_first = False
