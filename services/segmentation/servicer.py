"""Speaks SegmentationService: decode, ask, encode."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from cyclorama.v1 import image_pb2, segmentation_pb2, segmentation_pb2_grpc
from services.imaging.images import Images, check_sides, thumbnail
from services.runtime.engines import Engines, Notice, Stopwatch
from services.runtime.errors import NothingFound
from services.runtime.observing import at_work
from services.segmentation.engine import Engine, Finding, Prompt
from services.segmentation.engines.sam.candidates import Candidate
from services.segmentation.prompts import read_prompt
from services.segmentation.transparent import Transparent, is_cut_out

LEAST_SIDE = 16


class SegmentationServicer(segmentation_pb2_grpc.SegmentationServiceServicer):
    """Finds products with the engines of this process."""

    def __init__(self, engines: Engines[Engine], images: Images) -> None:
        self._engines = engines
        self._images = images
        self._transparent = Transparent()

    def SegmentProduct(self, request, context):
        stopwatch = Stopwatch()
        engines = self._engines.choose_all(request.options.engine)
        photo = self._images.read(request.photo, "photo")
        check_sides(photo, LEAST_SIDE, max(photo.shape), "photo")
        prompt = read_prompt(request, photo.shape[:2], self._images)
        if is_cut_out(photo):
            engine, found = self._transparent, self._transparent.find(photo, prompt)
        else:
            engine, found = find(engines, np.ascontiguousarray(photo[..., :3]), prompt)
        sides = cut_sides(found.bounds, photo.shape)
        notices = (*found.notices, *cut_off(sides))
        return segmentation_pb2.SegmentProductResponse(
            cutout=self._images.write(found.cutout, request.accept_format),
            bounds=box_message(found.bounds),
            photo_size=image_pb2.Size(width=photo.shape[1], height=photo.shape[0]),
            cut_sides=sides,
            confidence=found.confidence,
            run=stopwatch.run_of(engine, prompt.told(), notices, preview=thumbnail(found.cutout)),
            candidates=map(candidate_message, found.candidates),
        )

    def ListEngines(self, request, context):
        return segmentation_pb2.SegmentationServiceListEnginesResponse(
            engines=self._engines.statuses()
        )


def find(engines: Sequence[Engine], photo: np.ndarray, prompt: Prompt) -> tuple[Engine, Finding]:
    """Asks the first engine, and the next where its finding is not to be trusted."""
    first, *others = engines
    try:
        with at_work(first.name):
            found = first.find(photo, prompt)
    except NothingFound:
        if not others:
            raise
        return find(others, photo, prompt)
    # Only a model knows what to make of points.
    if found.trusted or not others or prompt.points:
        return first, found
    try:
        engine, second = find(others, photo, prompt)
    except NothingFound:
        return first, found
    notices = (Notice(*fell_back(first, engine)), *second.notices)
    return engine, replace(second, notices=notices, candidates=found.candidates)


def fell_back(first: Engine, second: Engine) -> tuple[str, str]:
    """Why another engine answered."""
    text = f"none of the masks of {first.name} could be trusted, so {second.name} answered"
    return "FELL_BACK", text


def cut_sides(bounds: tuple[int, int, int, int], photo: tuple[int, ...]) -> list[int]:
    """The Side values of a photo (height, width, ...) that the bounds x, y, w, h touch."""
    x, y, width, height = bounds
    touched = {
        image_pb2.SIDE_TOP: y <= 0,
        image_pb2.SIDE_RIGHT: x + width >= photo[1],
        image_pb2.SIDE_BOTTOM: y + height >= photo[0],
        image_pb2.SIDE_LEFT: x <= 0,
    }
    return [side for side, touches in touched.items() if touches]


def cut_off(sides: Sequence[int]) -> tuple[Notice, ...]:
    """A notice when the product runs out of the photo."""
    if not sides:
        return ()
    names = ", ".join(image_pb2.Side.Name(side).removeprefix("SIDE_").lower() for side in sides)
    text = f"the product runs out of the photo ({names}); a photo that shows all of it is better"
    return (Notice("PRODUCT_CUT_OFF", text),)


def box_message(bounds: tuple[int, int, int, int]) -> image_pb2.Box:
    """Writes a Box message from x, y, width, height."""
    x, y, width, height = bounds
    return image_pb2.Box(x=x, y=y, width=width, height=height)


def candidate_message(candidate: Candidate) -> segmentation_pb2.MaskCandidate:
    """Writes a MaskCandidate message."""
    names = segmentation_pb2.MaskCandidate.DESCRIPTOR.fields_by_name
    return segmentation_pb2.MaskCandidate(**{name: getattr(candidate, name) for name in names})
