"""One system for the tests of the client and the command line."""

import pytest

from services.runtime.images import PNG, encode
from tests.pictures import draw_product
from tests.system import system_beside


@pytest.fixture(scope="session")
def running():
    with system_beside() as running:
        yield running


@pytest.fixture
def photo(tmp_path):
    """A product photo in a file."""
    path = tmp_path / "photo.png"
    path.write_bytes(encode(draw_product()[0], PNG).data)
    return path
