"""The families of scenes: one file each, and one entry here."""

from services.background.engines.studio.families import flatlay, luxury, marble, sweep, wood
from services.background.engines.studio.scenery import Family

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (sweep.FAMILY, marble.FAMILY, luxury.FAMILY, wood.FAMILY, flatlay.FAMILY)
}
"""By name; the first one answers a prompt that names no place and no material."""
