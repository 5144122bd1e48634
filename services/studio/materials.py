"""Describes materials, textures and colors for Mitsuba.

Mitsuba's variant must be set before any of these functions runs.
"""

from dataclasses import dataclass, replace

import mitsuba as mi
import numpy as np

from services.imaging.color import linear_light_from_srgb
from services.imaging.scene import RGB
from services.studio.color import linear_from_srgb
from services.studio.detail import fit_detail

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
