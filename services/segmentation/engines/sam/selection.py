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
    """Returns the masks that the model offers for a photo, scored as the product, best first.

    The best mask is predicted again with a closer prompt. The refined mask comes first if it shows
    the same object and scores no lower, otherwise last.

    model: Segment Anything. photo: uint8 RGB (H, W, 3). embedding: the photo as the model encoded
    it. prompt: where the product is, from the caller.
    known: what a coarse cut or the caller's mask says of the product, or None.
    """
    first_prompt = create_first_prompt(embedding, prompt)
    context = create_scoring_context(photo, embedding, first_prompt, known)
    logits, predicted_ious = model.predict_masks(embedding, first_prompt)
    ranked = score_masks(context, logits, predicted_ious)
    best = ranked[0]
    # A score of 0 means that the mask cannot be a product.
    if not best.score:
        return ranked
    refining_prompt = create_refining_prompt(embedding, best, first_prompt)
    # The refining prompt asks for a single mask.
    (refined_logits,), (predicted_iou,) = model.predict_masks(embedding, refining_prompt)
    refined = score_mask(context, refined_logits, predicted_iou, refined=True)
    is_same = compute_iou(refined.mask, best.mask) >= MIN_REFINED_IOU
    ranked.insert(0 if refined.score >= best.score and is_same else len(ranked), refined)
    return ranked


def create_first_prompt(embedding: ImageEmbedding, prompt: SegmentationPrompt) -> SamPrompt:
    """Converts the caller's prompt to one for the model, in pixels of the photo.

    A mask wins over a box, and a box over points; points accompany either. Without any of them the
    prompt is a centered box.

    embedding: of the photo.
    """
    height, width = embedding.photo_size
    if prompt.mask is not None:
        # From pixels of the mask to pixels of the photo, for left, top, right, bottom.
        scale = np.array([width / prompt.mask.shape[1], height / prompt.mask.shape[0]] * 2)
        box = corners_from_box(find_bounding_box(prompt.mask)) * scale
        logits = _logits_from_mask(prompt.mask, embedding)
        return SamPrompt(box=box, points=prompt.points, logits=logits, multimask=False)
    if prompt.box is not None:
        return SamPrompt(box=corners_from_box(prompt.box), points=prompt.points)
    if prompt.points:
        return SamPrompt(points=prompt.points)
    return SamPrompt(box=compute_centered_box(height, width, prompt.box_share))


def create_refining_prompt(
    embedding: ImageEmbedding, best: ScoredMask, first_prompt: SamPrompt
) -> SamPrompt:
    """Returns a prompt with which the model predicts a mask again, more closely.

    It has the mask's logits, its box with a margin, its innermost point, and points outside of the
    product in the corners of the box, all in pixels of the photo.

    embedding: of the photo. best: the mask. first_prompt: what it was predicted with; its points
    are kept.
    """
    height, width = embedding.photo_size
    rows, columns = best.mask.shape
    # From pixels of the mask to pixels of the photo, for x, y.
    scale = np.array([width / columns, height / rows])
    bounds = find_bounding_box(best.mask)
    margin = BOX_MARGIN * max(bounds[2:])
    box = corners_from_box(bounds) + np.array([-margin, -margin, margin, margin])
    # Half a pixel is added, since the points are pixels' centers.
    inside = _label_point((_find_innermost_point(best.mask) + 0.5) * scale, on_product=True)
    outside = [
        _label_point((point + 0.5) * scale, on_product=False)
        for point in _find_outside_corners(best.mask, box)
    ]
    limits = np.array([width, height] * 2)
    return SamPrompt(
        box=np.clip(box * np.tile(scale, 2), 0, limits),
        points=(*first_prompt.points, inside, *outside),
        logits=best.logits,
        multimask=False,
    )


def create_scoring_context(
    photo: np.ndarray, embedding: ImageEmbedding, prompt: SamPrompt, known: CoarseCut | None
) -> ScoringContext:
    """Returns what masks are scored against: the photo at their size, and the likely product.

    photo: uint8 RGB (H, W, 3). embedding: of the photo. prompt: that the masks are predicted with.
    known: what a coarse cut or the caller's mask says of the product, or None.
    """
    rows, columns = embedding.mask_size
    small = cv2.resize(photo, (columns, rows), interpolation=cv2.INTER_AREA)
    # In pixels of the mask.
    box = _find_prompted_box(embedding, prompt) * columns / embedding.photo_size[1]
    left, top, right, bottom = box
    center = (left + right) / 2, (top + bottom) / 2
    diagonal = np.hypot(right - left, bottom - top)
    context = ScoringContext(small, center, radius=max(1.0, float(diagonal) / 2))
    if known is None:
        return context
    mask = _resize_mask(known.mask, rows, columns)
    return replace(context, known_mask=mask, certainty=known.confidence)


def corners_from_box(box: Box) -> np.ndarray:
    """Converts a box, x, y, width, height, to left, top, right, bottom: int64 (4,), same unit."""
    x, y, width, height = box
    return np.array([x, y, x + width, y + height])


def compute_centered_box(height: int, width: int, share: float) -> np.ndarray:
    """Returns a centered box in a photo: left, top, right, bottom in its pixels, float64 (4,).

    height, width: of the photo in pixels. share: the box's share of each side, 0 to 1.
    """
    left, top = width * (1 - share) / 2, height * (1 - share) / 2
    return np.array([left, top, width - left, height - top])


def _find_prompted_box(embedding: ImageEmbedding, prompt: SamPrompt) -> np.ndarray:
    """Returns where a prompt puts the product: left, top, right, bottom, float64 (4,).

    This is the prompt's box. Without one it is a box of the photo's size around the mean of the
    points on the product, or around the photo's center if there is no such point. All are in pixels
    of the photo.

    embedding: of the photo.
    """
    if prompt.box is not None:
        return np.asarray(prompt.box, float)
    height, width = embedding.photo_size
    product_points = [(x, y) for x, y, on_product in prompt.points if on_product]
    center = np.mean(product_points or [(width / 2, height / 2)], axis=0)
    half_size = np.array([width, height]) / 2
    return np.concatenate([center - half_size, center + half_size])


def _logits_from_mask(mask: np.ndarray, embedding: ImageEmbedding) -> np.ndarray:
    """Converts a rough mask to logits, as the model takes a mask in a prompt: float32 (256, 256).

    They are positive on the product and negative outside, equally certain everywhere. The photo
    covers their upper left part.

    mask: bool (h, w) of any size, stretched over the photo. embedding: of the photo.
    """
    logits = np.full((LOGITS_SIDE, LOGITS_SIDE), -CERTAIN_LOGIT, np.float32)
    rows, columns = embedding.mask_size
    logits[:rows, :columns][_resize_mask(mask, rows, columns)] = CERTAIN_LOGIT
    return logits


def _resize_mask(mask: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """Resizes a bool mask to (rows, columns)."""
    return cv2.resize(mask.astype(np.float32), (columns, rows)) > 0.5


def _label_point(point: np.ndarray, on_product: bool) -> LabeledPoint:
    """Converts x, y to a point of a prompt: x, y and whether it is on the product.

    point: x, y in pixels of the photo. on_product: false for a point on the background.
    """
    x, y = point
    return float(x), float(y), on_product


def _find_innermost_point(mask: np.ndarray) -> np.ndarray:
    """Returns x, y of the pixel that is deepest inside a mask, bool (h, w): int (2,).

    The outside of the image counts as outside of the mask.
    """
    padded = np.pad(mask, 1).astype(np.uint8)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_5)
    y, x = np.unravel_index(distance.argmax(), distance.shape)
    return np.array([x - 1, y - 1])


def _find_outside_corners(mask: np.ndarray, box: np.ndarray) -> list[np.ndarray]:
    """Returns x, y of those corners of a box that neither lie on the mask nor touch it.

    mask: bool (h, w). box: left, top, right, bottom in its pixels; corners beyond the image move to
    its edge.
    """
    rows, columns = mask.shape
    near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    left, top, right, bottom = box
    corner_x = np.clip((left, right), 0, columns - 1).astype(int)
    corner_y = np.clip((top, bottom), 0, rows - 1).astype(int)
    corners = [np.array([x, y]) for x in corner_x for y in corner_y if not near[y, x]]
    return corners[:MAX_OUTSIDE_POINTS]
