"""Photos that the page has uploaded once each: checks them, and finds them by their names."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any
from unicodedata import normalize

from cyclorama.campaign_values import clean_name
from cyclorama.pictures import UploadedImage
from cyclorama.v1 import image_pb2
from cyclorama.web.error_messages import REASONS, ErrorMessage
from cyclorama.web.upload_errors import UploadError

# Photos of a campaign on the page. More: the list of them is slow in the browser.
MAX_PHOTOS = 1000
# Bytes with which files of pictures begin, at their offset. Others are refused before the gateway
# keeps them; whether the rest can be read shows when the ad is made.
SIGNATURES = (
    (0, b"\xff\xd8\xff"),  # JPEG
    (0, b"\x89PNG\r\n\x1a\n"),
    (0, b"GIF8"),
    (0, b"BM"),
    (0, b"II*\0"),  # TIFF
    (0, b"MM\0*"),
    (8, b"WEBP"),
    (4, b"ftyp"),  # HEIC and AVIF
)
# Bytes of a file that check_picture needs.
SIGNATURE_BYTES = 16


def check_picture(beginning: bytes) -> None:
    """Raises UploadError for the first SIGNATURE_BYTES of a file that is no picture."""
    if not any(beginning.startswith(mark, offset) for offset, mark in SIGNATURES):
        title, advice = REASONS["INVALID_IMAGE"]
        text = "The file is no picture." if beginning else "The file is empty."
        raise UploadError(415, ErrorMessage(title, text, advice))


class UploadedPhotos:
    """Photos of a campaign, found by the names that their files have, which may contain folders."""

    def __init__(
        self,
        photos: Sequence[UploadedImage],
        names: Sequence[Sequence[str]],
        clear: Collection[str] = (),
    ) -> None:
        """Takes photos and, for each, all names of its file.

        clear: uris of those with a product that the scene is seen through, such as glass.
        """
        self.photos, self.clear = photos, clear
        # By the path, by the name of the file, and by that without its suffix.
        self._indexes = [
            _index_photos(photos, names, simplify)
            for simplify in (normalize_path, _name_file, _name_stem)
        ]

    @classmethod
    def from_json(cls, photos: Any) -> "UploadedPhotos":
        """Reads a list of {"uri": ..., "names": [...], "clear": true}; ValueError for others."""
        if not isinstance(photos, list) or not all(isinstance(each, Mapping) for each in photos):
            raise ValueError("photos: send a list of photos")
        if len(photos) > MAX_PHOTOS:
            raise ValueError(
                f"photos: there are {len(photos):,}; a campaign has at most {MAX_PHOTOS:,}"
            )
        if not all(isinstance(each.get("names"), list) and each["names"] for each in photos):
            raise ValueError("photos: one has no name")
        names = [list(map(str, each["names"])) for each in photos]
        images = [image_pb2.Image(uri=str(each.get("uri") or "none")) for each in photos]
        pairs = zip(images, map(_name_photo, names), strict=True)
        clear = frozenset(str(each.get("uri")) for each in photos if each.get("clear"))
        return cls([UploadedImage(*each) for each in pairs], names, clear)

    def find_photos(self, name: str) -> Iterator[UploadedImage]:
        """Yields the photo of a name; raises ValueError when there is none."""
        yield self.find_picture(name)

    def find_picture(self, name: str) -> UploadedImage:
        """Returns the photo of a path, of a file name, or of one without its suffix, in this order.

        Raises ValueError when there is none, or several.
        """
        file = _name_file(name)
        # A name without a suffix is found by the stems of others.
        for index, key in zip(self._indexes, (normalize_path(name), file, file), strict=True):
            if len(found := index.get(key, {})) > 1:
                raise ValueError(f"several photos are named {name}; write their folder too")
            for photo in found.values():
                return photo
        raise ValueError(f"{name} is not among the photos; add the file")


def _index_photos(
    photos: Sequence[UploadedImage],
    names: Sequence[Sequence[str]],
    simplify: Callable[[str], str],
) -> dict[str, dict[str, UploadedImage]]:
    """Returns photos by uri, by their simplified names."""
    index: dict[str, dict[str, UploadedImage]] = {}
    for photo, own in zip(photos, names, strict=True):
        for name in own:
            index.setdefault(simplify(name), {})[photo.image.uri] = photo
    return index


def normalize_path(name: str) -> str:
    """Returns the name of a file, with folders or without, in one form for all systems."""
    return normalize("NFC", name.strip().replace("\\", "/")).strip("/").lower()


def _name_file(name: str) -> str:
    return PurePosixPath(normalize_path(name)).name


def _name_stem(name: str) -> str:
    return PurePosixPath(normalize_path(name)).stem


def _name_photo(names: Sequence[str]) -> str:
    """Returns the name of a photo as the contract allows it, without folders."""
    return clean_name(names[0].replace("\\", "/").rpartition("/")[2])
