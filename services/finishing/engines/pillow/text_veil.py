"""Makes text readable on any picture: a veil in the scene's colors, which fades from the edge."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from services.finishing.engines.pillow.text_contrast import (
    BLACK,
    MIN_CONTRAST,
    WHITE,
    choose_contrasting,
    list_inks,
    measure_contrasts,
)
from services.imaging.blur import blur_weighted
from services.imaging.box import Box, clip_box, crop_to_box, join_boxes
from services.imaging.color import lab_from_srgb
from services.imaging.mask import OPAQUE_ALPHA
from services.imaging.resizing import shrink_to_fit
from services.imaging.scene import RGB
from services.runtime.text_metrics import SIDE_TEXT_ASPECT

# Opacities of the veil, tried until the text can be read. More steps: a fainter veil may do. The
# last ones are needed for colors between dark and light.
VEIL_OPACITIES = (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
# Steps from the scene's colors toward black or white, tried until the veil alone has VEIL_CONTRAST.
# More steps: colors nearer to the scene's.
VEIL_SHIFTS = tuple(step / 20 for step in range(21))
# Contrast of the text to the veil alone. Larger: a fainter veil, further from the scene's colors.
VEIL_CONTRAST = 8.0
# Change of the picture by which a veil that lightens counts as more: it looks like haze, a dark one
# like shade. Larger: white text on more pictures.
HAZE_COST = 0.04
# L* of white.
MAX_LIGHTNESS = 100
# Largest detail behind the text, 0 to 1, that a veil leaves. Smaller: more veils.
CALM_DETAIL = 0.3
# Sigma of the blur that takes the scene's colors, as a share of the shorter side, and the longer
# side in pixels at which it is done. Larger: an evener veil; slower.
TONE_SIGMA, TONE_SIDE = 0.12, 160
# Space around the text in font sizes that has the whole veil, and the share of the picture's width
# or height over which it fades. Larger: softer, and more of the picture covered.
VEIL_PADDING, FADE_SHARE = 0.35, 0.28


@dataclass(frozen=True)
class TextGround:
    """What text is drawn on.

    pixels: uint8 RGB (H, W, 3), the picture with its veil.
    ink: the color of the text.
    opacity: of the veil, 0 to 1; 0 for none.
    """

    pixels: np.ndarray
    ink: RGB
    opacity: float = 0.0


@dataclass(frozen=True)
class VeiledText:
    """What a veil is to make readable.

    lines: the boxes of the lines of text, each of which is to be readable.
    size: the font size in pixels.
    anchor: the side or corner where the text is, such as "top_left".
    detail: how much of the ground has outlines and texture, 0 to 1.
    color: that of the text; None to choose one.
    """

    lines: Sequence[Box]
    size: int
    anchor: str
    detail: float = 0.0
    color: RGB | None = None


def ensure_contrast(
    picture: np.ndarray, mask: np.ndarray, text: VeiledText, without_veil: bool = False
) -> TextGround:
    """Makes text readable: chooses its color, and veils the scene behind it, changing it least.

    The veil has the scene's own colors, blurred and darker or lighter. It covers the picture from
    the edge at which the text is to beyond the text, and fades from there. It lies behind the
    product.

    picture: uint8 RGB (H, W, 3). mask: uint8 alpha (H, W) of the product.
    without_veil: whether the picture stays as it is, and only the color is chosen.
    """
    grounds = [crop_to_box(picture, clip_box(line, *mask.shape)) for line in text.lines]
    inks = list_inks(text.color)
    plain = {ink: _measure_worst(grounds, ink) for ink in inks}
    best = max(inks, key=plain.__getitem__)
    if without_veil or (plain[best] >= MIN_CONTRAST and text.detail <= CALM_DETAIL):
        return TextGround(picture, best)
    small, tones = shrink_to_fit(picture, TONE_SIDE), _blur_scene(picture, mask)
    fade = np.broadcast_to(_draw_fade(text, *mask.shape), mask.shape)
    small_fade = cv2.resize(fade, (small.shape[1], small.shape[0]), interpolation=cv2.INTER_AREA)
    choices = []
    for ink in inks:
        veil = _shift_tones(tones, text.lines, ink, mask.shape)
        opacity = _find_opacity(grounds, veil, text, ink, mask.shape)
        haze = HAZE_COST if opacity and choose_contrasting(ink, BLACK, WHITE) == WHITE else 0.0
        change = opacity * _measure_change(small, veil, small_fade)
        choices.append((change + haze, -plain[ink], opacity, ink, veil))
    _, _, opacity, ink, veil = min(choices, key=lambda choice: choice[:2])
    return TextGround(_draw_veil(picture, mask, veil, opacity, text), ink, opacity)


def _measure_worst(grounds: Sequence[np.ndarray], ink: RGB) -> float:
    """Returns the least contrast, 1 to 21, of text to the grounds of its lines, uint8 (h, w, 3)."""
    color = np.array([ink], np.uint8)
    return min(float(measure_contrasts(color, ground)[0]) for ground in grounds)


def _measure_change(small: np.ndarray, veil: np.ndarray, fade: np.ndarray) -> float:
    """Returns how much a whole veil changes the lightness of the part that it covers, 0 to 1.

    small, veil: uint8 RGB (h, w, 3), the picture without it, and its colors.
    fade: float32 (h, w), how much of the veil each pixel has, 0 to 1.
    """
    before, after = (lab_from_srgb(each)[..., 0] for each in (small, veil))
    return float((np.abs(after - before) * fade).sum() / fade.sum()) / MAX_LIGHTNESS


def _blur_scene(picture: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """Returns the colors of the scene without its product, blurred: uint8 RGB, a small picture.

    picture: uint8 RGB (H, W, 3). mask: uint8 alpha (H, W) of the product.
    """
    small = shrink_to_fit(picture, TONE_SIDE).astype(np.float32)
    height, width = small.shape[:2]
    alpha = cv2.resize(mask, (width, height), interpolation=cv2.INTER_AREA)
    weight = 1 - alpha.astype(np.float32) / OPAQUE_ALPHA
    blurred = blur_weighted(small, weight, TONE_SIGMA * min(height, width))
    return np.clip(np.rint(blurred), 0, 255).astype(np.uint8)


def _shift_tones(
    tones: np.ndarray, lines: Sequence[Box], ink: RGB, shape: tuple[int, ...]
) -> np.ndarray:
    """Returns the scene's tones, darker or lighter until text has VEIL_CONTRAST to them: uint8.

    tones: uint8 RGB (h, w, 3), a small picture. lines: boxes in the picture of `shape`, (H, W).
    """
    end = np.array(choose_contrasting(ink, BLACK, WHITE), np.float32)
    shifted = tones
    for share in VEIL_SHIFTS:
        shifted = np.rint(tones * (1 - share) + end * share).astype(np.uint8)
        if _measure_worst([_enlarge(shifted, line, shape) for line in lines], ink) >= VEIL_CONTRAST:
            break
    return shifted


def _enlarge(tones: np.ndarray, box: Box, shape: tuple[int, ...]) -> np.ndarray:
    """Returns the part of a small picture that a box of the large one, of `shape`, covers."""
    (height, width), (x, y, across, down) = shape[:2], clip_box(box, *shape)
    rows, columns = tones.shape[:2]
    top, left = y * rows // height, x * columns // width
    bottom, right = -(-(y + down) * rows // height), -(-(x + across) * columns // width)
    part = tones[top : max(top + 1, bottom), left : max(left + 1, right)]
    return cv2.resize(part, (across, down), interpolation=cv2.INTER_LINEAR)


def _find_opacity(
    grounds: Sequence[np.ndarray],
    veil: np.ndarray,
    text: VeiledText,
    ink: RGB,
    shape: tuple[int, ...],
) -> float:
    """Returns the least of VEIL_OPACITIES at which text can be read, 0 to 1; the last if none is.

    grounds: uint8 RGB, behind each line. veil: uint8 RGB, a small picture of the whole.
    """
    parts = [_enlarge(veil, line, shape) for line in text.lines]
    for opacity in VEIL_OPACITIES:
        veiled = [
            cv2.addWeighted(ground, 1 - opacity, part, opacity, 0)
            for ground, part in zip(grounds, parts, strict=True)
        ]
        is_calm = text.detail * (1 - opacity) <= CALM_DETAIL
        if is_calm and _measure_worst(veiled, ink) >= MIN_CONTRAST:
            return opacity
    return VEIL_OPACITIES[-1]


def _draw_veil(
    picture: np.ndarray, mask: np.ndarray, veil: np.ndarray, opacity: float, text: VeiledText
) -> np.ndarray:
    """Returns a picture, uint8 RGB (H, W, 3), whose scene is covered by a veil behind the text.

    mask: uint8 alpha (H, W) of the product. veil: uint8 RGB, a small picture of the whole.
    """
    height, width = mask.shape
    colors = cv2.resize(veil, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.float32)
    behind = 1 - mask.astype(np.float32) / OPAQUE_ALPHA
    cover = (opacity * behind * _draw_fade(text, height, width))[..., None]
    return np.rint(picture * (1 - cover) + colors * cover).astype(np.uint8)


def _draw_fade(text: VeiledText, height: int, width: int) -> np.ndarray:
    """Returns how much of the veil each pixel has, float32 (H, W) or what broadcasts to it, 0 to 1.

    It is whole from the edge to beyond the text, and fades with a smooth step.
    """
    box = text.lines[0]
    for line in text.lines[1:]:
        box = join_boxes(box, line)
    words, padding = text.anchor.split("_"), VEIL_PADDING * text.size
    side = words[-1] if width >= SIDE_TEXT_ASPECT * height else words[0]
    x, y, across, down = box
    length, reach = {
        "top": (height, y + down),
        "bottom": (height, height - y),
        "left": (width, x + across),
        "right": (width, width - x),
    }[side]
    distances = np.arange(length, dtype=np.float32) + 0.5
    steps = np.clip((distances - reach - padding) / (FADE_SHARE * length), 0, 1)
    fade = 1 - steps**2 * (3 - 2 * steps)
    fade = fade[::-1] if side in ("bottom", "right") else fade
    return fade[:, None] if side in ("top", "bottom") else fade[None]
