"""Selects the product among the masks that a model offers, and refines it with a second prompt."""

from dataclasses import replace

import cv2
import numpy as np

from services.imaging.box import Box, find_bounding_box
from services.segmentation.coarse import CoarseCut
from services.segmentation.consensus import compute_iou
from services.segmentation.engine import LabeledPoint, SegmentationPrompt
from services.segmentation.engines.sam.candidates import (
    ScoredMask,
    ScoringContext,
    score_mask,
    score_masks,
)
from services.segmentation.engines.sam.model import (
    LOGITS_SIDE,
    ImageEmbedding,
    SamModel,
    SamPrompt,
)

# Logit of a rough mask inside, and its negative outside: a probability of 0.9997. Larger: the model
# keeps closer to the rough mask.
CERTAIN_LOGIT = 8.0
# Margin of the refining box around a mask, as a share of the mask's longer side. Larger: parts that
# were missed can be added, other objects as well.
BOX_MARGIN = 0.04
# The least overlap (IoU) of a refined mask with the original; less is another object.
MIN_REFINED_IOU = 0.7
# Most background points of the refining prompt: one per corner of its box.
MAX_OUTSIDE_POINTS = 4


def rank_masks(
    model: SamModel,
    photo: np.ndarray,
    embedding: ImageEmbedding,
    prompt: SegmentationPrompt,
    known: CoarseCut | None,
) -> list[ScoredMask]:
    """Returns the masks that the model offers for uint8 RGB (H, W, 3), scored, best first.

    embedding: of the photo. known: the product as known without the model, or None.

    The best mask is predicted again with a closer prompt. The refined mask comes first if it shows
    the same object and scores no lower, otherwise last.
    """
    first_prompt = create_first_prompt(embedding, prompt)
    context = create_scoring_context(photo, embedding, first_prompt, known)
    logits, predicted_ious = model.predict_masks(embedding, first_prompt)
    ranked = score_masks(context, logits, predicted_ious)
    best = ranked[0]
    if not best.score:
        return ranked
    refining_prompt = create_refining_prompt(embedding, best, first_prompt)
    (logits,), (predicted_iou,) = model.predict_masks(embedding, refining_prompt)
    refined = score_mask(context, logits, predicted_iou, refined=True)
    is_same = compute_iou(refined.mask, best.mask) >= MIN_REFINED_IOU
    ranked.insert(0 if refined.score >= best.score and is_same else len(ranked), refined)
    return ranked


def create_first_prompt(embedding: ImageEmbedding, prompt: SegmentationPrompt) -> SamPrompt:
    """Converts the caller's prompt for the model; the default is a centered box."""
    height, width = embedding.photo_size
    if prompt.mask is not None:
        scale = np.array([width / prompt.mask.shape[1], height / prompt.mask.shape[0]] * 2)
        box = corners_from_box(find_bounding_box(prompt.mask)) * scale
        logits = _logits_from_mask(prompt.mask, embedding)
        return SamPrompt(box, prompt.points, logits, multimask=False)
    if prompt.box is not None:
        return SamPrompt(corners_from_box(prompt.box), prompt.points)
    if prompt.points:
        return SamPrompt(points=prompt.points)
    return SamPrompt(compute_centered_box(height, width, prompt.box_share))


def create_refining_prompt(
    embedding: ImageEmbedding, best: ScoredMask, first_prompt: SamPrompt
) -> SamPrompt:
    """Returns a prompt that predicts a mask again, more closely.

    It has the mask's logits, its box, its innermost point, and background points in the corners of
    the box.
    """
    height, width = embedding.photo_size
    rows, columns = best.mask.shape
    scale = np.array([width / columns, height / rows])
    bounds = find_bounding_box(best.mask)
    margin = BOX_MARGIN * max(bounds[2:])
    box = corners_from_box(bounds) + np.array([-margin, -margin, margin, margin])
    inside = _label_point((_find_innermost_point(best.mask) + 0.5) * scale, on_product=True)
    outside = [
        _label_point((point + 0.5) * scale, on_product=False)
        for point in _find_outside_corners(best.mask, box)
    ]
    limits = np.array([width, height] * 2)
    return SamPrompt(
        np.clip(box * np.tile(scale, 2), 0, limits),
        (*first_prompt.points, inside, *outside),
        best.logits,
        multimask=False,
    )


def create_scoring_context(
    photo: np.ndarray, embedding: ImageEmbedding, prompt: SamPrompt, known: CoarseCut | None
) -> ScoringContext:
    """Returns what masks are scored against, at the size of the model's logits.

    photo: uint8 RGB (H, W, 3).
    """
    rows, columns = embedding.mask_size
    small = cv2.resize(photo, (columns, rows), interpolation=cv2.INTER_AREA)
    box = _find_prompted_box(embedding, prompt) * columns / embedding.photo_size[1]
    left, top, right, bottom = box
    center, diagonal = (
        ((left + right) / 2, (top + bottom) / 2),
        np.hypot(right - left, bottom - top),
    )
    context = ScoringContext(small, center, max(1.0, float(diagonal) / 2))
    if known is None:
        return context
    mask = _resize_mask(known.mask, rows, columns)
    return replace(context, known_mask=mask, certainty=known.confidence)


def corners_from_box(box: Box) -> np.ndarray:
    """Converts x, y, width, height to left, top, right, bottom: int64 (4,), in the same unit."""
    x, y, width, height = box
    return np.array([x, y, x + width, y + height])


def compute_centered_box(height: int, width: int, share: float) -> np.ndarray:
    """Returns the centered box that covers `share` of each side: float64 (4,).

    The values are left, top, right, bottom in pixels of a photo of (height, width).
    """
    across, down = width * (1 - share) / 2, height * (1 - share) / 2
    return np.array([across, down, width - across, height - down])


def _find_prompted_box(embedding: ImageEmbedding, prompt: SamPrompt) -> np.ndarray:
    """Returns the box of a prompt; for points, a box of the photo's size around their center."""
    if prompt.box is not None:
        return np.asarray(prompt.box, float)
    height, width = embedding.photo_size
    inside = [point[:2] for point in prompt.points if point[2]] or [(width / 2, height / 2)]
    center, half = np.mean(inside, axis=0), np.array([width, height]) / 2
    return np.concatenate([center - half, center + half])


def _logits_from_mask(mask: np.ndarray, embedding: ImageEmbedding) -> np.ndarray:
    """Converts a rough mask, stretched over the photo, to logits: float32 (256, 256)."""
    logits = np.full((LOGITS_SIDE, LOGITS_SIDE), -CERTAIN_LOGIT, np.float32)
    rows, columns = embedding.mask_size
    logits[:rows, :columns][_resize_mask(mask, rows, columns)] = CERTAIN_LOGIT
    return logits


def _resize_mask(mask: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Resizes a bool mask to (rows, columns)."""
    return cv2.resize(mask.astype(np.float32), (columns, rows)) > 0.5


def _label_point(point: np.ndarray, on_product: bool) -> LabeledPoint:
    """Converts x, y to a labeled point of a prompt."""
    x, y = point
    return float(x), float(y), on_product


def _find_innermost_point(mask: np.ndarray) -> np.ndarray:
    """Returns x, y of the pixel that is farthest from everything outside the mask."""
    padded = np.pad(mask, 1).astype(np.uint8)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_5)
    y, x = np.unravel_index(distance.argmax(), distance.shape)
    return np.array([x - 1, y - 1])


def _find_outside_corners(mask: np.ndarray, box: np.ndarray) -> list[np.ndarray]:
    """Returns x, y of the corners of a box, clipped to the image, that are clear of the mask."""
    rows, columns = mask.shape
    near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    x = np.clip(box[::2], 0, columns - 1).astype(int)
    y = np.clip(box[1::2], 0, rows - 1).astype(int)
    corners = [np.array([a, b]) for a in x for b in y if not near[b, a]]
    return corners[:MAX_OUTSIDE_POINTS]
