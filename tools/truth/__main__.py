"""Renders the pairs of photo and truth that benchmarks/truth.py reads: `python -m tools.truth`.

python -m tools.truth [--first N] [SET ...]

Takes about twenty minutes on two quiet cores. Renders only what is not stored yet: delete
benchmarks/truths first where sets or products have changed.
"""

import argparse
from collections.abc import Sequence
from itertools import groupby

from benchmarks.truth_files import TruthPair, list_pair_names, name_pair, write_pair, write_set
from services.studio.panoramas.library import NO_PANORAMAS
from services.studio.rendering import describe_set_version
from services.studio.variant import SCALAR_VARIANT, choose_variant
from tools.truth.cases import PAIR_COUNT, SETS, list_pairs
from tools.truth.photos import take_photo
from tools.truth.products import PRODUCTS
from tools.truth.sets import BuiltSet, build_set, render_truth


def main() -> None:
    """Renders the pairs that are not stored yet, set by set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=PAIR_COUNT, help="only so many pairs")
    parser.add_argument("sets", nargs="*", metavar="SET", help="only pairs in these sets")
    arguments = parser.parse_args()
    stored, sets = set(list_pair_names()), arguments.sets or list(SETS)
    missing = [
        pair
        for pair in list_pairs()[: arguments.first]
        if name_pair(*pair) not in stored and pair[1] in sets
    ]
    # Compiling another variant would take longer than tracing so few paths.
    choose_variant(SCALAR_VARIANT)
    renderer = describe_set_version(NO_PANORAMAS)
    for name, pairs in groupby(sorted(missing, key=lambda pair: pair[1]), key=lambda pair: pair[1]):
        render_pairs(name, [product for product, _ in pairs], renderer)


def render_pairs(set_name: str, products: Sequence[str], renderer: str) -> None:
    """Renders a set, and the pairs of products in it."""
    built = build_set(SETS[set_name], renderer)
    write_set(set_name, built.pixels, built.scene)
    for product in products:
        write_pair(render_pair(product, set_name, built), has_exif=built.truth_set.has_exif)
        print(name_pair(product, set_name), flush=True)


def render_pair(product_name: str, set_name: str, built: BuiltSet) -> TruthPair:
    """Renders a product's photo and the product inside a set."""
    product, truth_set = PRODUCTS[product_name], built.truth_set
    photo = take_photo(product, truth_set, truth_set.seed)
    truth = render_truth(built, product, photo)
    return TruthPair(
        product=product_name,
        words=product.words,
        set_name=set_name,
        view=truth_set.view,
        scene=built.scene,
        photo=photo.pixels,
        photo_mask=photo.mask,
        background=built.pixels,
        truth=truth.pixels,
        truth_mask=truth.mask,
        glass=truth.glass,
    )


if __name__ == "__main__":
    main()
