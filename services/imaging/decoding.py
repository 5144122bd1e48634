"""Decodes image files to upright 8-bit sRGB pixels, within limits checked before decoding."""

from contextlib import ExitStack
from dataclasses import dataclass

import numpy as np
from PIL import ExifTags, Image
from PIL.JpegImagePlugin import JpegImageFile

from services.imaging.animation import choose_frame, is_animation
from services.imaging.box import Box, scale_box, widen_box
from services.imaging.color_spaces import find_color_profile
from services.imaging.decoding_cost import (
    ALPHA_PHOTO_WORK_BYTES,
    WORK_BYTES,
    estimate_file_bytes,
    estimate_picture_bytes,
)
from services.imaging.exif import drop_endless_exif
from services.imaging.file_kinds import CAMERA_RAW
from services.imaging.focal_length import read_focal_length
from services.imaging.jpeg_reduction import reduce_jpeg
from services.imaging.opening import open_image_file, translate_decoder_errors
from services.imaging.resources import DecodingResources, KeepBytes
from services.imaging.size_limits import ImageLimits, check_image_size
from services.imaging.strips import (
    SWAPPED_SIDES,
    convert_picture_to_srgb,
    convert_pixels_to_srgb,
    has_alpha,
    turn_upright,
)
from services.imaging.webp import WebpPicture
from services.runtime.errors import InvalidImage

# TIFF tags DNGVersion (DNG specification) and NewSubfileType, and the latter's value for a preview
# of reduced resolution (TIFF 6.0).
DNG_VERSION, SUBFILE_TYPE, REDUCED_SIZE = 50706, 254, 1


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
    data: bytes,
    limits: ImageLimits,
    field: str,
    may_reduce: bool = False,
    resources: DecodingResources | None = None,
) -> DecodedImage:
    """Decodes an image file to uint8 (H, W, 3) RGB, or (H, W, 4) RGBA if it has alpha.

    Takes the first frame of an animation that shows something, applies orientation tags, converts
    color spaces to sRGB and scales 16-bit samples. Raises InvalidImage if the file is corrupt,
    truncated, too large or of an unsupported kind, and the errors of the resources.

    data: the bytes of the file.
    limits: on the size of the image, checked before it is decoded.
    field: path of the image in the request, for the error, such as "photo".
    may_reduce: whether a JPEG beyond max_megapixels is decoded at a reduced size.
    resources: the memory to reserve, and how decoding ends with its caller; None for a program that
        decodes its own files.
    """
    decoding = _Decoding(data, limits, field, resources or DecodingResources())
    try:
        return decoding.run(may_reduce)
    except InvalidImage as error:
        refusal = _drop_tracebacks(error)
    raise refusal


def _drop_tracebacks(error: InvalidImage) -> InvalidImage:
    """Returns an error and its cause without tracebacks, which hold what was decoded so far."""
    if cause := error.__cause__:
        cause.__cause__ = cause.__context__ = None
        error.__cause__ = cause.with_traceback(None)
    error.__context__ = error.__cause__
    return error.with_traceback(None)


@dataclass(frozen=True)
class _Decoding:
    """A file that is being decoded; the fields are as in decode_image_file."""

    data: bytes
    limits: ImageLimits
    field: str
    resources: DecodingResources

    def run(self, may_reduce: bool) -> DecodedImage:
        """Decodes the file, with the memory reserved that it takes."""
        with ExitStack() as stack:
            with translate_decoder_errors(self.data, self.field):
                size = estimate_file_bytes(self.data, self.limits.max_megapixels)
            keep = self._reserve(stack, size) if size else None
            picture = stack.enter_context(
                open_image_file(
                    self.data, self.field, int(self.limits.max_megapixels * 1e6), self.resources
                )
            )
            full_size = picture.size
            self._check(picture, may_reduce)
            if not keep:
                with translate_decoder_errors(self.data, self.field):
                    size = estimate_picture_bytes(picture, self.data, full_size)
                work = self._estimate_work_bytes(picture.size, has_alpha(picture), may_reduce)
                keep = self._reserve(stack, max(size, work))
            with translate_decoder_errors(self.data, self.field):
                decoded = self._decode(picture, full_size)
            height, width, channels = decoded.pixels.shape
            keep(self._estimate_work_bytes((width, height), channels == 4, may_reduce))
            return decoded

    @staticmethod
    def _estimate_work_bytes(size: tuple[int, int], is_transparent: bool, is_photo: bool) -> int:
        """Returns the bytes that the steps after decoding take at their peak.

        size: (width, height) in pixels. is_transparent: whether it has alpha. is_photo: whether a
        product is cut out of it.
        """
        per_pixel = ALPHA_PHOTO_WORK_BYTES if is_transparent and is_photo else WORK_BYTES
        return size[0] * size[1] * per_pixel

    def _reserve(self, stack: ExitStack, size: int) -> KeepBytes:
        """Reserves bytes until the stack ends; raises InvalidImage if they will never be free."""
        memory = self.resources.memory
        if size > memory.capacity:
            share = memory.capacity / size
            text = f"takes {size >> 20} MiB of memory, of {memory.capacity >> 20} here"
            raise InvalidImage(self.field, f"{text}; send at most {share:.0%} of its pixels")
        return stack.enter_context(memory.reserve(size))

    def _check(self, picture: Image.Image, may_reduce: bool) -> None:
        """Raises InvalidImage for an opened file beyond the limits, or of an unsupported kind.

        may_reduce: whether a JPEG beyond max_megapixels is set to be decoded at a reduced size.
        """
        drop_endless_exif(picture)
        if may_reduce and isinstance(picture, JpegImageFile):
            with translate_decoder_errors(self.data, self.field):
                reduce_jpeg(picture, self.data, self.limits, self.field)
        check_image_size(picture.width, picture.height, self.limits, self.field)
        if _is_camera_raw(picture, self.data):
            raise InvalidImage(self.field, CAMERA_RAW)
        # One channel of floats, whose range nothing defines.
        if picture.mode == "F":
            text = "has floating-point pixels; save it with 8 or 16 bits per channel"
            raise InvalidImage(self.field, text)

    def _decode(self, picture: Image.Image, full_size: tuple[int, int]) -> DecodedImage:
        """Decodes an opened file within the limits.

        full_size: (width, height) of its image in pixels.
        """
        profile = find_color_profile(picture, self.data)
        if isinstance(picture, WebpPicture):
            stored = convert_pixels_to_srgb(picture.decode(), profile, self.resources.check_active)
            orientation = _read_orientation(picture)
        else:
            still = self._load_still(picture)
            orientation = _read_orientation(still)
            stored = convert_picture_to_srgb(still, profile, self.resources.check_active)
            del still
        focal_length = read_focal_length(picture)
        _release_pixels(picture)
        width, height = full_size if orientation < SWAPPED_SIDES else full_size[::-1]
        return DecodedImage(turn_upright(stored, orientation), (height, width), focal_length)

    def _load_still(self, picture: Image.Image) -> Image.Image:
        """Decodes an opened picture; returns it, or the frame that stands for an animation."""
        if not is_animation(picture):
            picture.load()
            return picture
        frame = choose_frame(picture, self.limits.max_megapixels * 1e6, self.resources.check_active)
        if frame is None:
            text = "is an animation whose frames show nothing; send a still picture"
            raise InvalidImage(self.field, text)
        return frame


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


def _read_orientation(picture: Image.Image) -> int:
    """Returns the EXIF orientation of a decoded picture, 1 to 8; 1 if it states none."""
    try:
        orientation = picture.getexif().get(ExifTags.Base.Orientation, 1)
        return orientation if orientation in range(1, 9) else 1
    # Valid pixels are worth more than a corrupt EXIF block.
    except Exception:
        return 1


def _release_pixels(picture: Image.Image) -> None:
    """Frees the decoded pixels of a picture that only its file is still needed of."""
    picture.im = None  # type: ignore[assignment]
