"""Makes ads in process from known masks, so that one thing about them can be made wrong."""

import hashlib
from dataclasses import dataclass, replace

import numpy as np

from benchmarks.truth_files import StoredSet
from cyclorama.v1 import background_pb2, engine_pb2, finishing_pb2
from services.compositing.color_shift import measure_color_shift
from services.compositing.engine import CompositeOptions, CompositeResult
from services.compositing.engines.opencv import OpenCVCompositing
from services.compositing.servicer import placement_to_message
from services.finishing.quality.picture import AssessedPicture
from services.imaging.resizing import premultiply, resize_premultiplied, unpremultiply
from services.imaging.scene import Light, Scene, scene_to_message
from services.imaging.view import PhotoView, view_to_message
from services.inpainting.engine import InpaintingRequest
from services.inpainting.engines.grounding import GroundingInpainting
from services.segmentation.confidence import REASON, assess_result
from services.segmentation.cutout import create_soft_cutout
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.looks import EstimateProbability
from services.segmentation.servicer import find_cut_sides

# Things of a prompt that each set is recorded to show, so that fifths of them can be missing.
BRIEF = ("place", "surface", "light", "color", "prop")
# Options of a good ad's composite, on whose ground stage 4 casts the shadow.
PLAIN = CompositeOptions(shadow="none")


@dataclass(frozen=True)
class AdRecipe:
    """Everything that an ad follows from.

    photo: uint8 RGB (h, w, 3). mask: uint8 alpha (h, w), of what is cut out of it.
    view: how the photo shows the product.
    studio_set: the background, its scene and its name.
    words: what the product is.
    options: of the composite, whose shadow is a fault: the ground's come later.
    cast_light: that the shadow follows in place of the scene's; None: the scene's.
    enlargement: how many times the cut-out is enlarged; None: as few as its photo allows.
    left_out: how many of the things in BRIEF the set does not show.
    true_height: height in the picture that the product has if it is true to the things in it, as
        a multiple of the one that it has.
    """

    name: str
    photo: np.ndarray
    mask: np.ndarray
    view: PhotoView
    studio_set: StoredSet
    words: str = ""
    options: CompositeOptions = PLAIN
    cast_light: Light | None = None
    enlargement: float | None = None
    left_out: int = 0
    true_height: float = 1.0


@dataclass(frozen=True)
class MadeAd:
    """An ad and the layers that it was made of.

    picture: with the pixels and what is known about them.
    background: uint8 RGB (H, W, 3), without product and shadow.
    composited: the layers of the product and of a drop shadow, if there is one.
    """

    picture: AssessedPicture
    background: np.ndarray
    composited: CompositeResult


class AdMaker:
    """Makes ads as the stages do; masks are known, so that nothing is segmented."""

    def __init__(self, estimate_probability: EstimateProbability | None) -> None:
        """Judges masks as stage 1 does; estimate_probability: of its network; None without one."""
        self._estimate_probability = (
            remember_looks(estimate_probability) if estimate_probability else None
        )
        self._compositing, self._inpainting = OpenCVCompositing(), GroundingInpainting()
        # The last cut-out, by recipe and mask: most degraded ads have the good one's.
        self._cut: dict[tuple[str, bytes], SegmentationResult] = {}

    def make_ad(self, recipe: AdRecipe) -> MadeAd:
        """Cuts out, composites and grounds the product of a recipe.

        Raises ProductNotFound if its mask leaves nothing solid.
        """
        studio_set, scene = recipe.studio_set, recipe.studio_set.scene
        segmented = self._cut_out(recipe)
        sides = find_cut_sides(segmented.bounds, (0, 0, *recipe.photo.shape[1::-1]))
        cutout = segmented.cutout
        if recipe.enlargement:
            placed = self._compositing.composite(
                cutout, studio_set.pixels, scene, sides, recipe.options
            )
            cutout = shrink_pixels(cutout, placed.placement.scale / recipe.enlargement)
        composited = self._compositing.composite(
            cutout, studio_set.pixels, scene, sides, recipe.options
        )
        ad = self._ground(composited, recipe)
        known = describe_circumstances(recipe, segmented, composited)
        known.cut_sides.extend(sides)
        picture = AssessedPicture(ad, composited.mask, composited.pixels, 0, known)
        return MadeAd(picture, studio_set.pixels, composited)

    def _cut_out(self, recipe: AdRecipe) -> SegmentationResult:
        """Returns the cut-out by the recipe's mask, and how sure stage 1 would be of it."""
        key = recipe.name, hashlib.sha256(recipe.mask.tobytes()).digest()
        if key not in self._cut:
            self._cut = {key: self._segment(recipe)}
        return self._cut[key]

    def _segment(self, recipe: AdRecipe) -> SegmentationResult:
        """Cuts out along the recipe's mask, and assesses the cut-out."""
        probability = recipe.mask.astype(np.float32) / 255
        side = max(recipe.studio_set.pixels.shape)
        cutout, bounds = create_soft_cutout(recipe.photo, probability, side)
        result = SegmentationResult(cutout, bounds, confidence=1.0)
        return assess_result(recipe.photo, result, SegmentationPrompt(), self._estimate_probability)

    def _ground(self, composited: CompositeResult, recipe: AdRecipe) -> np.ndarray:
        """Returns the composite with the shadow and the reflection of its product: uint8 RGB."""
        scene = light_scene(recipe.studio_set.scene, recipe.cast_light)
        request = InpaintingRequest(composited.pixels, composited.mask, scene)
        *_, result = self._inpainting.inpaint(request)
        return result.pixels


def describe_circumstances(
    recipe: AdRecipe, segmented: SegmentationResult, composited: CompositeResult
) -> finishing_pb2.Circumstances:
    """Returns what the stages know of an ad, as the gateway collects it.

    segmented, composited: results of stages 1 and 3.
    """
    scene, placement = recipe.studio_set.scene, composited.placement
    height = placement.height / len(composited.pixels) / recipe.true_height
    known = scene_to_message(light_scene(scene, None))
    known.product_height = height
    tinted = composited.product.pixels
    return finishing_pb2.Circumstances(
        confidence=segmented.confidence,
        doubt=next((each.message for each in segmented.warnings if each.reason == REASON), ""),
        view=view_to_message(recipe.view),
        scene=known,
        placement=placement_to_message(placement, recipe.options, scene),
        color_shift=measure_color_shift(composited.untinted, tinted) if recipe.options.tint else 0,
        shown_prompt=describe_brief(recipe),
    )


def describe_brief(recipe: AdRecipe) -> background_pb2.ShownPrompt:
    """Returns what a recipe's set shows of its brief; its place is the last to be left out."""
    missing = [engine_pb2.LeftOut(words=each) for each in BRIEF[len(BRIEF) - recipe.left_out :]]
    return background_pb2.ShownPrompt(
        shown=BRIEF[: len(BRIEF) - recipe.left_out],
        left_out=missing,
        place=recipe.studio_set.name,
        names_place=recipe.left_out < len(BRIEF),
    )


def light_scene(scene: Scene, light: Light | None) -> Scene:
    """Returns the scene of a standing product; light: in place of the scene's, if there is one."""
    return replace(scene, stance="standing", light=light or scene.light)


def shrink_pixels(cutout: np.ndarray, scale: float) -> np.ndarray:
    """Returns a cut-out, uint8 RGBA (h, w, 4), at another size, for a photo of fewer pixels."""
    height, width = (max(1, round(scale * side)) for side in cutout.shape[:2])
    return unpremultiply(resize_premultiplied(premultiply(cutout), width, height))


def remember_looks(estimate_probability: EstimateProbability) -> EstimateProbability:
    """Returns a network's look that computes once for equal photos."""
    seen: dict[bytes, np.ndarray] = {}

    def look(photo: np.ndarray) -> np.ndarray:
        """Returns the probability that a pixel of uint8 RGB (H, W, 3) is product, float32."""
        key = hashlib.sha256(repr(photo.shape).encode() + photo.tobytes()).digest()
        if key not in seen:
            seen[key] = estimate_probability(photo)
        return seen[key]

    return look
