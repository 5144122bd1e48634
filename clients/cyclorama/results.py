"""What calls return and what they report on the way."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from cyclorama.formats import format_for, name_of
from cyclorama.v1 import (
    background_pb2,
    compositing_pb2,
    finishing_pb2,
    image_pb2,
    inpainting_pb2,
    segmentation_pb2,
)


@dataclass(frozen=True)
class Picture:
    """A picture as it came from a service.

    data: its bytes. format: the name of a value of ImageFormat, such as png, jpeg or raw_rgb.
    width, height: in pixels.
    """

    data: bytes = field(repr=False)
    format: str
    width: int
    height: int

    def save(self, path: str | Path) -> Path:
        """Writes the bytes to a file, makes its folder where there is none, returns its path.

        path: with a suffix that fits the format.

        Errors: ValueError when the suffix does not fit, OSError when the file cannot be written.
        """
        if format_for(path) != self.format:
            text = f"the picture is {self.format}; ask for the format that you want to save"
            raise ValueError(f"{path}: {text}")
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.data)
        return path


@dataclass(frozen=True)
class Finding:
    """One measurement.

    name: what was measured, such as "shadow_direction". measured: what was found. limit: what is
    asked. verdict: "pass", "warn", "fail", or "unknown" where it does not apply. note: what to do,
    or why it is so; may be empty.
    """

    name: str
    measured: str
    limit: str
    verdict: str
    note: str


@dataclass(frozen=True)
class ProfileReport:
    """The rules of a platform held against a file.

    profile: its name. source: where the rules were read. checked: on which day. findings: one
    a rule. passed: whether none of them fails.
    """

    profile: str
    source: str
    checked: str
    findings: tuple[Finding, ...]
    passed: bool


@dataclass(frozen=True)
class Ad(Picture):
    """A finished advertisement.

    manifest_json: the record of how it was made, as JSON text. layers: pictures by name, from the
    bottom up, when the delivery asked for layers. layered_file: the bytes of a Photoshop file, when
    it asked for that. score: quality, 0 to 100. reasons: what cost points, in a sentence. findings:
    the measurements that the score rests on. profile: how the ad meets the platform's rules, None
    when none were asked for.
    """

    manifest_json: str = field(repr=False, default="{}")
    layers: Mapping[str, Picture] = field(repr=False, default_factory=dict)
    layered_file: bytes = field(repr=False, default=b"")
    score: float = 0.0
    reasons: str = ""
    findings: tuple[Finding, ...] = field(repr=False, default=())
    profile: ProfileReport | None = field(repr=False, default=None)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """The manifest, read: what was asked, what ran in each stage, the hashes of the output."""
        told: dict[str, Any] = json.loads(self.manifest_json)
        return told


def ranked(ads: Iterable[Ad]) -> list[Ad]:
    """Puts variants in order, the best first; a platform's rules count before the score.

    ads: such as those of one prompt with several seeds.
    """
    return sorted(ads, key=lambda ad: (ad.profile is None or ad.profile.passed, ad.score))[::-1]


@dataclass(frozen=True)
class Cutout(Picture):
    """A product on a transparent ground.

    reply: the whole answer, a SegmentProductResponse, with bounds, confidence, warnings and what
    ran.
    """

    reply: segmentation_pb2.SegmentProductResponse = field(repr=False)


@dataclass(frozen=True)
class Background(Picture):
    """A scene without product.

    reply: the whole answer, a GenerateBackgroundResult, with the scene's light and ground, the seed
    and what ran.
    """

    reply: background_pb2.GenerateBackgroundResult = field(repr=False)


@dataclass(frozen=True)
class Composite(Picture):
    """A product in its scene.

    mask: the product's alpha. reply: the whole answer, a CompositeProductResponse, with the
    placement and what ran.
    """

    mask: Picture
    reply: compositing_pb2.CompositeProductResponse = field(repr=False)


@dataclass(frozen=True)
class Inpainted(Picture):
    """A grounded picture.

    reply: the whole answer, an InpaintSceneResult, with the seed and what ran.
    """

    reply: inpainting_pb2.InpaintSceneResult = field(repr=False)


@dataclass(frozen=True)
class Finished(Picture):
    """A file as it leaves the system.

    reply: the whole answer, a FinishAdResult, with the certificate of the product's pixels, the
    reports and what ran.
    """

    reply: finishing_pb2.FinishAdResult = field(repr=False)


@dataclass(frozen=True)
class EngineStatus:
    """One engine of a stage.

    stage: such as segmentation. name: of the engine, "-" where the stage does not answer. version:
    empty where it is not known. ready: whether it can work. reason: why not, and what to do.
    generative: whether a generative model makes its pixels. follows_camera: whether its pictures
    are taken from the camera pitch that a request names. casts_shadows: whether it draws every
    shadow of the product. model: the one behind it, empty where there is none or it is not known.
    """

    stage: str
    name: str
    version: str
    ready: bool
    reason: str
    generative: bool = False
    follows_camera: bool = False
    casts_shadows: bool = False
    model: str = ""


@dataclass(frozen=True)
class Verification:
    """What became of an ad's file since it was delivered.

    locked: whether every locked product pixel is as the manifest says. verdict: the same in a
    sentence. file_unchanged: whether it is the very file. pixels_unchanged: whether every pixel of
    the whole picture is as delivered. differing: boxes (x, y, width, height) around locked pixels
    that are not. source: the IPTC DigitalSourceType that the file states. record_matches: whether
    that is what the manifest says.
    """

    locked: bool
    verdict: str
    file_unchanged: bool
    pixels_unchanged: bool
    differing: tuple[tuple[int, int, int, int], ...]
    source: str
    record_matches: bool


@dataclass(frozen=True)
class Event:
    """Something that happened in a stage while a call ran; str() says it in a line.

    stage: such as segmentation. kind: "started", "progress" or "finished". fraction: share of the
    stage's work, 0 to 1. preview: a small JPEG, or WebP where it has alpha, or empty. engine: what
    ran, once it has finished. seconds: for how long it ran. warnings: what to know about the
    result, in sentences. cached: whether the stage did not run, because its result was stored.
    """

    stage: str
    kind: str
    fraction: float = 0.0
    preview: bytes = field(repr=False, default=b"")
    engine: str = ""
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    cached: bool = False

    def __str__(self) -> str:
        if self.kind == "progress":
            return f"{self.stage}: {self.fraction:.0%}"
        if self.kind == "finished":
            notes = "".join(f"; {each}" for each in self.warnings)
            return f"{self.stage}: {self.engine}, {self.seconds:.1f} s{notes}"
        return f"{self.stage}: {self.kind}"


def picture_fields(image: image_pb2.Image) -> dict[str, Any]:
    """An Image message as the arguments of Picture."""
    return {
        "data": image.data,
        "format": name_of(image.format),
        "width": image.width,
        "height": image.height,
    }
