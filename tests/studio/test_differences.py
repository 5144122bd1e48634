"""What a renderer of differences keeps of the sets that it rebuilds."""

import gc
import weakref

import numpy as np
import pytest

from services.imaging.scene import Scene
from services.studio import differences
from services.studio.differences import DifferenceRenderer
from services.studio.planning import RenderRequest
from services.studio.proxy import PlacedProduct
from services.studio.rendering import recipe_from_request
from tests.support.textures import use_small_textures

SIDE = 64


@pytest.fixture
def loads(monkeypatch):
    """Records a weak reference to each set when it is loaded, and how many are alive just then."""
    loaded: list[weakref.ref] = []
    alive: list[int] = []
    load = differences._load_set

    def load_and_count(*args):
        gc.collect()
        alive.append(sum(each() is not None for each in loaded))
        built = load(*args)
        loaded.append(weakref.ref(built))
        return built

    monkeypatch.setattr(differences, "_load_set", load_and_count)
    return loaded, alive


def build_set(renderer: DifferenceRenderer, prompt: str) -> None:
    """Renders in the set of a prompt until it is built, and stops there."""
    picture = np.full((SIDE, SIDE, 3), 128, np.uint8)
    alpha = np.zeros((SIDE, SIDE), np.uint8)
    alpha[20:50, 24:40] = 255
    recipe = recipe_from_request(RenderRequest(prompt, SIDE, SIDE, seed=1), renderer.version)
    steps = renderer.render(PlacedProduct(picture, alpha), Scene(recipe=recipe), seed=1)
    for step in steps:
        if step.fraction == differences.LIT:
            break
    steps.close()


def test_only_the_latest_set_is_kept_and_freed_before_the_next_is_loaded(loads):
    loaded, alive = loads
    with use_small_textures():
        renderer = DifferenceRenderer()
        for prompt in ("plain studio", "plain studio", "marble table", "oak table"):
            build_set(renderer, prompt)
    gc.collect()
    # One prompt twice in a row is loaded once.
    assert alive == [0, 0, 0]
    assert [each() is not None for each in loaded] == [False, False, True]
