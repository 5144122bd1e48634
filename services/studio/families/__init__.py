"""The families of scenes: one module each, and one entry in FAMILIES.

The builders measure in units, the image's shorter side at the product: x to the right, y up, z
toward the camera. Colors are sRGB; shares of the view say how close props are to the image's sides.
Lamps get azimuth, elevation and angle in degrees, strength and kelvin.
"""

from services.studio.families.bathroom import BATHROOM_FAMILY
from services.studio.families.beach import BEACH_FAMILY
from services.studio.families.city import CITY_FAMILY
from services.studio.families.concrete import CONCRETE_FAMILY
from services.studio.families.flatlay import FLAT_LAY_FAMILY
from services.studio.families.geometric import GEOMETRIC_FAMILY
from services.studio.families.holiday import HOLIDAY_FAMILY
from services.studio.families.luxury import LUXURY_FAMILY
from services.studio.families.marble import MARBLE_FAMILY
from services.studio.families.podium import PODIUM_FAMILY
from services.studio.families.silk import SILK_FAMILY
from services.studio.families.snow import SNOW_FAMILY
from services.studio.families.sweep import SWEEP_FAMILY
from services.studio.families.terrazzo import TERRAZZO_FAMILY
from services.studio.families.water import WATER_FAMILY
from services.studio.families.wood import WOOD_FAMILY
from services.studio.sets import SceneFamily

# By name. The first one answers a prompt that names no place and no material.
FAMILIES: dict[str, SceneFamily] = {
    "sweep": SWEEP_FAMILY,
    "podium": PODIUM_FAMILY,
    "geometric": GEOMETRIC_FAMILY,
    "marble": MARBLE_FAMILY,
    "wood": WOOD_FAMILY,
    "concrete": CONCRETE_FAMILY,
    "terrazzo": TERRAZZO_FAMILY,
    "luxury": LUXURY_FAMILY,
    "beach": BEACH_FAMILY,
    "water": WATER_FAMILY,
    "silk": SILK_FAMILY,
    "holiday": HOLIDAY_FAMILY,
    "city": CITY_FAMILY,
    "bathroom": BATHROOM_FAMILY,
    "snow": SNOW_FAMILY,
    "flatlay": FLAT_LAY_FAMILY,
}
