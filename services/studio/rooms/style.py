"""What a request chooses of a room: its colors, its light, and the parts that it has to show."""

from dataclasses import dataclass
from typing import Literal

from services.imaging.scene import RGB

Hour = Literal["day", "golden", "evening", "night"]

# Names of kinds of light by the hour that they make of a room.
EVENING_LIGHTS = frozenset({"candle", "neon", "colored", "spotlight"})
NIGHT_LIGHTS = frozenset({"moonlight"})
# Kelvin below which light by day is that of a low sun. Larger: more rooms are golden.
GOLDEN_KELVIN = 4600


@dataclass(frozen=True)
class RoomStyle:
    """How a room looks.

    wall, accent, wood: sRGB of the walls, of what is painted or upholstered, and of the furniture;
    None: the room's own taste.
    mood: "dark", "bright" or None.
    kelvin: color temperature of the light; None: by the hour.
    light_side: side from which daylight comes, -1 left or 1 right.
    light_names: kinds of light: candle, golden_hour, moonlight, window, neon and others.
    parts: what has to be seen, such as fireplace, cabinets, tiles, bottles, window or armchair.
    colors: sRGB of signs, light strips, baubles or toys, in order; empty: the room's own.
    """

    wall: RGB | None = None
    accent: RGB | None = None
    wood: RGB | None = None
    mood: str | None = None
    kelvin: float | None = None
    light_side: int = 1
    light_names: frozenset[str] = frozenset()
    parts: frozenset[str] = frozenset()
    colors: tuple[RGB, ...] = ()

    @property
    def hour(self) -> Hour:
        """Hour that the light makes of the room."""
        if self.light_names & NIGHT_LIGHTS:
            return "night"
        if self.mood == "dark" or self.light_names & EVENING_LIGHTS:
            return "evening"
        is_low = self.kelvin is not None and self.kelvin < GOLDEN_KELVIN
        return "golden" if is_low or "golden_hour" in self.light_names else "day"
