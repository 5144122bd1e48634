"""Rooms behind a set, modeled in meters: one module for each kind, and entries in ROOMS."""

from collections.abc import Callable, Mapping

from services.studio.rooms.bar import build_bar
from services.studio.rooms.bathroom import build_bathroom, build_spa
from services.studio.rooms.bedroom import build_bedroom
from services.studio.rooms.cafe import build_bakery, build_cafe, build_pastry_shop
from services.studio.rooms.court import build_basketball_court, build_tennis_court
from services.studio.rooms.dining import build_dining
from services.studio.rooms.festive import build_festive
from services.studio.rooms.garden_rooms import build_greenhouse, build_terrace
from services.studio.rooms.gym import build_gym
from services.studio.rooms.kitchen import build_kitchen
from services.studio.rooms.living_room import build_living_room
from services.studio.rooms.nursery import build_nursery
from services.studio.rooms.office import build_gaming_den, build_office
from services.studio.rooms.room import Room
from services.studio.rooms.sports import build_car_park, build_skate_park, build_stadium
from services.studio.rooms.street import build_street_cafe, build_street_day, build_street_night
from services.studio.rooms.window_seat import build_shelf, build_windowsill
from services.studio.rooms.workshop import build_workshop

ROOMS: Mapping[str, Callable[[Room], None]] = {
    "kitchen": build_kitchen,
    "living_room": build_living_room,
    "bedroom": build_bedroom,
    "bathroom": build_bathroom,
    "spa": build_spa,
    "dining": build_dining,
    "cafe": build_cafe,
    "bakery": build_bakery,
    "pastry_shop": build_pastry_shop,
    "bar": build_bar,
    "office": build_office,
    "gaming": build_gaming_den,
    "nursery": build_nursery,
    "gym": build_gym,
    "workshop": build_workshop,
    "festive": build_festive,
    "street_day": build_street_day,
    "street_cafe": build_street_cafe,
    "street_night": build_street_night,
    "windowsill": build_windowsill,
    "shelf": build_shelf,
    "stadium": build_stadium,
    "pitch": build_stadium,
    "court": build_basketball_court,
    "tennis_court": build_tennis_court,
    "car_park": build_car_park,
    "skate_park": build_skate_park,
    "greenhouse": build_greenhouse,
    "terrace": build_terrace,
}
"""Builders of rooms by place, or by a place's finer setting."""
