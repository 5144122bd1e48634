"""Recipes of ads with nothing to fault, from which degraded ones are made."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from benchmarks.ad_recipes import PLAIN, AdRecipe, light_scene
from benchmarks.cutout import read_photos
from benchmarks.cutout_methods import EvalPhoto
from benchmarks.truth_files import StoredSet, read_pair, read_set
from cyclorama.v1 import compositing_pb2, finishing_pb2
from services.compositing.engine import CompositeOptions
from services.finishing.quality.picture import AssessedPicture
from services.imaging.box import box_to_message, find_bounding_box
from services.imaging.mask import OPAQUE_ALPHA, find_solid_pixels
from services.imaging.scene import scene_to_message
from services.imaging.view import PhotoView, view_to_message

# Stored pairs of photo and set whose product is opaque and lit as the set is.
PAIRS = (
    *("bottle-kitchen", "can-beach", "jar-podium", "cup-arches", "shoe-terrazzo", "can-water"),
    *("jar-kitchen", "cup-beach", "box-podium", "shoe-arches", "can-arches", "bottle-night"),
)
# Shares of the picture that products with few pixels take at most, so that they stay sharp.
SMALLER = {"jar-podium": 0.6, "jar-kitchen": 0.6, "cup-arches": 0.6, "db_poop_emoji_03": 0.52}
# Of the photos: what they show, and a stored set in which it looks right: seen from about the same
# height, in a similar light. The others lie, lean, or lack a part.
PHOTOS = {
    "db_can_01": ("beer can", "kitchen"),
    "db_candle_01": ("candle in a jar", "terrazzo"),
    "studio_candle_00": ("candle in a jar", "arches"),
    "db_duck_toy_03": ("rubber duck", "arches"),
    "db_poop_emoji_03": ("toy", "terrazzo"),
    "db_colorful_sneaker_00": ("sneaker", "linen"),
    "db_shiny_sneaker_05": ("sneaker", "kitchen"),
    "studio_rc_car_00": ("toy car", "arches"),
    "db_rc_car_03": ("toy car", "kitchen"),
    "db_grey_sloth_plushie_04": ("plush toy", "linen"),
    "studio_grey_sloth_plushie_01": ("plush toy", "arches"),
    "db_colorful_sneaker_01": ("sneaker", "beach"),
}


def list_pair_recipes() -> Iterator[AdRecipe]:
    """Yields the recipes of ads with rendered products, which are stored with the benchmarks."""
    for name in PAIRS:
        pair = read_pair(name)
        yield AdRecipe(
            name=name,
            photo=pair.photo,
            mask=pair.photo_mask,
            view=pair.view,
            studio_set=StoredSet(pair.set_name, pair.background, pair.scene),
            words=pair.words,
            options=limit_size(name),
        )


def list_true_pictures() -> Iterator[tuple[str, AssessedPicture]]:
    """Yields pictures of rendered products truly inside their sets, by name of the stored pair."""
    for name in PAIRS:
        pair = read_pair(name)
        box = box_to_message(find_bounding_box(find_solid_pixels(pair.truth_mask)))
        circumstances = finishing_pb2.Circumstances(
            confidence=1.0,
            view=view_to_message(pair.view),
            scene=scene_to_message(light_scene(pair.scene, None)),
            placement=compositing_pb2.Placement(box=box, scale=1.0, stands=True),
            color_shift=0.0,
        )
        yield name, AssessedPicture(pair.truth, pair.truth_mask, circumstances=circumstances)


def list_photo_recipes(folder: Path) -> Iterator[AdRecipe]:
    """Yields the recipes of ads with the products of real photos.

    folder: with photos/, gt/ and manifest.json.
    """
    for photo in read_photos(folder):
        if photo.name in PHOTOS:
            yield build_photo_recipe(photo, *PHOTOS[photo.name])


def build_photo_recipe(photo: EvalPhoto, words: str, set_name: str) -> AdRecipe:
    """Returns the recipe of a photo's product in a stored set that is seen as the photo is.

    words: what the photo shows.
    """
    studio_set = read_set(set_name)
    # Set by eye, so the photo's view is that of the set.
    scene = studio_set.scene
    view = PhotoView(
        ground_pitch=scene.ground_pitch,
        camera_pitch=scene.camera_pitch,
        pitch_confidence=1.0,
        stance="standing",
    )
    mask = photo.truth.astype(np.uint8) * OPAQUE_ALPHA
    options = limit_size(photo.name)
    return AdRecipe(photo.name, photo.pixels, mask, view, studio_set, words, options)


def limit_size(name: str) -> CompositeOptions:
    """Returns the options of a good ad, in which its product is not enlarged."""
    largest = SMALLER.get(name, 1.0)
    return replace(
        PLAIN,
        width_share=min(largest, PLAIN.width_share),
        height_share=min(largest, PLAIN.height_share),
    )
