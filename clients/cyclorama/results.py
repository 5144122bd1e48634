"""Results of calls, and the events that calls report while they run."""

import builtins
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclorama.conversion import (
    array_from_picture,
    convert_file,
    decode_picture,
    encode_for_notebook,
)
from cyclorama.file_replacement import replace_file
from cyclorama.formats import format_name_from_number, format_name_from_path
from cyclorama.v1 import (
    background_pb2,
    compositing_pb2,
    finishing_pb2,
    image_pb2,
    inpainting_pb2,
    segmentation_pb2,
)

if TYPE_CHECKING:
    import numpy
    import PIL.Image


@dataclass(frozen=True)
class Picture:
    """A picture as a service returned it.

    data: the bytes of the file. format: the name of a value of ImageFormat, such as png, jpeg or
    raw_rgb. width, height: in pixels.
    """

    data: builtins.bytes = field(repr=False)
    format: str
    width: int
    height: int

    def save(self, path: str | Path) -> Path:
        """Writes the picture to a file and returns the path; creates missing folders.

        path: its suffix is the format, such as .jpg. Another format than the picture's is converted
        with Pillow, if that is installed; ask for the format to have it written by the service.

        Errors: ValueError when the suffix is unknown or the picture cannot be converted, OSError
        when the file cannot be written.
        """
        path, format_name = Path(path), format_name_from_path(path)
        data = self.data if format_name == self.format else convert_file(self, format_name)
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
        return path

    def to_pil(self) -> "PIL.Image.Image":
        """Returns the picture as an image of Pillow; raises ImportError when that is missing."""
        return decode_picture(self)

    def to_numpy(self) -> "numpy.ndarray[Any, Any]":
        """Returns the pixels as a new array of uint8, (height, width) or (height, width, channels).

        Three channels are red, green and blue; the fourth is alpha. Raises ImportError when NumPy
        or Pillow is missing.
        """
        return array_from_picture(self)

    def show(self) -> None:
        """Opens the picture in the system's viewer, with Pillow."""
        self.to_pil().show()

    def __bytes__(self) -> builtins.bytes:
        return self.data

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Any:
        """Returns the pixels, for numpy.asarray."""
        return self.to_numpy() if dtype is None else self.to_numpy().astype(dtype)

    def _repr_png_(self) -> builtins.bytes | None:
        """Returns a PNG file for notebooks; None for JPEG, or when Pillow is missing."""
        return encode_for_notebook(self, "png")

    def _repr_jpeg_(self) -> builtins.bytes | None:
        """Returns the file for notebooks if it is a JPEG."""
        return encode_for_notebook(self, "jpeg")

    @property
    def bytes(self) -> builtins.bytes:
        """The bytes of the file, as `data`."""
        return self.data

    @property
    def image(self) -> "PIL.Image.Image":
        """The picture as an image of Pillow, as `to_pil` returns it."""
        return self.to_pil()


@dataclass(frozen=True)
class Measurement:
    """One measurement of a quality report or a profile report.

    name: what was measured, such as "shadow_side". measured: the value, in words. limit: the
    allowed value, in words. verdict: "pass", "warn", "fail", or "unknown" where it cannot be
    measured. note: what the measurement means; may be empty. value: the value as a number, None
    when it is not known or no number. unit: of the value, such as "px". remedy: what to do, in a
    sentence; empty when there is nothing to do. cost: marks by which it lowers the score. box:
    where in the picture it is worst, (x, y, width, height) in pixels; None where it passed, and
    where it concerns the picture as a whole.
    """

    name: str
    measured: str
    limit: str
    verdict: str
    note: str
    value: float | None = None
    unit: str = ""
    remedy: str = ""
    cost: float = 0.0
    box: tuple[int, int, int, int] | None = None


@dataclass(frozen=True)
class ProfileReport:
    """Whether a file meets the rules of a platform.

    profile: the name of the platform's profile. source: where the rules are published. checked: the
    day on which they were read. measurements: one per rule. passed: whether no rule fails.
    """

    profile: str
    source: str
    checked: str
    measurements: tuple[Measurement, ...]
    passed: bool


@dataclass(frozen=True)
class UnusedWords:
    """Words of a prompt that had no effect on the picture.

    words: as they were written. nearest: the nearest thing that the engine can show, in words for a
    prompt; empty when there is none.
    """

    words: str
    nearest: str = ""


@dataclass(frozen=True)
class AdWarning:
    """A condition that did not stop a stage but may matter.

    reason: its fixed name, from the API reference. message: what was found and what to do, in a
    sentence. left_out: words of the prompt that had no effect.
    """

    reason: str
    message: str
    left_out: tuple[UnusedWords, ...] = ()


@dataclass(frozen=True)
class Ad(Picture):
    """A finished advertisement.

    manifest_json: the record of how it was made, as JSON text. layers: pictures by name, bottom
    first, when the delivery requested layers. layered_file: the bytes of a Photoshop file, when the
    delivery requested one. score: the mark that a reviewer is expected to give, 1 to 10. reasons:
    what cost marks, in a sentence. measurements: those that the score is based on.
    flaw_probability: probability of a mark of 4 or less by a reviewer, 0 to 1. profile: whether the
    ad meets a platform's rules, None when no profile was requested. draft: whether it is a draft,
    of half the size requested, and no ad to publish.
    """

    manifest_json: str = field(repr=False, default="{}")
    layers: Mapping[str, Picture] = field(repr=False, default_factory=dict)
    layered_file: bytes = field(repr=False, default=b"")
    score: float = 0.0
    reasons: str = ""
    measurements: tuple[Measurement, ...] = field(repr=False, default=())
    flaw_probability: float = 0.0
    profile: ProfileReport | None = field(repr=False, default=None)
    draft: bool = False

    def save(self, path: str | Path, *, manifest: bool = True) -> Path:
        """Writes the ad as Picture.save does, and its manifest next to it, as .json.

        manifest: whether to write it.

        Errors: those of Picture.save.
        """
        path = super().save(path)
        if manifest:
            self.save_manifest(path.with_suffix(".json"))
        return path

    def save_manifest(self, path: str | Path) -> Path:
        """Writes the manifest to a file and returns its path; OSError when it cannot be written."""
        path = Path(path)
        replace_file(path, f"{self.manifest_json}\n".encode())
        return path

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """Returns the parsed manifest: the request, what ran in each stage, and hashes of files."""
        manifest: dict[str, Any] = json.loads(self.manifest_json)
        return manifest

    @cached_property
    def warnings(self) -> tuple[AdWarning, ...]:
        """Returns the warnings of all stages, in the order of the stages."""
        stages = self.manifest.get("stages", ())
        return tuple(
            warning_from_fields(warning) for stage in stages for warning in stage["warnings"]
        )

    @cached_property
    def understood(self) -> tuple[str, ...]:
        """Returns the words of the prompt that had an effect, as far as the engine lists them."""
        stages = self.manifest.get("stages", ())
        return tuple(
            words for stage in stages for words in stage.get("shown_prompt", {}).get("shown", ())
        )


def rank_ads(ads: Iterable[Ad]) -> list[Ad]:
    """Returns ads sorted best first: those that meet their platform's rules, then by expected mark.

    An ad without a platform's profile counts as meeting its rules.

    ads: variants, such as those of one prompt with several seeds.
    """
    # Ascending and then reversed, so that of equal ads the last comes first.
    return sorted(ads, key=lambda ad: (ad.profile is None or ad.profile.passed, ad.score))[::-1]


@dataclass(frozen=True)
class Cutout(Picture):
    """A product cut out of its photo, with a transparent background.

    reply: the whole response, a SegmentProductResponse, with bounds, confidence, warnings and the
    engine that ran.
    """

    reply: segmentation_pb2.SegmentProductResponse = field(repr=False)


@dataclass(frozen=True)
class Background(Picture):
    """A background: a scene without the product.

    reply: the whole result, a GenerateBackgroundResult, with the scene's light and ground, the seed
    and the engine that ran.
    """

    reply: background_pb2.GenerateBackgroundResult = field(repr=False)


@dataclass(frozen=True)
class Composite(Picture):
    """A product composited into a background.

    mask: the product's alpha. reply: the whole response, a CompositeProductResponse, with the
    placement and the engine that ran.
    """

    mask: Picture
    reply: compositing_pb2.CompositeProductResponse = field(repr=False)


@dataclass(frozen=True)
class Inpainted(Picture):
    """A composite with light, shadow and reflection that ground the product in its scene.

    reply: the whole result, an InpaintSceneResult, with the seed and the engine that ran.
    """

    reply: inpainting_pb2.InpaintSceneResult = field(repr=False)


@dataclass(frozen=True)
class Finished(Picture):
    """An ad as its final file.

    reply: the whole result, a FinishAdResult, with the certificate of the product's pixels, the
    reports and the engine that ran.
    """

    reply: finishing_pb2.FinishAdResult = field(repr=False)


@dataclass(frozen=True)
class EngineStatus:
    """One engine of a stage.

    stage: such as segmentation. name: of the engine, "-" when the stage does not answer. version:
    empty when unknown. ready: whether it accepts calls. reason: why it is not ready, and what to
    do. generative: whether a generative model makes its pixels. follows_camera: whether its
    pictures have the camera pitch of the request. casts_shadows: whether it draws all shadows of
    the product. model: the model that it runs, empty when it has none or it is unknown.
    suits_drafts: whether drafts are made with it. configured: whether it is set up.
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
    suits_drafts: bool = False
    configured: bool = False


@dataclass(frozen=True)
class Platform:
    """An advertising platform whose rules an ad can be made for.

    name: of its profile, such as "meta-feed". title: for people. family: of platforms whose sizes
    are exported together, such as "Meta". source: where its rules are published. checked: the day
    on which they were read. sizes: usual (width, height) that meet them, the default first.
    formats: those it takes.
    """

    name: str
    title: str
    family: str
    source: str
    checked: str
    sizes: tuple[tuple[int, int], ...]
    formats: tuple[str, ...]


@dataclass(frozen=True)
class Contradiction:
    """A field that contradicts its bounds or a rule of the platform.

    field: its path in the request, such as "lettering" or "size". text: what contradicts which
    rule, and what to do, in a sentence. rejected: whether the ad is not made; otherwise its report
    has the rule as not met.
    """

    field: str
    text: str
    rejected: bool


@dataclass(frozen=True)
class ContentCredentials:
    """The Content Credentials (C2PA) of a file.

    state: "trusted"; "unknown_signer", who is not on the trust list; "invalid", changed after it
    was signed; "absent"; or "unchecked". verdict: the same in a sentence. signer: name of the
    signer in the certificate, which only "trusted" proves. issuer: name of the authority that
    issued the certificate, which only "trusted" proves. signed_at: of a timestamp authority.
    lock_matches: whether they contain the hash of the manifest's pixel lock; None without one.
    source: the digital source type that they state. problems: codes of the C2PA specification.
    """

    state: str
    verdict: str
    signer: str = ""
    issuer: str = ""
    signed_at: datetime | None = None
    lock_matches: bool | None = None
    source: str = ""
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verification:
    """Whether an ad's file has changed since it was delivered.

    locked: whether every locked product pixel matches the manifest. verdict: the same in a
    sentence. file_unchanged: whether the file is identical, byte for byte. pixels_unchanged:
    whether every pixel of the whole picture is as delivered. differing: boxes (x, y, width, height)
    around locked pixels that changed. source: the IPTC DigitalSourceType that the file states.
    record_matches: whether the manifest states the same source. credentials: its Content
    Credentials. is_authentic: whether the product is unchanged, and the Content Credentials are
    those that the manifest states: not removed or invalid, not of a signer whom the stage's trust
    list lacks, of this pixel lock and of the ad's source.
    """

    locked: bool
    verdict: str
    file_unchanged: bool
    pixels_unchanged: bool
    differing: tuple[tuple[int, int, int, int], ...]
    source: str
    record_matches: bool
    credentials: ContentCredentials
    is_authentic: bool


@dataclass(frozen=True)
class Assessment:
    """The quality of a picture, as a reviewer is expected to see it.

    score: the expected mark, 1 to 10: 10 runs in a paid campaign as it is, 1 is thrown away.
    flaw_probability: how likely the mark is 4 or less, 0 to 1. reasons: what cost marks, most
    first, in a sentence. measurements: those that the score is based on. product_found: whether the
    product was searched and found in the picture; False with a manifest, which says where it is.
    """

    score: float
    flaw_probability: float
    reasons: str
    measurements: tuple[Measurement, ...] = field(repr=False)
    product_found: bool


@dataclass(frozen=True)
class Event:
    """Progress of a stage while a call runs, or of its wait; str() describes it in one line.

    stage: such as segmentation. kind: "started", "progress" or "finished"; or "queued", without a
    stage, while an ad waits until others have ended. fraction: share of the
    stage's work that is done, 0 to 1. preview: a small JPEG, WebP if it has alpha, or empty.
    engine: the engine that ran, once the stage has finished. seconds: how long it ran. warnings:
    what to know about the result, in sentences. cached: whether the result came from the cache.
    queue_position: number of pictures that the model draws before this one, or of ads that come
    before one that is queued; None if unknown.
    """

    stage: str
    kind: str
    fraction: float = 0.0
    preview: bytes = field(repr=False, default=b"")
    engine: str = ""
    seconds: float = 0.0
    warnings: tuple[str, ...] = ()
    cached: bool = False
    queue_position: int | None = None

    def __str__(self) -> str:
        """Returns the event in one line, such as "background: 40%"."""
        if self.kind == "queued":
            return f"queued: ads before this one: {self.queue_position}"
        if self.queue_position:
            return f"{self.stage}: number {self.queue_position + 1} in the queue of the model"
        if self.kind == "progress":
            return f"{self.stage}: {self.fraction:.0%}"
        if self.kind == "finished":
            warnings = "".join(f"; {warning}" for warning in self.warnings)
            return f"{self.stage}: {self.engine}, {self.seconds:.1f} s{warnings}"
        return f"{self.stage}: {self.kind}"


def warning_from_fields(fields: Mapping[str, Any]) -> AdWarning:
    """Converts the fields of a message Warning, as in manifests, into the dataclass AdWarning."""
    left_out = (UnusedWords(**each) for each in fields.get("left_out", ()))
    return AdWarning(fields["reason"], fields["message"], tuple(left_out))


def warning_from_message(warning: Any) -> AdWarning:
    """Converts a Warning message of the contract into the dataclass AdWarning.

    warning: untyped, as type checkers mistake the message for the built-in exception.
    """
    left_out = (UnusedWords(each.words, each.nearest) for each in warning.left_out)
    return AdWarning(warning.reason, warning.message, tuple(left_out))


def picture_fields_from_image(image: image_pb2.Image) -> dict[str, Any]:
    """Returns the fields of an Image message as keyword arguments of the dataclass Picture."""
    return {
        "data": image.data,
        "format": format_name_from_number(image.format),
        "width": image.width,
        "height": image.height,
    }
