"""Rooms behind a set, modeled in meters: one module each, and one entry in ROOMS."""

from collections.abc import Callable, Mapping

from services.studio.rooms.kitchen import build_kitchen
from services.studio.rooms.living_room import build_living_room
from services.studio.rooms.room import Room

ROOMS: Mapping[str, Callable[[Room], None]] = {
    "kitchen": build_kitchen,
    "living_room": build_living_room,
}
"""Builders of rooms by place, or by a place's finer setting."""
