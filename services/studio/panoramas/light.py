"""From a panorama to the light of a set: dome, key light and the view behind the product."""

from dataclasses import dataclass, replace

import numpy as np

from services.imaging.color import LUMINANCE
from services.studio.lighting import SUN_DISTANCE
from services.studio.lights import Lamp
from services.studio.panoramas.balance import (
    INDOOR_ADAPTATION,
    OUTDOOR_ADAPTATION,
    VIEW_ADAPTATION,
    find_white_balance,
    kelvin_from_rgb,
)
from services.studio.panoramas.key import KeySource, extract_key, whiten_burned_pixels
from services.studio.panoramas.outlook import Outlook
from services.studio.panoramas.sphere import UP, measure_card_light, turn_panorama
from services.studio.panoramas.turning import choose_background

# Directions that the cards of the light meter face: up, and to the camera. A table alone would
# leave a product under a high window dark, and burn out one in a low sun.
METERED_DIRECTIONS = UP, np.array([0.0, 0.0, 1.0])
# Degrees above which the key light is lowered. Larger: the fronts of products stay dark.
MAX_KEY_ELEVATION = 62.0
# Least strength of the key light as a multiple of the dome's level. Below, the key is strengthened,
# as photographers add a softbox where daylight is flat. Larger: harder contrast.
MIN_KEY_RATIO = 0.9
# Weight of the dome against the key light when light is sampled, by what each gives to a level
# card. Measured on concrete under a city's sky and a sunrise at 6 samples, 2 leaves 65 % of the
# noise that 0 does; 10 leaves more again.
DOME_WEIGHT = 2.0


@dataclass(frozen=True)
class PanoramaLight:
    """A panorama turned, balanced and exposed for a set; its first column is behind the product.

    dome: light from all directions without the key light, float32 linear RGB (h, w, 3).
    view: what a camera sees: with the key light in it, float32 linear RGB (h, w, 3).
    key: lamp of the panorama's main light.
    background_turn: azimuth of the panorama in degrees that is behind the product.
    dome_weight: how often light is to be sampled from the dome, as StudioSet takes it.
    """

    dome: np.ndarray
    view: np.ndarray
    key: Lamp
    background_turn: float
    dome_weight: float


def light_set(
    panorama: np.ndarray,
    outlook: Outlook,
    is_indoors: bool,
    azimuth: float | None,
    rng: np.random.Generator,
    level: float,
) -> PanoramaLight:
    """Lights a set with a panorama.

    panorama: linear RGB, float32 (h, w, 3), w = 2 h, of any brightness.
    outlook: what of the panorama is seen behind the set.
    is_indoors: whether it shows a room.
    azimuth: degrees, as in the contract's Light, from which the key light should come; None: open.
    rng: picks among the best views.
    level: brightness of white cards at the product, 1 is paper white: the mean of one that lies
    level and one that faces the camera.
    """
    whole = whiten_burned_pixels(panorama)
    rest, source = extract_key(whole)
    turn = choose_background(whole, source.azimuth, source.elevation, outlook, azimuth, rng)
    whole, rest = turn_panorama(whole, turn), turn_panorama(rest, turn)
    card = np.mean([measure_card_light(whole, facing) for facing in METERED_DIRECTIONS], axis=0)
    adaptation = INDOOR_ADAPTATION if is_indoors else OUTDOOR_ADAPTATION
    gains = find_white_balance(card, adaptation)
    dome = rest * gains
    key = _create_key_lamp(source, (source.azimuth - turn + 180) % 360, gains)
    dome_level = float(measure_card_light(dome) @ LUMINANCE)
    key = replace(key, strength=max(key.strength, MIN_KEY_RATIO * dome_level))
    exposure = level / max(_meter_light(dome, key), 1e-9)
    view_gains = find_white_balance(card, adaptation * VIEW_ADAPTATION)
    return PanoramaLight(
        dome=dome * np.float32(exposure),
        view=whole * view_gains * np.float32(exposure),
        key=replace(key, strength=key.strength * exposure),
        background_turn=turn,
        dome_weight=DOME_WEIGHT * dome_level * exposure,
    )


def _create_key_lamp(source: KeySource, azimuth: float, gains: np.ndarray) -> Lamp:
    """Creates the lamp of a panorama's main light.

    azimuth: degrees in the set.
    gains: of the white balance, float32 (3,).
    """
    energy = source.energy * gains
    side = float(2 * SUN_DISTANCE * np.tan(np.radians(source.angle) / 2))
    return Lamp(
        azimuth=azimuth,
        elevation=min(source.elevation, MAX_KEY_ELEVATION),
        distance=SUN_DISTANCE,
        width=side,
        height=side,
        strength=float(energy @ LUMINANCE),
        kelvin=kelvin_from_rgb(energy),
    )


def _meter_light(dome: np.ndarray, key: Lamp) -> float:
    """Measures light at the product: mean luminance of white cards in METERED_DIRECTIONS.

    dome: light from all directions, float32 linear RGB (h, w, 3); key: the key light.
    """
    cards = [
        float(measure_card_light(dome, facing) @ LUMINANCE)
        + key.strength * max(float(key.direction_to_lamp @ facing), 0)
        for facing in METERED_DIRECTIONS
    ]
    return sum(cards) / len(cards)
