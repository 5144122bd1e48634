"""Finds the product among the masks that the model offers, and asks once more to better it."""

from dataclasses import replace

import cv2
import numpy as np

from services.imaging.box import Box, find_bounding_box
from services.segmentation.coarse import Coarse
from services.segmentation.consensus import overlap
from services.segmentation.engine import Prompt
from services.segmentation.engines.sam.candidates import Candidate, View, judge, judge_all
from services.segmentation.engines.sam.model import GRID, Embedding, Model, Question

# A rough mask in logits: surely product, surely not.
GIVEN = 8.0
# How much larger than a mask the box is that asks for it again, as a share of its longer side.
MARGIN = 0.04
# A second answer that differs more is another object.
LEAST_SAME = 0.7
MOST_OUTSIDE = 4


def choose(
    model: Model, photo: np.ndarray, embedding: Embedding, prompt: Prompt, known: Coarse | None
) -> list[Candidate]:
    """Returns what the model offers for uint8 RGB (H, W, 3) and its embedding, best first.

    known: the product as far as it is known without the model.

    The best mask is asked for once more, by a closer prompt; that answer is first where it is the
    same object and scores no lower, else last.
    """
    question = first_question(embedding, prompt)
    view = view_of(photo, embedding, question, known)
    found = judge_all(view, *model.ask(embedding, question))
    best = found[0]
    if not best.score:
        return found
    (logits,), (predicted,) = model.ask(embedding, closer_question(embedding, best, question))
    refined = judge(view, logits, predicted, refined=True)
    better = refined.score >= best.score and overlap(refined.mask, best.mask) >= LEAST_SAME
    found.insert(0 if better else len(found), refined)
    return found


def first_question(embedding: Embedding, prompt: Prompt) -> Question:
    """What the caller prompts with, by default one centered box that covers `box_share`."""
    height, width = embedding.photo
    if prompt.mask is not None:
        in_photo = np.array([width / prompt.mask.shape[1], height / prompt.mask.shape[0]] * 2)
        box = corners_of(find_bounding_box(prompt.mask)) * in_photo
        return Question(box, prompt.points, _given(prompt.mask, embedding), several=False)
    if prompt.box is not None:
        return Question(corners_of(prompt.box), prompt.points)
    if prompt.points:
        return Question(points=prompt.points)
    return Question(centered_box(height, width, prompt.box_share))


def closer_question(embedding: Embedding, best: Candidate, question: Question) -> Question:
    """Asks for a mask again: its logits, its box, its inmost place, and places far outside."""
    height, width = embedding.photo
    rows, columns = best.mask.shape
    scale = np.array([width / columns, height / rows])
    bounds = find_bounding_box(best.mask)
    margin = MARGIN * max(bounds[2:])
    box = corners_of(bounds) + np.array([-margin, -margin, margin, margin])
    inside = (*((_inmost(best.mask) + 0.5) * scale), True)
    outside = [(*((place + 0.5) * scale), False) for place in _far_outside(best.mask, box)]
    limits = np.array([width, height] * 2)
    return Question(
        np.clip(box * np.tile(scale, 2), 0, limits),
        (*question.points, inside, *outside),
        best.logits,
        several=False,
    )


def view_of(
    photo: np.ndarray, embedding: Embedding, question: Question, known: Coarse | None
) -> View:
    """What the masks are judged against, at the size of the model's logits."""
    rows, columns = embedding.grid
    small = cv2.resize(photo, (columns, rows), interpolation=cv2.INTER_AREA)
    left, top, right, bottom = _asked_for(embedding, question) * columns / embedding.photo[1]
    center, reach = ((left + right) / 2, (top + bottom) / 2), np.hypot(right - left, bottom - top)
    view = View(small, center, max(1.0, float(reach) / 2))
    if known is None:
        return view
    mask = _stretched(known.mask, rows, columns)
    return replace(view, known=mask, certainty=known.confidence)


def corners_of(box: Box) -> np.ndarray:
    """A box as the model takes it: int (4,), left, top, right, bottom."""
    x, y, width, height = box
    return np.array([x, y, x + width, y + height])


def centered_box(height: int, width: int, share: float) -> np.ndarray:
    """The box that covers `share` of each side: float (4,), left, top, right, bottom in pixels."""
    across, down = width * (1 - share) / 2, height * (1 - share) / 2
    return np.array([across, down, width - across, height - down])


def _asked_for(embedding: Embedding, question: Question) -> np.ndarray:
    """The box that a question is about; of points, that of the photo around their middle."""
    if question.box is not None:
        return np.asarray(question.box, float)
    height, width = embedding.photo
    inside = [point[:2] for point in question.points if point[2]] or [(width / 2, height / 2)]
    middle, half = np.mean(inside, axis=0), np.array([width, height]) / 2
    return np.concatenate([middle - half, middle + half])


def _given(mask: np.ndarray, embedding: Embedding) -> np.ndarray:
    logits = np.full((GRID, GRID), -GIVEN, np.float32)
    rows, columns = embedding.grid
    logits[:rows, :columns][_stretched(mask, rows, columns)] = GIVEN
    return logits


def _stretched(mask: np.ndarray, rows: int, columns: int) -> np.ndarray:
    return cv2.resize(mask.astype(np.float32), (columns, rows)) > 0.5


def _inmost(mask: np.ndarray) -> np.ndarray:
    """x, y of the place that is farthest from everything outside."""
    padded = np.pad(mask, 1).astype(np.uint8)
    distance = cv2.distanceTransform(padded, cv2.DIST_L2, cv2.DIST_MASK_5)
    y, x = np.unravel_index(distance.argmax(), distance.shape)
    return np.array([x - 1, y - 1])


def _far_outside(mask: np.ndarray, box: np.ndarray) -> list[np.ndarray]:
    """x, y of the corners of a box as far as they lie in the picture, clear of the mask."""
    rows, columns = mask.shape
    near = cv2.dilate(mask.astype(np.uint8), np.ones((3, 3), np.uint8))
    x, y = (
        np.clip(box[::2], 0, columns - 1).astype(int),
        np.clip(box[1::2], 0, rows - 1).astype(int),
    )
    corners = [np.array([a, b]) for a in x for b in y if not near[b, a]]
    return corners[:MOST_OUTSIDE]
