"""Segment Anything in its own architecture, with fewer blocks and heads for tests."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import pytest


class Architecture(NamedTuple):
    """The blocks of an encoder, its heads, and the numbers of its blocks with global attention."""

    depth: int
    heads: int
    global_blocks: tuple[int, ...]


# One block with windowed and one with global attention. Each head of a global block needs
# 4096 x 4096 attention weights, 64 MiB, several times; tests/segmentation/test_encoder.py has
# several heads.
SMALL = Architecture(depth=2, heads=1, global_blocks=(1,))
# The twelve blocks of vit_b are four times these three. The package's own predictor takes 4 GiB.
FULL = Architecture(depth=3, heads=12, global_blocks=(2,))
# The embedding width that identifies vit_b among the models.
WIDTH = 768


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option for all heads."""
    text = "test Segment Anything with all heads of vit_b; takes 5 GiB of memory"
    parser.addoption("--full-sam", action="store_true", help=text)


@pytest.fixture(scope="module")
def small_vit_b(request: pytest.FixtureRequest) -> Iterator[None]:
    """Makes the package build a smaller vit_b for one test module."""
    from services.segmentation.engines.sam.package import import_segment_anything

    package = import_segment_anything()
    # The package needs torchvision or the stand-ins of import_segment_anything.
    from segment_anything.build_sam import _build_sam

    architecture = FULL if request.config.option.full_sam else SMALL
    build = partial(_build_sam, WIDTH, *architecture)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(package.sam_model_registry, "vit_b", build)
        yield
