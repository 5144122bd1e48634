"""Reads and writes the stored pairs of photo and truth, which `python -m tools.truth` renders."""

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from google.protobuf.json_format import MessageToDict, ParseDict
from PIL import Image

from cyclorama.v1 import scene_pb2
from services.imaging.scene import Scene, scene_from_message, scene_to_message
from services.imaging.view import PhotoView, view_from_message, view_to_message
from tools.truth.cases import list_pairs

FOLDER = Path(__file__).parent / "truths"
INDEX = FOLDER / "index.json"
# Of stored photos and pictures, 1 to 100. Smaller: smaller files, and noise of their own: at 90
# about 1 level.
QUALITY = 90
# Tags of EXIF: its block of the camera, and the focal length on 35-mm film within.
EXIF_CAMERA, EXIF_FOCAL_LENGTH = 0x8769, 0xA405


@dataclass(frozen=True)
class StoredSet:
    """A set without a product.

    pixels: uint8 RGB (H, W, 3). scene: what it shows.
    """

    name: str
    pixels: np.ndarray
    scene: Scene


@dataclass(frozen=True)
class TruthPair:
    """A product's photo, and the same product truly inside a set.

    product, words: its name in tools.truth.products, and what it is, as a request names it.
    set_name: of its set.
    view: how the photo shows it, known without doubt; its focal length is that of the camera, which
        the file names in half of the photos only.
    scene: of the set.
    photo, photo_mask: uint8 RGB (h, w, 3), and the product's alpha, uint8 (h, w).
    background, truth: the set without and with the product, uint8 RGB (H, W, 3).
    truth_mask: the product's alpha in the truth, uint8 (H, W).
    glass: the alpha of what light shines through in the truth, uint8 (H, W); None without glass.
    """

    product: str
    words: str
    set_name: str
    view: PhotoView
    scene: Scene
    photo: np.ndarray
    photo_mask: np.ndarray
    background: np.ndarray
    truth: np.ndarray
    truth_mask: np.ndarray
    glass: np.ndarray | None = None

    @property
    def name(self) -> str:
        """Product and set."""
        return name_pair(self.product, self.set_name)


def name_pair(product: str, set_name: str) -> str:
    """Returns the name of the files of a pair."""
    return f"{product}-{set_name}"


def list_pair_names() -> list[str]:
    """Returns the names of the stored pairs; the first dozen shows every set and every product."""
    stored = _read_index()["pairs"] if INDEX.is_file() else {}
    return [name for pair in list_pairs() if (name := name_pair(*pair)) in stored]


def list_set_names() -> list[str]:
    """Returns the names of the stored sets."""
    return sorted(_read_index()["sets"]) if INDEX.is_file() else []


def read_set(name: str) -> StoredSet:
    """Reads a stored set."""
    stored = _read_index()["sets"][name]
    scene = scene_from_message(ParseDict(stored["scene"], scene_pb2.Scene()))
    return StoredSet(name, _read_pixels(f"{name}.webp"), scene)


def read_pair(name: str) -> TruthPair:
    """Reads a stored pair."""
    entry = _read_index()["pairs"][name]
    studio_set = read_set(entry["set"])
    glass = FOLDER / f"{name}.glass.png"
    return TruthPair(
        product=entry["product"],
        words=entry["words"],
        set_name=entry["set"],
        view=view_from_message(ParseDict(entry["view"], scene_pb2.View())),
        scene=studio_set.scene,
        photo=_read_pixels(f"{name}.photo.jpg"),
        photo_mask=_read_pixels(f"{name}.photo-mask.png"),
        background=studio_set.pixels,
        truth=_read_pixels(f"{name}.truth.webp"),
        truth_mask=_read_pixels(f"{name}.truth-mask.png"),
        glass=_read_pixels(glass.name) if glass.is_file() else None,
    )


def write_set(name: str, background: np.ndarray, scene: Scene) -> None:
    """Stores the picture of a set without product, uint8 RGB (H, W, 3), and its scene."""
    FOLDER.mkdir(exist_ok=True)
    _write_picture(f"{name}.webp", background)
    _add_to_index("sets", name, {"scene": MessageToDict(scene_to_message(scene))})


def write_pair(pair: TruthPair, has_exif: bool) -> None:
    """Stores a pair; its background is that of the set's file.

    has_exif: whether the photo's file names its focal length.
    """
    focal_length = pair.view.focal_length_mm if has_exif else None
    photo = encode_photo(pair.photo, focal_length)
    (FOLDER / f"{pair.name}.photo.jpg").write_bytes(photo)
    _write_picture(f"{pair.name}.truth.webp", pair.truth)
    masks = {"photo-mask": pair.photo_mask, "truth-mask": pair.truth_mask, "glass": pair.glass}
    for kind, mask in masks.items():
        if mask is not None:
            Image.fromarray(mask).save(FOLDER / f"{pair.name}.{kind}.png", optimize=True)
    entry = {
        "product": pair.product,
        "words": pair.words,
        "set": pair.set_name,
        "view": MessageToDict(view_to_message(pair.view)),
        "has_exif": has_exif,
    }
    _add_to_index("pairs", pair.name, entry)


def encode_photo(photo: np.ndarray, focal_length_mm: float | None) -> bytes:
    """Encodes a photo, uint8 RGB (h, w, 3), as JPEG.

    focal_length_mm: on 35-mm film, for its EXIF; None: it has no EXIF.
    """
    exif = Image.Exif()
    if focal_length_mm:
        exif.get_ifd(EXIF_CAMERA)[EXIF_FOCAL_LENGTH] = round(focal_length_mm)
    file = io.BytesIO()
    Image.fromarray(photo).save(file, "JPEG", quality=QUALITY, subsampling=0, exif=exif)
    return file.getvalue()


def _read_index() -> dict[str, dict[str, dict[str, object]]]:
    """Returns the sets and pairs that are stored, each by name."""
    index: dict[str, dict[str, dict[str, object]]] = json.loads(INDEX.read_text())
    return index


def _add_to_index(kind: str, name: str, entry: Mapping[str, object]) -> None:
    """Adds an entry to the sets or the pairs of the index, or replaces it."""
    index = _read_index() if INDEX.is_file() else {"sets": {}, "pairs": {}}
    index[kind][name] = dict(entry)
    INDEX.write_text(json.dumps(index, indent=1) + "\n")


def _read_pixels(name: str) -> np.ndarray:
    """Returns the pixels of a stored file: uint8 RGB (h, w, 3) or gray (h, w)."""
    with Image.open(FOLDER / name) as image:
        return np.array(image)


def _write_picture(name: str, pixels: np.ndarray) -> None:
    """Stores a picture, uint8 RGB (H, W, 3), as WebP."""
    Image.fromarray(pixels).save(FOLDER / name, "WEBP", quality=QUALITY, method=6)
