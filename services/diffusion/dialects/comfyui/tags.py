"""The tags in titles of nodes, such as cyclorama:prompt, and the inputs of nodes that they set."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

PREFIX = "cyclorama:"
# A tag within other words of a title, and perhaps the input that it sets: cyclorama:prompt.clip_l
TAG = re.compile(r"\bcyclorama:\s?([A-Za-z_][\w-]*)(?:\.(\w+))?", re.IGNORECASE)


@dataclass(frozen=True)
class Tag:
    """A value that a request sets in a workflow.

    kind: the type of the value. inputs: names of inputs that take it, best first; those of one
    tuple are set together, as a node with one text for each text encoder has several.
    """

    name: str
    kind: type[str] | type[int] | type[float]
    inputs: tuple[tuple[str, ...], ...]


# The inputs are those of core nodes and of widely used packs. A primitive node has a `value`.
TEXT_INPUTS = (
    ("text",),
    ("prompt",),
    # Of Stable Diffusion 3, Flux and SDXL.
    ("clip_l", "clip_g", "t5xxl"),
    ("clip_l", "t5xxl"),
    ("text_g", "text_l"),
    ("value",),
    ("string",),
)
TAGS = {
    tag.name: tag
    for tag in (
        Tag("prompt", str, (("positive",), ("positive_prompt",), *TEXT_INPUTS)),
        Tag("negative", str, (("negative",), ("negative_prompt",), *TEXT_INPUTS)),
        Tag("seed", int, (("seed",), ("noise_seed",), ("value",))),
        Tag("width", int, (("width",), ("value",))),
        Tag("height", int, (("height",), ("value",))),
        # Names of uploaded files.
        Tag("image", str, (("image",), ("value",))),
        Tag("mask", str, (("image",), ("mask",), ("value",))),
        Tag("denoise", float, (("denoise",), ("strength",), ("value",))),
        Tag("steps", int, (("steps",), ("value",))),
        Tag("cfg", float, (("cfg",), ("guidance",), ("value",))),
        Tag("sampler", str, (("sampler_name",), ("value",))),
        Tag("scheduler", str, (("scheduler",), ("value",))),
        Tag("model", str, (("ckpt_name",), ("unet_name",), ("value",))),
    )
}
# The tag of the node with the finished image, which sets nothing.
OUTPUT = "output"


@dataclass(frozen=True)
class TagMention:
    """A tag as a title contains it: its name, and the input if that is written out, else ""."""

    name: str
    input: str


def find_tags(title: str) -> Iterator[TagMention]:
    """Yields every tag of a node's title, known or unknown, in lower case."""
    for match in TAG.finditer(title):
        yield TagMention(match[1].lower(), match[2] or "")
