"""Options of the stages, as the contract has them: the values of the keyword argument `options`.

The API reference says what each of them means, with its unit, range and default.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, TypedDict

from cyclorama.v1.scene_pb2 import View

# The names of the contract's enums, without what the values of each have in common.
EdgeName = Literal["normal", "fine", "mask"]
PhotoShadowName = Literal["remove", "keep"]
FollowPhotoName = Literal["exactly", "in_steps", "never"]
ShadowName = Literal["drop", "cast", "contact", "none", "ground"]
StanceName = Literal["standing", "floating", "lying", "hanging"]
SideName = Literal["top", "right", "bottom", "left"]
AnchorName = Literal[
    "top_left",
    "top",
    "top_right",
    "left",
    "center",
    "right",
    "bottom_left",
    "bottom",
    "bottom_right",
]
# Sides and corners: the center is the product's.
TextAnchorName = Literal[
    "top_left", "top", "top_right", "left", "right", "bottom_left", "bottom", "bottom_right"
]
FontName = Literal[
    "inter-bold",
    "inter-semibold",
    "inter-medium",
    "garamond",
    "noto-serif-display",
    "commissioner-light",
    "fira-condensed",
]
TextLookName = Literal["modern", "editorial", "light", "poster"]
StageName = Literal["segmentation", "background", "compositing", "inpainting", "finishing"]
ColorLike = str | tuple[int, int, int]
"""A color: "#e8d9c0", or red, green and blue from 0 to 255."""


class EngineChoice(TypedDict, total=False):
    """The engine of a stage, and whether another may run in its place."""

    name: str
    allow_fallback: bool


class BoxFields(TypedDict):
    """A box in pixels; x and y are those of its top left corner."""

    x: int
    y: int
    width: int
    height: int


class PointFields(TypedDict, total=False):
    """A point of a photo in pixels, on the product or, with `outside`, off it."""

    x: float
    y: float
    outside: bool


class MarginFields(TypedDict, total=False):
    """Strips along the sides of a picture, as shares of its width or height."""

    top: float
    right: float
    bottom: float
    left: float


class LightFields(TypedDict, total=False):
    """A light; its directions are in degrees."""

    azimuth: float
    elevation: float
    softness: float
    color: ColorLike


class ShadowFields(TypedDict, total=False):
    """The shadow that the compositing stage draws."""

    kind: ShadowName
    color: ColorLike
    light: LightFields


class SpotFields(TypedDict, total=False):
    """The middle and the width of a product's box, as shares of the picture's width and height."""

    center_x: float
    center_y: float
    width: float


class ArrangementFields(TypedDict, total=False):
    """The place of the product in the picture."""

    anchor: AnchorName
    stance: StanceName
    offset_x: float
    offset_y: float
    margins: MarginFields | float
    rotation: float
    flip: bool
    spot: SpotFields | Sequence[float]


class DiffusionFields(TypedDict, total=False):
    """Options of engines that draw with a diffusion model."""

    steps: int
    cfg_scale: float
    sampler: str
    scheduler: str
    model: str
    override_settings: Mapping[str, Any]
    drawn_side: int


class ViewFields(TypedDict, total=False):
    """How a photo shows its product; angles are in degrees."""

    ground_pitch: float
    camera_pitch: float
    pitch_confidence: float
    stance: StanceName
    tilt: float
    focal_length_mm: float
    light_azimuth: float
    aspect: float


class SegmentationFields(TypedDict, total=False):
    """Options of the segmentation stage."""

    engine: EngineChoice | str
    box_share: float
    max_side: int
    edge: EdgeName
    box: BoxFields | Sequence[int]
    points: Sequence[PointFields | Sequence[float]]
    photo_shadow: PhotoShadowName
    opaque: bool
    product: str
    view: View | ViewFields


class BackgroundFields(TypedDict, total=False):
    """Options of the background stage."""

    engine: EngineChoice | str
    camera_pitch: float
    diffusion: DiffusionFields
    product: str
    product_to_negative: bool
    product_height_mm: float
    follow_photo: FollowPhotoName


class CompositingFields(TypedDict, total=False):
    """Options of the compositing stage."""

    engine: EngineChoice | str
    width_share: float
    height_share: float
    tint: float
    shadow_opacity: float
    area_share: float
    arrangement: ArrangementFields
    shadow: ShadowFields | ShadowName
    locked: bool


class InpaintingFields(TypedDict, total=False):
    """Options of the inpainting stage."""

    engine: EngineChoice | str
    denoising_strength: float
    shadow_strength: float
    reflection_strength: float
    diffusion: DiffusionFields


class FinishingFields(TypedDict, total=False):
    """Options of the finishing stage."""

    engine: EngineChoice | str


class AdOptions(TypedDict, total=False):
    """Options of an ad or a campaign, by stage."""

    segmentation: SegmentationFields
    background: BackgroundFields
    compositing: CompositingFields
    inpainting: InpaintingFields
    finishing: FinishingFields
