"""Rules for fields that several messages share: sizes, formats, images, prompts."""

import math
import re
from collections.abc import Sequence

from google.protobuf import struct_pb2

from cyclorama.v1 import compositing_pb2, finishing_pb2, image_pb2
from services.runtime.formats import join_names, name_from_format
from services.runtime.guards.validation import FieldRule, limit_length, limit_range
from services.runtime.limits import MAX_FONT_BYTES, MAX_PROMPT_CHARACTERS, MAX_SEED

# Of settings that are passed on to a Stable Diffusion server. Larger: more for each manifest to
# repeat.
MAX_SETTINGS_BYTES, MAX_SETTINGS_DEPTH = 16_384, 4
SETTINGS_ALLOWED = f"at most {MAX_SETTINGS_BYTES:,} bytes, nested {MAX_SETTINGS_DEPTH} deep"
# A SHA-256 in hexadecimal, the key of an object in the store.
STORE_KEY = re.compile(r"[0-9a-f]{64}")


def limit_size(
    low: int, high: int, aspect: float = math.inf, megapixels: float = math.inf
) -> FieldRule:
    """Returns a rule for the field `size` of a request, in pixels.

    low, high: bounds of each side, included.
    aspect: the longer side divided by the shorter, at most.
    megapixels: width times height in millions, at most.
    """

    def find_fault(size: image_pb2.Size) -> str | None:
        """Returns what is wrong with a size, in words; None if it is within the bounds."""
        sides, actual = (size.width, size.height), f"is {size.width} x {size.height}"
        if not all(low <= side <= high for side in sides):
            return f"{actual}; send sides of {low} to {high} pixels"
        if max(sides) > aspect * min(sides):
            return f"{actual}; send sides of at most {aspect:g} to 1"
        if size.width * size.height > megapixels * 1e6:
            return f"{actual}; send at most {megapixels:g} megapixels"
        return None

    bounds = [f"sides of {low:,} to {high:,} pixels"]
    bounds += [f"at most {aspect:g} to 1"] if aspect < math.inf else []
    bounds += [f"at most {megapixels:g} megapixels"] if megapixels < math.inf else []
    return FieldRule("size", find_fault, allowed=", ".join(bounds))


def limit_formats(formats: Sequence[int]) -> FieldRule:
    """Returns a rule that the field `accept_format`, if set, must be one of some image formats.

    formats: values of the enum ImageFormat.
    """
    names = join_names(map(name_from_format, formats))

    def find_fault(fmt: int) -> str | None:
        return None if fmt in formats else f"cannot be used here; send {names}"

    return FieldRule("accept_format", find_fault, allowed=names)


def check_image(field: str, *, required: bool = True) -> FieldRule:
    """Returns a rule that a field must contain an image, which is not decoded.

    field: its name.
    required: whether it must be set.
    """
    return FieldRule(
        field, find_image_fault, required=required, allowed="a picture, bounded as above"
    )


def find_font_file_fault(file: image_pb2.Image) -> str | None:
    """Returns what is wrong with a font file, in words, without reading it; None if nothing is."""
    if file.WhichOneof("source") == "data" and len(file.data) > MAX_FONT_BYTES:
        return f"has {len(file.data):,} bytes; send at most {MAX_FONT_BYTES:,}"
    return find_image_fault(file)


def find_text_anchor_fault(anchor: int) -> str | None:
    """Returns what is wrong with the place of lettering: that it is the product's; else None."""
    if anchor == compositing_pb2.ANCHOR_CENTER:
        return "is the center, where the product is; send a side or a corner"
    return None


def limit_prompts(*, prompt_required: bool) -> tuple[FieldRule, ...]:
    """Returns the rules for the fields `prompt`, `negative_prompt` and `seed` of a request.

    prompt_required: whether the prompt must be set.
    """
    return (
        limit_length("prompt", MAX_PROMPT_CHARACTERS, required=prompt_required),
        limit_length("negative_prompt", MAX_PROMPT_CHARACTERS),
        limit_range("seed", low=0, high=MAX_SEED),
    )


def find_image_fault(image: image_pb2.Image) -> str | None:
    """Returns what is wrong with an image, in words, without decoding it; None if nothing is."""
    match image.WhichOneof("source"):
        case "data":
            return None if image.data else "is empty; send the bytes of a picture"
        case "uri":
            is_key = STORE_KEY.fullmatch(image.uri)
            return (
                None if is_key else "has a uri that is no key of the store; send the bytes as data"
            )
    return "contains no picture; send its bytes as data"


def find_lettering_fault(lettering: finishing_pb2.Lettering) -> str | None:
    """Returns what is wrong with lettering that has neither words nor a logo; None if it has."""
    has_words = lettering.headline.strip() or lettering.call_to_action.strip()
    has_content = has_words or lettering.HasField("logo")
    return None if has_content else "says nothing; send words or a logo"


def find_settings_fault(settings: struct_pb2.Struct) -> str | None:
    """Returns what is wrong with settings for another server: too large or nested too deep.

    Returns None if they are neither.
    """
    if settings.ByteSize() > MAX_SETTINGS_BYTES:
        return f"takes {settings.ByteSize()} bytes; send at most {MAX_SETTINGS_BYTES}"
    is_deep = _measure_depth(settings) > MAX_SETTINGS_DEPTH
    return f"is nested deeper than {MAX_SETTINGS_DEPTH}" if is_deep else None


def _measure_depth(value: struct_pb2.Struct | struct_pb2.ListValue) -> int:
    """Returns how deep structs and lists are nested: 1 without another one inside.

    Protobuf itself parses at most 100 levels.
    """
    inner = value.fields.values() if isinstance(value, struct_pb2.Struct) else value.values
    # A Value message contains its value in the field that its oneof `kind` names.
    parts = (getattr(element, element.WhichOneof("kind") or "", None) for element in inner)
    nested = (part for part in parts if isinstance(part, struct_pb2.Struct | struct_pb2.ListValue))
    return 1 + max(map(_measure_depth, nested), default=0)


LETTERING = FieldRule("lettering", find_lettering_fault, allowed="words or a logo")
