"""The settings of every service, and the names that they go by in an environment."""

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


def names_of(settings: type) -> set[str]:
    """Every variable that settings are read from."""
    fields = settings.model_fields.values()
    return {name for field in fields for name in field.validation_alias.choices}
