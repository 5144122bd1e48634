"""The proxy: closed, above the ground, and with the product's outline, whatever its shape."""

from dataclasses import replace

import cv2
import numpy as np
import pytest

from services.imaging.recipe import Crop
from services.studio.camera import Camera, create_camera
from services.studio.proxy import CREVICE, PlacedProduct, build_proxy

SIDE = 200


def draw_alpha(shape: str) -> np.ndarray:
    """Draws a product's alpha whose lowest row is at the ground line: uint8 (SIDE, SIDE)."""
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    match shape:
        case "bottle":
            cv2.rectangle(alpha, (75, 60), (125, 150), 255, -1)
            cv2.ellipse(alpha, (100, 150), (25, 9), 0, 0, 360, 255, -1)
        case "mug":
            cv2.rectangle(alpha, (80, 80), (130, 159), 255, -1)
            cv2.ellipse(alpha, (80, 120), (25, 22), 0, 0, 360, 255, 7)
        case "feet":
            cv2.rectangle(alpha, (60, 60), (140, 100), 255, -1)
            cv2.rectangle(alpha, (60, 100), (68, 159), 255, -1)
            cv2.rectangle(alpha, (132, 100), (140, 150), 255, -1)
    return alpha


def create_test_camera(pitch: float = 20.0) -> Camera:
    """Creates a camera that sees the origin in the lowest row of the drawn products."""
    return create_camera(width=SIDE, height=SIDE, pitch=pitch, ground_line=0.8, view_angle=26)


def project_vertices(camera: Camera, vertices: np.ndarray) -> np.ndarray:
    """Returns columns and rows in pixels, float (n, 2)."""
    offset = np.asarray(vertices) - camera.position
    across, up = offset @ [1.0, 0, 0], offset @ camera.up
    slope = offset @ camera.forward * np.tan(np.radians(camera.view_angle) / 2)
    return np.stack([camera.product_x + across / slope / 2, 0.5 - up / slope / 2], axis=-1) * SIDE


def place(shape: str, stance: str = "standing") -> PlacedProduct:
    """Places a drawn gray product."""
    alpha = draw_alpha(shape)
    return PlacedProduct(np.full((SIDE, SIDE, 3), 120, np.uint8), alpha, stance=stance)


@pytest.mark.parametrize("shape", ["bottle", "mug", "feet"])
@pytest.mark.parametrize(("pitch", "stance"), [(8, "standing"), (40, "standing"), (90, "lying")])
@pytest.mark.parametrize("column", [0.5, 0.4])
def test_the_proxy_is_closed_and_shows_the_outline_of_the_product(shape, pitch, stance, column):
    camera = replace(create_test_camera(pitch), product_x=column)
    mesh = build_proxy(place(shape, stance), camera)
    edges = np.concatenate([mesh.faces[:, [a, b]] for a, b in ((0, 1), (1, 2), (2, 0))])
    directed, counts = np.unique(edges, axis=0, return_counts=True)
    assert {tuple(edge) for edge in directed} == {tuple(edge[::-1]) for edge in directed}
    # The vertices are a pixel or so apart.
    columns, rows = np.rint(project_vertices(camera, mesh.vertices) - 0.5).astype(int).T
    drawn = np.zeros((SIDE, SIDE), np.uint8)
    drawn[rows, columns] = 255
    drawn = cv2.morphologyEx(drawn, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    union, both = (drawn | place(shape).alpha) > 0, (drawn & place(shape).alpha) > 0
    assert both.sum() / union.sum() > 0.93
    assert counts.max() <= 2


@pytest.mark.parametrize("pitch", [5, 20, 45])
def test_the_proxy_stands_just_above_the_ground_in_front_of_the_origin(pitch):
    mesh = build_proxy(place("bottle"), create_test_camera(pitch))
    heights = mesh.vertices[:, 1]
    assert CREVICE - 1e-3 < heights.min() < CREVICE + 0.01
    lowest = mesh.vertices[heights < heights.min() + 1e-3]
    assert abs(lowest[:, 2].max()) < 0.05


def test_the_base_of_a_round_product_is_as_deep_as_it_is_wide():
    mesh = build_proxy(place("bottle"), create_test_camera(25))
    base = mesh.vertices[mesh.vertices[:, 1] < 0.1]
    width, depth = np.ptp(base[:, 0]), np.ptp(base[:, 2])
    assert width == pytest.approx(0.25, abs=0.03) and depth == pytest.approx(width, rel=0.25)


def test_a_camera_that_looks_down_does_not_make_a_round_product_higher():
    heights = []
    for pitch in (15, 45):
        camera, alpha = create_test_camera(pitch), np.zeros((SIDE, SIDE), np.uint8)
        low, high = project_vertices(camera, [(0, 0, -0.15), (0, 0.3, -0.15)])[:, 1]
        half = 30, max(1, round(30 * np.sin(np.radians(pitch))))
        for row in (low, high):
            cv2.ellipse(alpha, (100, round(row)), half, 0, 0, 360, 255, -1)
        cv2.rectangle(alpha, (70, round(high)), (130, round(low)), 255, -1)
        product = PlacedProduct(np.zeros((SIDE, SIDE, 3), np.uint8), alpha)
        heights.append(build_proxy(product, camera).vertices[:, 1].max())
    assert heights == pytest.approx([0.3, 0.3], abs=0.05)


def test_a_foot_that_is_seen_higher_stands_further_back():
    mesh = build_proxy(place("feet"), create_test_camera(30))
    feet = mesh.vertices[mesh.vertices[:, 1] < 0.02]
    left, right = feet[feet[:, 0] < 0], feet[feet[:, 0] > 0]
    assert right[:, 2].max() < left[:, 2].max() - 0.03


def test_a_wide_part_that_is_seen_much_higher_stands_on_the_ground():
    """As the rear shoe of a pair, which a photo shows from higher up than the scene is seen."""
    product = place("feet")
    product.alpha[:] = 0
    product.alpha[60:165, 40:110] = 255
    product.alpha[60:127, 140:180] = product.alpha[60:90, 100:150] = 255
    mesh = build_proxy(product, create_test_camera(12))
    right = mesh.vertices[mesh.vertices[:, 0] > 0.2]
    assert right[:, 1].min() < 0.02 and right[:, 2].max() < -0.15


def test_a_floating_product_is_above_the_ground_at_the_origins_depth():
    product = place("mug", "floating")
    raised = PlacedProduct(product.picture, np.roll(product.alpha, -40, axis=0), stance="floating")
    mesh = build_proxy(raised, create_test_camera())
    assert mesh.vertices[:, 1].min() > 0.1
    assert abs(mesh.vertices[:, 2].mean()) < 0.1


def test_a_lid_stays_at_its_height_above_clear_glass():
    jar = place("bottle")
    opaque = build_proxy(jar, create_test_camera())
    clear = jar.alpha.copy()
    clear[80:] = np.minimum(clear[80:], 31)
    lid = build_proxy(replace(jar, alpha=clear), create_test_camera())
    assert lid.vertices[:, 1].min() > 0.6 * opaque.vertices[:, 1].max()
    assert lid.vertices[:, 1].max() == pytest.approx(opaque.vertices[:, 1].max(), abs=0.02)


def test_a_crop_of_the_picture_gives_the_same_solid():
    camera, alpha = create_test_camera(), draw_alpha("bottle")
    picture = np.zeros((SIDE, SIDE, 3), np.uint8)
    whole = build_proxy(PlacedProduct(picture, alpha), camera)
    crop = Crop(left=0.25, top=0.2, width=0.5, height=0.7)
    part = slice(40, 180), slice(50, 150)
    cropped = build_proxy(PlacedProduct(picture[part], alpha[part], crop), camera)
    assert cropped.vertices == pytest.approx(whole.vertices, abs=1e-6)


@pytest.mark.parametrize("stance", ["standing", "lying", "floating"])
def test_a_product_of_a_few_pixels_has_a_proxy(stance):
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    alpha[150:152, 100:103] = 90
    product = PlacedProduct(np.zeros((SIDE, SIDE, 3), np.uint8), alpha, stance=stance)
    assert np.isfinite(build_proxy(product, create_test_camera()).vertices).all()


def test_the_upper_part_of_the_product_shows_the_upper_part_of_its_picture():
    mesh = build_proxy(place("bottle"), create_test_camera())
    shown = mesh.uv[:, 1]
    high, low = mesh.vertices[:, 1] > 0.4, mesh.vertices[:, 1] < 0.1
    assert shown[high].mean() < 0.3 and shown[low].mean() > 0.7


@pytest.mark.parametrize("width", [3, 4, 6])
def test_a_thin_arm_is_one_part_as_wide_as_it_is_seen(width):
    alpha = np.zeros((600, 600), np.uint8)
    cv2.ellipse(alpha, (120, 480), (90, 60), 0, 0, 360, 255, -1)
    cv2.line(alpha, (120, 480), (560, 60), 255, width, cv2.LINE_AA)
    camera = create_camera(width=600, height=600, pitch=90, ground_line=0.5, view_angle=26)
    product = PlacedProduct(np.full((600, 600, 3), 90, np.uint8), alpha, stance="lying")
    mesh = build_proxy(product, camera)
    places = (project_vertices(camera, mesh.vertices) * 600 / SIDE * 8).astype(np.int32)
    drawn = np.zeros((600, 600), np.uint8)
    for face in mesh.faces:
        cv2.fillConvexPoly(drawn, places[face], 255, shift=3)
    assert cv2.connectedComponents(drawn)[0] == 2
    across = np.count_nonzero(drawn[150:350], axis=1) / np.count_nonzero(alpha[150:350], axis=1)
    assert across.mean() == pytest.approx(1, abs=0.45)
