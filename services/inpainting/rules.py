"""What the fields of requests for inpainted scenes must contain."""

from cyclorama.v1 import inpainting_pb2
from services.runtime.formats import RGB_FORMATS
from services.runtime.guards.fields import accepted, picture, prompted
from services.runtime.guards.option_rules import OPTION_RULES
from services.runtime.guards.validation import Rules

RULES: Rules = {
    **OPTION_RULES,
    inpainting_pb2.InpaintSceneRequest: [
        picture("composite"),
        picture("mask"),
        *prompted(prompt_needed=False),
        accepted(RGB_FORMATS),
    ],
}
