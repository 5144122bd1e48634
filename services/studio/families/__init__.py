"""The families of scenes: one file each, and one entry here."""

from services.studio.families import (
    bathroom,
    beach,
    city,
    concrete,
    flatlay,
    geometric,
    holiday,
    luxury,
    marble,
    podium,
    silk,
    snow,
    sweep,
    terrazzo,
    water,
    wood,
)
from services.studio.scenery import Family

FAMILIES: dict[str, Family] = {
    family.FAMILY.name: family.FAMILY
    for family in (
        *(sweep, podium, geometric, marble, wood, concrete, terrazzo, luxury, beach, water),
        *(silk, holiday, city, bathroom, snow, flatlay),
    )
}
"""By name; the first one answers a prompt that names no place and no material."""
