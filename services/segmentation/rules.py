"""Validation rules for the fields of segmentation requests."""

from cyclorama.v1 import segmentation_pb2
from services.runtime.formats import RGBA_FORMATS
from services.runtime.guards.fields import check_image, limit_formats
from services.runtime.guards.option_rules import OPTION_RULES
from services.runtime.guards.validation import FieldRules

RULES: FieldRules = {
    **OPTION_RULES,
    segmentation_pb2.SegmentProductRequest: [
        check_image("photo"),
        limit_formats(RGBA_FORMATS),
        check_image("mask", required=False),
    ],
}
