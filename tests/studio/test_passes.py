"""Rendering by compiled programs: one program per set, equal bits, the scalar variant's picture."""

import drjit as dr
import numpy as np
import pytest

from services.studio import passes, variant
from services.studio.planning import RenderRequest
from services.studio.rendering import RenderedSet, Renderer

pytestmark = pytest.mark.slow

PROMPT = "sage green studio, round podium"
# Operations from which on a program follows light; others move values.
LIGHT_PROGRAM = 1000


@pytest.fixture(scope="module")
def compiled() -> Renderer:
    """Returns a renderer of the compiled variant; skips where none works."""
    if not variant.is_compiled_variant_usable():
        pytest.skip("needs a libLLVM that Mitsuba can use")
    return Renderer(variant.COMPILED_VARIANT)


def render(renderer: Renderer, width: int, height: int, seed: int = 1) -> np.ndarray:
    """Renders the set of the tests: uint8 RGB (height, width, 3)."""
    *_, result = renderer.render(RenderRequest(PROMPT, width, height, seed))
    assert isinstance(result, RenderedSet)
    return result.pixels


def collect_light_programs() -> set[str]:
    """Returns the hashes of the programs that followed light since the last call."""
    entries = dr.kernel_history([dr.KernelType.JIT])
    return {e["hash"] for e in entries if e["operation_count"] > LIGHT_PROGRAM}


def test_one_program_renders_preview_and_image_at_every_scale(compiled, monkeypatch):
    with dr.scoped_set_flag(dr.JitFlag.KernelHistory, True):
        dr.kernel_history_clear()
        render(compiled, 96, 64)
        first = collect_light_programs()
        # Strips of one image run it too.
        monkeypatch.setattr(passes, "PIXELS_AT_ONCE", 192 * 50)
        render(compiled, 192, 128)
        assert len(first) == 1 and collect_light_programs() == first


def test_equal_requests_return_equal_bytes(compiled):
    assert np.array_equal(render(compiled, 96, 96), render(compiled, 96, 96))


def test_compiled_and_scalar_variants_show_one_picture(compiled):
    ours = render(compiled, 128, 128).astype(int)
    reference = render(Renderer(variant.SCALAR_VARIANT), 128, 128).astype(int)
    # Levels of 255; only the noise differs.
    assert np.abs(ours - reference).mean() < 2 and abs((ours - reference).mean()) < 0.3
