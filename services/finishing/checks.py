"""Checks finished files and pictures against the rules of advertising platforms."""

import datetime
from collections.abc import Callable

import numpy as np

from cyclorama.v1 import finishing_pb2
from services.finishing.packshot.measure import Packshot, measure_packshot
from services.finishing.properties import FileProperties, read_file_properties
from services.finishing.quality.measurement import (
    FAIL,
    PASS,
    UNKNOWN,
    WARN,
    AdMeasurement,
)
from services.imaging.box import Box
from services.runtime.formats import LOSSY_FORMATS
from services.runtime.limits import SIDES
from services.runtime.profiles import PlatformProfile, PlatformRule
from services.runtime.shape_checks import (
    SHAPE_CHECKS,
    Bounds,
    CheckOutcome,
    PictureShape,
    ShapeCheck,
    check_bounds,
    format_number,
)
from services.runtime.source_types import COMPOSED, GENERATIVE

# IPTC digital source types of pictures that are not plain photographs.
AI_SOURCE_TYPES = (GENERATIVE, "trainedAlgorithmicMedia", "algorithmicMedia", COMPOSED)
# Share of a white ground that may be off white in a lossy file, beyond the band around the product
# that is not judged; good cut-outs with fur reach 0.002, faint contact shadows begin at 0.006.
# Larger: files that are visibly not white pass.
RINGING_SHARE = 0.0025
# The same in lossless files: single pixels, at the ends of hair. Larger: specks pass.
STRAY_SHARE = 0.0001
# Share of the product's box along which an outline is straight where a photo cut the product off.
# Larger: products cut off at their narrow end pass.
CUT_SHARE = 0.6
# What a draft breaks, whatever the platform.
DRAFT_MEASUREMENT = AdMeasurement(
    "draft", "a draft", FAIL, "a finished ad", remedy="create the ad without asking for a draft"
)
Check = Callable[[Bounds, FileProperties, Packshot], CheckOutcome]


def check_profile(
    profile: PlatformProfile,
    data: bytes,
    pixels: np.ndarray,
    file_name: str = "",
    day: datetime.date | None = None,
) -> finishing_pb2.ProfileReport:
    """Checks a finished file against every rule of an advertising platform, its profile.

    Only the file itself is judged: its pixels, properties and metadata. So the file that is made
    and the file that comes back get the same report. `passed` unless a required rule is broken, or
    the file says that it is a draft.

    data: the bytes of the file. pixels: uint8 RGB (H, W, 3), what they decode to.
    file_name: whose suffix is compared with the format; empty if the file has none yet.
    day: on which the rules hold; by default today, in UTC.
    """
    day = day or datetime.datetime.now(datetime.UTC).date()
    file = read_file_properties(data, file_name)
    image = measure_packshot(pixels, is_lossy=file.format in LOSSY_FORMATS)
    measurements = [_check_rule(rule, file, image, day) for rule in profile.rules]
    if file.draft:
        measurements.append(DRAFT_MEASUREMENT)
    return finishing_pb2.ProfileReport(
        profile=profile.name,
        source=profile.source,
        checked=profile.checked.isoformat(),
        findings=[measurement.to_message() for measurement in measurements],
        passed=all(measurement.verdict != FAIL for measurement in measurements),
    )


def _check_rule(
    rule: PlatformRule, file: FileProperties, image: Packshot, day: datetime.date
) -> AdMeasurement:
    """Checks one rule of a platform; returns the measured value, the limit and the verdict.

    The verdict is PASS, UNKNOWN if it cannot be measured, and for a broken rule FAIL, or WARN if
    the platform only advises it, or does not require it yet.

    day: on which the rule has to hold.
    """
    measured, met, limit = CHECKS[rule.check](rule.bounds, file, image)
    broken = FAIL if rule.is_required(day) else WARN
    verdict = UNKNOWN if met is None else PASS if met else broken
    remedy = "" if met else REMEDIES.get(rule.check, "")
    return AdMeasurement(rule.check, measured, verdict, limit, _write_note(rule, day), remedy)


def _write_note(rule: PlatformRule, day: datetime.date) -> str:
    """Returns the rule in words, and how far it binds on a day; empty if the name says it all."""
    binding = ""
    if rule.start is not None:
        date = f"{rule.start.day} {rule.start:%B %Y}"
        binding = f"required from {date}" if day < rule.start else f"required since {date}"
    elif rule.advice:
        binding = "advised"
    return "; ".join(filter(None, (rule.text, binding)))


def _shape_check(check: ShapeCheck) -> Check:
    """Returns a check of a format and size as a check of a file."""
    return lambda bounds, file, image: check(
        bounds, PictureShape(file.format, file.width, file.height)
    )


def _flag_check(read: Callable[[FileProperties], bool | None], yes: str, no: str) -> Check:
    """Returns a check that a flag among a file's properties is true.

    read: returns the flag from the properties; None if it is unknown.
    yes, no: the words for a flag that is true and for one that is false; `yes` is also the limit.
    """

    def check(bounds: Bounds, file: FileProperties, image: Packshot) -> CheckOutcome:
        """Returns the flag in words, the flag, and the limit; bounds and image are not used."""
        value = read(file)
        return "unknown" if value is None else yes if value else no, value, yes

    return check


def _check_white_background(bounds: Bounds, file: FileProperties, image: Packshot) -> CheckOutcome:
    """Checks that the ground, which is everything around the product, is pure white.

    Returns how much of it is not, whether that is tolerated, and the limit in words. Files with
    lossy compression may miss white in RINGING_SHARE of the ground, others in STRAY_SHARE. The rule
    has no bounds.
    """
    # Lossless files of formats that may be lossy, such as WEBP, get the same tolerance.
    is_lossy = file.format in LOSSY_FORMATS
    tolerated = RINGING_SHARE if is_lossy else STRAY_SHARE
    measured = f"{image.off_white:.3%} of the ground is not 255"
    reason = "rings of the format" if is_lossy else "stray pixels"
    return measured, image.off_white <= tolerated, f"at most {tolerated:.2%}, {reason}"


def _find_product(file: FileProperties, image: Packshot) -> Box | None:
    """Returns the product's box: what the picture shows on white, else what the file records."""
    return image.box or (file.product.box if file.product else None)


def _check_product_share(bounds: Bounds, file: FileProperties, image: Packshot) -> CheckOutcome:
    """Checks the product's share of the picture's width or height, whichever is larger.

    Returns the share, whether it is within the bounds, and the bounds in words; unknown (None) if
    the product was not found.

    bounds: the smallest and largest share, 0 to 1, under "least" and "most".
    """
    box = _find_product(file, image)
    if box is None:
        # Any number, as only the words for the bounds are used.
        _, _, limit = check_bounds(0, bounds)
        return "unknown", None, limit
    *_, width, height = box
    return check_bounds(max(width / image.width, height / image.height), bounds)


def _check_whole_product(bounds: Bounds, file: FileProperties, image: Packshot) -> CheckOutcome:
    """Checks that neither the picture's frame nor the product's photo cut off the product.

    Returns the result in words, whether the product is whole, and the limit in words; unknown
    (None) if the product was not found, or has one straight edge that may be its own. The rule has
    no bounds.
    """
    limit = "inside the frame, and whole in its photo"
    box = _find_product(file, image)
    if box is None:
        return "unknown", None, limit
    x, y, width, height = box
    if not (x > 0 and y > 0 and x + width < image.width and y + height < image.height):
        return "cut off by the frame", False, limit
    if file.product and file.product.cut_sides:
        return f"cut off by its photo: {', '.join(file.product.cut_sides)}", False, limit
    cut = [] if file.product else [s for s, share in image.straight.items() if share >= CUT_SHARE]
    # A box is straight on opposite sides, and what stands is straight at the bottom.
    is_own = (
        not cut or cut == ["bottom"] or {"left", "right"} <= {*cut} or {"top", "bottom"} <= {*cut}
    )
    if cut:
        return f"straight edge: {', '.join(cut)}", None if is_own else False, limit
    return "inside", True, limit


def _check_safe_zone(bounds: Bounds, file: FileProperties, image: Packshot) -> CheckOutcome:
    """Checks that the strips along the edges, which a platform covers, are free of the product.

    Returns the free strips, whether they are wide enough, and the limit, both in words; unknown
    (None) if the product was not found.

    bounds: the least width of each strip under "top", "right", "bottom" and "left", as shares of
        the picture's height (top, bottom) or width.
    """
    limit = ", ".join(f"{bounds[side]:.0%} {side}" for side in SIDES) + " free"
    # Shadows on a white ground may lie in the strips, so what the file records comes first.
    box = file.product.box if file.product else image.box
    if box is None:
        return "unknown", None, limit
    x, y, width, height = box
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


def _count_check(read: Callable[[Packshot], int], limit: str) -> Check:
    """Returns a check that nothing of a kind lies on the white ground; unknown without one.

    read: returns the count from the measurements. limit: in words.
    """

    def check(bounds: Bounds, file: FileProperties, image: Packshot) -> CheckOutcome:
        """Returns the count in words, whether it is none, and the limit; bounds are not used."""
        if image.box is None and not read(image):
            return "unknown", None, limit
        return format_number(read(image)), not read(image), limit

    return check


def _check_residue(bounds: Bounds, file: FileProperties, image: Packshot) -> CheckOutcome:
    """Checks that no old shadow or backdrop sticks to the product; unknown without white ground.

    Returns the share of the product that looks like it, whether there is none, and the limit. The
    rule has no bounds.
    """
    limit = "no flat area at the outline"
    if image.box is None:
        return "unknown", None, limit
    return f"{image.residue:.1%} of the product", image.residue == 0, limit


def _check_cutout(bounds: Bounds, file: FileProperties, image: Packshot) -> CheckOutcome:
    """Checks that the cut-out is the product as it is sold, by what the file records of it.

    Returns the confidence in the cut-out, whether it is large enough and nothing was doubted, and
    the limit; unknown (None) if the file records nothing.

    bounds: the smallest confidence under "least", 0 to 1.
    """
    limit = f"confidence of at least {format_number(bounds['least'])}, no doubt"
    record = file.product
    if record is None or record.confidence is None:
        return "not recorded", None, limit
    doubt = ", doubted" if record.is_doubted else ""
    met = record.confidence >= bounds["least"] and not record.is_doubted
    return f"confidence {format_number(record.confidence)}{doubt}", met, limit


def _check_source_type(bounds: Bounds, file: FileProperties, image: Packshot) -> CheckOutcome:
    """Checks that the file's metadata says that it is composed or made by a model.

    Returns its IPTC digital source type, True if it says so and None (unknown) if not, as a plain
    photograph needs no such mark, and the limit in words. The rule has no bounds.
    """
    limit = "an IPTC DigitalSourceType where a model made pixels"
    is_marked = file.source in AI_SOURCE_TYPES
    return file.source or "none", is_marked or None, limit


def _leave_to_people(bounds: Bounds, file: FileProperties, image: Packshot) -> CheckOutcome:
    """Reports a rule that only a person can judge."""
    return "to be looked at", None, ""


# By the names of the checks in the platforms' rules.
CHECKS: dict[str, Check] = {
    **{name: _shape_check(check) for name, check in SHAPE_CHECKS.items()},
    "suffix": _flag_check(
        lambda file: file.suffix_fits, "fits the content", "does not fit the content"
    ),
    "kilobytes": lambda bounds, file, image: check_bounds(file.kilobytes, bounds),
    "srgb": _flag_check(lambda file: file.srgb, "sRGB", "another color space"),
    "full_chroma": _flag_check(
        lambda file: file.full_chroma, "full color resolution", "reduced color resolution"
    ),
    "still": _flag_check(lambda file: file.still, "a still picture", "an animation"),
    "white_background": _check_white_background,
    "product_share": _check_product_share,
    "whole_product": _check_whole_product,
    "safe_zone": _check_safe_zone,
    "extra_objects": _count_check(lambda image: image.crumbs, "nothing but the product"),
    "text": _count_check(lambda image: image.text_lines, "no line of text"),
    "border": _count_check(lambda image: image.frame_lines, "no line along an edge"),
    "residue": _check_residue,
    "cutout": _check_cutout,
    "source_mark": _check_source_type,
    "by_eye": _leave_to_people,
}

# What to do about a broken or unknown rule, by the name of its check.
REMEDIES = {
    "suffix": "Rename the file after its format.",
    "white_background": "Put the product on #ffffff without shadow or reflection.",
    "product_share": "Set compositing.width_share and height_share, or crop the picture.",
    "whole_product": "Send a photo that shows the whole product with space around it.",
    "safe_zone": "Set compositing.arrangement.margins, or move the product by hand.",
    "extra_objects": "Erase what lies around the product, or correct the cut-out by points.",
    "text": "Take the text off the picture.",
    "border": "Crop the picture inside its border.",
    "residue": "Look at the outline; correct the cut-out by points or a mask.",
    "cutout": "Look at the cut-out; send a box, points or a mask, or use another photo.",
    "srgb": "Convert the picture to sRGB.",
    "full_chroma": "Save the file with 4:4:4 chroma.",
    "still": "Save a single frame.",
}
