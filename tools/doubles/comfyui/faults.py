"""The faults of the double: what a test can make it do wrong."""

import io
import struct

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tools.doubles.painting import paint_scene

# Responses to POST /prompt instead of a job.
STATUSES = {
    "password": (401, "Unauthorized"),
    "forbidden": (403, "Forbidden"),
    "no api": (404, "Not Found"),
    "rate limit": (429, "Too many requests"),
    "broken": (500, "500 Internal Server Error"),
    "bad gateway": (502, "<html>bad gateway</html>"),
    "busy": (503, "<html>busy</html>"),
    "html": (200, "<html>It works!</html>"),
}
# Responses to uploads and to requests for pictures, as long as the fault lasts.
UPLOAD_STATUSES = {"upload broken": 500, "upload too large": 413}
VIEW_STATUSES = {"picture gone": 404}
# Faults of the sampler's picture.
SAMPLER_FAULTS = (
    *("init ignored", "mask ignored", "polarity inverted", "product grown", "washed out"),
    "other model",
)
# Faults of the pictures that reach the client.
OUTPUT_FAULTS = (
    *("nothing", "two images", "black", "flat", "other size", "half size", "mixed up", "jpeg"),
    *("truncated", "garbage"),
)
# Faults of a job and its events.
JOB_FAULTS = (
    *("hang", "job lost", "lying node errors", "no end event", "history lost", "late history"),
    *("broken frames", "socket closed", "socket reset", "socket closed after picture"),
    "answer lost",
)
# Frames that no client expects: too short, an unknown event, an empty preview, text, and JSON that
# is no event.
BROKEN_FRAMES = (
    *(b"", b"\x00\x00", struct.pack(">II", 99, 1) + b"unknown", struct.pack(">II", 1, 1)),
    struct.pack(">II", 3, 1) + b"5half done",
    struct.pack(">II", 4, 1 << 30) + b"{}",
    *("{no json", "[]", "null", '{"type": "progress"}', '{"type": 7, "data": null}'),
)
TRACEBACK = [
    '  File "/home/studio/ComfyUI/execution.py", line 496, in execute\n    output_data\n',
    '  File "/home/studio/ComfyUI/nodes.py", line 1538, in sample\n    return samples\n',
]


class NodeError(Exception):
    """A node raises an exception: its type, as the event names it, and its message."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind


# Raised by the sampler.
NODE_ERRORS = {
    "out of memory": (
        "torch.OutOfMemoryError",
        "Allocation on device \nThis error means you ran out of memory on your GPU.\n\nTIPS: If "
        "the workflow worked before you might have accidentally set the batch_size to a large "
        "number.",
    ),
    "node error": (
        "RuntimeError",
        "mat1 and mat2 shapes cannot be multiplied (77x768 and 1280x320) in "
        "/home/studio/ComfyUI/models/unet.py",
    ),
}


FAULTS = {
    *("", *STATUSES, *UPLOAD_STATUSES, *VIEW_STATUSES, *NODE_ERRORS),
    *(*SAMPLER_FAULTS, *OUTPUT_FAULTS, *JOB_FAULTS),
}


def encode_pictures(
    pictures: list[np.ndarray], fault: str, text: str = ""
) -> list[tuple[str, bytes]]:
    """Encodes uint8 RGB pictures (H, W, 3): format and bytes of each; fewer or more by a fault.

    text: stored in PNG files as `prompt`, unless empty.
    """
    match fault:
        case "nothing":
            return []
        case "two images":
            pictures = pictures * 2
        case "black":
            pictures = [np.zeros_like(each) for each in pictures]
        case "flat":
            pictures = [np.full_like(each, 127) for each in pictures]
        case "other size":
            pictures = [each[: len(each) // 2] for each in pictures]
        case "half size":
            pictures = [each[::2, ::2] for each in pictures]
        case "mixed up":
            request = {"prompt": "another client", "seed": 1}
            pictures = [paint_scene(request, each.shape[1], len(each)) for each in pictures]
    fmt = "JPEG" if fault == "jpeg" else "PNG"
    encoded = [(fmt, encode_picture(each, fmt, text)) for each in pictures]
    match fault:
        case "truncated":
            return [(fmt, data[: len(data) // 2]) for fmt, data in encoded]
        case "garbage":
            return [(fmt, b"not a picture") for fmt, _ in encoded]
    return encoded


def encode_picture(picture: np.ndarray, fmt: str, text: str = "") -> bytes:
    """Encodes a uint8 RGB picture (H, W, 3) as PNG or JPEG."""
    info = PngInfo()
    if text:
        info.add_text("prompt", text)
    buffer = io.BytesIO()
    options = {"pnginfo": info, "compress_level": 1} if fmt == "PNG" else {"quality": 95}
    Image.fromarray(np.ascontiguousarray(picture)).save(buffer, fmt, **options)
    return buffer.getvalue()
