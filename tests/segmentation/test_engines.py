"""Every engine that set-up makes ready, held to the same rules on drawn and on real photos."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest

from services.imaging.box import find_bounding_box
from services.imaging.color import lab_from_srgb
from services.imaging.mask import find_solid_pixels
from services.runtime.errors import EngineNotReady, ProductNotFound
from services.segmentation.engine import SegmentationEngine, SegmentationPrompt
from services.segmentation.engines import SegmentationSettings, open_engine
from services.segmentation.engines.classic import ClassicSegmentation
from tests.support.drawings import (
    BLUE,
    DARK,
    GREEN,
    SIZE,
    cutout_iou,
    draw_box,
    draw_clutter,
    draw_disc,
    draw_shadowed_backdrop,
    paint_product,
    paste_on_canvas,
)
from tests.support.pictures import BACKDROP, assert_image_equal
from tools import ROOT

MIDDLE = draw_disc(120, 100, 50)
SHAPES = {
    "in the middle": MIDDLE,
    "off-center": draw_disc(45, 150, 28),
    "filling the photo": draw_box(14, 14, 226, 186),
    "a thin rod": draw_box(117, 20, 122, 180),
    "a pair": np.maximum(draw_disc(60, 100, 35), draw_disc(180, 100, 35)),
    "a mug": np.maximum(draw_disc(165, 100, 30, 20), draw_box(70, 50, 150, 155)),
}
CUT_OFF = [(90, 60, 150, 200), (0, 60, 100, 150), (180, 0, 240, 60), (150, 0, 240, 80)]
NO_PRODUCT = {
    "black": np.zeros((*SIZE, 3), np.uint8),
    "white": np.full((*SIZE, 3), 255, np.uint8),
    "grain": paint_product(0 * MIDDLE),
    "noise": np.random.default_rng(0).integers(0, 256, (*SIZE, 3), dtype=np.uint8),
    "a gradient": np.tile(np.linspace(90, 250, 240).astype(np.uint8)[:, None], (200, 1, 3)),
}
PHOTOS = {"plain": paint_product(MIDDLE), "cluttered": paint_product(MIDDLE, BLUE, draw_clutter())}


def open_if_fetched(name: str) -> SegmentationEngine:
    """Opens an engine; skips the test if the file of its network could not be fetched."""
    settings = SegmentationSettings(models=ROOT / "models")
    if name == "onnx" and not (settings.models / "u2netp.onnx").is_file():
        pytest.skip("set-up could not fetch models/u2netp.onnx")
    return open_engine(name, settings)


@pytest.fixture(scope="module", params=["classic", "onnx"])
def engine(request):
    return open_if_fetched(request.param)


@pytest.fixture(scope="module")
def classic():
    """The engine for photos that only colors explain, as no camera takes them."""
    return open_if_fetched("classic")


@pytest.mark.parametrize("name", ["classic", "onnx", "noop"])
@pytest.mark.parametrize("photo", PHOTOS.values(), ids=PHOTOS)
def test_a_cutout_is_rgba_that_fits_its_bounds_in_the_photo(name, photo):
    result = open_if_fetched(name).segment(photo, SegmentationPrompt())
    x, y, width, height = result.bounds
    assert result.cutout.dtype == np.uint8 and result.cutout.shape == (height, width, 4)
    assert 0 <= x < x + width <= 240 and 0 <= y < y + height <= 200
    alpha = result.cutout[..., 3]
    assert all(edge.any() for edge in (alpha[0], alpha[-1], alpha[:, 0], alpha[:, -1]))
    opaque = alpha == 255
    assert opaque.any() and 0 <= result.confidence <= 1
    assert_image_equal(result.cutout[opaque][:, :3], photo[y : y + height, x : x + width][opaque])


@pytest.mark.parametrize("truth", SHAPES.values(), ids=SHAPES)
def test_a_product_on_a_plain_background_is_segmented_with_confidence(engine, truth):
    result = engine.segment(paint_product(truth), SegmentationPrompt())
    assert cutout_iou(result, paint_product(truth), truth) >= 0.95
    assert result.confidence >= 0.9 and result.warnings == ()


def test_a_box_selects_one_of_two_products(engine):
    left, right = draw_disc(70, 100, 30), draw_disc(170, 100, 30)
    photo = paint_product(np.maximum(left, right))
    result = engine.segment(photo, SegmentationPrompt(box=(135, 65, 70, 70)))
    assert cutout_iou(result, photo, right) >= 0.95
    assert result.bounds[0] > 120


def test_a_rough_mask_gets_the_products_edge(engine):
    rough = draw_disc(120, 100, 48) > 0.5
    result = engine.segment(PHOTOS["cluttered"], SegmentationPrompt(mask=rough[::2, ::2]))
    assert cutout_iou(result, PHOTOS["cluttered"], MIDDLE) >= 0.95
    assert cutout_iou(result, PHOTOS["cluttered"], rough.astype(np.float32)) < 0.95


@pytest.mark.parametrize("hole", [30, 40, 55])
def test_a_ring_keeps_its_hole(classic, hole):
    ring = draw_disc(120, 100, 70, hole)
    result = classic.segment(paint_product(ring), SegmentationPrompt())
    assert cutout_iou(result, paint_product(ring), ring) >= 0.95
    assert not paste_on_canvas(result, paint_product(ring))[80:120, 100:140, 3].any()


@pytest.mark.parametrize("box", CUT_OFF)
def test_a_product_cut_off_by_the_photo_is_segmented_up_to_its_edge(engine, box):
    truth = draw_box(*box)
    result = engine.segment(paint_product(truth), SegmentationPrompt())
    alpha = paste_on_canvas(result, paint_product(truth))[..., 3]
    # A network does not see single pixels.
    error = 0 if engine.name == "classic" else 2
    expected = (*box[:2], box[2] - box[0], box[3] - box[1])
    assert find_bounding_box(find_solid_pixels(alpha)) == pytest.approx(expected, abs=error)
    assert cutout_iou(result, paint_product(truth), truth) >= 0.97


@pytest.mark.parametrize("share", [0.1, 0.95, 1])
@pytest.mark.parametrize("seed", [0, 2])
def test_a_product_before_clutter_is_segmented_with_any_box_share(classic, seed, share):
    photo = paint_product(MIDDLE, BLUE, draw_clutter(seed=seed))
    assert (
        cutout_iou(classic.segment(photo, SegmentationPrompt(box_share=share)), photo, MIDDLE)
        >= 0.95
    )


def test_a_soft_shadow_is_not_part_of_the_product(engine):
    photo = paint_product(MIDDLE, GREEN, draw_shadowed_backdrop(130, 150, 60, 10))
    assert cutout_iou(engine.segment(photo, SegmentationPrompt()), photo, MIDDLE) >= 0.97


def is_right_or_has_warning(engine, photo: np.ndarray) -> bool:
    try:
        result = engine.segment(photo, SegmentationPrompt())
    except ProductNotFound:
        return True
    has_warning = [warning.reason for warning in result.warnings] == ["LOW_CONFIDENCE"]
    return has_warning or cutout_iou(result, photo, MIDDLE) >= 0.95


@pytest.mark.parametrize("lighter", [0, 3, 6, 10, 16, 23])
def test_white_on_white_is_never_wrong_without_a_warning(classic, lighter):
    assert is_right_or_has_warning(classic, paint_product(MIDDLE, np.add(BACKDROP, lighter)))


@pytest.mark.parametrize("seed", [0, 1, 3])
def test_clutter_without_a_product_is_never_cut_out_without_a_warning(classic, seed):
    assert is_right_or_has_warning(
        classic, paint_product(0 * MIDDLE, backdrop=draw_clutter(seed=seed))
    )


def test_white_on_white_with_a_visible_outline_is_segmented(classic):
    photo = paint_product(MIDDLE, np.add(BACKDROP, 12))
    assert cutout_iou(classic.segment(photo, SegmentationPrompt()), photo, MIDDLE) >= 0.95


@pytest.mark.parametrize("lighter", [-12, -8, 8, 10])
def test_a_white_body_is_segmented_though_its_colored_cap_stands_out_more(classic, lighter):
    body = paint_product(draw_box(80, 30, 160, 170), np.add(BACKDROP, lighter), noise=1)
    photo = paint_product(draw_box(80, 30, 160, 60), GREEN, body, noise=0)
    result = classic.segment(photo, SegmentationPrompt())
    assert cutout_iou(result, photo, draw_box(80, 30, 160, 170)) >= 0.95
    assert [warning.reason for warning in result.warnings] == ["LOW_CONFIDENCE"]


@pytest.mark.parametrize("photo", NO_PRODUCT.values(), ids=NO_PRODUCT)
def test_a_photo_without_a_product_is_rejected_with_advice(engine, photo):
    with pytest.raises(ProductNotFound, match="send"):
        engine.segment(photo, SegmentationPrompt())


@pytest.mark.parametrize(
    ("size", "least"),
    [((16, 3000), 0.95), ((3000, 16), 0.95), ((32, 32), 0.7), ((16, 16), 0.55)],
)
def test_a_product_in_a_long_or_tiny_photo_is_segmented(classic, size, least):
    height, width = size
    truth = draw_box(0.3 * width, 0.3 * height, 0.7 * width, 0.7 * height, size)
    assert (
        cutout_iou(
            classic.segment(paint_product(truth), SegmentationPrompt()), paint_product(truth), truth
        )
        >= least
    )


def test_max_side_shrinks_the_cutout_and_bounds_stay_in_pixels_of_the_photo(engine):
    truth = draw_disc(350, 300, 200, size=(600, 700))
    result = engine.segment(paint_product(truth), SegmentationPrompt(max_side=100))
    assert max(result.cutout.shape[:2]) == 100
    assert result.bounds == pytest.approx((150, 100, 400, 400), abs=10)
    assert cutout_iou(result, paint_product(truth), truth) >= 0.97


@pytest.mark.parametrize(
    ("box", "size", "limit"),
    [
        ((298, 100, 302, 500), (600, 600), 64),
        ((600, 0, 960, 320), (800, 960), 4096),
        ((480, 0, 960, 320), (800, 960), 4096),
    ],
    ids=["thin and shrunk", "in a corner", "half the width"],
)
def test_a_cutout_is_never_empty_or_nearly_transparent(classic, box, size, limit):
    truth = draw_box(*box, size)
    result = classic.segment(paint_product(truth), SegmentationPrompt(max_side=limit))
    assert result.cutout[..., 3].max() >= 200
    assert cutout_iou(result, paint_product(truth), truth) >= 0.9


@pytest.mark.parametrize("color", [GREEN, BLUE, DARK])
def test_the_photo_background_does_not_show_through_the_rim(classic, color):
    # A lens blurs every edge a little.
    truth = cv2.GaussianBlur(draw_disc(200, 200, 100, size=(400, 400)), (0, 0), 1)
    photo = paint_product(truth, color)
    canvas = paste_on_canvas(classic.segment(photo, SegmentationPrompt()), photo)
    half = (canvas[..., 3] > 64) & (canvas[..., 3] < 192)
    error, before = (np.abs(p[half][:, :3] - np.float32(color)).mean() for p in (canvas, photo))
    assert half.sum() > 200 and error < 0.3 * before


@pytest.mark.parametrize("under", [255, 0], ids=["on white", "on black"])
@pytest.mark.parametrize("blur", [0.5, 1.0, 1.5])
def test_a_red_product_shot_on_green_has_no_green_rim(classic, blur, under):
    truth = cv2.GaussianBlur(draw_disc(350, 350, 210, size=(700, 700)), (0, 0), blur)
    photo = paint_product(truth, (205, 35, 40), (20, 190, 60))
    canvas = paste_on_canvas(classic.segment(photo, SegmentationPrompt()), photo).astype(np.float32)
    placed, expected = (
        color * alpha[..., None] + under * (1 - alpha[..., None])
        for color, alpha in (
            (canvas[..., :3], canvas[..., 3] / 255),
            (np.float32((205, 35, 40)), truth),
        )
    )
    solid = (truth > 0.5).astype(np.uint8)
    rim = cv2.dilate(solid, np.ones((7, 7))) > cv2.erode(solid, np.ones((7, 7)))
    delta_e = np.linalg.norm(lab_from_srgb(placed) - lab_from_srgb(expected), axis=2)
    assert delta_e[rim].mean() < 4


def test_a_fine_edge_is_more_accurate_before_an_uneven_background(classic):
    ramp = np.linspace(60, 200, 700)[None, :, None] + np.zeros((700, 1, 3))
    truth = cv2.GaussianBlur(draw_disc(350, 350, 210, size=(700, 700)), (0, 0), 2)
    photo = paint_product(truth, (205, 35, 40), ramp)
    error = [
        np.abs(paste_on_canvas(classic.segment(photo, prompt), photo)[..., 3] / 255 - truth).mean()
        for prompt in (SegmentationPrompt(edge="fine"), SegmentationPrompt())
    ]
    assert error[0] < 0.9 * error[1] and error[0] < 0.003


def segment_to_bytes(engine, photo: np.ndarray) -> tuple[object, ...]:
    result = engine.segment(photo, SegmentationPrompt())
    return result.bounds, result.confidence, result.cutout.tobytes()


def test_equal_photos_return_equal_bytes_in_concurrent_calls(engine):
    alone = {name: segment_to_bytes(engine, photo) for name, photo in PHOTOS.items()}
    with ThreadPoolExecutor(4) as pool:
        names = 2 * list(PHOTOS)
        concurrent = list(pool.map(lambda name: segment_to_bytes(engine, PHOTOS[name]), names))
    assert all(alone[name] == each for name, each in zip(names, concurrent, strict=True))


@pytest.mark.parametrize("photo", PHOTOS.values(), ids=PHOTOS)
def test_equal_photos_return_equal_bytes_with_any_opencv_seed_and_threads(engine, photo):
    expected, threads = segment_to_bytes(engine, photo), cv2.getNumThreads()
    cv2.setRNGSeed(7)
    cv2.setNumThreads(1)
    try:
        assert segment_to_bytes(engine, photo) == expected
    finally:
        cv2.setNumThreads(threads)


@pytest.mark.parametrize("photo", PHOTOS.values(), ids=PHOTOS)
def test_the_number_of_threads_does_not_change_a_byte(photo):
    assert segment_to_bytes(ClassicSegmentation(threads=1), photo) == segment_to_bytes(
        ClassicSegmentation(threads=3), photo
    )


def test_the_photo_is_not_modified(engine):
    photo = PHOTOS["plain"].copy()
    photo.flags.writeable = False
    assert segment_to_bytes(engine, photo) == segment_to_bytes(engine, PHOTOS["plain"])
    assert_image_equal(PHOTOS["plain"], paint_product(MIDDLE))


def test_an_unknown_engine_names_the_choices():
    with pytest.raises(EngineNotReady, match="classic"):
        open_engine("magic", SegmentationSettings())


@pytest.fixture
def products():
    """A folder of photos with their true alpha, and its products by the manifest."""
    folder = os.environ.get("CYCLORAMA_EVAL")
    if not folder:
        pytest.skip("CYCLORAMA_EVAL does not name a folder of photos with their truth")
    entries = json.loads(Path(folder, "manifest.json").read_text())
    return Path(folder), [entry for entry in entries if entry["kind"] == "product"]


@pytest.mark.slow
def test_real_products_are_segmented_accurately(engine, products):
    folder, entries = products

    def score(entry: dict) -> float:
        photo = cv2.cvtColor(cv2.imread(folder / entry["photo"]), cv2.COLOR_BGR2RGB)
        truth = cv2.imread(folder / entry["gt"], cv2.IMREAD_GRAYSCALE) / 255
        return cutout_iou(engine.segment(photo, SegmentationPrompt()), photo, truth)

    with ThreadPoolExecutor(2) as pool:
        scores = dict(zip((e["name"] for e in entries), pool.map(score, entries), strict=True))
    assert np.mean(list(scores.values())) >= 0.93, scores
    assert min(scores.values()) >= 0.5, scores
