"""Small textures of the studio, for tests that draw many."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.studio import textures
from services.studio.drawings import DRAWINGS

SMALL_SIDE = 256


@contextmanager
def use_small_textures() -> Iterator[None]:
    """Makes textures of 256 x 256 pixels during the block, instead of 2048 x 2048."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(textures, "TEXTURE_SIDE", SMALL_SIDE)
        patch.setattr(textures, "FIELD_SIDE", SMALL_SIDE // 2)
        DRAWINGS.clear()
        yield
    DRAWINGS.clear()
