"""Podium: a stage of one or more steps before a seamless wall, with things at its sides."""

from services.studio import props, shapes, world
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.seamless import (
    Stage,
    colors_of,
    key_side,
    podium,
    seamless,
)

STEPS = {
    "rounds": (0.075, 0.05),
    "disc": (0.085,),
    "blocks": (0.085,),
    "steps": (0.055, 0.05, 0.05),
}


def build(shoot: Shoot) -> Scenery:
    """A podium in the prompt's colours."""
    side, azimuth = key_side(shoot)
    colors, blocks = colors_of(shoot), shoot.composition == "blocks"
    shape = {"corner": 0.03, "deepest": 0.62} if blocks else {}
    floor, stand = podium(shoot, colors["podium"], STEPS[shoot.composition], **shape)
    stage = Stage(colors, floor, -side)
    things = DRESSING[shoot.composition](shoot, stage) if shoot.wants("props") else {}
    return seamless(shoot, stage, {**stand, **things}, azimuth)


def _rounds(shoot: Shoot, stage: Stage) -> Shapes:
    """A column behind, on the key light's side, and a metal ball on the other side."""
    column = props.round_plinth(0.13, shoot.rng.uniform(0.5, 0.68))
    column = column.moved(-stage.side * shoot.edge(-0.75, stage.floor, 0.85), stage.floor, -0.85)
    return {
        "column": world.solid("column", column, world.matt(world.tint(stage.colors["side"]))),
        **_ball(shoot, stage, shoot.rng.uniform(0.075, 0.1)),
    }


def _disc(shoot: Shoot, stage: Stage) -> Shapes:
    """A large upright disc behind the product, and a metal ball."""
    radius = 0.34 * min(1.3, shoot.camera.units_wide)
    disc = props.round_plinth(radius, 0.06, 0.01).turned(90, "x")
    disc = disc.moved(0, stage.floor + radius + 0.02, -1.0)
    tone = world.matt(world.tint(stage.colors["side"]))
    return {"disc": world.solid("disc", disc, tone), **_ball(shoot, stage, 0.07)}


def _blocks(shoot: Shoot, stage: Stage) -> Shapes:
    """Two blocks and a ball on one side, a small metal ball on the other."""
    floor, side, edge = stage.floor, stage.side, shoot.edge(-0.75, stage.floor, 0.85)
    high = props.plinth(0.24, 0.24, 0.42, 0.012, 0.006).turned(side * 14)
    low = props.plinth(0.24, 0.24, 0.24, 0.012, 0.006).turned(side * 14)
    blocks = shapes.joined(
        [
            high.moved(side * (edge + 0.05), floor, -0.95),
            low.moved(side * (edge - 0.13), floor, -0.65),
        ]
    )
    top, metal = floor + 0.24, world.metal(world.tint(stage.colors["accent"]), 0.16)
    lacquer = world.glossy(world.tint(stage.colors["podium"]), 0.3)
    return {
        "blocks": world.solid("blocks", blocks, world.matt(world.tint(stage.colors["side"]))),
        "ball": world.ball((side * (edge - 0.13), top + 0.085, -0.65), 0.085, lacquer),
        "bead": world.ball((-side * (edge - 0.02), floor + 0.06, -0.55), 0.06, metal),
    }


def _ball(shoot: Shoot, stage: Stage, radius: float) -> Shapes:
    """A metal ball at one side."""
    x = stage.side * (shoot.edge(-0.35, stage.floor, 0.85) + 0.01)
    metal = world.metal(world.tint(stage.colors["accent"]), 0.16)
    return {"ball": world.ball((x, stage.floor + radius, -0.35), radius, metal)}


DRESSING = {"rounds": _rounds, "disc": _disc, "blocks": _blocks, "steps": _rounds}

FAMILY = Family(
    name="podium",
    words={
        **dict.fromkeys(("podium", "pedestal", "plinth", "display stand", "podiums"), 5),
        **dict.fromkeys(("platform", "cylinder", "stage", "dais"), 4),
        **dict.fromkeys(("stand", "showcase", "pastel"), 2),
        **dict.fromkeys(("round", "square", "steps", "disc"), 0),
    },
    pitch=16.0,
    view=22.0,
    ground_line=0.8,
    compositions=(
        Composition("rounds", frozenset({"round"})),
        Composition("disc", frozenset({"disc"})),
        Composition("blocks", frozenset({"square", "blocks"})),
        Composition("steps", frozenset({"steps", "stage"})),
    ),
    build=build,
)
