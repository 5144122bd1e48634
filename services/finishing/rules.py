"""What the fields of requests about finished files must contain."""

from cyclorama.v1 import finishing_pb2, image_pb2
from services.runtime.formats import FILE_FORMATS
from services.runtime.guards.fields import LETTERING, accepted, picture
from services.runtime.guards.option_rules import OPTION_RULES
from services.runtime.guards.validation import Rule, Rules, at_most, between, few
from services.runtime.limits import LONGEST_MANIFEST

MOST_LAYERS = 32


def _record_broken(text: str) -> str | None:
    # It is written into the file's XMP, which is XML.
    fits = len(text) <= 128 and text.isprintable()
    return None if fits else "is not of at most 128 printable characters"


RULES: Rules = {
    **OPTION_RULES,
    finishing_pb2.FinishAdRequest: [
        picture("ad"),
        picture("mask"),
        picture("composite"),
        accepted(FILE_FORMATS),
        Rule("record", _record_broken, allowed="at most 128 printable characters"),
        few("layers", MOST_LAYERS),
        LETTERING,
    ],
    finishing_pb2.VerifyFileRequest: [
        picture("image"),
        at_most("pixel_lock", LONGEST_MANIFEST, needed=True),
    ],
    finishing_pb2.CheckFileRequest: [
        picture("image"),
        at_most("profile", 64, needed=True),
        at_most("file_name", 255),
    ],
    finishing_pb2.Circumstances: [
        between("confidence", 0, 1),
        between("scale", 0, 1e6),
        between("color_shift", 0, 1000),
        between("ground_line", 0, 10),
        between("light_azimuth", 0, 360),
    ],
    image_pb2.Layer: [picture("image"), at_most("name", 64, needed=True)],
}
