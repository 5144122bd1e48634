"""Reads ads that reviewers marked, and measures them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from cyclorama.v1 import background_pb2, engine_pb2, finishing_pb2
from gateway.circumstances import circumstances_from_manifest
from services.finishing.engines import FinishingSettings
from services.finishing.quality.measurement import AdMeasurement
from services.finishing.quality.picture import AssessedPicture
from services.finishing.quality.report import MEASUREMENTS
from services.finishing.verify import read_pixel_lock
from services.imaging.decoding import decode_image_file
from services.imaging.images import ImageCodec
from services.segmentation.engine import SegmentationEngine, SegmentationPrompt
from services.studio.briefs.reader import read_brief

MARKS_FILE = "marks.json"
# Limits on the size of pictures, as in the stage.
LIMITS = FinishingSettings()


@dataclass(frozen=True)
class MarkedAd:
    """An ad with its mark, 1 to 10, and its measurements.

    name: of its file. photo: what its product is from, so that no photo is in a fit and in its
    test.
    """

    name: str
    photo: str
    mark: float
    measurements: Sequence[AdMeasurement]


def measure_marked_ads(folder: Path, engine: SegmentationEngine) -> Iterator[MarkedAd]:
    """Yields the marked ads of a folder in the order of its marks.json.

    Where an entry says "prompt" and "set", the words for the set in the picture, that is the record
    of what an ad without a manifest shows.

    engine: finds the product in ads without a manifest.
    """
    for entry in json.loads((folder / MARKS_FILE).read_text()):
        path = folder / entry["ad"]
        picture, photo = read_assessed_picture(path, engine)
        if "set" in entry and not picture.circumstances.HasField("shown_prompt"):
            picture.circumstances.shown_prompt.CopyFrom(compare_briefs(entry))
        measurements = [judge(picture) for judge in MEASUREMENTS]
        yield MarkedAd(path.name, photo, float(entry["mark"]), measurements)


def compare_briefs(entry: Mapping[str, str]) -> background_pb2.ShownPrompt:
    """Returns what an ad shows of its prompt, by the words for its set; both are read as briefs.

    entry: "prompt", "set" and perhaps "product", in words.
    """
    asked = read_brief(entry["prompt"], "", entry.get("product", ""))
    shown = read_brief(entry["set"], "", "")
    place = shown.place or entry["set"]
    # Sets show one place and no things; kinds of one place, such as street_day, are alike.
    is_place = asked.place is not None and asked.place.split("_")[0] == place.split("_")[0]
    missing = [thing.name for thing in asked.things]
    if asked.place and not is_place:
        missing.insert(0, asked.place)
    return background_pb2.ShownPrompt(
        shown=[entry["set"]],
        left_out=[engine_pb2.LeftOut(words=words) for words in missing],
        place=place,
        names_place=is_place,
    )


def read_assessed_picture(path: Path, engine: SegmentationEngine) -> tuple[AssessedPicture, str]:
    """Returns an ad's file as a picture to assess, and the hash of its photo or the file's name.

    engine: finds the product if the ad has no manifest, a .json file of its name.
    """
    pixels = decode_image_file(path.read_bytes(), LIMITS, path.name).pixels[..., :3]
    manifest_file = path.with_suffix(".json")
    if manifest_file.is_file():
        manifest = json.loads(manifest_file.read_text())
        return _read_with_manifest(pixels, manifest), manifest["photo"]["sha256"]
    result = engine.segment(pixels, SegmentationPrompt())
    x, y, width, height = result.bounds
    mask = np.zeros(pixels.shape[:2], np.uint8)
    alpha = np.ascontiguousarray(result.cutout[..., 3])
    mask[y : y + height, x : x + width] = cv2.resize(alpha, (width, height))
    return AssessedPicture(pixels, mask), path.name


def _read_with_manifest(pixels: np.ndarray, manifest: dict[str, Any]) -> AssessedPicture:
    """Returns a picture with all that its manifest says; pixels: uint8 RGB (H, W, 3)."""
    text = json.dumps(manifest["pixel_lock"])
    lock = read_pixel_lock(text, "pixel_lock", ImageCodec(LIMITS))
    known: finishing_pb2.Circumstances = circumstances_from_manifest(manifest)
    return AssessedPicture(pixels, lock.mask, None, lock.differing, known)
