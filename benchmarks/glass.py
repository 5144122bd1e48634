"""Transparency of glass against rendered truth, and how often opaque products are taken for glass.

python -m benchmarks.glass [--quick]

Vessels of glass are rendered before plain backdrops, cut out along their true masks, and laid over
other backdrops, in which they are rendered truly too. Theirs is the opaque cut-out. White and gray
vessels and boxes, and the photos in $CYCLORAMA_EVAL but for GLASS_PHOTOS, must stay opaque.
"""

import argparse
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.glass_renders import (
    GLASS_TINTS,
    NEW_BACKDROPS,
    OPAQUE_MATERIALS,
    PLAIN_BACKDROPS,
    SHAPES,
    RenderedProduct,
    describe_glass,
    find_product_mask,
    render_product,
)
from benchmarks.report import BenchmarkRow, parse_arguments, write_report
from services.imaging.box import slices_from_box
from services.imaging.delta_e import delta_e
from services.runtime.errors import ProductNotFound
from services.segmentation.engine import SegmentationPrompt, SegmentationResult
from services.segmentation.engines import SegmentationSettings, find_network
from services.segmentation.engines.classic import ClassicSegmentation
from services.segmentation.glass import show_background_through
from tools.pictures.stage_ads import decode_rgb

# Pixels per side of the renders of a full run and of a quick one.
SIDE, QUICK_SIDE = 320, 128
# Goals: error of color inside the glass relative to the opaque cut-out, and share of right reports.
MAX_RATIO, MIN_PRECISION = 0.5, 0.9
# Products of the open photos that are of glass.
GLASS_PHOTOS = frozenset({"bamboo-glass-jar", "salt-and-pepper-shakers"})


@dataclass(frozen=True)
class GlassCase:
    """Mean CIEDE2000 inside a glass before one new backdrop: of the opaque cut-out, and of ours."""

    name: str
    opaque: float
    ours: float


def main() -> None:
    """Renders the products and measures the cut-outs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="every fourth product and photo, at a smaller size"
    )
    arguments = parse_arguments(parser)
    side, step = (QUICK_SIDE, 4) if arguments.quick else (SIDE, 1)
    engine = ClassicSegmentation(network=find_network(SegmentationSettings()))
    glasses = list(GLASS_TINTS)[::step]
    cases = [case for name in glasses for case in measure_glass_product(engine, name, side)]
    reports = [*report_renders(engine, side, step), *report_photos(engine, step)]
    write_report("glass", build_rows(cases, reports), arguments.quick, ["mitsuba", "numpy"])


def measure_glass_product(engine: ClassicSegmentation, name: str, side: int) -> Iterator[GlassCase]:
    """Measures a vessel of glass from each plain backdrop in each new one."""
    product = RenderedProduct(name, describe_glass(GLASS_TINTS[name]), side)
    inside = find_product_mask(product)
    worlds = {
        new: (render_product(backdrop, product.bare), render_product(backdrop, product))
        for new, backdrop in NEW_BACKDROPS.items()
    }
    for plain, backdrop in PLAIN_BACKDROPS.items():
        photo = render_product(backdrop, product)
        prompt = SegmentationPrompt(mask=inside, product=f"glass {name}")
        result = engine.segment(photo, prompt)
        separated = show_background_through(photo, result, prompt)
        for new, (behind, truth) in worlds.items():
            opaque, ours = (
                float(delta_e(lay_over(each, behind)[inside], truth[inside]).mean())
                for each in (result, separated)
            )
            print(f"{name} from {plain} to {new}: {opaque:.1f} {ours:.1f}", flush=True)
            yield GlassCase(f"{name} from {plain} to {new}", opaque, ours)


def report_renders(
    engine: ClassicSegmentation, side: int, step: int
) -> Iterator[tuple[bool, bool]]:
    """Yields whether each rendered product is of glass, and whether it is taken for it."""
    for number, name in enumerate(SHAPES):
        if number % step:
            continue
        materials = dict(OPAQUE_MATERIALS)
        if name in GLASS_TINTS:
            materials["glass"] = describe_glass(GLASS_TINTS[name])
        for material, bsdf in materials.items():
            for plain, backdrop in PLAIN_BACKDROPS.items():
                photo = render_product(backdrop, RenderedProduct(name, bsdf, side))
                found = is_taken_for_glass(engine, photo)
                print(f"{material} {name} before {plain}: {'glass' if found else 'opaque'}")
                yield material == "glass", found


def report_photos(engine: ClassicSegmentation, step: int) -> Iterator[tuple[bool, bool]]:
    """Yields the same for the photos in $CYCLORAMA_EVAL; nothing where it is not set."""
    folder = os.environ.get("CYCLORAMA_EVAL")
    if not folder:
        print("CYCLORAMA_EVAL is not set, so no photos are measured")
        return
    for path in sorted(Path(folder).glob("*photos/*.jpg"))[::step]:
        photo = decode_rgb(path.read_bytes())
        found = is_taken_for_glass(engine, photo)
        print(f"{path.stem}: {'glass' if found else 'opaque'}", flush=True)
        yield path.stem in GLASS_PHOTOS, found


def is_taken_for_glass(engine: ClassicSegmentation, photo: np.ndarray) -> bool:
    """Whether a photo's product becomes transparent without words; uint8 RGB (H, W, 3)."""
    prompt = SegmentationPrompt()
    try:
        result = engine.segment(photo, prompt)
    except ProductNotFound:
        return False
    return show_background_through(photo, result, prompt).transparent_share > 0


def lay_over(result: SegmentationResult, behind: np.ndarray) -> np.ndarray:
    """Returns a cut-out at its place in the photo over another background: uint8 RGB (H, W, 3).

    behind: of the photo's size, uint8 RGB (H, W, 3).
    """
    picture = behind.copy()
    part = slices_from_box(result.bounds)
    alpha = result.cutout[..., 3:].astype(np.float32) / 255
    mixed = result.cutout[..., :3] * alpha + behind[part] * (1 - alpha)
    picture[part] = np.rint(mixed)
    return picture


def build_rows(cases: list[GlassCase], reports: list[tuple[bool, bool]]) -> list[BenchmarkRow]:
    """Returns the claims; theirs is the opaque cut-out.

    reports: whether each product is of glass, and whether it is taken for it.
    """
    opaque, ours = (float(np.mean([getattr(c, n) for c in cases])) for n in ("opaque", "ours"))
    found = [is_glass for is_glass, is_found in reports if is_found]
    precision = float(np.mean(found)) if found else 1.0
    recall = float(np.mean([is_found for is_glass, is_found in reports if is_glass]))
    false = sum(is_found for is_glass, is_found in reports if not is_glass)
    return [
        BenchmarkRow("color inside glass", "CIEDE2000", opaque, ours, MAX_RATIO, "ratio", True),
        BenchmarkRow("reports of glass that are right", "share", 0, precision, MIN_PRECISION),
        BenchmarkRow("glass that is found without words", "share", 0, recall),
        BenchmarkRow("opaque products taken for glass", f"of {len(reports)}", 0, false),
    ]


if __name__ == "__main__":
    main()
