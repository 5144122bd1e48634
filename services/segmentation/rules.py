"""What the fields of requests for cut-outs must contain."""

from cyclorama.v1 import segmentation_pb2
from services.runtime.formats import RGBA_FORMATS
from services.runtime.guards.fields import accepted, picture
from services.runtime.guards.option_rules import OPTION_RULES
from services.runtime.guards.validation import Rules

RULES: Rules = {
    **OPTION_RULES,
    segmentation_pb2.SegmentProductRequest: [
        picture("photo"),
        accepted(RGBA_FORMATS),
        picture("mask", needed=False),
    ],
}
