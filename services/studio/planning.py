"""Plans a set from a brief: which family of scenes, which camera, which composition."""

from dataclasses import dataclass, replace

import numpy as np

from services.imaging.scene import MIN_LYING_PITCH
from services.runtime.limits import DEFAULT_SIDE
from services.studio.camera import frame
from services.studio.families import FAMILIES
from services.studio.prompt import Direction, read
from services.studio.scenery import Family, Shoot


@dataclass(frozen=True)
class Brief:
    """What a set is wanted for.

    prompt, negative_prompt: what it should and should not show. width, height: of the picture, in
    pixels. seed: chooses among compositions and draws the details. camera_pitch: degrees that the
    camera looks down, 0 to 90; None leaves it to the words and the family.
    """

    prompt: str
    width: int = DEFAULT_SIDE
    height: int = DEFAULT_SIDE
    seed: int = 0
    negative_prompt: str = ""
    camera_pitch: float | None = None


def direct(brief: Brief) -> tuple[Direction, Family]:
    """What the prompt asks for and the family of scenes that fits; from above, a flat lay."""
    words = {name: family.vocabulary for name, family in FAMILIES.items()}
    direction = read(brief.prompt, brief.negative_prompt, words)
    family = FAMILIES[direction.family or next(iter(FAMILIES))]
    pitch = brief.camera_pitch
    if pitch is None:
        pitch = family.pitch if direction.pitch is None else direction.pitch
    direction = replace(direction, pitch=float(pitch))
    if pitch >= MIN_LYING_PITCH:
        colors = {**family.lying_colors, **direction.colors}
        material = direction.material or family.lying_surface
        return replace(direction, material=material, colors=colors), FAMILIES["flatlay"]
    return direction, FAMILIES[family.standing or family.name]


def arrange(brief: Brief, direction: Direction, family: Family) -> Shoot:
    """Sets up the camera and lets the seed choose among the compositions that fit the words."""
    view = direction.view or family.view
    camera = frame(brief.width, brief.height, direction.pitch, family.ground_line, view)
    fitting = [c for c in family.compositions if c.words & direction.words] or family.compositions
    composition = fitting[brief.seed % len(fitting)]
    return Shoot(direction, camera, composition.name, np.random.default_rng(brief.seed))
