"""Builds sets, and renders them with a product where the pipeline would place it."""

from dataclasses import dataclass, replace

import numpy as np

from services.compositing.engine import CompositeOptions
from services.compositing.engines.opencv import OpenCVCompositing
from services.imaging.scene import Scene
from services.studio.arranging import load_pieces
from services.studio.briefs.reader import read_brief
from services.studio.camera import Camera
from services.studio.composing import compose_set
from services.studio.planning import plan_set
from services.studio.rendering import recipe_from_request, scene_from_set
from services.studio.sets import StudioSet
from tools.truth.cases import TruthSet
from tools.truth.photos import TakenPhoto
from tools.truth.products import Product, is_glass
from tools.truth.rendering import (
    find_outline_box,
    fit_to_box,
    render_outline,
    render_set,
)


@dataclass(frozen=True)
class BuiltSet:
    """A set without product.

    truth_set: what it was built of.
    pixels: its picture, uint8 RGB (H, W, 3).
    """

    truth_set: TruthSet
    studio_set: StudioSet
    camera: Camera
    scene: Scene
    pixels: np.ndarray


@dataclass(frozen=True)
class RenderedTruth:
    """A product inside a set.

    pixels: uint8 RGB (H, W, 3).
    mask: the product's alpha, uint8 (H, W).
    glass: that of what light shines through, uint8 (H, W); None without glass.
    """

    pixels: np.ndarray
    mask: np.ndarray
    glass: np.ndarray | None


def build_set(truth_set: TruthSet, renderer: str) -> BuiltSet:
    """Builds and renders a set as stage 2 does; renderer: its version, for the recipe."""
    request = truth_set.request
    plan, _, place = plan_set(request, read_brief(request.prompt))
    studio_set = compose_set(plan, place).studio_set
    pixels = render_set(studio_set, plan.camera, request.seed)
    scene = scene_from_set(studio_set, plan.camera, pixels)
    recipe = recipe_from_request(request, renderer)
    return BuiltSet(
        truth_set,
        studio_set,
        plan.camera,
        replace(scene, stance=plan.brief.pose or "", recipe=recipe),
        pixels,
    )


def render_truth(built: BuiltSet, product: Product, photo: TakenPhoto) -> RenderedTruth:
    """Renders a product inside a set, as large as compositing would place its photo there."""
    cutout = np.dstack([photo.pixels, photo.mask])
    placed = OpenCVCompositing().composite(
        cutout, built.pixels, built.scene, (), CompositeOptions(shadow="none", tint=0.0)
    )
    pieces = fit_to_box(product.build(), built.camera, find_outline_box(placed.mask))
    shapes = {**built.studio_set.shapes, **load_pieces("product", pieces)}
    pixels = render_set(
        replace(built.studio_set, shapes=shapes),
        built.camera,
        built.truth_set.seed,
        product.is_glass,
    )
    mask = render_outline(pieces, built.camera)
    if not product.is_glass:
        return RenderedTruth(pixels, mask, None)
    solid = render_outline([piece for piece in pieces if not is_glass(piece)], built.camera)
    return RenderedTruth(pixels, mask, mask - np.minimum(mask, solid))
