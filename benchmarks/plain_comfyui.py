"""A plain client of ComfyUI to compare ours with: no checks, retries or limits."""

import io
import json
import struct
import time
import uuid
from urllib.parse import urlsplit

import numpy as np
import requests
import websocket
from PIL import Image

from services.diffusion.dialects.comfyui.loading import load_builtin_workflow
from services.diffusion.dialects.comfyui.workflow import Graph, WorkflowValues
from services.diffusion.request import DiffusionRequest

TIMEOUT_SECONDS = 300
# Bytes before the image in a binary message.
HEADER_BYTES = struct.calcsize(">II")
# In seconds, between two looks at the queue after a cancellation.
QUEUE_POLL = 0.01


def generate_plainly(url: str, request: DiffusionRequest, model: str) -> np.ndarray:
    """Generates an image with the built-in workflow; returns uint8 RGB (H, W, 3).

    url: of the server. model: the file of its checkpoint.
    """
    client_id = uuid.uuid4().hex
    address = f"ws://{urlsplit(url).netloc}/ws?clientId={client_id}"
    events = websocket.create_connection(address, TIMEOUT_SECONDS)
    try:
        queue_graph(url, build_graph(url, request, model), client_id)
        return _receive_image(events)
    finally:
        events.close()


def build_graph(url: str, request: DiffusionRequest, model: str) -> Graph:
    """Returns the built-in workflow for a request, after its images were uploaded."""
    init = request.init
    workflow = load_builtin_workflow("img2img" if init else "txt2img")
    return workflow.fill(
        WorkflowValues(
            prompt=request.prompt,
            negative=request.negative_prompt,
            seed=request.seed,
            width=request.width,
            height=request.height,
            image=_upload(url, init.pixels) if init else None,
            mask=_upload(url, (~init.locked).astype(np.uint8) * 255) if init else None,
            denoise=init.strength if init else None,
            model=model,
        )
    )


def queue_graph(url: str, graph: Graph, client_id: str) -> str:
    """Queues a graph and returns its id."""
    body = {"prompt": graph, "client_id": client_id}
    response = requests.post(f"{url}/prompt", json=body, timeout=TIMEOUT_SECONDS)
    response.raise_for_status()
    return response.json()["prompt_id"]


def wait_until_idle(url: str) -> None:
    """Waits until a server neither runs nor queues anything."""
    while any(requests.get(f"{url}/queue", timeout=TIMEOUT_SECONDS).json().values()):
        time.sleep(QUEUE_POLL)


def _upload(url: str, pixels: np.ndarray) -> str:
    """Uploads uint8 (H, W) or RGB (H, W, 3) as Pillow's default PNG; returns the file's name."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    files = {"image": (f"{uuid.uuid4().hex}.png", out.getvalue())}
    response = requests.post(f"{url}/upload/image", files=files, timeout=TIMEOUT_SECONDS)
    response.raise_for_status()
    return response.json()["name"]


def _receive_image(events: websocket.WebSocket) -> np.ndarray:
    """Returns the last image that came when the prompt has ended: uint8 RGB (H, W, 3)."""
    image = b""
    while True:
        message = events.recv()
        if isinstance(message, bytes):
            image = message[HEADER_BYTES:]
        elif json.loads(message)["type"].startswith("execution_") and image:
            return np.asarray(Image.open(io.BytesIO(image)).convert("RGB"))
