import cv2
import numpy as np
import pytest

from services.imaging.soft_shadows import remove_soft_shadow
from tests.support.cutouts import draw_bottle, draw_shadow, put_behind


def draw_ground_shadow(cutout: np.ndarray) -> np.ndarray:
    """The opacity of a flat shadow under the product."""
    opacity = np.zeros(cutout.shape[:2], np.float32)
    cv2.ellipse(opacity, (200, 382), (62, 14), 0, 0, 360, 0.47, -1)
    return cv2.GaussianBlur(opacity, (0, 0), 5)


@pytest.mark.parametrize(
    ("right", "down", "sigma", "color"),
    [
        (8, 14, 8, (0, 0, 0)),
        (0, 16, 16, (10, 10, 12)),
        (50, 4, 5, (0, 0, 0)),
        (0, 0, 8, (120, 120, 120)),
        (12, 10, 7, (50, 30, 80)),
    ],
    ids=["drop", "wide", "beside", "gray halo", "violet"],
)
def test_a_soft_shadow_is_removed_and_the_product_stays(right, down, sigma, color):
    bottle = draw_bottle()
    found = remove_soft_shadow(put_behind(bottle, draw_shadow(bottle, right, down, sigma), color))
    assert_alpha_similar(found, bottle)


def test_a_shadow_on_the_ground_is_removed():
    bottle = draw_bottle()
    found = remove_soft_shadow(put_behind(bottle, draw_ground_shadow(bottle)))
    assert_alpha_similar(found, bottle)


def assert_alpha_similar(found: np.ndarray, expected: np.ndarray) -> None:
    """Fails if any pixel's alpha is far off, or the solid colors changed."""
    difference = np.abs(found[..., 3].astype(int) - expected[..., 3])
    assert difference.max() <= 60 and difference.mean() < 0.3
    solid = expected[..., 3] == 255
    assert (found[solid] == expected[solid]).all()


def draw_glass() -> np.ndarray:
    """A bottle of dark glass, with a solid cap and label."""
    bottle = draw_bottle()
    glass = bottle.copy()
    glass[..., :3] = (50, 40, 30)
    glass[..., 3] = bottle[..., 3] // 2
    for rows in (slice(0, 130), slice(240, 330)):
        glass[rows] = bottle[rows]
    return glass


def draw_hair() -> np.ndarray:
    """A bottle with black strands around it."""
    layer = np.zeros((960, 800), np.uint8)
    random = np.random.default_rng(0)
    for _ in range(500):
        start = random.uniform((250, 300), (550, 760))
        end = start + random.normal(0, 130, 2)
        cv2.line(layer, np.int32(start).tolist(), np.int32(end).tolist(), 230, 1, cv2.LINE_AA)
    strands = cv2.resize(layer, (400, 480), interpolation=cv2.INTER_AREA)
    return put_behind(draw_bottle(), strands.astype(np.float32) / 255, (20, 15, 12))


def draw_smoke(level: int) -> np.ndarray:
    """A bottle from which gray smoke rises."""
    noise = np.random.default_rng(1).random((9, 8)).astype(np.float32)
    density = np.clip(2 * cv2.resize(noise, (400, 480), interpolation=cv2.INTER_CUBIC) - 0.9, 0, 1)
    density[230:] = 0
    return put_behind(draw_bottle(), cv2.GaussianBlur(0.5 * density, (0, 0), 3), (level,) * 3)


def draw_blurred() -> np.ndarray:
    """A black bottle out of focus."""
    bottle = draw_bottle()
    bottle[..., :3] //= 12
    bottle[..., 3] = cv2.GaussianBlur(bottle[..., 3], (0, 0), 5)
    return bottle


@pytest.mark.parametrize(
    "cutout",
    [draw_bottle(), draw_glass(), draw_hair(), draw_smoke(230), draw_smoke(60), draw_blurred()],
    ids=["clean", "glass", "hair", "steam", "dark smoke", "blurred"],
)
def test_other_soft_areas_are_kept(cutout):
    assert remove_soft_shadow(cutout) is cutout


def test_a_cutout_without_a_solid_pixel_is_kept():
    faint = draw_bottle()
    faint[..., 3] //= 3
    assert remove_soft_shadow(faint) is faint
