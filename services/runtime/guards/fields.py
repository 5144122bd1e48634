"""What single fields of several messages must hold: sizes, pictures, prompts."""

import math
import re
from collections.abc import Sequence

from google.protobuf import struct_pb2

from cyclorama.v1 import finishing_pb2, image_pb2
from services.runtime.formats import join_names, name_of
from services.runtime.guards.validation import Rule, at_most, between
from services.runtime.limits import MAX_SEED, PROMPT_CHARACTERS

SETTINGS_BYTES, SETTINGS_DEPTH = 16_384, 4
SETTINGS_ALLOWED = f"at most {SETTINGS_BYTES:,} bytes, nested {SETTINGS_DEPTH} deep"
KEY = re.compile(r"[0-9a-f]{64}")


def sides(low: int, high: int, aspect: float = math.inf, megapixels: float = math.inf) -> Rule:
    """Bounds on the field `size`: pixels of a side, the longer by the shorter one, megapixels."""

    def broken(size: image_pb2.Size) -> str | None:
        sides, found = (size.width, size.height), f"is {size.width} x {size.height}"
        if not all(low <= side <= high for side in sides):
            return f"{found}; send sides of {low} to {high} pixels"
        if max(sides) > aspect * min(sides):
            return f"{found}; send sides of at most {aspect:g} to 1"
        if size.width * size.height > megapixels * 1e6:
            return f"{found}; send at most {megapixels:g} megapixels"
        return None

    bounds = [f"sides of {low:,} to {high:,} pixels"]
    bounds += [f"at most {aspect:g} to 1"] if aspect < math.inf else []
    bounds += [f"at most {megapixels:g} megapixels"] if megapixels < math.inf else []
    return Rule("size", broken, allowed=", ".join(bounds))


def accepted(formats: Sequence[int]) -> Rule:
    """The field `accept_format`, where it is set, is one of these formats."""
    names = join_names(map(name_of, formats))

    def broken(fmt: int) -> str | None:
        return None if fmt in formats else f"cannot be used here; send {names}"

    return Rule("accept_format", broken, allowed=names)


def image_broken(image: image_pb2.Image) -> str | None:
    """What is wrong with a picture, as far as that shows without reading it."""
    match image.WhichOneof("source"):
        case "data":
            return None if image.data else "is empty; send the bytes of a picture"
        case "uri":
            fits = KEY.fullmatch(image.uri)
            return None if fits else "has a uri that is no key of the store; send the bytes as data"
    return "holds no picture; send its bytes as data"


def lettering_broken(lettering: finishing_pb2.Lettering) -> str | None:
    """What is wrong with what is to be written."""
    says = lettering.headline.strip() or lettering.call_to_action.strip()
    return None if says or lettering.HasField("logo") else "says nothing; send words or a logo"


def settings_broken(settings: struct_pb2.Struct) -> str | None:
    """What is wrong with settings that are handed on to a server."""
    if settings.ByteSize() > SETTINGS_BYTES:
        return f"takes {settings.ByteSize()} bytes; send at most {SETTINGS_BYTES}"
    deep = _depth(settings) > SETTINGS_DEPTH
    return f"is nested deeper than {SETTINGS_DEPTH}" if deep else None


def picture(field: str, *, needed: bool = True) -> Rule:
    """A picture, which must be there unless it is not needed."""
    return Rule(field, image_broken, needed, "a picture, bounded as above")


def prompted(*, prompt_needed: bool) -> tuple[Rule, ...]:
    """The fields of everything that is made from words."""
    return (
        at_most("prompt", PROMPT_CHARACTERS, needed=prompt_needed),
        at_most("negative_prompt", PROMPT_CHARACTERS),
        between("seed", 0, MAX_SEED),
    )


def _depth(value: struct_pb2.Struct | struct_pb2.ListValue) -> int:
    """How many structs and lists lie within each other; protobuf reads no more than a hundred."""
    inner = value.fields.values() if isinstance(value, struct_pb2.Struct) else value.values
    parts = (getattr(each, each.WhichOneof("kind") or "", None) for each in inner)
    nested = (each for each in parts if isinstance(each, struct_pb2.Struct | struct_pb2.ListValue))
    return 1 + max(map(_depth, nested), default=0)


LETTERING = Rule("lettering", lettering_broken, allowed="words or a logo")
