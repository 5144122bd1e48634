"""What the fields of requests for backgrounds must contain."""

from cyclorama.v1 import background_pb2
from services.runtime.formats import RGB_FORMATS
from services.runtime.guards.fields import accepted, prompted, sides
from services.runtime.guards.option_rules import OPTION_RULES
from services.runtime.guards.validation import Rules
from services.runtime.limits import BACKGROUND_ASPECT, BACKGROUND_SIDES

RULES: Rules = {
    **OPTION_RULES,
    background_pb2.GenerateBackgroundRequest: [
        *prompted(prompt_needed=True),
        sides(*BACKGROUND_SIDES, BACKGROUND_ASPECT),
        accepted(RGB_FORMATS),
    ],
}
