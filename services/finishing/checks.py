"""Holds the rules of a platform against a finished picture."""

from collections.abc import Callable, Mapping
from typing import Any

from cyclorama.v1 import finishing_pb2
from services.finishing.facts import FileFacts, PictureFacts
from services.finishing.findings import FAIL, PASS, UNKNOWN, WARN, Finding, figure
from services.finishing.marks import COMPOSED, GENERATIVE
from services.runtime.formats import LOSSY_FORMATS, join_names
from services.runtime.limits import SIDES
from services.runtime.profiles import PlatformProfile, PlatformRule

# Words of the IPTC for pictures that are no plain photographs.
MARKED = (GENERATIVE, "trainedAlgorithmicMedia", "algorithmicMedia", COMPOSED)
# What lossy files leave of a pure white ground beyond the band that is not looked at.
RINGING_SHARE = 0.001
# What was measured, whether it is met (None: it cannot be told), and what was asked.
CheckOutcome = tuple[str, bool | None, str]
Bounds = Mapping[str, Any]


def check_profile(
    profile: PlatformProfile, file: FileFacts, picture: PictureFacts
) -> finishing_pb2.ProfileReport:
    """Every rule of the profile with value, limit and verdict."""
    findings = [_judged(rule, file, picture) for rule in profile.rules]
    return finishing_pb2.ProfileReport(
        profile=profile.name,
        source=profile.source,
        checked=profile.checked.isoformat(),
        findings=[each.message() for each in findings],
        passed=all(each.verdict != FAIL for each in findings),
    )


def _judged(rule: PlatformRule, file: FileFacts, picture: PictureFacts) -> Finding:
    measured, met, limit = CHECKS[rule.check](rule.bounds, file, picture)
    verdict = UNKNOWN if met is None else PASS if met else WARN if rule.advice else FAIL
    note = rule.text or ("advised" if rule.advice else "")
    return Finding(rule.check, measured, verdict, limit, note)


def _bounded(value: float, bounds: Bounds) -> CheckOutcome:
    low, high = bounds.get("least"), bounds.get("most")
    met = (low is None or value >= low) and (high is None or value <= high)
    words = [f"at least {figure(low)}"] if low is not None else []
    words += [f"at most {figure(high)}"] if high is not None else []
    return figure(value), met, " and ".join(words)


def _number(of: Callable[[FileFacts], float]):
    return lambda bounds, file, picture: _bounded(of(file), bounds)


def _flag(name: str, yes: str, no: str):
    def check(bounds: Bounds, file: FileFacts, picture: PictureFacts) -> CheckOutcome:
        value = getattr(file, name)
        return "not told" if value is None else yes if value else no, value, yes

    return check


def _format(bounds: Bounds, file: FileFacts, picture: PictureFacts) -> CheckOutcome:
    allowed = bounds["allowed"]
    return file.format, file.format in allowed, join_names(allowed)


def _size(bounds: Bounds, file: FileFacts, picture: PictureFacts) -> CheckOutcome:
    sizes = [f"{width} x {height}" for width, height in bounds["allowed"]]
    found = f"{file.width} x {file.height}"
    return found, found in sizes, join_names(sizes)


def _ratio(bounds: Bounds, file: FileFacts, picture: PictureFacts) -> CheckOutcome:
    ratio, tolerance = file.width / file.height, bounds["tolerance"]
    met = any(abs(ratio / each - 1) <= tolerance for each in bounds["allowed"])
    choices = join_names([figure(each) for each in bounds["allowed"]])
    return figure(ratio), met, f"{choices}, within {tolerance:.0%}"


def _white(bounds: Bounds, file: FileFacts, picture: PictureFacts) -> CheckOutcome:
    # Rings are also forgiven lossless files of formats that may be lossy, such as WEBP.
    most = 0.0 if picture.exact or file.format not in LOSSY_FORMATS else RINGING_SHARE
    found = f"{picture.off_white:.3%} of the ground is not 255"
    limit = "every pixel 255, 255, 255" if not most else f"at most {most:.1%}, rings of the format"
    return found, picture.off_white <= most, limit


def _product_share(bounds: Bounds, file: FileFacts, picture: PictureFacts) -> CheckOutcome:
    if picture.box is None:
        return "not told", None, _bounded(0, bounds)[2]
    *_, width, height = picture.box
    return _bounded(max(width / picture.width, height / picture.height), bounds)


def _whole_product(bounds: Bounds, file: FileFacts, picture: PictureFacts) -> CheckOutcome:
    if picture.box is None:
        return "not told", None, "inside the frame"
    x, y, width, height = picture.box
    inside = x > 0 and y > 0 and x + width < picture.width and y + height < picture.height
    return "inside" if inside else "cut off by the frame", inside, "inside the frame"


def _safe_zone(bounds: Bounds, file: FileFacts, picture: PictureFacts) -> CheckOutcome:
    limit = ", ".join(f"{bounds[side]:.0%} {side}" for side in SIDES) + " free"
    if picture.box is None:
        return "not told", None, limit
    x, y, width, height = picture.box
    free = {
        "top": y / picture.height,
        "right": 1 - (x + width) / picture.width,
        "bottom": 1 - (y + height) / picture.height,
        "left": x / picture.width,
    }
    # A pixel's rounding is no breach.
    met = all(free[side] >= bounds[side] - 1 / min(picture.width, picture.height) for side in free)
    return ", ".join(f"{share:.0%} {side}" for side, share in free.items()), met, limit


def _source_mark(bounds: Bounds, file: FileFacts, picture: PictureFacts) -> CheckOutcome:
    limit = "an IPTC DigitalSourceType where a model made pixels"
    return file.source or "none", file.source in MARKED or None, limit


def _by_eye(bounds: Bounds, file: FileFacts, picture: PictureFacts) -> CheckOutcome:
    return "to be looked at", None, ""


CHECKS: dict[str, Callable[[Bounds, FileFacts, PictureFacts], CheckOutcome]] = {
    "format": _format,
    "suffix": _flag("suffix_fits", "fits the content", "does not fit the content"),
    "size": _size,
    "ratio": _ratio,
    "width": _number(lambda file: file.width),
    "shortest_side": _number(lambda file: min(file.width, file.height)),
    "longest_side": _number(lambda file: max(file.width, file.height)),
    "megapixels": _number(lambda file: file.width * file.height / 1e6),
    "kilobytes": _number(lambda file: file.kilobytes),
    "srgb": _flag("srgb", "sRGB", "another color space"),
    "full_chroma": _flag("full_chroma", "full color resolution", "reduced color resolution"),
    "still": _flag("still", "a still picture", "an animation"),
    "white_background": _white,
    "product_share": _product_share,
    "whole_product": _whole_product,
    "safe_zone": _safe_zone,
    "source_mark": _source_mark,
    "by_eye": _by_eye,
}
