"""The rules for the fields of compositing requests."""

from cyclorama.v1 import compositing_pb2
from services.runtime.formats import RGB_FORMATS
from services.runtime.guards.fields import check_image, limit_formats, limit_size
from services.runtime.guards.option_rules import OPTION_RULES
from services.runtime.guards.validation import FieldRules, limit_count
from services.runtime.limits import COMPOSITE_SIDES

RULES: FieldRules = {
    **OPTION_RULES,
    compositing_pb2.CompositeProductRequest: [
        check_image("cutout"),
        check_image("background", required=False),
        limit_count("cut_sides", 4),
        limit_size(*COMPOSITE_SIDES),
        limit_formats(RGB_FORMATS),
    ],
}
