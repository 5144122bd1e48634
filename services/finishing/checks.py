"""Checks finished files and pictures against the rules of advertising platforms."""

from collections.abc import Callable, Mapping
from typing import Any

from cyclorama.v1 import finishing_pb2
from services.finishing.metadata import COMPOSED, GENERATIVE
from services.finishing.properties import FileProperties, ImageStatistics
from services.finishing.quality.measurement import (
    FAIL,
    PASS,
    UNKNOWN,
    WARN,
    AdMeasurement,
    format_number,
)
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
    """Checks a finished file against every rule of an advertising platform, its profile.

    Returns the measured value, the limit and the verdict for each rule; `passed` unless a rule
    that is more than advice is broken.

    file, image: the properties of the file and the measurements of its pixels.
    """
    measurements = [_check_rule(rule, file, image) for rule in profile.rules]
    return finishing_pb2.ProfileReport(
        profile=profile.name,
        source=profile.source,
        checked=profile.checked.isoformat(),
        findings=[measurement.to_message() for measurement in measurements],
        passed=all(measurement.verdict != FAIL for measurement in measurements),
    )


def _check_rule(rule: PlatformRule, file: FileProperties, image: ImageStatistics) -> AdMeasurement:
    """Checks one rule of a platform; returns the measured value, the limit and the verdict.

    The verdict is PASS, UNKNOWN if it cannot be measured, and for a broken rule FAIL, or WARN if
    the platform only advises it.
    """
    measured, met, limit = CHECKS[rule.check](rule.bounds, file, image)
    verdict = UNKNOWN if met is None else PASS if met else WARN if rule.advice else FAIL
    note = rule.text or ("advised" if rule.advice else "")
    return AdMeasurement(rule.check, measured, verdict, limit, note)


def _check_bounds(value: float, bounds: Bounds) -> CheckOutcome:
    """Compares a number with bounds; returns it in words, whether it fits, the bounds in words.

    bounds: the smallest and largest allowed value under "least" and "most", both inclusive; a
        missing one does not limit.
    """
    low, high = bounds.get("least"), bounds.get("most")
    met = (low is None or value >= low) and (high is None or value <= high)
    limits = [f"at least {format_number(low)}"] if low is not None else []
    limits += [f"at most {format_number(high)}"] if high is not None else []
    return format_number(value), met, " and ".join(limits)


def _number_check(read: Callable[[FileProperties], float]) -> Check:
    """Returns a check that compares a number with bounds; `read` reads it from the properties."""
    return lambda bounds, file, image: _check_bounds(read(file), bounds)


def _flag_check(read: Callable[[FileProperties], bool | None], yes: str, no: str) -> Check:
    """Returns a check that a flag among a file's properties is true.

    read: returns the flag from the properties; None if it is unknown.
    yes, no: the words for a flag that is true and for one that is false; `yes` is also the limit.
    """

    def check(bounds: Bounds, file: FileProperties, image: ImageStatistics) -> CheckOutcome:
        """Returns the flag in words, the flag, and the limit; bounds and image are not used."""
        value = read(file)
        return "unknown" if value is None else yes if value else no, value, yes

    return check


def _check_format(bounds: Bounds, file: FileProperties, image: ImageStatistics) -> CheckOutcome:
    """Returns the file's format, whether it is among bounds["allowed"], and those in words."""
    allowed = bounds["allowed"]
    return file.format, file.format in allowed, join_names(allowed)


def _check_size(bounds: Bounds, file: FileProperties, image: ImageStatistics) -> CheckOutcome:
    """Returns the file's size, whether it is an allowed one, and the allowed ones in words.

    bounds: pairs of width and height in pixels under "allowed".
    """
    allowed = [f"{width} x {height}" for width, height in bounds["allowed"]]
    measured = f"{file.width} x {file.height}"
    return measured, measured in allowed, join_names(allowed)


def _check_ratio(bounds: Bounds, file: FileProperties, image: ImageStatistics) -> CheckOutcome:
    """Returns the file's width / height, whether it is near an allowed ratio, and those in words.

    bounds: the ratios under "allowed", and by which share of one of them the file's may differ
        under "tolerance".
    """
    ratio, tolerance = file.width / file.height, bounds["tolerance"]
    met = any(abs(ratio / allowed - 1) <= tolerance for allowed in bounds["allowed"])
    choices = join_names([format_number(allowed) for allowed in bounds["allowed"]])
    return format_number(ratio), met, f"{choices}, within {tolerance:.0%}"


def _check_white_background(
    bounds: Bounds, file: FileProperties, image: ImageStatistics
) -> CheckOutcome:
    """Checks that the ground, which is everything around the product, is pure white.

    Returns how much of it is not, whether that is tolerated, and the limit in words. Files with
    lossy compression may miss white in RINGING_SHARE of the ground. The rule has no bounds.
    """
    # Lossless files of formats that may be lossy, such as WEBP, get the same tolerance.
    tolerated = 0.0 if image.exact or file.format not in LOSSY_FORMATS else RINGING_SHARE
    measured = f"{image.off_white:.3%} of the ground is not 255"
    limit = (
        f"at most {tolerated:.1%}, rings of the format"
        if tolerated
        else "every pixel 255, 255, 255"
    )
    return measured, image.off_white <= tolerated, limit


def _check_product_share(
    bounds: Bounds, file: FileProperties, image: ImageStatistics
) -> CheckOutcome:
    """Checks the product's share of the picture's width or height, whichever is larger.

    Returns the share, whether it is within the bounds, and the bounds in words; unknown (None) if
    the product was not found.

    bounds: the smallest and largest share, 0 to 1, under "least" and "most".
    """
    if image.box is None:
        # Any number, as only the words for the bounds are used.
        _, _, limit = _check_bounds(0, bounds)
        return "unknown", None, limit
    *_, width, height = image.box
    return _check_bounds(max(width / image.width, height / image.height), bounds)


def _check_whole_product(
    bounds: Bounds, file: FileProperties, image: ImageStatistics
) -> CheckOutcome:
    """Checks that the product touches no edge of the picture, which may have cut it off.

    Returns the result in words, whether the product is whole, and the limit in words; unknown
    (None) if the product was not found. The rule has no bounds.
    """
    if image.box is None:
        return "unknown", None, "inside the frame"
    x, y, width, height = image.box
    inside = x > 0 and y > 0 and x + width < image.width and y + height < image.height
    return "inside" if inside else "cut off by the frame", inside, "inside the frame"


def _check_safe_zone(bounds: Bounds, file: FileProperties, image: ImageStatistics) -> CheckOutcome:
    """Checks that the strips along the edges, which a platform covers, are free of the product.

    Returns the free strips, whether they are wide enough, and the limit, both in words; unknown
    (None) if the product was not found.

    bounds: the least width of each strip under "top", "right", "bottom" and "left", as shares of
        the picture's height (top, bottom) or width.
    """
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
    """Checks that the file's metadata says that it is composed or made by a model.

    Returns its IPTC digital source type, True if it says so and None (unknown) if not, as a plain
    photograph needs no such mark, and the limit in words. The rule has no bounds.
    """
    limit = "an IPTC DigitalSourceType where a model made pixels"
    is_marked = file.source in AI_SOURCE_TYPES
    return file.source or "none", is_marked or None, limit


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
