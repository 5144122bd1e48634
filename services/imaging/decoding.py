"""Decodes image files to upright 8-bit sRGB pixels, within limits checked before decoding."""

from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageOps
from PIL.JpegImagePlugin import JpegImageFile

from services.imaging.animation import choose_frame, is_animation
from services.imaging.box import Box, scale_box, widen_box
from services.imaging.color_profiles import convert_profile_to_srgb
from services.imaging.color_spaces import find_color_profile
from services.imaging.file_kinds import CAMERA_RAW
from services.imaging.focal_length import read_focal_length
from services.imaging.jpeg_reduction import reduce_jpeg
from services.imaging.opening import open_image_file, translate_decoder_errors
from services.imaging.size_limits import ImageLimits, check_image_size
from services.runtime.errors import InvalidImage

# TIFF tags DNGVersion (DNG specification) and NewSubfileType, and the latter's value for a preview
# of reduced resolution (TIFF 6.0).
DNG_VERSION, SUBFILE_TYPE, REDUCED_SIZE = 50706, 254, 1
# The factor from 8 to 16 bits, which maps 255 to 65535.
LEVELS_16_BIT_PER_8_BIT = 257


@dataclass(frozen=True)
class DecodedImage:
    """An image, perhaps decoded at a reduced size.

    pixels: uint8 (h, w, C), C being 1 (gray), 3 (RGB) or 4 (RGBA), upright.
    full_size: (height, width) of the upright image in its file, in pixels.
    focal_length_mm: equivalent on 35-mm film; None if the file does not state a sensible one.
    """

    pixels: np.ndarray
    full_size: tuple[int, int]
    focal_length_mm: float | None = None

    @property
    def scale(self) -> tuple[float, float]:
        """How many pixels of the file there are per decoded one, across and down; 1 or more."""
        (height, width), (rows, columns) = self.full_size, self.pixels.shape[:2]
        return width / columns, height / rows

    def enlarge_box(self, box: Box) -> Box:
        """Returns a box of decoded pixels in pixels of the file, rounded outwards."""
        across, down = self.scale
        return widen_box(scale_box(box, down, across), 0, *self.full_size)


def decode_image_file(
    data: bytes, limits: ImageLimits, field: str, may_reduce: bool = False
) -> DecodedImage:
    """Decodes an image file to uint8 (H, W, 3) RGB, or (H, W, 4) RGBA if it has alpha.

    Takes the first frame of an animation that shows something, applies orientation tags, converts
    color spaces to sRGB and scales 16-bit samples. Raises InvalidImage if the file is corrupt,
    truncated, too large or of an unsupported kind.

    data: the bytes of the file.
    limits: on the size of the image, checked before it is decoded.
    field: path of the image in the request, for the error, such as "photo".
    may_reduce: whether a JPEG beyond max_megapixels is decoded at a reduced size.
    """
    with open_image_file(data, field, int(limits.max_megapixels * 1e6)) as picture:
        size = picture.size
        if may_reduce and isinstance(picture, JpegImageFile):
            with translate_decoder_errors(data, field):
                reduce_jpeg(picture, data, limits, field)
        check_image_size(picture.width, picture.height, limits, field)
        if _is_camera_raw(picture, data):
            raise InvalidImage(field, CAMERA_RAW)
        with translate_decoder_errors(data, field):
            profile = find_color_profile(picture, data)
            still = _load_still(picture, limits, field)
            focal_length = read_focal_length(picture)
            upright = _turn_upright(still)
        pixels = np.asarray(_convert_to_srgb(upright, profile, field))
    is_turned = upright.size != still.size
    height, width = size if is_turned else size[::-1]
    return DecodedImage(pixels, (height, width), focal_length)


def _is_camera_raw(picture: Image.Image, data: bytes) -> bool:
    """Whether a file is a camera RAW file: a TIFF whose first image is only a small preview.

    picture: the opened file.
    data: its bytes.
    """
    # Pillow's TIFF tags by number; pictures of other formats have none.
    tags = getattr(picture, "tag_v2", {})
    is_preview = tags.get(SUBFILE_TYPE) == REDUCED_SIZE
    # Canon's CR2 files have "CR" after the 8 bytes of a TIFF header.
    is_canon_raw = data[8:10] == b"CR"
    return picture.format == "TIFF" and (is_preview or DNG_VERSION in tags or is_canon_raw)


def _load_still(picture: Image.Image, limits: ImageLimits, field: str) -> Image.Image:
    """Decodes an opened picture; returns it, or the frame that stands for an animation.

    limits: of which max_megapixels bounds the frames of an animation that are decoded.
    field: path of the image in the request, for the InvalidImage that blank animations raise.
    """
    if not is_animation(picture):
        picture.load()
        return picture
    frame = choose_frame(picture, limits.max_megapixels * 1e6)
    if frame is None:
        raise InvalidImage(field, "is an animation whose frames show nothing; send a still picture")
    return frame


def _turn_upright(picture: Image.Image) -> Image.Image:
    """Rotates or mirrors a picture as its EXIF orientation tag says; without one, returns it."""
    try:
        return ImageOps.exif_transpose(picture) or picture
    # Valid pixels are worth more than a corrupt EXIF block.
    except Exception:
        return picture


def _convert_to_srgb(picture: Image.Image, profile: bytes | None, field: str) -> Image.Image:
    """Converts a decoded picture of any mode to 8-bit sRGB: mode RGBA if it has alpha, else RGB.

    profile: the ICC profile of its colors; None for sRGB.
    field: path of the image in the request, for the InvalidImage that floating-point pixels raise.
    """
    # Pillow's modes I and I;16: one channel of integers of more than 8 bits.
    if picture.mode.startswith("I"):
        picture = _convert_16_bit(picture)
    # One channel of floats, whose range nothing defines.
    if picture.mode == "F":
        raise InvalidImage(
            field, "has floating-point pixels; save it with 8 or 16 bits per channel"
        )
    if not picture.has_transparency_data:
        return convert_profile_to_srgb(picture, profile)
    # A profile describes the colors without alpha, which is put back unchanged.
    rgba = _divide_by_alpha(picture).convert("RGBA")
    is_gray = Image.getmodebase(picture.mode) == "L"
    opaque = convert_profile_to_srgb(rgba.convert("L" if is_gray else "RGB"), profile)
    opaque.putalpha(rgba.getchannel("A"))
    return opaque


def _divide_by_alpha(picture: Image.Image) -> Image.Image:
    """Converts colors that are premultiplied by alpha to straight ones; returns others as is."""
    # Pillow's modes La and RGBa.
    return picture.convert(f"{picture.mode[:-1]}A") if picture.mode.endswith("a") else picture


def _convert_16_bit(picture: Image.Image) -> Image.Image:
    """Converts a gray picture of 16 bits (0 to 65535) to one of 8 bits (0 to 255)."""
    samples = np.asarray(picture).astype(np.float64)
    return Image.fromarray(
        np.clip(np.rint(samples / LEVELS_16_BIT_PER_8_BIT), 0, 255).astype(np.uint8)
    )
