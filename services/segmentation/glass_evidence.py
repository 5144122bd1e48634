"""Distinguishes glass from opaque products by their colors and those of the backdrop behind.

Glass shows the backdrop's own colors, evenly attenuated, between dark lines where it refracts.
Opaque products of the backdrop's color are shaded instead: they darken gradually, without lines.
"""

import math
from dataclasses import dataclass

import cv2
import numpy as np

from services.segmentation.morphology import erode_mask
from services.segmentation.photo_background import measure_lab_difference
from services.segmentation.product_words import GlassHint

# Width of the product's rim, and of the widest line in it, as shares of the longer side. Larger:
# shading at the edges of opaque products counts as lines.
RIM_SHARE, LINE_SHARE = 0.02, 0.02
# Lab units by which a line is darker than both its sides. Smaller: texture counts as lines.
LINE_DEPTH = 6.0
# Lab units around the typical attenuation that are even. Larger: shading counts as even.
EVEN_REACH = 6.0


@dataclass(frozen=True)
class GlassEvidence:
    """How a product compares with the backdrop that is modeled behind it, in CIE Lab.

    typical: median difference from the backdrop, float32 (3,), zeros for the clearest glass.
    even_share: share of the product within EVEN_REACH of that, 0 to 1.
    unevenness: median distance from it.
    clear_share: share of the product within EVEN_REACH of the backdrop, 0 to 1.
    line_share: share of the rim that lies on a dark line, 0 to 1.
    backdrop: median lightness of the backdrop, 0 to 100.
    """

    typical: np.ndarray
    even_share: float = 0.0
    unevenness: float = math.inf
    clear_share: float = 0.0
    line_share: float = 0.0
    backdrop: float = 0.0


@dataclass(frozen=True)
class GlassLimits:
    """How even and lined glass is: most of some evidence, least of other.

    darkening, color: most change of lightness, and of a and b together, that is typical.
    """

    darkening: float
    color: float
    even_share: float
    unevenness: float
    line_share: float

    def admit(self, evidence: GlassEvidence) -> bool:
        """Whether evidence is within the limits."""
        return (
            abs(evidence.typical[0]) <= self.darkening
            and float(np.hypot(*evidence.typical[1:])) <= self.color
            and evidence.even_share >= self.even_share
            and evidence.unevenness <= self.unevenness
            and evidence.line_share >= self.line_share
        )


# Rendered china of the backdrop's color has an unevenness from 4 on, and lines on up to 8 % of its
# rim; rendered glass has at most 2, and 20 % or more. Without words only colorless glass counts.
COLORLESS = GlassLimits(6, 4, 0.65, 2.4, 0.15)
TINTED = GlassLimits(40, 40, 0.5, 3.0, 0.12)
# Share of a product of glass, by its name, that must be clear where it is not even, as with a lid
# or contents. Larger: full jars stay opaque.
MIN_CLEAR_SHARE = 0.12
# A product of glass, by its name, that looks so much like the backdrop needs no lines: thin walls
# have hardly any before a white one.
EVEN = GlassLimits(12, 8, 0.9, 1.5, 0)
# A colorless product with so many lines is of glass if its name allows it, however thick it is and
# whatever it contains. White shoes with dark seams have fewer, and are less even. With a smaller
# clear share, as of shakers full of salt, little is gained if the scene shines through.
LINED, LINED_CLEAR_SHARE = GlassLimits(20, 3, 0.3, 10, 0.4), 0.3
# Lightness from which on that holds: black products on black have lines, too.
LIGHT_BACKDROP = 60.0
# Share of a product that is clear from which on an engine saw the backdrop instead, or glass: white
# products on white have half of it at most. Larger: lost parts of glass are not doubted.
LOOKALIKE_SHARE = 0.55
# The same of the body below an opaque part, whose outline is known to be one of lines: without
# words, and with them. Larger: shaded china of the backdrop's color becomes clear.
BODY, NAMED_BODY = GlassLimits(8, 4, 0.65, 2.4, 0), GlassLimits(40, 40, 0.5, 3.0, 0)


def measure_glass(lab: np.ndarray, backdrop: np.ndarray, mask: np.ndarray) -> GlassEvidence:
    """Measures what speaks for and against a product being transparent.

    lab, backdrop: the photo's colors and those of the modeled backdrop, float32 CIE Lab (h, w, 3).
    mask: of the product, bool (h, w).
    """
    side = max(mask.shape)
    inside = _erode_all_around(mask, max(2, round(RIM_SHARE * side)))
    if not inside.any():
        return GlassEvidence(np.zeros(3, np.float32))
    difference = measure_lab_difference(lab, backdrop)
    typical = np.median(difference[inside], axis=0)
    distance = np.linalg.norm(difference - typical, axis=2)[inside]
    width = 2 * max(1, round(LINE_SHARE * side)) + 1
    lightness = np.ascontiguousarray(lab[..., 0])
    depth = cv2.morphologyEx(lightness, cv2.MORPH_BLACKHAT, np.ones((width, width), np.uint8))
    rim = mask & ~inside
    return GlassEvidence(
        typical=typical,
        even_share=float((distance < EVEN_REACH).mean()),
        unevenness=float(np.median(distance)),
        clear_share=float((np.linalg.norm(difference[inside], axis=1) < EVEN_REACH).mean()),
        line_share=float((depth[rim] > LINE_DEPTH).mean()) if rim.any() else 0.0,
        backdrop=float(np.median(backdrop[..., 0])),
    )


def find_glass_color(
    evidence: GlassEvidence, hint: GlassHint, least_lines: float = TINTED.line_share
) -> np.ndarray | None:
    """Returns how glass changes the backdrop's color, float32 (3,); None if it is not glass.

    Lightness, a and b of CIE Lab, zeros for clear glass. hint: what the product's name says.
    least_lines: share of the rim that must be lines if it says glass, 0 to 1.
    """
    limits = COLORLESS if hint is GlassHint.NONE else TINTED
    is_even = hint is GlassHint.GLASS and EVEN.admit(evidence)
    if limits.admit(evidence) or is_even:
        return evidence.typical
    is_clear = evidence.clear_share >= MIN_CLEAR_SHARE and evidence.line_share >= least_lines
    is_named = hint is GlassHint.GLASS and is_clear
    is_likely = hint is GlassHint.MAYBE and looks_like_glass(evidence)
    return np.zeros(3, np.float32) if is_named or is_likely else None


def looks_like_glass(evidence: GlassEvidence) -> bool:
    """Whether a product is glass rather than not, which only its name decides."""
    is_light = evidence.backdrop >= LIGHT_BACKDROP
    return is_light and LINED.admit(evidence) and evidence.clear_share >= LINED_CLEAR_SHARE


def find_body_color(evidence: GlassEvidence, hint: GlassHint) -> np.ndarray | None:
    """Returns how the glass below an opaque part changes the backdrop's color: float32 (3,).

    None if it is not of glass; otherwise as find_glass_color. evidence: of that body alone.
    """
    limits = BODY if hint is GlassHint.NONE else NAMED_BODY
    return evidence.typical if limits.admit(evidence) else None


def _erode_all_around(mask: np.ndarray, radius: int) -> np.ndarray:
    """Erodes a bool mask (h, w) by `radius` pixels, from the image's edges too."""
    return erode_mask(np.pad(mask, 1), radius)[1:-1, 1:-1]
