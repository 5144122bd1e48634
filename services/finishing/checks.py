"""Checks finished files and pictures against the rules of advertising platforms."""

from collections.abc import Callable, Mapping
from typing import Any

from cyclorama.v1 import finishing_pb2
from services.finishing.measurement import FAIL, PASS, UNKNOWN, WARN, AdMeasurement, format_number
from services.finishing.metadata import COMPOSED, GENERATIVE
from services.finishing.properties import FileProperties, ImageStatistics
from services.runtime.formats import LOSSY_FORMATS, join_names
from services.runtime.limits import SIDES
from services.runtime.profiles import PlatformProfile, PlatformRule

# IPTC digital source types of pictures that are not plain photographs.
AI_SOURCE_TYPES = (GENERATIVE, "trainedAlgorithmicMedia", "algorithmicMedia", COMPOSED)
# Share of a white ground that may be off white in a lossy file, beyond the band around the product
# that is not judged. Larger: files that are visibly not white pass.
RINGING_SHARE = 0.001
# The measured value in words, whether it meets the rule (None: unknown), and the limit in words.
CheckOutcome = tuple[str, bool | None, str]
Bounds = Mapping[str, Any]
Check = Callable[[Bounds, FileProperties, ImageStatistics], CheckOutcome]


def check_profile(
    profile: PlatformProfile, file: FileProperties, image: ImageStatistics
) -> finishing_pb2.ProfileReport:
    """Checks every rule of a platform's profile; reports value, limit and verdict of each."""
    measurements = [_check_rule(rule, file, image) for rule in profile.rules]
    return finishing_pb2.ProfileReport(
        profile=profile.name,
        source=profile.source,
        checked=profile.checked.isoformat(),
        findings=[each.to_message() for each in measurements],
        passed=all(each.verdict != FAIL for each in measurements),
    )


def _check_rule(rule: PlatformRule, file: FileProperties, image: ImageStatistics) -> AdMeasurement:
    measured, met, limit = CHECKS[rule.check](rule.bounds, file, image)
    verdict = UNKNOWN if met is None else PASS if met else WARN if rule.advice else FAIL
    note = rule.text or ("advised" if rule.advice else "")
    return AdMeasurement(rule.check, measured, verdict, limit, note)


def _check_bounds(value: float, bounds: Bounds) -> CheckOutcome:
    low, high = bounds.get("least"), bounds.get("most")
    met = (low is None or value >= low) and (high is None or value <= high)
    words = [f"at least {format_number(low)}"] if low is not None else []
    words += [f"at most {format_number(high)}"] if high is not None else []
    return format_number(value), met, " and ".join(words)


def _number_check(read: Callable[[FileProperties], float]) -> Check:
    """Returns a check of a file's number against bounds."""
    return lambda bounds, file, image: _check_bounds(read(file), bounds)


def _flag_check(read: Callable[[FileProperties], bool | None], yes: str, no: str) -> Check:
    """Returns a check that a file's flag is set, with the words for both of its values."""

    def check(bounds: Bounds, file: FileProperties, image: ImageStatistics) -> CheckOutcome:
        value = read(file)
        return "unknown" if value is None else yes if value else no, value, yes

    return check


def _check_format(bounds: Bounds, file: FileProperties, image: ImageStatistics) -> CheckOutcome:
    allowed = bounds["allowed"]
    return file.format, file.format in allowed, join_names(allowed)


def _check_size(bounds: Bounds, file: FileProperties, image: ImageStatistics) -> CheckOutcome:
    sizes = [f"{width} x {height}" for width, height in bounds["allowed"]]
    measured = f"{file.width} x {file.height}"
    return measured, measured in sizes, join_names(sizes)


def _check_ratio(bounds: Bounds, file: FileProperties, image: ImageStatistics) -> CheckOutcome:
    ratio, tolerance = file.width / file.height, bounds["tolerance"]
    met = any(abs(ratio / each - 1) <= tolerance for each in bounds["allowed"])
    choices = join_names([format_number(each) for each in bounds["allowed"]])
    return format_number(ratio), met, f"{choices}, within {tolerance:.0%}"


def _check_white_background(
    bounds: Bounds, file: FileProperties, image: ImageStatistics
) -> CheckOutcome:
    # Lossless files of formats that may be lossy, such as WEBP, get the same tolerance.
    most = 0.0 if image.exact or file.format not in LOSSY_FORMATS else RINGING_SHARE
    measured = f"{image.off_white:.3%} of the ground is not 255"
    limit = "every pixel 255, 255, 255" if not most else f"at most {most:.1%}, rings of the format"
    return measured, image.off_white <= most, limit


def _check_product_share(
    bounds: Bounds, file: FileProperties, image: ImageStatistics
) -> CheckOutcome:
    if image.box is None:
        return "unknown", None, _check_bounds(0, bounds)[2]
    *_, width, height = image.box
    return _check_bounds(max(width / image.width, height / image.height), bounds)


def _check_whole_product(
    bounds: Bounds, file: FileProperties, image: ImageStatistics
) -> CheckOutcome:
    if image.box is None:
        return "unknown", None, "inside the frame"
    x, y, width, height = image.box
    inside = x > 0 and y > 0 and x + width < image.width and y + height < image.height
    return "inside" if inside else "cut off by the frame", inside, "inside the frame"


def _check_safe_zone(bounds: Bounds, file: FileProperties, image: ImageStatistics) -> CheckOutcome:
    limit = ", ".join(f"{bounds[side]:.0%} {side}" for side in SIDES) + " free"
    if image.box is None:
        return "unknown", None, limit
    x, y, width, height = image.box
    free = {
        "top": y / image.height,
        "right": 1 - (x + width) / image.width,
        "bottom": 1 - (y + height) / image.height,
        "left": x / image.width,
    }
    # The placement rounds to pixels.
    tolerance = 1 / min(image.width, image.height)
    met = all(free[side] >= bounds[side] - tolerance for side in free)
    return ", ".join(f"{share:.0%} {side}" for side, share in free.items()), met, limit


def _check_source_type(
    bounds: Bounds, file: FileProperties, image: ImageStatistics
) -> CheckOutcome:
    limit = "an IPTC DigitalSourceType where a model made pixels"
    return file.source or "none", file.source in AI_SOURCE_TYPES or None, limit


def _leave_to_people(bounds: Bounds, file: FileProperties, image: ImageStatistics) -> CheckOutcome:
    """Reports a rule that only a person can judge."""
    return "to be looked at", None, ""


# By the names of the checks in the platforms' rules.
CHECKS: dict[str, Check] = {
    "format": _check_format,
    "suffix": _flag_check(
        lambda file: file.suffix_fits, "fits the content", "does not fit the content"
    ),
    "size": _check_size,
    "ratio": _check_ratio,
    "width": _number_check(lambda file: file.width),
    "shortest_side": _number_check(lambda file: min(file.width, file.height)),
    "longest_side": _number_check(lambda file: max(file.width, file.height)),
    "megapixels": _number_check(lambda file: file.width * file.height / 1e6),
    "kilobytes": _number_check(lambda file: file.kilobytes),
    "srgb": _flag_check(lambda file: file.srgb, "sRGB", "another color space"),
    "full_chroma": _flag_check(
        lambda file: file.full_chroma, "full color resolution", "reduced color resolution"
    ),
    "still": _flag_check(lambda file: file.still, "a still picture", "an animation"),
    "white_background": _check_white_background,
    "product_share": _check_product_share,
    "whole_product": _check_whole_product,
    "safe_zone": _check_safe_zone,
    "source_mark": _check_source_type,
    "by_eye": _leave_to_people,
}
