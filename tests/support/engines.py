"""Engines of a few lines for tests of the services around them."""

import threading
from dataclasses import replace

import numpy as np

from cyclorama.v1 import background_pb2, engine_pb2
from services.background.engine import BackgroundResult
from services.imaging.scene import Light, Scene
from services.runtime.engines import EngineProgress, EngineTraits, EngineWarning
from services.runtime.errors import EngineNotReady, ProductNotFound
from services.segmentation.engine import SegmentationResult

SCENE = Scene(ground_line=0.8, horizon=0.3, gloss=0.2, light=Light(300, 45, 0.6))


class MiddleCrop:
    """Cuts out the middle of the photo; a black photo has no product."""

    name = "crop"
    version = "1"
    traits = EngineTraits()

    def segment(self, photo, prompt):
        if not photo.any():
            raise ProductNotFound("the photo is black; send a lighter one")
        height, width = photo.shape[:2]
        bounds = width // 4, height // 4, width // 2, height // 2
        x, y, w, h = bounds
        colors = photo[y : y + h, x : x + w, :3]
        cutout = np.dstack([colors, np.full((h, w), 255, np.uint8)])
        return SegmentationResult(cutout, bounds, 0.9, is_certain=True)


class Flat:
    """Generates a flat gray background from the seed; waits for the event `go` if there is one."""

    name = "flat"
    version = "1"
    traits = EngineTraits()

    def __init__(self, go: threading.Event | None = None) -> None:
        self.go = go
        self.waiting, self.abandoned = threading.Event(), threading.Event()

    def generate(self, order):
        pixels = np.full((order.height, order.width, 3), order.seed % 200 + 20, np.uint8)
        # Large seeds differ in one pixel too, so that random ones give no equal pictures.
        pixels[0, 0] ^= np.array(order.seed // 200 >> np.array([0, 8, 16]) & 255, np.uint8)
        try:
            yield EngineProgress(0.5, pixels[:32, :32])
            while self.go and not self.go.is_set():
                self.waiting.set()
                self.go.wait(0.02)
                yield EngineProgress(0.6)
        except GeneratorExit:
            self.abandoned.set()
            raise
        yield BackgroundResult(pixels, SCENE, "flat test picture", {"tone": order.seed % 200 + 20})


class Repairable(Flat):
    """Fails for good until `repair` is called, and then generates as Flat does."""

    def __init__(self) -> None:
        super().__init__()
        self.is_broken = True

    def repair(self) -> None:
        self.is_broken = False

    def generate(self, order):
        if self.is_broken:
            raise EngineNotReady("the engine is broken; repair it")
        yield from super().generate(order)


class Selective(Flat):
    """Generates as Flat does; prompts with the word "stuck" wait for the event `go`."""

    def generate(self, order):
        is_stuck = "stuck" in order.prompt
        yield from super().generate(order) if is_stuck else Flat().generate(order)


class Dragonless(Flat):
    """Generates as Flat does, and reports that it shows all of a prompt but its dragons.

    Prompts with the word `failing`, if it is set, fail.
    """

    failing = ""

    def generate(self, order):
        if self.failing and self.failing in order.prompt:
            raise EngineNotReady(f"the engine draws no {self.failing}; repair it")
        parts = [part.strip() for part in order.prompt.split(",")]
        missing = [part for part in parts if "dragon" in part]
        shown = background_pb2.ShownPrompt(
            shown=[part for part in parts if part not in missing],
            left_out=[engine_pb2.LeftOut(words=part, nearest="rock") for part in missing],
            place="forest",
        )
        warning = EngineWarning(
            "PROMPT_PARTLY_UNDERSTOOD",
            "the set shows the brief without dragons",
            left_out=tuple((part, "rock") for part in missing),
        )
        for step in super().generate(order):
            if isinstance(step, BackgroundResult):
                step = replace(step, shown_prompt=shown, warnings=(warning,) if missing else ())
            yield step


class Queued(Flat):
    """Generates as Flat does; while it waits, two pictures of others are drawn before."""

    def generate(self, order):
        for step in super().generate(order):
            is_waiting = isinstance(step, EngineProgress) and step.preview is None
            yield replace(step, queue_position=2) if is_waiting else step
