"""Hands a set to Mitsuba: solids, materials, lamps and cameras as the renderer's own objects.

The renderer's variant must have been chosen before any of these functions runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import drjit as dr
import mitsuba as mi
import numpy as np

from services.imaging.scene import RGB
from services.studio.camera import Camera
from services.studio.color import linear
from services.studio.lights import Lamp
from services.studio.scenery import Scenery
from services.studio.shapes import Solid

BOUNCES = 6


@dataclass(frozen=True)
class Material:
    """How a surface scatters light (a Mitsuba BSDF), and how its drawing lies on it.

    The drawing is repeated every `scale` units, turned by degrees, and shifted by shares of it.
    (Mitsuba's own texture transforms would be compiled in, anew for every set.)
    """

    bsdf: Mapping[str, object]
    scale: float = 1.0
    turn: float = 0.0
    shift: tuple[float, float] = (0.0, 0.0)

    def lay(self, places: np.ndarray) -> np.ndarray:
        """Texture coordinates (n, 2) for places (n, 2) on a solid, in units."""
        cos, sin = np.cos(np.radians(self.turn)), np.sin(np.radians(self.turn))
        return places / self.scale @ np.array([[cos, sin], [-sin, cos]]) + np.array(self.shift)


def tint(color: RGB) -> dict:
    """One colour as a spectrum."""
    return spectrum(linear(color))


def spectrum(light: np.ndarray) -> dict:
    """Linear RGB as a spectrum."""
    return {"type": "rgb", "value": [float(v) for v in light]}


def bitmap(picture: np.ndarray) -> dict:
    """A texture: uint8 RGB (h, w, 3), or plain numbers, float16 or float32 (h, w)."""
    plain = picture.ndim == 2
    data = np.ascontiguousarray(picture[..., None] if plain else picture)
    return {"type": "bitmap", "bitmap": mi.Bitmap(data), "raw": plain}


def matt(color: dict) -> Material:
    """Paint or paper without any shine, seen from both sides."""
    return Material({"type": "twosided", "bsdf": {"type": "diffuse", "reflectance": color}})


def glossy(color: dict, roughness: float = 0.4, specular: float = 0.5) -> Material:
    """Lacquer, stone, wood, plastic: a coloured body under a clear surface."""
    return Material(
        {
            "type": "principled",
            "base_color": color,
            "roughness": roughness,
            "specular": specular,
        }
    )


def metal(color: dict, roughness: float = 0.2) -> Material:
    """Polished or brushed metal."""
    return Material(
        {"type": "principled", "base_color": color, "metallic": 1.0, "roughness": roughness}
    )


def satin(color: dict) -> Material:
    """Satin: a broad, strong shine in the cloth's own colour over its matt body."""
    shine = {"type": "principled", "base_color": color, "roughness": 0.38, "metallic": 0.55}
    shine |= {"sheen": 0.6, "sheen_tint": 0.7, "specular": 0.5}
    return Material({"type": "twosided", "bsdf": shine})


def water(color: dict) -> Material:
    """Deep still water: a mirror that grows stronger towards the horizon."""
    return glossy(color, 0.03, 0.55)


def lacquer(color: dict) -> Material:
    """Blown glass or lacquer: a bright body under a hard clear coat."""
    coat = {"type": "principled", "base_color": color, "roughness": 0.3, "metallic": 0.4}
    return Material(coat | {"clearcoat": 1.0, "clearcoat_gloss": 0.95})


def bumpy(material: Material, heights: dict, depth: float) -> Material:
    """The same material with small relief, from a texture of heights that is `depth` units deep."""
    relief = {"type": "bumpmap", "height": heights, "bsdf": material.bsdf, "scale": depth}
    return replace(material, bsdf=relief)


def solid(name: str, body: Solid, material: Material) -> "mi.Mesh":
    """A solid of one material."""
    properties = mi.Properties()
    properties["bsdf"] = mi.load_dict(material.bsdf)
    mesh = mi.Mesh(
        name,
        len(body.points),
        len(body.faces),
        has_vertex_normals=True,
        has_vertex_texcoords=True,
        props=properties,
    )
    data = mi.traverse(mesh)
    for key, values in (
        ("vertex_positions", body.points),
        ("vertex_normals", body.normals),
        ("vertex_texcoords", material.lay(body.places)),
    ):
        data[key] = type(data[key])(np.ravel(values).astype(np.float32))
    data["faces"] = type(data["faces"])(np.ravel(body.faces).astype(np.uint32))
    data.update()
    return mesh


def ball(middle: tuple[float, float, float], radius: float, material: Material) -> dict:
    """A sphere."""
    return {"type": "sphere", "center": list(middle), "radius": radius, "bsdf": material.bsdf}


def matte(
    light: np.ndarray, camera: Camera, distance: float, size: tuple[float, float], shift: float
) -> dict:
    """A glowing picture, float32 RGB, that faces the camera from this distance.

    size: its (height, width) in units; shift: how far its middle is above the line of sight.
    """
    middle = camera.position + distance * camera.forward + shift * camera.up
    place = mi.ScalarTransform4f().look_at(
        [float(v) for v in middle],
        [float(v) for v in middle - camera.forward],
        [float(v) for v in camera.up],
    )
    radiance = {
        "type": "bitmap",
        "bitmap": mi.Bitmap(light[::-1].copy()),
        "raw": True,
        "wrap_mode": "clamp",
    }
    return {
        "type": "rectangle",
        "to_world": place.scale([size[1] / 2, size[0] / 2, 1.0]),
        "emitter": {"type": "area", "radiance": radiance, "sampling_weight": 0.0},
    }


def scene(scenery: Scenery) -> "mi.Scene":
    """A set as a Mitsuba scene, without a camera.

    Lamps are aimed at in proportion to their strength, and the dome is only ever met by chance:
    measured on a sweep, this leaves a third of the noise that equal weights do.
    """
    world = {
        "type": "scene",
        "integrator": {
            "type": "path",
            "max_depth": BOUNCES,
            "rr_depth": BOUNCES,
            "block_size": 32,
            **_one_by_one(),
        },
        "dome": {
            "type": "envmap",
            "bitmap": mi.Bitmap(scenery.dome),
            "sampling_weight": 0.0,
        },
    }
    for number, light in enumerate((scenery.key, *scenery.lamps)):
        world[f"lamp-{number}"] = _lamp(light)
    return _settled(mi.load_dict(world | dict(scenery.shapes)))


def sensor(
    camera: Camera,
    size: tuple[int, int],
    rows: tuple[int, int],
    samples: int,
    aperture: float,
    focus: float,
) -> "mi.Sensor":
    """A camera that takes the given rows (first, end) of a picture of size (height, width)."""
    position = camera.position
    target = position + camera.forward
    height, width = size
    kind = {"type": "thinlens", "aperture_radius": aperture, "focus_distance": focus}
    made = mi.load_dict(
        (kind if aperture > 0 else {"type": "perspective"})
        | {
            "fov": camera.view,
            "fov_axis": "y",
            "to_world": mi.ScalarTransform4f().look_at(
                [float(v) for v in position],
                [float(v) for v in target],
                [float(v) for v in camera.up],
            ),
            "near_clip": 0.05,
            "film": {
                "type": "hdrfilm",
                "width": width,
                "height": height,
                "crop_offset_x": 0,
                "crop_offset_y": rows[0],
                "crop_width": width,
                "crop_height": rows[1] - rows[0],
                "rfilter": {"type": "box"},
                "pixel_format": "rgb",
                "component_format": "float32",
            },
            "sampler": {"type": "multijitter", "sample_count": samples},
        }
    )
    return _settled(made)


def _settled(made: "mi.Object") -> "mi.Object":
    """Keeps the numbers of a scene or camera out of compiled programs, so that those made for one
    set serve every other that is built of the same parts: compiling takes longer than rendering."""
    if not mi.variant().startswith("scalar"):
        parameters = mi.traverse(made)
        for _, value in parameters.items():
            dr.make_opaque(value)
        parameters.update()
    return made


def _one_by_one() -> dict:
    """Lets compiled variants take one sample per pixel at a time: several would be added up in
    whatever order the threads come, and equal orders would differ in their last bits."""
    return {} if mi.variant().startswith("scalar") else {"samples_per_pass": 1}


def _lamp(light: Lamp) -> dict:
    """A softbox or sun."""
    place = mi.ScalarTransform4f().look_at(
        [float(v) for v in light.position], [float(v) for v in light.aim], [0.0, 1.0, 0.01]
    )
    return {
        "type": "rectangle",
        "to_world": place.scale([light.width / 2, light.height / 2, 1.0]),
        "emitter": {
            "type": "area",
            "radiance": spectrum(light.radiance),
            "sampling_weight": light.strength,
        },
    }
