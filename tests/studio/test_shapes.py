"""Solids of a set: closed, the right size, and turned outwards."""

import numpy as np
import pytest

from services.studio import props, shapes

RNG = np.random.default_rng(3)
CLOSED = {
    "ball": props.pebble((0.3, 0.2, 0.25), RNG),
    "bowl": props.bowl(0.1, 0.1),
    "vase": props.vase(0.4, 0.1),
}
OPEN_BELOW = {
    "disc": props.round_plinth(0.4, 0.1),
    "block": props.plinth(0.6, 0.3, 0.2, 0.02, 0.01),
    "panel": props.panel(0.5, 0.9, 0.07),
}
FLAT = {
    "leaf": props.leaf(0.4, 0.1),
    "frond": props.frond(1.0, RNG),
    "sheet": shapes.sheet(shapes.rounded_rectangle(1, 1, 0.1)),
}


def volume(body: shapes.Solid) -> float:
    """Six times the signed volume between the faces and their middle; positive when outwards."""
    a, b, c = (body.points[body.faces[:, i]] - body.points.mean(axis=0) for i in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)))


def face_normals(body: shapes.Solid) -> np.ndarray:
    """Normals (m, 3) by the order of the corners."""
    a, b, c = (body.points[body.faces[:, i]] for i in range(3))
    return np.cross(b - a, c - a)


@pytest.mark.parametrize("name", [*CLOSED, *OPEN_BELOW])
def test_faces_and_normals_point_outwards(name):
    body = (CLOSED | OPEN_BELOW)[name]
    assert volume(body) > 0
    normals = face_normals(body)
    drawn = body.normals[body.faces].sum(axis=1)
    area = np.linalg.norm(normals, axis=1)
    agreeing = (np.einsum("ij,ij->i", normals, drawn) > 0) | (area < 1e-9)
    assert area[agreeing].sum() > 0.97 * area.sum()


@pytest.mark.parametrize("name", FLAT)
def test_flat_things_face_up(name):
    assert face_normals(FLAT[name])[:, 1].sum() > 0


def test_a_plinth_has_its_measures_and_stands_on_the_ground():
    low, high = (f(OPEN_BELOW["block"].points, axis=0) for f in (np.min, np.max))
    assert np.allclose(high - low, [0.6, 0.2, 0.3], atol=1e-9) and low[1] == 0


def test_a_panel_stands_upright_with_its_front_towards_the_camera():
    low, high = (f(OPEN_BELOW["panel"].points, axis=0) for f in (np.min, np.max))
    assert np.allclose(low, [-0.25, 0, 0], atol=1e-9)
    assert np.allclose(high, [0.25, 0.9, 0.07], atol=1e-9)


def test_a_sweep_has_no_seam():
    body = shapes.sweep(2, 1, -2, 0.5, 3)
    normals = body.normals[: len(body.normals) // 2]
    assert (np.einsum("ij,ij->i", normals[:-1], normals[1:]) > 0.99).all()
    assert face_normals(body)[0, 1] > 0 and face_normals(body)[:, 2].min() >= 0


def test_turning_and_moving_keep_the_shape():
    body = OPEN_BELOW["block"]
    moved = body.turned(30).moved(1, 2, 3)
    assert volume(moved) == pytest.approx(volume(body))
    assert moved.points.mean(axis=0)[1] == pytest.approx(body.points.mean(axis=0)[1] + 2)


def test_joined_solids_keep_all_their_faces():
    body = shapes.joined([OPEN_BELOW["disc"], OPEN_BELOW["block"].moved(x=2)])
    assert volume(OPEN_BELOW["disc"]) > 0 and body.faces.max() == len(body.points) - 1
    assert len(body.faces) == sum(len(OPEN_BELOW[n].faces) for n in ("disc", "block"))


@pytest.mark.parametrize("corner", [0.02, 0.5])
def test_an_outline_runs_once_around(corner):
    outline = shapes.rounded_rectangle(1, 1, corner)
    x, z = outline.T
    area = 0.5 * np.sum(x * np.roll(z, -1) - z * np.roll(x, -1))
    assert 0.75 < area <= 1.0
