"""What a finishing engine is: what it is given, and what it returns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from cyclorama.v1 import finishing_pb2
from services.finishing.marks import Marks
from services.imaging.images import NamedLayer
from services.runtime.engines import EngineTraits
from services.runtime.limits import TEXT_EDGE_MARGIN
from services.runtime.profiles import PlatformProfile

# The quality of files that keep every pixel.
LOSSLESS = 0


@dataclass(frozen=True)
class Lettering:
    """What is set on an ad.

    logo: uint8 RGBA (h, w, 4). free: the strips along SIDES that stay free, as shares of the
    picture.
    """

    headline: str = ""
    button: str = ""
    logo: np.ndarray | None = None
    free: tuple[float, float, float, float] = (TEXT_EDGE_MARGIN,) * 4


@dataclass(frozen=True)
class FileOptions:
    """How the file is written.

    format: a value of ImageFormat. quality: 1 to 100 for formats that have one; None for the
    format's own. max_bytes: largest file; None for no limit. layers, layered_file: whether these
    are wanted too.
    """

    format: int
    quality: int | None = None
    max_bytes: int | None = None
    layers: bool = False
    layered_file: bool = False


@dataclass(frozen=True)
class FinishingRequest:
    """An ad in pixels, and the file that it is to become.

    ad, composite: uint8 RGB (H, W, 3), after and before its surroundings reacted to the product.
    mask: uint8 (H, W), the product's alpha, 255 where it is locked.
    layers: that lie under it, from the bottom up. marks: what the file says about itself.
    profile: of the platform whose rules it should meet, if any.
    """

    ad: np.ndarray
    mask: np.ndarray
    composite: np.ndarray
    options: FileOptions
    marks: Marks = field(default_factory=Marks)
    lettering: Lettering | None = None
    layers: Sequence[NamedLayer] = ()
    profile: PlatformProfile | None = None
    circumstances: finishing_pb2.Circumstances = field(default_factory=finishing_pb2.Circumstances)


@dataclass(frozen=True)
class FinishedFile:
    """What an engine makes of an ad.

    data: bytes of the file. format: a value of ImageFormat. quality: that it was written with,
    LOSSLESS where it has every pixel of `ad`. ad: the lettered pixels that were encoded, uint8 RGB
    (H, W, 3); None from an engine that does no work, whose file is neither certified nor measured.
    layered_file: bytes of a Photoshop file of the request's layers and the ad, empty unless asked
    for. parameters: what shaped it, plain JSON values.
    """

    data: bytes
    format: int
    quality: int
    ad: np.ndarray | None
    layered_file: bytes = b""
    parameters: Mapping[str, object] = field(default_factory=dict)


class Engine(Protocol):
    """Letters and encodes ads; all else is the stage's. Safe to call from several threads."""

    name: str
    version: str
    traits: EngineTraits

    def finish(self, request: FinishingRequest) -> FinishedFile:
        """Writes the file; calls check_active within long work, as callers may leave.

        Raises SizeLimitUnreachable when the file cannot be as small as asked, InvalidRequest when
        the lettering finds no room.
        """
        ...
