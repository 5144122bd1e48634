"""Segment Anything in its own architecture, small enough for tests."""

from collections.abc import Iterator
from functools import partial

import pytest

# One block with windowed and one with global attention; vit_b has twelve blocks.
DEPTH, GLOBAL_BLOCKS = 2, (1,)
# Each head of a global block needs 4096 x 4096 attention weights, 64 MiB, several times. With the
# twelve heads of vit_b the package's own predictor takes 4 GiB. tests/segmentation/test_encoder.py
# has several heads.
HEADS = 1
# The embedding width that identifies vit_b among the models.
WIDTH = 768


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the option for the architecture as it is."""
    text = "test Segment Anything with all blocks and heads of vit_b; takes 5 GiB of memory"
    parser.addoption("--full-sam", action="store_true", help=text)


@pytest.fixture(scope="module")
def small_vit_b(request: pytest.FixtureRequest) -> Iterator[None]:
    """Makes the package build a vit_b of fewer blocks and heads for one test module."""
    if request.config.option.full_sam:
        yield
        return
    from services.segmentation.engines.sam.package import import_segment_anything

    package = import_segment_anything()
    # The package needs torchvision or the stand-ins of import_segment_anything.
    from segment_anything.build_sam import _build_sam

    build = partial(_build_sam, WIDTH, DEPTH, HEADS, GLOBAL_BLOCKS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(package.sam_model_registry, "vit_b", build)
        yield
