"""A straightforward script for an ad with the embedded engines: one process, one after another."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from benchmarks.literal import encode_png
from services.background.engine import BackgroundRequest, BackgroundResult
from services.background.engines.studio import StudioBackground
from services.compositing.engine import CompositeOptions
from services.compositing.engines.opencv import OpenCVCompositing
from services.imaging.view import PhotoView
from services.inpainting.engine import InpaintingRequest, InpaintingResult
from services.inpainting.engines.studio import StudioInpainting
from services.runtime.errors import EngineNotReady
from services.segmentation.engine import SegmentationEngine, SegmentationPrompt
from services.segmentation.engines import SegmentationSettings, open_engine
from services.segmentation.view import estimate_view
from services.studio.panoramas.library import PlaceSettings, open_library

# Best first, as in the segmentation stage.
SEGMENTATION_ENGINES = ("onnx", "classic")


class EmbeddedScript:
    """Creates ads with the engines alone: no services, certificates, reports, or signs of life."""

    def __init__(self, variant: str) -> None:
        """Opens the engines that the stages open where no model and no server is set up.

        variant: of Mitsuba, with which sets are rendered.
        """
        panoramas = open_library(PlaceSettings())
        self._segmentation = _open_segmentation()
        self._background = StudioBackground(variant, panoramas)
        self._compositing = OpenCVCompositing()
        self._inpainting = StudioInpainting(panoramas)

    def make_ad(self, path: Path, prompt: str, seed: int, side: int) -> bytes:
        """Returns a finished square ad as PNG.

        path: of the photo. side: of the ad, in pixels.
        """
        with Image.open(path) as picture:
            photo = np.asarray(ImageOps.exif_transpose(picture).convert("RGB"))
        segmented = self._segmentation.segment(photo, SegmentationPrompt(max_side=side))
        view = estimate_view(photo, segmented.cutout, segmented.bounds, [], None, "")
        background = self._render_background(prompt, seed, side, view)
        assert background.scene is not None
        composite = self._compositing.composite(
            segmented.cutout, background.pixels, background.scene, [], CompositeOptions()
        )
        *_, ad = self._inpainting.inpaint(
            InpaintingRequest(
                composite.pixels, composite.mask, background.scene, prompt=prompt, seed=seed
            )
        )
        assert isinstance(ad, InpaintingResult)
        return encode_png(ad.pixels)

    def _render_background(
        self, prompt: str, seed: int, side: int, view: PhotoView
    ) -> BackgroundResult:
        """Renders the set of a prompt, as the photo shows the product."""
        *_, result = self._background.generate(
            BackgroundRequest(prompt, side, side, seed=seed, view=view)
        )
        assert isinstance(result, BackgroundResult)
        return result


def _open_segmentation() -> SegmentationEngine:
    """Opens the best embedded segmentation engine that is ready."""
    for name in SEGMENTATION_ENGINES:
        try:
            return open_engine(name, SegmentationSettings())
        except EngineNotReady as error:
            print(f"engine {name}: {error}")
    raise SystemExit("no segmentation engine is ready")
