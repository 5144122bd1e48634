"""Reads the focal length of a photo from its EXIF block, as the equivalent on 35-mm film."""

import math
from typing import Any

from PIL import ExifTags, Image

# Focal lengths in millimeters on 35-mm film that lenses have, from fisheye to telescope. Others
# are errors, such as the 0 that stands for an unknown one.
MIN_LENGTH, MAX_LENGTH = 6.0, 2000.0
# Diagonal of 35-mm film, 36 x 24 mm, in millimeters, to which equivalents refer (CIPA DCG-001).
FILM_DIAGONAL = math.hypot(36, 24)
# Millimeters of the values of FocalPlaneResolutionUnit (Exif 3.0, table 8), by default an inch, and
# two that cameras add.
_UNITS = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}


def read_focal_length(picture: Image.Image) -> float | None:
    """Returns the focal length of an opened photo in millimeters on 35-mm film.

    None if its EXIF block does not state a sensible one or is corrupt.
    """
    try:
        exif = picture.getexif()
        tags = exif.get_ifd(ExifTags.IFD.Exif)
        length = float(tags.get(ExifTags.Base.FocalLengthIn35mmFilm) or 0)
        if not length:
            length = _convert_to_film(tags, picture.size)
    # Corrupt blocks make Pillow raise almost anything; a photo is worth more than its EXIF.
    except Exception:
        return None
    return length if MIN_LENGTH <= length <= MAX_LENGTH else None


def _convert_to_film(tags: dict[int, Any], size: tuple[int, int]) -> float:
    """Returns the focal length on 35-mm film by the size of the sensor.

    Raises KeyError, TypeError, ValueError or ZeroDivisionError if the tags do not state it.

    tags: of the EXIF block, by number. size: width and height of the file in pixels, for blocks
    without that of the picture as it was taken.
    """
    width = float(tags.get(ExifTags.Base.ExifImageWidth) or size[0])
    height = float(tags.get(ExifTags.Base.ExifImageHeight) or size[1])
    unit = _UNITS[int(tags.get(ExifTags.Base.FocalPlaneResolutionUnit) or 2)]
    pixel = unit / float(tags[ExifTags.Base.FocalPlaneXResolution])
    diagonal = math.hypot(width, height) * pixel
    return float(tags[ExifTags.Base.FocalLength]) * FILM_DIAGONAL / diagonal
