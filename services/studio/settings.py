"""The settings of processes that render with the studio."""

from typing import Literal

from pydantic import Field

from services.studio.panoramas.library import PlaceSettings


class RenderingSettings(PlaceSettings):
    """How the studio renders, and where photographed places are."""

    mitsuba_variant: Literal["auto", "scalar_rgb", "llvm_ad_rgb"] = Field(
        "auto", description="how the studio renders; auto takes the faster one that works"
    )
