"""The rules for the fields of finishing requests."""

import re

from cyclorama.v1 import background_pb2, compositing_pb2, engine_pb2, finishing_pb2, image_pb2
from services.runtime.formats import FILE_FORMATS
from services.runtime.guards.fields import LETTERING, check_image, limit_formats
from services.runtime.guards.option_rules import OPTION_RULES
from services.runtime.guards.validation import (
    FieldRule,
    FieldRules,
    limit_count,
    limit_length,
    limit_name,
    limit_range,
)
from services.runtime.limits import MAX_CREDENTIALS_BYTES, MAX_MANIFEST_CHARACTERS

# Most layers of a request, several times those of the pipeline. Larger: longer encoding, and more
# pictures of the canvas's size in memory.
MAX_LAYERS = 32
# Most characters of a record, twice those of a SHA-256 in hex. Larger: longer XMP in every file.
MAX_RECORD_CHARACTERS = 128
# Most stages before finishing; the pipeline has four.
MAX_STAGES = 16
# Most words of a prompt that a request lists; prompts have at most 2000 characters. Larger: larger
# reports.
MAX_WORDS = 1000


def _find_record_fault(value: object) -> str | None:
    """Returns what is wrong with a record, a short text for the file's XMP; None if valid."""
    text = str(value)
    fits = len(text) <= MAX_RECORD_CHARACTERS and text.isprintable()
    return None if fits else f"is not of at most {MAX_RECORD_CHARACTERS} printable characters"


def _find_hash_fault(value: str) -> str | None:
    """Returns what is wrong with a SHA-256 in hexadecimal; None if valid or empty."""
    is_hash = not value or re.fullmatch("[0-9a-f]{64}", value)
    return None if is_hash else "is no SHA-256; send 64 lowercase hexadecimal digits"


def _find_credentials_fault(value: bytes) -> str | None:
    """Returns what is wrong with the size of a photo's Content Credentials; None if valid."""
    fits = len(value) <= MAX_CREDENTIALS_BYTES
    return None if fits else f"has {len(value)} bytes; send at most {MAX_CREDENTIALS_BYTES}"


RULES: FieldRules = {
    **OPTION_RULES,
    finishing_pb2.FinishAdRequest: [
        check_image("ad"),
        check_image("mask"),
        check_image("composite"),
        limit_formats(FILE_FORMATS),
        FieldRule(
            "record",
            _find_record_fault,
            allowed=f"at most {MAX_RECORD_CHARACTERS} printable characters",
        ),
        limit_count("layers", MAX_LAYERS),
        limit_count("stages", MAX_STAGES),
        LETTERING,
    ],
    finishing_pb2.StageRun: [
        limit_name("stage", 64, required=True),
        limit_name("engine", 64),
        limit_name("version", 256),
        limit_name("model", 256),
    ],
    finishing_pb2.PhotoRecord: [
        FieldRule("sha256", _find_hash_fault, allowed="64 hexadecimal digits"),
        FieldRule("credentials", _find_credentials_fault, allowed="at most 1 MiB"),
    ],
    finishing_pb2.VerifyFileRequest: [
        check_image("image"),
        limit_length("pixel_lock", MAX_MANIFEST_CHARACTERS, required=True),
    ],
    finishing_pb2.CheckFileRequest: [
        check_image("image"),
        limit_name("profile", 64, required=True),
        limit_length("file_name", 255),
    ],
    finishing_pb2.AssessFileRequest: [
        check_image("image"),
        check_image("mask", required=False),
        limit_length("pixel_lock", MAX_MANIFEST_CHARACTERS),
    ],
    finishing_pb2.Circumstances: [
        limit_range("confidence", 0, 1),
        limit_length("doubt", 1000),
        limit_length("product", 200),
        limit_range("transparent_share", 0, 1),
        limit_range("color_shift", 0, 1000),
    ],
    engine_pb2.LeftOut: [limit_length("words", 2000), limit_length("nearest", 200)],
    compositing_pb2.Placement: [limit_range("scale", 0, 1e6), limit_range("rotation", -180, 180)],
    background_pb2.ShownPrompt: [
        limit_count("shown", MAX_WORDS),
        limit_count("left_out", MAX_WORDS),
        limit_name("place", 64),
    ],
    image_pb2.Layer: [check_image("image"), limit_name("name", 64, required=True)],
}
