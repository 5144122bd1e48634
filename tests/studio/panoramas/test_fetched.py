"""The fetched panoramas themselves, where set-up has fetched them."""

import numpy as np
import pytest

from services.imaging.color import LUMINANCE
from services.studio.camera import create_camera
from services.studio.panoramas.cards import load_cards
from services.studio.panoramas.library import PlaceSettings, open_library
from services.studio.panoramas.light import light_set
from services.studio.panoramas.outlook import look_out
from services.studio.panoramas.painting import paint_panorama
from services.studio.panoramas.sphere import measure_card_light
from tools import ROOT

PANORAMAS = open_library(PlaceSettings(places=ROOT / "models/places")).panoramas
CAMERA = create_camera(96, 96, pitch=8, ground_line=0.8, view_angle=30)
OUTLOOK = look_out(CAMERA, edge_z=-7.0)
SUNNY = {"park", "sky", "sunrise"}


@pytest.fixture(params=sorted(load_cards()))
def panorama(request):
    """One of the fetched panoramas."""
    found = {panorama.name: panorama for panorama in PANORAMAS}
    if request.param not in found:
        pytest.skip("the photographed places are not fetched: `make places`")
    return found[request.param]


def test_fetched_panoramas_light_sets(panorama):
    rng = np.random.default_rng(5)
    light = light_set(panorama.read(), OUTLOOK, panorama.card.indoors, None, rng, level=0.85)
    assert np.isfinite(light.dome).all() and light.dome.min() >= 0
    # Suns cast shadows; rooms and clouds have soft lamps.
    assert (light.key.angular_size < 6) or panorama.name not in SUNNY
    red, _, blue = measure_card_light(light.dome) + light.key.strength * light.key.tint
    # No set is dyed: a white card keeps at most a cast.
    assert 0.6 < red / blue < 1.7
    painted = paint_panorama(light, OUTLOOK, size=(1.55, 1.2), defocus=0.04)
    assert 0.08 < float(np.median(painted @ LUMINANCE)) < 0.6
    assert float(painted.max()) <= 1.001
