"""What a finishing engine is: what it is given, and what it returns."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from cyclorama.v1 import finishing_pb2
from services.finishing.marks import Marks
from services.imaging.images import NamedLayer
from services.runtime.engines import Notice, Step, Traits
from services.runtime.limits import FREE_EDGE

KILOBYTE = 1000


@dataclass(frozen=True)
class Lettering:
    """What is set on an ad.

    logo: uint8 RGBA (h, w, 4). free: the strips (top, right, bottom, left) that stay free, as
    shares of the picture.
    """

    headline: str = ""
    button: str = ""
    logo: np.ndarray | None = None
    free: tuple[float, float, float, float] = (FREE_EDGE,) * 4


@dataclass(frozen=True)
class FileOptions:
    """How the file is written.

    format: a value of ImageFormat. quality: 1 to 100 for formats that have one; None for the
    format's own. max_bytes: largest file; None for no limit. profile: name of the platform whose
    rules it must meet, or empty. layers, layered_file: whether these are wanted too.
    """

    format: int
    quality: int | None = None
    max_bytes: int | None = None
    profile: str = ""
    layers: bool = False
    layered_file: bool = False


@dataclass(frozen=True)
class FinishingRequest:
    """An ad in pixels, and the file that it is to become.

    ad, composite: uint8 RGB (H, W, 3), after and before its surroundings reacted to the product.
    mask: uint8 (H, W), the product's alpha, 255 where it is locked.
    layers: that lie under it. marks: what the file says about itself.
    """

    ad: np.ndarray
    mask: np.ndarray
    composite: np.ndarray
    options: FileOptions
    marks: Marks = field(default_factory=Marks)
    lettering: Lettering | None = None
    layers: Sequence[NamedLayer] = ()
    circumstances: finishing_pb2.Circumstances = field(default_factory=finishing_pb2.Circumstances)


@dataclass(frozen=True)
class FinishedFile:
    """A file, and what is certain of it.

    data: its bytes. format: a value of ImageFormat. quality: that it was written with, 0 for
    lossless files. pixel_lock: the certificate, plain JSON values. layers: from the bottom up,
    empty unless asked for. layered_file: bytes of a Photoshop file, empty unless asked for.
    parameters: what shaped it; measured: what was seen on the way. Both plain JSON values.
    """

    data: bytes
    format: int
    quality: int
    pixel_lock: Mapping[str, Any]
    quality_report: finishing_pb2.QualityReport
    profile_report: finishing_pb2.ProfileReport | None = None
    layers: Sequence[NamedLayer] = ()
    layered_file: bytes = b""
    parameters: Mapping[str, object] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    measured: Mapping[str, object] = field(default_factory=dict)


class Engine(Protocol):
    """Writes ads as files. Safe to call from several threads."""

    name: str
    version: str
    traits: Traits

    def finish(self, request: FinishingRequest) -> Iterator[Step | FinishedFile]:
        """Yields steps, then one file. Closing the iterator early abandons the work.

        Raises CannotFit when the file cannot be as small as asked, InvalidRequest when the
        lettering finds no room or the profile does not exist.
        """
        ...
