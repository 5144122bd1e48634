"""Plans a set from a request: its family of scenes, its camera and its composition."""

from dataclasses import dataclass, replace

import numpy as np

from services.runtime.limits import DEFAULT_SIDE, MIN_LYING_PITCH
from services.studio.camera import create_camera
from services.studio.families import FAMILIES
from services.studio.prompt import PromptReading, read_scene_prompt
from services.studio.sets import SceneFamily, SetPlan


@dataclass(frozen=True)
class RenderRequest:
    """A set to render.

    prompt, negative_prompt: what it should and should not show.
    width, height: size of the image in pixels.
    seed: chooses among compositions and varies the details.
    camera_pitch: degrees that the camera looks down, 0 to 90; None: chosen from the prompt and
    the family.
    """

    prompt: str
    width: int = DEFAULT_SIDE
    height: int = DEFAULT_SIDE
    seed: int = 0
    negative_prompt: str = ""
    camera_pitch: float | None = None


def interpret_prompt(request: RenderRequest) -> tuple[PromptReading, SceneFamily]:
    """Reads the request's prompt and chooses the family, the kind of scene such as a marble table.

    Returns the reading, with the camera's pitch filled in, and the family. Cameras that look down
    steeply get the family "flatlay", in material and colors of the family that the words select.
    """
    families = {name: family.vocabulary for name, family in FAMILIES.items()}
    reading = read_scene_prompt(request.prompt, request.negative_prompt, families)
    family = FAMILIES[reading.family or next(iter(FAMILIES))]
    pitch = _choose_pitch(request, reading, family)
    reading = replace(reading, pitch=pitch)
    if pitch >= MIN_LYING_PITCH:
        colors = {**family.flat_lay_colors, **reading.colors}
        material = reading.material or family.flat_lay_material
        return replace(reading, material=material, colors=colors), FAMILIES["flatlay"]
    return reading, FAMILIES[family.upright_family or family.name]


def _choose_pitch(request: RenderRequest, reading: PromptReading, family: SceneFamily) -> float:
    """Returns the camera's pitch in degrees: the request's, else the prompt's, else the family's.

    reading: what the prompt asks for; its pitch is None where it asks for none.
    """
    if request.camera_pitch is not None:
        return float(request.camera_pitch)
    return float(family.camera_pitch if reading.pitch is None else reading.pitch)


def plan_set(request: RenderRequest, reading: PromptReading, family: SceneFamily) -> SetPlan:
    """Plans a set: its camera, and the composition (the arrangement of things) to build.

    request: size of the image, seed and pitch.
    reading, family: as interpret_prompt returns them.

    Of the compositions that the prompt's words name, else of all, the seed selects one.
    """
    pitch = _choose_pitch(request, reading, family)
    view_angle = reading.view_angle or family.view_angle
    camera = create_camera(
        width=request.width,
        height=request.height,
        pitch=pitch,
        ground_line=family.ground_line,
        view_angle=view_angle,
    )
    matching = [c for c in family.compositions if c.words & reading.known_words]
    choices = matching or family.compositions
    composition = choices[request.seed % len(choices)]
    return SetPlan(reading, camera, composition.name, np.random.default_rng(request.seed))
