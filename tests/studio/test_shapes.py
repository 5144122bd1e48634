"""Meshes of a set: closed, of the right size, and facing outward."""

import numpy as np
import pytest

from services.studio import props, shapes

RNG = np.random.default_rng(3)
CLOSED = {
    "ball": props.create_pebble((0.3, 0.2, 0.25), RNG),
    "bowl": props.create_bowl(0.1, 0.1),
    "vase": props.create_vase(0.4, 0.1),
}
OPEN_BELOW = {
    "disc": props.create_round_plinth(0.4, 0.1),
    "block": props.create_plinth(0.6, 0.3, 0.2, 0.02, 0.01),
    "panel": props.create_arch_panel(0.5, 0.9, 0.07),
}
FLAT = {
    "leaf": props.create_leaf(0.4, 0.1),
    "frond": props.create_palm_frond(1.0, RNG),
    "sheet": shapes.create_flat_cutout(shapes.outline_rounded_rectangle(1, 1, 0.1)),
}


def signed_volume(body: shapes.Mesh) -> float:
    """Returns six times the signed volume; positive when the faces point outward."""
    a, b, c = (body.vertices[body.faces[:, i]] - body.vertices.mean(axis=0) for i in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)))


def face_normals(body: shapes.Mesh) -> np.ndarray:
    """Returns normals (m, 3) by the order of the corners."""
    a, b, c = (body.vertices[body.faces[:, i]] for i in range(3))
    return np.cross(b - a, c - a)


@pytest.mark.parametrize("name", [*CLOSED, *OPEN_BELOW])
def test_faces_and_normals_point_outward(name):
    body = (CLOSED | OPEN_BELOW)[name]
    assert signed_volume(body) > 0
    normals = face_normals(body)
    drawn = body.normals[body.faces].sum(axis=1)
    area = np.linalg.norm(normals, axis=1)
    agreeing = (np.einsum("ij,ij->i", normals, drawn) > 0) | (area < 1e-9)
    assert area[agreeing].sum() > 0.97 * area.sum()


@pytest.mark.parametrize("name", FLAT)
def test_flat_meshes_face_up(name):
    assert face_normals(FLAT[name])[:, 1].sum() > 0


def test_a_plinth_has_its_size_and_stands_on_the_ground():
    low, high = (f(OPEN_BELOW["block"].vertices, axis=0) for f in (np.min, np.max))
    assert np.allclose(high - low, [0.6, 0.2, 0.3], atol=1e-9) and low[1] == 0


def test_a_panel_stands_upright_and_faces_the_camera():
    low, high = (f(OPEN_BELOW["panel"].vertices, axis=0) for f in (np.min, np.max))
    assert np.allclose(low, [-0.25, 0, 0], atol=1e-9)
    assert np.allclose(high, [0.25, 0.9, 0.07], atol=1e-9)


def test_a_sweep_has_no_seam():
    body = shapes.create_sweep(2, 1, -2, 0.5, 3)
    normals = body.normals[: len(body.normals) // 2]
    assert (np.einsum("ij,ij->i", normals[:-1], normals[1:]) > 0.99).all()
    assert face_normals(body)[0, 1] > 0 and face_normals(body)[:, 2].min() >= 0


def test_rotating_and_translating_preserve_the_shape():
    body = OPEN_BELOW["block"]
    moved = body.rotate(30).translate(1, 2, 3)
    assert signed_volume(moved) == pytest.approx(signed_volume(body))
    assert moved.vertices.mean(axis=0)[1] == pytest.approx(body.vertices.mean(axis=0)[1] + 2)


def test_joined_meshes_keep_all_their_faces():
    body = shapes.join_meshes([OPEN_BELOW["disc"], OPEN_BELOW["block"].translate(x=2)])
    assert signed_volume(OPEN_BELOW["disc"]) > 0 and body.faces.max() == len(body.vertices) - 1
    assert len(body.faces) == sum(len(OPEN_BELOW[n].faces) for n in ("disc", "block"))


@pytest.mark.parametrize("corner", [0.02, 0.5])
def test_an_outline_runs_around_once(corner):
    outline = shapes.outline_rounded_rectangle(1, 1, corner)
    x, z = outline.T
    area = 0.5 * np.sum(x * np.roll(z, -1) - z * np.roll(x, -1))
    assert 0.75 < area <= 1.0
