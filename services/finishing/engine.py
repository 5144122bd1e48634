"""The interface of finishing engines: request, written file and the method that finishes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from cyclorama.v1 import finishing_pb2, image_pb2
from services.finishing.metadata import FileMetadata
from services.finishing.provenance import Provenance
from services.imaging.box import Box
from services.imaging.images import NamedLayer
from services.imaging.scene import RGB
from services.runtime.engines import EngineTraits, EngineWarning
from services.runtime.limits import TEXT_EDGE_MARGIN
from services.runtime.profiles import PlatformProfile

# The quality of files that keep every pixel; those of lossy files are 1 to 100.
LOSSLESS = 0


@dataclass(frozen=True)
class Lettering:
    """The text and logo to set on an ad.

    headline: may have line breaks.
    button: the text of a call to action.
    logo: uint8 RGBA (h, w, 4).
    margins: the strips along SIDES that stay free, as shares of the picture.
    anchor: the side or corner where all is, such as "top_left"; empty for a calm part of the ad.
    size: the largest font size of the headline, as the contract has it; None for the default.
    color, button_color: of the headline and of the button; None to choose them.
    font: the name of a font; empty for the default. font_file: the bytes of a font file in its
        place, or none.
    without_veil: whether nothing is drawn behind text that lacks contrast.
    look: the word of the contract's TextLook, such as "poster"; empty for the default.
    earlier_box: where all was in an earlier version of the ad, in pixels; None for no such version.
    """

    headline: str = ""
    button: str = ""
    logo: np.ndarray | None = None
    margins: tuple[float, float, float, float] = (TEXT_EDGE_MARGIN,) * 4
    anchor: str = ""
    size: float | None = None
    color: RGB | None = None
    button_color: RGB | None = None
    font: str = ""
    font_file: bytes = b""
    without_veil: bool = False
    look: str = ""
    earlier_box: Box | None = None


@dataclass(frozen=True)
class TextLine:
    """A line of text that was drawn.

    box: the bounds of its letters (x, y, width, height), in pixels.
    capital_height: of its font's capitals, in pixels.
    """

    box: Box
    capital_height: int
    color: RGB


@dataclass(frozen=True)
class FileOptions:
    """How to write the file.

    format: a value of ImageFormat.
    quality: 1 to 100 for formats that have one; None for the format's default.
    max_bytes: the largest size of the file; None for no limit.
    layers, layered_file: whether to return the layers and a Photoshop file as well.
    reserved_bytes: what is left of `max_bytes` for Content Credentials.
    """

    format: image_pb2.ImageFormat
    quality: int | None = None
    max_bytes: int | None = None
    layers: bool = False
    layered_file: bool = False
    reserved_bytes: int = 0


@dataclass(frozen=True)
class FinishingRequest:
    """An ad in pixels, and the file to write of it.

    ad, composite: uint8 RGB (H, W, 3), after and before the inpainting.
    mask: uint8 (H, W), the product's alpha, 255 where it is locked.
    layers: the layers under the ad, from the bottom up.
    profile: the platform whose rules to check, if any.
    circumstances: measurements of earlier stages, for the quality report.
    provenance: what the ad was made of, for its Content Credentials.
    """

    ad: np.ndarray
    mask: np.ndarray
    composite: np.ndarray
    options: FileOptions
    metadata: FileMetadata = field(default_factory=FileMetadata)
    lettering: Lettering | None = None
    layers: Sequence[NamedLayer] = ()
    profile: PlatformProfile | None = None
    circumstances: finishing_pb2.Circumstances = field(default_factory=finishing_pb2.Circumstances)
    provenance: Provenance = field(default_factory=Provenance)


@dataclass(frozen=True)
class FinishedFile:
    """The file that an engine wrote of an ad.

    data: the bytes of the file.
    format: a value of ImageFormat.
    quality: the quality that it was written with; LOSSLESS if it keeps every pixel of `ad`.
    ad: uint8 RGB (H, W, 3), the pixels that were encoded, lettering included; None from the noop
        engine, whose file is neither certified nor measured.
    layered_file: the bytes of a Photoshop file, empty unless requested.
    text_lines: the lines of text that were drawn.
    parameters: what shaped the file, as plain JSON values.
    warnings: about the lettering.
    """

    data: bytes
    format: image_pb2.ImageFormat
    quality: int
    ad: np.ndarray | None
    layered_file: bytes = b""
    text_lines: tuple[TextLine, ...] = ()
    parameters: Mapping[str, object] = field(default_factory=dict)
    warnings: tuple[EngineWarning, ...] = ()


class FinishingEngine(Protocol):
    """Letters and encodes ads; the stage does the rest. Safe to call from several threads."""

    name: str
    version: str
    traits: EngineTraits

    def finish(self, request: FinishingRequest) -> FinishedFile:
        """Draws the requested text and logo on an ad and writes it as a file; returns that file.

        Calls check_active during long work, so that it ends when the caller has gone.

        Raises SizeLimitUnreachable when the file and what is reserved cannot be as small as
        max_bytes, InvalidRequest when the lettering does not fit next to the product.
        """
        ...
