"""Converts a set to Mitsuba objects: materials, meshes, spheres, backdrops, lamps and cameras.

Mitsuba's variant must be set before any of these functions runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import drjit as dr
import mitsuba as mi
import numpy as np

from services.imaging.color import linear_light_from_srgb
from services.imaging.scene import RGB
from services.studio.camera import Camera
from services.studio.color import linear_from_srgb
from services.studio.detail import fit_detail
from services.studio.lights import Lamp
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
# Roughness and specular reflection of still water (Mitsuba's "principled" BSDF). Rougher: blurred
# reflections.
WATER_ROUGHNESS, WATER_SPECULAR = 0.03, 0.55

# Linear light of each sRGB level.
_LIGHT_OF_LEVELS = linear_light_from_srgb(np.arange(256) / 255).astype(np.float16)

MitsubaDict = dict[str, object]
"""Description of a Mitsuba object, for mi.load_dict."""

VERTEX_COLORS: MitsubaDict = {"type": "mesh_attribute", "name": "vertex_color"}
"""Texture of the colors that a mesh has at its vertices, see load_mesh."""


@dataclass(frozen=True)
class Material:
    """How a surface scatters light, and how its texture lies on it.

    bsdf: description of a Mitsuba BSDF.
    scale: units after which the texture repeats; turn: degrees; shift: shares of a repeat.

    Mitsuba's own texture transforms would be compiled into the program of every set.
    """

    bsdf: MitsubaDict
    scale: float = 1.0
    turn: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)

    def transform_uv(self, uv: np.ndarray) -> np.ndarray:
        """Converts surface coordinates to texture coordinates, float (n, 2) each.

        uv: position on the surface in units. In the result, 1 is one repeat of the texture.
        """
        cos, sin = np.cos(np.radians(self.turn)), np.sin(np.radians(self.turn))
        return uv / self.scale @ np.array([[cos, sin], [-sin, cos]]) + np.array(self.shift)


def spectrum_from_srgb(color: RGB) -> MitsubaDict:
    """Describes an sRGB color, 0 to 255, as a Mitsuba spectrum."""
    return spectrum_from_linear(linear_from_srgb(color))


def spectrum_from_linear(light: np.ndarray) -> MitsubaDict:
    """Describes linear RGB, float (3,), as a Mitsuba spectrum."""
    return {"type": "rgb", "value": [float(v) for v in light]}


def create_texture(image: np.ndarray) -> MitsubaDict:
    """Describes an image as a Mitsuba texture.

    image: colors, uint8 RGB (h, w, 3), or plain values such as heights, float16 or float32 (h, w);
    halved within detail.halve_textures.
    """
    image, is_plain = fit_detail(image), image.ndim == 2
    # Half precision is finer than 8 bits. Mitsuba's own conversion takes ten times as long.
    data = image[..., None] if is_plain else _LIGHT_OF_LEVELS[image]
    bitmap = mi.Bitmap(np.ascontiguousarray(data))
    return {"type": "bitmap", "bitmap": bitmap, "raw": is_plain, "format": "fp16"}


def create_light_texture(light: np.ndarray) -> MitsubaDict:
    """Describes a picture of linear light, float32 RGB (h, w, 3), as a Mitsuba texture.

    Its last row is at v = 0, the lower edge of a Mitsuba rectangle.
    """
    # Mitsuba shows the first row at v = 0.
    bitmap = mi.Bitmap(light[::-1].copy())
    return {"type": "bitmap", "bitmap": bitmap, "raw": True, "wrap_mode": "clamp"}


def create_matte_material(color: RGB | MitsubaDict) -> Material:
    """Creates paint or paper without any shine, visible from both sides.

    color: sRGB, or a Mitsuba texture or spectrum; so in all material functions.
    """
    diffuse = {"type": "diffuse", "reflectance": _spectrum_or_texture(color)}
    return Material({"type": "twosided", "bsdf": diffuse})


def create_glossy_material(
    color: RGB | MitsubaDict, roughness: float = 0.4, specular: float = 0.5, metallic: float = 0.0
) -> Material:
    """Creates lacquer, stone, wood or plastic: a colored body under a clear surface.

    color: sRGB, or a Mitsuba texture or spectrum.
    roughness: 0 mirrors sharply, 1 is dull.
    specular: strength of the reflections, 0 to 1.
    metallic: share of the light that is mirrored in the body's own color, 0 to 1.
    """
    return Material(
        {
            "type": "principled",
            "base_color": _spectrum_or_texture(color),
            "roughness": roughness,
            "specular": specular,
            "metallic": metallic,
        }
    )


def create_varied_gloss_material(color: RGB | MitsubaDict, roughness: MitsubaDict) -> Material:
    """Creates a surface that mirrors in some places and is dull in others, such as a wet road.

    color: sRGB, or a Mitsuba texture or spectrum.
    roughness: Mitsuba texture, 0 mirrors sharply, 1 is dull.
    """
    return Material(
        {
            "type": "principled",
            "base_color": _spectrum_or_texture(color),
            "roughness": roughness,
            "specular": 0.7,
        }
    )


def create_metal_material(color: RGB | MitsubaDict, roughness: float = 0.2) -> Material:
    """Creates polished or brushed metal.

    color: sRGB, or a Mitsuba texture or spectrum.
    roughness: 0 mirrors sharply, 1 is dull.
    """
    return Material(
        {
            "type": "principled",
            "base_color": _spectrum_or_texture(color),
            "metallic": 1.0,
            "roughness": roughness,
        }
    )


def create_brushed_metal_material(color: RGB | MitsubaDict, roughness: MitsubaDict) -> Material:
    """Creates metal with fine streaks, which draw its reflections out along z.

    color: sRGB, or a Mitsuba texture or spectrum.
    roughness: Mitsuba texture, 0 mirrors sharply, 1 is dull.
    """
    return Material(
        {
            "type": "principled",
            "base_color": _spectrum_or_texture(color),
            # Brushing scatters some light, without which metal is as dark as what it mirrors.
            "metallic": 0.8,
            "roughness": roughness,
            "anisotropic": 0.6,
        }
    )


def create_satin_material(color: RGB | MitsubaDict, roughness: float = 0.38) -> Material:
    """Creates satin: a broad, strong shine in the cloth's own color over its matte body.

    color: sRGB, or a Mitsuba texture or spectrum.
    roughness: 0 mirrors sharply, 1 is dull.
    """
    satin: MitsubaDict = {
        "type": "principled",
        "base_color": _spectrum_or_texture(color),
        "roughness": roughness,
        "metallic": 0.55,
        "sheen": 0.6,
        "sheen_tint": 0.7,
        "specular": 0.5,
    }
    return Material({"type": "twosided", "bsdf": satin})


def create_velvet_material(color: RGB | MitsubaDict) -> Material:
    """Creates velvet: dark where it is looked at straight, bright toward its outlines.

    color: sRGB, or a Mitsuba texture or spectrum.
    """
    velvet: MitsubaDict = {
        "type": "principled",
        "base_color": _spectrum_or_texture(color),
        "roughness": 0.9,
        "specular": 0.1,
        "sheen": 1.0,
        "sheen_tint": 0.9,
    }
    return Material({"type": "twosided", "bsdf": velvet})


def create_thin_material(
    color: RGB | MitsubaDict, roughness: float = 0.5, translucency: float = 0.5
) -> Material:
    """Creates a leaf or petal, which light from behind shines through.

    color: sRGB, or a Mitsuba texture or spectrum.
    roughness: 0 mirrors sharply, 1 is dull.
    translucency: share of the light that passes, 0 to 1.
    """
    return Material(
        {
            "type": "principledthin",
            "base_color": _spectrum_or_texture(color),
            "roughness": roughness,
            # Mitsuba counts from 0 to 2, where 1 is half of the light.
            "diff_trans": 2 * translucency,
            "eta": 1.4,
        }
    )


def create_water_material(color: RGB | MitsubaDict) -> Material:
    """Creates deep still water: a mirror that grows stronger toward the horizon."""
    return create_glossy_material(color, roughness=WATER_ROUGHNESS, specular=WATER_SPECULAR)


def create_lacquer_material(color: RGB | MitsubaDict) -> Material:
    """Creates blown glass or lacquer: a bright body under a hard clear coat.

    color: sRGB, or a Mitsuba texture or spectrum.
    """
    return Material(
        {
            "type": "principled",
            "base_color": _spectrum_or_texture(color),
            "roughness": 0.3,
            "metallic": 0.4,
            "clearcoat": 1.0,
            "clearcoat_gloss": 0.95,
        }
    )


def add_relief(material: Material, heights: MitsubaDict, depth: float) -> Material:
    """Returns the material with a bump map, which shades the surface as if it were uneven.

    heights: Mitsuba texture of heights, 0 to 1.
    depth: units from the lowest to the highest point.
    """
    relief: MitsubaDict = {"type": "bumpmap", "height": heights, "bsdf": material.bsdf}
    return replace(material, bsdf={**relief, "scale": depth})


def _spectrum_or_texture(color: RGB | MitsubaDict) -> MitsubaDict:
    """Converts sRGB to a spectrum; textures and spectra stay as they are."""
    return color if isinstance(color, dict) else spectrum_from_srgb(color)


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
    data = mi.traverse(loaded)
    for key, values in (
        ("vertex_positions", mesh.vertices),
        ("vertex_normals", mesh.normals),
        ("vertex_texcoords", material.transform_uv(mesh.uv)),
    ):
        # Mitsuba takes flat arrays, of a type that depends on its variant.
        data[key] = type(data[key])(np.ravel(values).astype(np.float32))
    data["faces"] = type(data["faces"])(np.ravel(mesh.faces).astype(np.uint32))
    data.update()
    if colors is not None:
        loaded.add_attribute("vertex_color", 3, np.ravel(colors).tolist())
    return loaded


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
    position = camera.position
    target = position + camera.forward
    height, width = size
    left, right = columns or (0, width)
    # The origin's column is in the middle of a wider film, of which a part is rendered.
    moved = round((2 * camera.product_x - 1) * width)
    lens: MitsubaDict = {"type": "perspective"}
    if aperture > 0:
        lens = {"type": "thinlens", "aperture_radius": aperture, "focus_distance": focus}
    loaded = mi.load_dict(
        lens
        | {
            "fov": camera.view_angle,
            "fov_axis": "y",
            "to_world": mi.ScalarTransform4f().look_at(
                [float(v) for v in position],
                [float(v) for v in target],
                [float(v) for v in camera.up],
            ),
            "near_clip": NEAR_CLIP,
            "film": {
                "type": "hdrfilm",
                "width": width + abs(moved),
                "height": height,
                "crop_offset_x": left + max(0, -moved),
                "crop_offset_y": rows[0],
                "crop_width": right - left,
                "crop_height": rows[1] - rows[0],
                "rfilter": {"type": "box"},
                "pixel_format": "rgb",
                "component_format": "float32",
            },
            "sampler": {"type": "multijitter", "sample_count": samples},
        }
    )
    assert isinstance(loaded, mi.Sensor)
    _exclude_values_from_programs(loaded)
    return loaded


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
