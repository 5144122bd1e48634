"""The settings class of every service, and its environment variables."""

from gateway.settings import GatewaySettings
from services.background.engines import BackgroundSettings
from services.compositing.engines import CompositingSettings
from services.finishing.engines import FinishingSettings
from services.inpainting.engines import InpaintingSettings
from services.segmentation.engines import SegmentationSettings

SETTINGS = {
    "segmentation": SegmentationSettings,
    "background": BackgroundSettings,
    "compositing": CompositingSettings,
    "inpainting": InpaintingSettings,
    "finishing": FinishingSettings,
    "gateway": GatewaySettings,
}


def variable_names(settings: type) -> set[str]:
    """Returns the environment variables that a settings class is read from."""
    fields = settings.model_fields.values()
    return {name for field in fields for name in field.validation_alias.choices}
