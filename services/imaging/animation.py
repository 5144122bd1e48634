"""Chooses the frame of an animation that stands for it: the first that shows something."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image

from services.runtime.errors import ServiceError

# Formats by Pillow's name whose further pictures are frames in time. Those of TIFF are pages, and
# those of JPEG and HEIF are other pictures, of which the first or primary one counts.
ANIMATED_FORMATS = ("AVIF", "GIF", "PNG", "WEBP")
# Frames that are decoded at most. Larger: later starts are found, and files of many tiny frames
# take more time, about 0.3 ms for each.
MAX_FRAMES = 1000
# Sides of the samples by which frames are compared, in pixels. Larger: smaller things count as
# something that a frame shows.
SAMPLE_SIZE = (64, 64)
# Levels by which some place must differ from most of the frame. Larger: faint frames are skipped.
BLANK_BELOW = 8
# A frame is a stronger version of another if their deviations correlate at least this much, and
# its own are this many times as large. Larger: fades end earlier.
FADE_CORRELATION, FADE_GROWTH = 0.9, 1.05


@dataclass(frozen=True)
class FrameSample:
    """A frame at SAMPLE_SIZE, as its difference from what most of it shows.

    deviations: float32 (h, w, 4), premultiplied RGBA less its median color, -255 to 255.
    """

    deviations: np.ndarray

    @property
    def strength(self) -> float:
        """The root of the mean square of the deviations, 0 to 255."""
        return float(np.sqrt(np.mean(self.deviations**2)))

    def is_blank(self) -> bool:
        """Whether the frame is transparent or of one color."""
        return bool(np.abs(self.deviations).max() < BLANK_BELOW)

    def fades_into(self, other: "FrameSample") -> bool:
        """Whether another frame shows the same more strongly."""
        product = float(np.mean(self.deviations * other.deviations))
        is_same = product >= FADE_CORRELATION * self.strength * other.strength
        return is_same and other.strength >= FADE_GROWTH * self.strength


def is_animation(picture: Image.Image) -> bool:
    """Whether an opened file has several frames, one after the other in time."""
    return picture.format in ANIMATED_FORMATS and bool(getattr(picture, "is_animated", False))


def choose_frame(
    picture: Image.Image, max_pixels: float, check_active: Callable[[], None]
) -> Image.Image | None:
    """Returns the first frame of an animation that shows something; None if no frame does.

    Of a frame that fades in, the frame in which it has fully appeared. A corrupt frame ends the
    search, and is an error only if all before it are blank.

    picture: an opened animation.
    max_pixels: how many pixels of frames to decode at most, the first frame aside.
    check_active: called before each frame; may raise.
    """
    chosen: tuple[Image.Image, FrameSample] | None = None
    size, most = picture.size, max(1, int(max_pixels // (picture.width * picture.height)))
    for index in range(min(most, MAX_FRAMES)):
        check_active()
        try:
            picture.seek(index)
            # A frame beyond the size that was checked would enlarge the picture.
            if picture.size != size:
                raise ValueError("the frame is larger than the animation")
            picture.load()
        except EOFError:
            break
        except ServiceError:
            raise
        except Exception:
            if chosen is None:
                raise
            break
        sample = sample_frame(picture)
        if chosen is None or chosen[1].fades_into(sample):
            chosen = None if sample.is_blank() else (picture.copy(), sample)
        else:
            break
    return chosen[0] if chosen else None


def sample_frame(picture: Image.Image) -> FrameSample:
    """Samples a decoded frame of any mode."""
    # Palettes cannot be averaged.
    colors = picture.convert("RGBA") if picture.mode == "P" else picture
    small = colors.resize(SAMPLE_SIZE, Image.Resampling.BOX).convert("RGBA").convert("RGBa")
    pixels = np.asarray(small, dtype=np.float32)
    return FrameSample(pixels - np.median(pixels, axis=(0, 1)))
