"""What the fields of requests for composites must contain."""

from cyclorama.v1 import compositing_pb2
from services.runtime.formats import RGB_FORMATS
from services.runtime.guards.fields import accepted, picture, sides
from services.runtime.guards.option_rules import OPTION_RULES
from services.runtime.guards.validation import Rules, few
from services.runtime.limits import COMPOSITE_SIDES

RULES: Rules = {
    **OPTION_RULES,
    compositing_pb2.CompositeProductRequest: [
        picture("cutout"),
        picture("background", needed=False),
        few("cut_sides", 4),
        sides(*COMPOSITE_SIDES),
        accepted(RGB_FORMATS),
    ],
}
