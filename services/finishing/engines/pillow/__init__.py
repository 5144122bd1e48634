"""Letters, writes, certifies and measures ads with Pillow on the CPU."""

from collections.abc import Iterator

import numpy as np
from PIL import __version__

from cyclorama.v1 import finishing_pb2
from services.finishing.checks import check_profile
from services.finishing.engine import FinishedFile, FinishingRequest
from services.finishing.engines.pillow.files import LOSSLESS, File, write_file
from services.finishing.engines.pillow.heartbeat import run_with_steps
from services.finishing.engines.pillow.lettering import set_lettering
from services.finishing.engines.pillow.photoshop import write_photoshop
from services.finishing.facts import file_facts, picture_facts
from services.finishing.lock import certify
from services.finishing.quality import Subject, report_quality
from services.imaging.decoding import read_file
from services.runtime.engines import Step, Traits
from services.runtime.profiles import find
from services.runtime.settings import ImageSettings

# Shares of the work that are done before the file is written, and when it is; the rest is
# certificate, reports and layers.
LETTERED, WRITTEN = 0.1, 0.7


class PillowEngine:
    """Holds no state but its parameters.

    font: path of the font for lettering, empty for Lato Bold. limits: of the files that it reads
    back.
    """

    name = "pillow"
    version = f"1-pillow{__version__}"
    traits = Traits()

    def __init__(self, font: str, limits: ImageSettings) -> None:
        self._font = font
        self._limits = limits

    def finish(self, request: FinishingRequest) -> Iterator[Step | FinishedFile]:
        # Progress first: gRPC does not transparently retry a stream that has sent a message.
        yield Step(0.0)
        options, ad = request.options, request.ad
        if request.lettering:
            ad = set_lettering(ad, request.mask, request.lettering, self._font)
        file = yield from run_with_steps(
            lambda: write_file(
                ad, options.format, request.marks, options.quality, options.max_bytes
            ),
            *(LETTERED, WRITTEN),
        )
        yield Step(WRITTEN)
        written = self._read_back(file, ad)
        lock = certify(request.composite, request.mask, ad, written)
        subject = Subject(
            request.ad,
            request.composite,
            request.mask,
            lock["differing_pixels"],
            request.circumstances,
        )
        below = list(request.layers)
        above = [("composite", request.composite), ("mask", request.mask), ("final", ad)]
        yield FinishedFile(
            data=file.data,
            quality=file.quality,
            pixel_lock=lock,
            quality_report=report_quality(subject),
            profile_report=_profile_report(request, file, written, ad),
            layers=[*below, *above] if options.layers else (),
            layered_file=write_photoshop([*below, ("final", ad)]) if options.layered_file else b"",
            measured={"bytes": len(file.data)},
        )

    def _read_back(self, file: File, ad: np.ndarray) -> np.ndarray:
        """The pixels that others will read from the file: uint8 RGB (H, W, 3)."""
        return ad if file.quality == LOSSLESS else read_file(file.data, self._limits, "ad")


def _profile_report(
    request: FinishingRequest, file: File, written: np.ndarray, ad: np.ndarray
) -> finishing_pb2.ProfileReport | None:
    """The rules of the profile asked for, checked on the file and its pixels before encoding."""
    if not request.options.profile:
        return None
    profile = find(request.options.profile, "delivery.profile")
    picture = picture_facts(written, ad, request.mask)
    return check_profile(profile, file_facts(file.data), picture)
