"""Small textures of the studio, for tests that draw many."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.studio import masonry, soils, textures

SMALL_SIDE = 256


@contextmanager
def use_small_textures() -> Iterator[None]:
    """Makes textures of 256 x 256 pixels during the block, instead of 2048 x 2048."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(textures, "TEXTURE_SIDE", SMALL_SIDE)
        patch.setattr(textures, "FIELD_SIDE", SMALL_SIDE // 2)
        clear_texture_caches()
        yield
    clear_texture_caches()


def clear_texture_caches() -> None:
    """Empties the cache of every drawing function."""
    for module in (textures, masonry, soils):
        for function in vars(module).values():
            if hasattr(function, "cache_clear"):
                function.cache_clear()
