"""Plans of sets, and quick renders of what the plans make."""

import numpy as np

from services.studio import film, world
from services.studio.briefs.brief import Brief
from services.studio.composing import ComposedSet, compose_set
from services.studio.planning import RenderRequest, plan_set
from services.studio.sets import SetPlan
from services.studio.tracing import load_set_sensor


def create_plan(seed: int = 0, side: int = 256, pitch: float | None = None, **brief) -> SetPlan:
    """Creates the plan of a square image for a brief of these fields."""
    return plan_set(RenderRequest("", side, side, seed, camera_pitch=pitch), Brief(**brief))[0]


def compose(
    brief: Brief, seed: int = 0, size: tuple[int, int] = (72, 72), pitch: float | None = None
) -> tuple[SetPlan, ComposedSet]:
    """Composes the set of a brief; size: (width, height) in pixels."""
    request = RenderRequest("", *size, seed, camera_pitch=pitch)
    plan, _, place = plan_set(request, brief)
    return plan, compose_set(plan, place)


def render_pixels(plan: SetPlan, composed: ComposedSet, samples: int = 8) -> np.ndarray:
    """Renders a composed set without previews and air: uint8 RGB (h, w, 3)."""
    studio_set, size = composed.studio_set, (plan.camera.height, plan.camera.width)
    sensor = load_set_sensor(studio_set, plan.camera, size, (0, size[0]), samples)
    light = film.render_light(world.load_scene(studio_set), sensor, 1)
    return film.develop_image(film.denoise_light(light), studio_set.exposure, 1)
