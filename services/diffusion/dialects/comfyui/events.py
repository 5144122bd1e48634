"""Follows one prompt by the messages of a ComfyUI server: progress, previews, image and end."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeGuard

from services.diffusion.dialects.comfyui.json_values import (
    narrow_to_list,
    narrow_to_object,
    parse_json_object,
)
from services.diffusion.transport import sanitize_text

# The kinds of binary messages that contain an image (the server's BinaryEventTypes).
PREVIEW_IMAGE, PREVIEW_WITH_METADATA = 1, 4
# Steps of a node beyond which the server's count is nonsense, and too large to divide.
MAX_STEPS = 1e9
# Bytes before the image: the kind, and its format (1 JPEG, 2 PNG) or the length of the metadata.
HEADER = struct.Struct(">II")
# Keys of the node that an image or an output comes from. A node that is part of a subgraph has an
# id of its own, and is displayed as another one.
NODE_KEYS = ("node", "display_node", "node_id", "display_node_id", "real_node_id")


class PromptEnd(Enum):
    """How a prompt ended."""

    SUCCESS = "execution_success"
    ERROR = "execution_error"
    INTERRUPTED = "execution_interrupted"


ENDS = {end.value: end for end in PromptEnd}


@dataclass(frozen=True)
class FileReference:
    """Where a server keeps a file.

    folder: the type of its folder, such as "output" or "temp"; empty if the server does not say.
    """

    filename: str
    subfolder: str
    folder: str


@dataclass
class PromptState:
    """What a server has reported about one prompt.

    output: id of the node with the image. passes: how many nodes sample. prompt_id: whose messages
    count. image: the image file that the output sent. file: the one that it wrote. preview: the
    latest preview, an image file. failure: the data of the error that ended it. changes: number of
    messages with progress. fraction: the share of all sampling steps that is done, 0 to 1.
    is_between_steps: whether the node that runs has done some of its steps, but not all.
    """

    output: str
    passes: int = 1
    prompt_id: str = ""
    is_started: bool = False
    end: PromptEnd | None = None
    image: bytes | None = None
    file: FileReference | None = None
    preview: bytes | None = None
    failure: Mapping[str, object] = field(default_factory=dict)
    changes: int = 0
    fraction: float = 0.0
    is_between_steps: bool = False
    _node: str = ""
    # The share done, 0 to 1, of each node that takes more than one step.
    _shares: dict[str, float] = field(default_factory=dict)

    def record_text(self, data: bytes) -> None:
        """Takes over a text message; ignores those of other prompts, and what is no message."""
        message = parse_json_object(data)
        kind, fields = message.get("type"), narrow_to_object(message.get("data"))
        if fields.get("prompt_id", self.prompt_id) != self.prompt_id:
            return
        match kind:
            case "execution_start" | "execution_cached":
                self.is_started = True
            case "executing":
                self._record_node(fields.get("node"))
            case "progress":
                self._record_steps(fields.get("node"), fields)
            case "progress_state":
                for node, steps in narrow_to_object(fields.get("nodes")).items():
                    self._record_steps(node, narrow_to_object(steps))
            case "executed":
                if self._is_output(fields):
                    self.file = read_file_reference(fields.get("output"))
            case str() if kind in ENDS:
                self.end, self.failure = ENDS[kind], fields

    def record_binary(self, data: bytes) -> None:
        """Takes over a binary message: a preview, or the image if the output sends it."""
        if len(data) < HEADER.size:
            return
        kind, second = HEADER.unpack_from(data)
        if kind == PREVIEW_IMAGE:
            self._record_image(data[HEADER.size :], self._node == self.output)
        elif kind == PREVIEW_WITH_METADATA:
            start = HEADER.size + second
            metadata = parse_json_object(data[HEADER.size : start])
            if metadata.get("prompt_id", self.prompt_id) == self.prompt_id:
                self._record_image(data[start:], self._is_output(metadata))

    def record_history(self, entry: Mapping[str, object]) -> None:
        """Takes over what the server recorded about the prompt after its end."""
        outputs = narrow_to_object(entry.get("outputs"))
        self.file = read_file_reference(outputs.get(self.output)) or self.file
        status = narrow_to_object(entry.get("status"))
        # The last message tells an interrupted prompt from a failed one.
        for message in narrow_to_list(status.get("messages")):
            match message:
                case [str() as kind, dict() as fields] if kind in ENDS:
                    self.end, self.failure = ENDS[kind], fields
        if self.end is None:
            failed = status.get("status_str") == "error"
            self.end = PromptEnd.ERROR if failed else PromptEnd.SUCCESS

    def _record_node(self, node: object) -> None:
        """Records which node runs; none, how servers before 0.3 report the end of a prompt."""
        self.is_started = True
        self.changes += 1
        # Until it reports its first step, a node may load a model.
        self.is_between_steps = False
        if node is None:
            self.end = self.end or PromptEnd.SUCCESS
        else:
            self._node = sanitize_text(node)

    def _record_steps(self, node: object, steps: Mapping[str, object]) -> None:
        """Records the steps of a node, value of max, unless it takes a single one."""
        value, most = steps.get("value"), steps.get("max")
        if not (_is_number(value) and _is_number(most)) or most <= 1:
            return
        self.is_started = True
        share = min(1.0, max(0.0, value / most))
        name = sanitize_text(node) or self._node
        if self._shares.get(name) != share:
            self.changes += 1
            self.is_between_steps = 0 < share < 1
        self._shares[name] = share
        done = sum(self._shares.values()) / max(self.passes, len(self._shares))
        self.fraction = max(self.fraction, done)

    def _record_image(self, data: bytes, is_output: bool) -> None:
        """Records an image file; the output's first one is the result."""
        if not is_output:
            self.preview = data
        elif self.image is None:
            self.image = data

    def _is_output(self, fields: Mapping[str, object]) -> bool:
        return self.output in [fields.get(key) for key in NODE_KEYS]


def read_file_reference(output: object) -> FileReference | None:
    """Returns the first image that a node wrote to a file; None if it wrote none."""
    for image in narrow_to_list(narrow_to_object(output).get("images"))[:1]:
        fields = narrow_to_object(image)
        texts = (sanitize_text(fields.get(key)) for key in ("filename", "subfolder", "type"))
        file = FileReference(*texts)
        return file if file.filename else None
    return None


def _is_number(value: object) -> TypeGuard[int | float]:
    """Whether a JSON value is a number that can be divided."""
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MAX_STEPS
