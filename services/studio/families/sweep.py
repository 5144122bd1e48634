"""Studio sweep: a seamless coloured wall and floor, and little else."""

from services.studio import props, world
from services.studio.scenery import Composition, Family, Scenery, Shapes, Shoot
from services.studio.seamless import Stage, colors_of, key_side, seamless

POOL = 1.1


def build(shoot: Shoot) -> Scenery:
    """A sweep in the prompt's colours."""
    side, azimuth = key_side(shoot)
    stage = Stage(colors_of(shoot), 0.0, -side)
    dressed = shoot.composition == "still life" and shoot.wants("props")
    things = _still_life(shoot, stage) if dressed else {}
    return seamless(shoot, stage, things, azimuth, POOL if shoot.composition == "pool" else 0.0)


def _still_life(shoot: Shoot, stage: Stage) -> Shapes:
    """A column and a ball, cut off by the picture's side."""
    column = props.round_plinth(0.15, shoot.rng.uniform(0.3, 0.4))
    x = stage.side * shoot.edge(-0.7, share=0.92)
    ball = x - stage.side * 0.18, 0.075, -0.42
    return {
        "column": world.solid(
            "column", column.moved(x, 0, -0.75), world.matt(world.tint(stage.colors["side"]))
        ),
        "ball": world.ball(ball, 0.075, world.glossy(world.tint(stage.colors["podium"]), 0.35)),
    }


FAMILY = Family(
    name="sweep",
    words={
        **dict.fromkeys(("cyclorama", "infinity cove", "packshot", "pack shot"), 4),
        **dict.fromkeys(("seamless", "gradient background"), 3),
        **dict.fromkeys(("studio", "backdrop", "e-commerce", "ecommerce", "plain", "gradient"), 2),
        **dict.fromkeys(("background", "minimal", "minimalist", "set", "wall", "clean"), 1),
        **dict.fromkeys(("empty", "spotlight"), 0),
    },
    pitch=16.0,
    view=22.0,
    ground_line=0.8,
    compositions=(
        Composition(
            "bare",
            frozenset({"e-commerce", "ecommerce", "seamless", "plain", "empty", "infinity cove"})
            | {"packshot", "pack shot"},
        ),
        Composition("pool", frozenset({"spotlight", "gradient", "gradient background"})),
        Composition("still life"),
    ),
    build=build,
)
