"""Converts a set to Mitsuba objects: meshes, spheres, backdrops, lamps and cameras.

Mitsuba's variant must be set before any of these functions runs.
"""

from collections.abc import Mapping

import drjit as dr
import mitsuba as mi
import numpy as np

from services.studio.camera import Camera
from services.studio.lights import Lamp
from services.studio.materials import (
    Material,
    MitsubaDict,
    create_light_texture,
    spectrum_from_linear,
)
from services.studio.sets import StudioSet
from services.studio.shapes import Mesh
from services.studio.variant import is_variant_scalar

# Reflections that a light path is followed through. Larger: brighter corners, slower rendering.
MAX_BOUNCES = 6
# Pixels per side of the blocks that threads render.
BLOCK_SIDE = 32
# Share of a spotlight's cone that is evenly bright; its light falls off from there to the edge.
SPOT_CORE = 0.15
# Units in front of the camera from which things are visible.
NEAR_CLIP = 0.05


def load_mesh(
    name: str,
    mesh: Mesh,
    material: Material,
    radiance: MitsubaDict | None = None,
    colors: np.ndarray | None = None,
    sampling_weight: float = 1.0,
) -> "mi.Mesh":
    """Loads a mesh of one material into Mitsuba.

    name: of the object in the scene.
    radiance: spectrum or texture of the light that it emits; None: it emits none.
    colors: linear RGB of each vertex, float (n, 3), for materials of VERTEX_COLORS; else None.
    sampling_weight: share of the light that is sampled from it; 0: what paths happen to hit.
    """
    properties = mi.Properties()
    properties["bsdf"] = mi.load_dict(material.bsdf)
    if radiance is not None:
        properties["emitter"] = mi.load_dict(
            {"type": "area", "radiance": radiance, "sampling_weight": sampling_weight}
        )
    loaded = mi.Mesh(
        name,
        len(mesh.vertices),
        len(mesh.faces),
        has_vertex_normals=True,
        has_vertex_texcoords=True,
        props=properties,
    )
    _fill_mesh(loaded, mesh, material.transform_uv(mesh.uv))
    if colors is not None:
        loaded.add_attribute("vertex_color", 3, np.ravel(colors).tolist())
    return loaded


def _fill_mesh(loaded: "mi.Mesh", mesh: Mesh, uv: np.ndarray) -> None:
    """Copies vertices and faces to a mesh of Mitsuba; uv: texture coordinates, float (n, 2)."""
    data = mi.traverse(loaded)
    for key, values in (
        ("vertex_positions", mesh.vertices),
        ("vertex_normals", mesh.normals),
        ("vertex_texcoords", uv),
    ):
        # Mitsuba takes flat arrays, of a type that depends on its variant.
        data[key] = type(data[key])(np.ravel(values).astype(np.float32))
    data["faces"] = type(data["faces"])(np.ravel(mesh.faces).astype(np.uint32))
    data.update()


def create_sphere(
    center: tuple[float, float, float], radius: float, material: Material
) -> MitsubaDict:
    """Describes a sphere for Mitsuba.

    center: (x, y, z) in units; radius: in units.
    """
    return {"type": "sphere", "center": list(center), "radius": radius, "bsdf": material.bsdf}


def create_backdrop(
    light: np.ndarray,
    camera: Camera,
    distance: float,
    size: tuple[float, float],
    shift: tuple[float, float] = (0.0, 0.0),
) -> MitsubaDict:
    """Describes a glowing painted rectangle far behind the set that faces the camera.

    light: its linear light, float32 RGB (h, w, 3).
    distance: units from the camera along the line of sight.
    size: its (height, width) in units.
    shift: units that its center is right of the line of sight, and above it.
    """
    right, above = shift
    offset = np.array([right, 0.0, 0.0]) + above * camera.up
    center = camera.position + distance * camera.forward + offset
    transform = mi.ScalarTransform4f().look_at(
        [float(v) for v in center],
        [float(v) for v in center - camera.forward],
        [float(v) for v in camera.up],
    )
    return {
        "type": "rectangle",
        "to_world": transform.scale([size[1] / 2, size[0] / 2, 1.0]),
        "emitter": {
            "type": "area",
            "radiance": create_light_texture(light),
            "sampling_weight": 0.0,
        },
    }


def load_scene(studio_set: StudioSet, bounces: int = MAX_BOUNCES) -> "mi.Scene":
    """Loads a set's shapes, lamps and dome (light from all directions) as a scene without a camera.

    bounces: reflections that a light path is followed through; glass needs more.

    Light is sampled from lamps in proportion to their strength, and from an even dome only where a
    path happens to hit it: measured on a sweep, this leaves a third of the noise that equal
    weights do. Panoramas, whose light is uneven, have a weight of their own.
    """
    dome: MitsubaDict = {
        "type": "envmap",
        "bitmap": mi.Bitmap(studio_set.dome),
        "sampling_weight": studio_set.dome_weight,
    }
    lamps = {
        f"lamp-{number}": _describe_lamp(lamp)
        for number, lamp in enumerate((studio_set.key, *studio_set.lamps))
    }
    return load_shapes({"dome": dome, **lamps, **studio_set.shapes}, bounces)


def load_shapes(shapes: Mapping[str, object], bounces: int = MAX_BOUNCES) -> "mi.Scene":
    """Loads shapes and lights by name as a scene without a camera.

    bounces: reflections that a light path is followed through.

    Without lights among them the scene is black.
    """
    integrator: MitsubaDict = {
        "type": "path",
        "max_depth": bounces,
        "rr_depth": bounces,
        "block_size": BLOCK_SIDE,
    }
    loaded = mi.load_dict({"type": "scene", "integrator": integrator, **shapes})
    assert isinstance(loaded, mi.Scene)
    _exclude_values_from_programs(loaded)
    return loaded


def load_sensor(
    camera: Camera,
    size: tuple[int, int],
    rows: tuple[int, int],
    samples: int,
    aperture: float,
    focus: float,
    columns: tuple[int, int] | None = None,
) -> "mi.Sensor":
    """Loads a camera into Mitsuba for some rows of an image.

    size: (height, width) of the whole image in pixels.
    rows: (first, end) of the rows to render; the end is not included.
    samples: light paths per pixel. More: less noise.
    aperture: radius of the lens in units; 0: everything is in focus.
    focus: units from the camera at which things are sharp.
    columns: (first, end) of the columns to render; None: all.
    """
    lens: MitsubaDict = {"type": "perspective"}
    if aperture > 0:
        lens = {"type": "thinlens", "aperture_radius": aperture, "focus_distance": focus}
    position = camera.position
    to_world = mi.ScalarTransform4f().look_at(
        [float(v) for v in position],
        [float(v) for v in position + camera.forward],
        [float(v) for v in camera.up],
    )
    view: MitsubaDict = {
        "fov": camera.view_angle,
        "fov_axis": "y",
        "to_world": to_world,
        "near_clip": NEAR_CLIP,
        "film": _describe_film(camera, size, rows, columns or (0, size[1])),
        "sampler": {"type": "multijitter", "sample_count": samples},
    }
    loaded = mi.load_dict(lens | view)
    assert isinstance(loaded, mi.Sensor)
    _exclude_values_from_programs(loaded)
    return loaded


def _describe_film(
    camera: Camera, size: tuple[int, int], rows: tuple[int, int], columns: tuple[int, int]
) -> MitsubaDict:
    """Describes the part of an image that a camera renders, as load_sensor takes it."""
    height, width = size
    # The origin's column is in the middle of a wider film, of which a part is rendered.
    moved = round((2 * camera.product_x - 1) * width)
    return {
        "type": "hdrfilm",
        "width": width + abs(moved),
        "height": height,
        "crop_offset_x": columns[0] + max(0, -moved),
        "crop_offset_y": rows[0],
        "crop_width": columns[1] - columns[0],
        "crop_height": rows[1] - rows[0],
        "rfilter": {"type": "box"},
        "pixel_format": "rgb",
        "component_format": "float32",
    }


def _exclude_values_from_programs(loaded: "mi.Object") -> None:
    """Keeps the values of a scene or camera out of compiled programs.

    loaded: Mitsuba scene or camera, changed in place.

    So programs compiled for one set serve every set of the same parts: compiling takes longer than
    rendering.
    """
    if not is_variant_scalar():
        parameters = mi.traverse(loaded)
        for _, value in parameters:
            dr.make_opaque(value)
        parameters.update()


def _describe_lamp(lamp: Lamp) -> MitsubaDict:
    """Describes a lamp for Mitsuba: a glowing rectangle that faces its target, or a spotlight."""
    transform = mi.ScalarTransform4f().look_at(
        [float(v) for v in lamp.position], [float(v) for v in lamp.target], [0.0, 1.0, 0.01]
    )
    if lamp.cone is not None:
        return {
            "type": "spot",
            "to_world": transform,
            "intensity": spectrum_from_linear(lamp.intensity),
            "cutoff_angle": lamp.cone / 2,
            "beam_width": lamp.cone / 2 * SPOT_CORE,
            "sampling_weight": lamp.strength,
        }
    return {
        "type": "rectangle",
        "to_world": transform.scale([lamp.width / 2, lamp.height / 2, 1.0]),
        "emitter": {
            "type": "area",
            "radiance": spectrum_from_linear(lamp.radiance),
            "sampling_weight": lamp.strength,
        },
    }
