"""A room under construction: solids by gloss, windows and lamps that glow, points of light.

Meters: x right, y up from the floor, z toward the camera, whose eye is above the origin; the back
wall is at z = -depth.
"""

from dataclasses import dataclass, field
from enum import Enum

import numpy as np

from services.imaging.scene import RGB
from services.studio.color import linear_from_srgb, mix_colors, rgb_from_kelvin
from services.studio.rooms.solids import create_box
from services.studio.rooms.style import RoomStyle
from services.studio.shapes import Mesh

# Kelvin of lamps for living, and of daylight by hour.
LAMP_KELVIN = 2900.0
DAYLIGHT_KELVIN = {"day": 5700.0, "golden": 4000.0, "evening": 9000.0, "night": 10000.0}
# Brightness of what is outside a window and of lamps by hour; the picture is exposed afterward,
# so that only their ratio counts.
DAYLIGHT = {"day": 3.2, "golden": 3.0, "evening": 0.1, "night": 0.25}
LAMPLIGHT = {"day": 1.6, "golden": 2.2, "evening": 4.5, "night": 1.0}
# Light from behind the camera, by hour. Larger: flatter rooms without dark corners.
FILL_LIGHT = {"day": 0.55, "golden": 0.35, "evening": 0.12, "night": 0.08}


class Gloss(Enum):
    """How a surface shines; few kinds, as each costs time to load."""

    MATTE = "matte"
    SATIN = "satin"
    POLISHED = "polished"
    METAL = "metal"
    MIRROR = "mirror"


@dataclass(frozen=True)
class Solid:
    """A mesh of one color, sRGB."""

    mesh: Mesh
    color: RGB


@dataclass(frozen=True)
class Glow:
    """A mesh that emits light: linear RGB, float (3,), or a picture, float32 (h, w, 3), on uv."""

    mesh: Mesh
    light: np.ndarray


@dataclass(frozen=True)
class LightPoint:
    """A small lamp in plain sight: its place and radius in meters, and linear RGB, float (3,)."""

    place: tuple[float, float, float]
    radius: float
    light: np.ndarray


@dataclass
class Room:
    """What a room consists of so far.

    style: what the request chooses.
    rng: random generator, which varies arrangement and colors.
    depth: meters from the camera to the back wall; half_width: from the middle to a side wall;
    ceiling: height in meters.
    brightness: of its picture, as a multiple of that of usual rooms at this hour.
    solids: by their gloss.
    """

    style: RoomStyle
    rng: np.random.Generator
    depth: float = 4.4
    half_width: float = 3.4
    ceiling: float = 2.7
    brightness: float = 1.0
    solids: dict[Gloss, list[Solid]] = field(default_factory=dict)
    glows: list[Glow] = field(default_factory=list)
    points: list[LightPoint] = field(default_factory=list)

    def add(
        self,
        mesh: Mesh,
        color: RGB,
        at: tuple[float, float, float] = (0.0, 0.0, 0.0),
        turn: float = 0.0,
        gloss: Gloss = Gloss.MATTE,
    ) -> None:
        """Adds a mesh.

        at: where its origin goes, in meters.
        turn: degrees about the y axis.
        """
        self.solids.setdefault(gloss, []).append(Solid(_move_mesh(mesh, at, turn), color))

    def add_box(
        self,
        size: tuple[float, float, float],
        color: RGB,
        at: tuple[float, float, float],
        turn: float = 0.0,
        gloss: Gloss = Gloss.MATTE,
    ) -> None:
        """Adds a box; size: its width, height and depth in meters; at: middle of its base."""
        self.add(create_box(*size), color, at, turn, gloss)

    def add_glow(
        self,
        mesh: Mesh,
        light: np.ndarray,
        at: tuple[float, float, float] = (0.0, 0.0, 0.0),
        turn: float = 0.0,
    ) -> None:
        """Adds a mesh that emits light.

        light: linear RGB, float (3,), or a picture, float32 (h, w, 3), on the mesh's uv.
        at: where its origin goes, in meters.
        turn: degrees about the y axis.
        """
        self.glows.append(Glow(_move_mesh(mesh, at, turn), light))

    def add_point(
        self, place: tuple[float, float, float], radius: float, light: np.ndarray
    ) -> None:
        """Adds a small lamp that nothing hides and that lights nothing.

        place: in meters; radius: in meters.
        light: linear RGB, float (3,).
        """
        self.points.append(LightPoint(place, radius, light))

    def wants(self, part: str) -> bool:
        """Returns whether the request names a part."""
        return part in self.style.parts

    def decide(self, part: str, share: float) -> bool:
        """Returns whether to show a part: always when wanted, else in a share of all seeds."""
        is_drawn = bool(self.rng.random() < share)
        return is_drawn or self.wants(part)

    def pick(self, *colors: RGB) -> RGB:
        """Picks one of some sRGB colors and varies its lightness a little."""
        color = colors[int(self.rng.integers(len(colors)))]
        shade = self.rng.uniform(-0.12, 0.12)
        return mix_colors(color, (255, 255, 255) if shade > 0 else (0, 0, 0), abs(shade))

    @property
    def lamplight(self) -> np.ndarray:
        """Light of a lamp's shade, linear RGB, float (3,)."""
        return LAMPLIGHT[self.style.hour] * rgb_from_kelvin(self.style.kelvin or LAMP_KELVIN)

    @property
    def daylight(self) -> np.ndarray:
        """Light of the sky outside, linear RGB, float (3,)."""
        hour = self.style.hour
        kelvin = DAYLIGHT_KELVIN[hour]
        if self.style.kelvin is not None and hour in ("day", "golden"):
            kelvin = self.style.kelvin
        return DAYLIGHT[hour] * rgb_from_kelvin(kelvin)

    def colored_light(self, color: RGB, strength: float) -> np.ndarray:
        """Returns light of an sRGB color: linear RGB, float (3,), with strength as its maximum."""
        light = linear_from_srgb(color)
        return strength * light / max(float(light.max()), 1e-3)


def _move_mesh(mesh: Mesh, at: tuple[float, float, float], turn: float) -> Mesh:
    """Returns the mesh turned about the y axis by degrees, then moved to a place in meters."""
    turned = mesh.rotate(turn) if turn else mesh
    return turned.translate(*at)
