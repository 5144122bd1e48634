"""The rules for the fields of inpainting requests."""

from cyclorama.v1 import inpainting_pb2
from services.runtime.formats import RGB_FORMATS
from services.runtime.guards.fields import check_image, limit_formats, limit_prompts
from services.runtime.guards.option_rules import OPTION_RULES
from services.runtime.guards.validation import FieldRules

RULES: FieldRules = {
    **OPTION_RULES,
    inpainting_pb2.InpaintSceneRequest: [
        check_image("composite"),
        check_image("mask"),
        *limit_prompts(prompt_required=False),
        limit_formats(RGB_FORMATS),
    ],
}
