"""Wooden table tops: oiled planks of many woods, rustic and weathered ones, butcher blocks."""

from dataclasses import dataclass, replace

from services.imaging.scene import RGB
from services.studio import materials, textures
from services.studio.color import mix_colors
from services.studio.grounds.ground import Ground, GroundRequest, GroundShape
from services.studio.grounds.slabs import lay_slab
from services.studio.sets import NamedShapes
from services.studio.surfaces import create_relief_material, pick_texture_placement


@dataclass(frozen=True)
class WoodKind:
    """A wood and the way its planks are worked.

    light, dark: sRGB of early and late wood.
    planks: rows of planks per texture; length: staves along each row, 1: planks without ends.
    scale: units that the texture spans.
    depth: units of relief, gaps between planks included.
    roughness: of the finish, 0 mirrors, 1 is dull.
    wear: of the grain, 0 smooth to 1 weathered.
    """

    light: RGB
    dark: RGB
    planks: int = 4
    length: int = 1
    scale: float = 1.35
    depth: float = 0.012
    roughness: float = 0.45
    wear: float = 0.0


KINDS = {
    "oak": WoodKind((196, 152, 106), (104, 66, 38)),
    "light oak": WoodKind((224, 196, 158), (182, 146, 108)),
    "dark oak": WoodKind((118, 82, 56), (54, 34, 22)),
    "walnut": WoodKind((124, 84, 56), (46, 28, 18)),
    "pine": WoodKind((230, 194, 144), (176, 118, 66)),
    "teak": WoodKind((172, 116, 68), (84, 48, 24)),
    "mahogany": WoodKind((130, 62, 40), (58, 22, 16)),
    "birch": WoodKind((236, 222, 198), (204, 182, 148)),
    "hinoki": WoodKind((238, 208, 164), (208, 160, 110), wear=0.2),
    "bamboo": WoodKind((226, 194, 132), (184, 140, 80), planks=14, depth=0.004),
    "ebony": WoodKind((58, 48, 44), (20, 16, 15)),
    "rustic": WoodKind((150, 106, 70), (52, 32, 20), depth=0.03, roughness=0.7, wear=0.6),
    "butcher block": WoodKind(
        (206, 156, 104), (140, 88, 50), planks=12, length=3, scale=1.1, depth=0.002
    ),
    "driftwood": WoodKind((168, 162, 152), (78, 74, 70), depth=0.035, roughness=0.9, wear=1.0),
    "painted white": WoodKind((240, 238, 232), (214, 210, 202), depth=0.022, roughness=0.5),
}


def create_wood_ground(request: GroundRequest) -> NamedShapes:
    """Lays a wooden table top; returns the Mitsuba shape by name."""
    return lay_slab(request, create_wood_finish(request))


def create_wood_finish(request: GroundRequest) -> materials.Material:
    """Creates the wood that a request names, in its color where it names one."""
    kind = KINDS.get(request.kind, KINDS["oak"])
    if request.color:
        dark = mix_colors(request.color, (40, 22, 10), share=0.62)
        kind = replace(kind, light=request.color, dark=dark)
    placement = replace(pick_texture_placement(request.rng), turn=0)
    gray, heights = textures.draw_wood_grain(placement.seed, kind.planks, kind.length, kind.wear)
    picture = textures.tint_wood_grain(gray, kind.light, kind.dark)
    wood = create_relief_material(
        (picture, heights),
        depth=kind.depth,
        finish=lambda body: materials.create_glossy_material(
            body, roughness=kind.roughness, specular=0.35
        ),
    )
    return placement.apply_to(wood, scale=kind.scale)


WOOD = Ground(create_wood_ground, gloss=0.1, shape=GroundShape.SLAB)
