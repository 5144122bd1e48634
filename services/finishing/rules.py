"""What the fields of requests about finished files must contain."""

from cyclorama.v1 import finishing_pb2, image_pb2
from services.runtime.formats import FILE_FORMATS
from services.runtime.guards.fields import LETTERING, check_image, limit_formats
from services.runtime.guards.option_rules import OPTION_RULES
from services.runtime.guards.validation import (
    FieldRule,
    FieldRules,
    limit_count,
    limit_length,
    limit_range,
)
from services.runtime.limits import MAX_MANIFEST_CHARACTERS

MOST_LAYERS = 32


def _record_broken(text: str) -> str | None:
    # It is written into the file's XMP, which is XML.
    fits = len(text) <= 128 and text.isprintable()
    return None if fits else "is not of at most 128 printable characters"


RULES: FieldRules = {
    **OPTION_RULES,
    finishing_pb2.FinishAdRequest: [
        check_image("ad"),
        check_image("mask"),
        check_image("composite"),
        limit_formats(FILE_FORMATS),
        FieldRule("record", _record_broken, allowed="at most 128 printable characters"),
        limit_count("layers", MOST_LAYERS),
        LETTERING,
    ],
    finishing_pb2.VerifyFileRequest: [
        check_image("image"),
        limit_length("pixel_lock", MAX_MANIFEST_CHARACTERS, required=True),
    ],
    finishing_pb2.CheckFileRequest: [
        check_image("image"),
        limit_length("profile", 64, required=True),
        limit_length("file_name", 255),
    ],
    finishing_pb2.Circumstances: [
        limit_range("confidence", 0, 1),
        limit_range("scale", 0, 1e6),
        limit_range("color_shift", 0, 1000),
        limit_range("ground_line", 0, 10),
        limit_range("light_azimuth", 0, 360),
    ],
    image_pb2.Layer: [check_image("image"), limit_length("name", 64, required=True)],
}
