"""Field rules of background requests."""

from cyclorama.v1 import background_pb2
from services.runtime.formats import RGB_FORMATS
from services.runtime.guards.fields import limit_formats, limit_prompts, limit_size
from services.runtime.guards.option_rules import OPTION_RULES
from services.runtime.guards.validation import FieldRules
from services.runtime.limits import BACKGROUND_ASPECT, BACKGROUND_SIDES

RULES: FieldRules = {
    **OPTION_RULES,
    background_pb2.GenerateBackgroundRequest: [
        *limit_prompts(prompt_required=True),
        limit_size(*BACKGROUND_SIDES, BACKGROUND_ASPECT),
        limit_formats(RGB_FORMATS),
    ],
}
