"""Decodes large JPEG files at a reduced size, which saves the memory of the full one."""

from PIL.JpegImagePlugin import JpegImageFile

from services.imaging.size_limits import ImageLimits, check_image_size, is_within_limits
from services.runtime.errors import InvalidImage

# The factors by which JPEG decoders can shrink a picture while they decode it.
FACTORS = (2, 4, 8)
# Bytes that a decoder takes for each coefficient of a file with several scans (libjpeg's JCOEF).
COEFFICIENT_BYTES = 2
# Bytes of coefficients that a file may take. Files with several scans, as progressive ones have,
# need all at once: 600 MB for 200 megapixels at 4:2:0, twice as much without subsampling.
# Larger: more such files can be read, each with more memory.
MAX_COEFFICIENT_BYTES = 640e6
# The marker that starts a scan (ISO/IEC 10918-1, table B.1).
START_OF_SCAN = 0xDA


def reduce_jpeg(picture: JpegImageFile, data: bytes, limits: ImageLimits, field: str) -> None:
    """Sets an opened JPEG to be decoded at the largest of 1/1, 1/2, 1/4 and 1/8 within the limits.

    Changes the size of the picture. Raises InvalidImage if it is beyond the limits.

    picture: the opened file, not decoded yet.
    data: the bytes of the file.
    limits: on the size of the file, and on the reduced one.
    field: path of the image in the request, for the error.
    """
    width, height = picture.size
    if is_within_limits(width, height, limits):
        return
    if width * height > limits.max_jpeg_megapixels * 1e6:
        text = f"is {width} x {height}; send at most {limits.max_jpeg_megapixels:g} megapixels"
        raise InvalidImage(field, text)
    _check_scans(picture, data, field)
    fitting = (
        factor
        for factor in FACTORS
        if is_within_limits(-(-width // factor), -(-height // factor), limits)
    )
    factor = next(fitting, FACTORS[-1])
    # The decoder takes the largest factor with which no side is less than this.
    picture.draft(None, (max(1, width // factor), max(1, height // factor)))
    check_image_size(*picture.size, limits, field)


def count_coefficient_bytes(picture: JpegImageFile, data: bytes, size: tuple[int, int]) -> int:
    """Returns the bytes of coefficients that a decoder must hold at once; 0 if it need not.

    picture: the opened file.
    data: the bytes of the file.
    size: (width, height) of the file in pixels, whatever the size at which it is decoded.
    """
    has_one_scan = _count_channels_of_first_scan(data) == picture.layers
    if has_one_scan and not picture.info.get("progressive"):
        return 0
    # Each channel with how often it is sampled across and down, relative to the others.
    samples = [across * down for _, across, down, _ in picture.layer]
    return int(COEFFICIENT_BYTES * size[0] * size[1] * sum(samples) / max(samples))


def _check_scans(picture: JpegImageFile, data: bytes, field: str) -> None:
    """Raises InvalidImage for a JPEG whose coefficients a decoder must hold, and that has too many.

    picture: the opened file.
    data: the bytes of the file.
    field: path of the image in the request, for the error.
    """
    coefficients = count_coefficient_bytes(picture, data, picture.size)
    if coefficients > MAX_COEFFICIENT_BYTES:
        share = MAX_COEFFICIENT_BYTES / coefficients
        megapixels = int(picture.width * picture.height * share / 1e6)
        text = f"is a progressive JPEG of {picture.width} x {picture.height}"
        raise InvalidImage(
            field, f"{text}; save it as a baseline JPEG, or with at most {megapixels} megapixels"
        )


def _count_channels_of_first_scan(data: bytes) -> int:
    """Returns how many color channels the first scan of a JPEG contains.

    data: the bytes of the file, of which the segments up to this scan have been read before.
    """
    # The first segment follows the marker that starts the file.
    at = 2
    while True:
        # Any number of fill bytes may stand before a marker.
        at = data.index(b"\xff", at) + 1
        while data[at] == 0xFF:
            at += 1
        if data[at] == START_OF_SCAN:
            return data[at + 3]
        at += 1 + int.from_bytes(data[at + 1 : at + 3])
