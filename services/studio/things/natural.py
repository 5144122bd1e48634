"""Natural things: fruit, plants, food, stones; one entry each in NATURAL_THINGS."""

from services.studio.things import (
    berries,
    citrus,
    flowers,
    fruits,
    leaves,
)
from services.studio.things.settling import create_grown_thing as grow
from services.studio.things.thing import Layout, Thing

# By the name of their entry in briefs/words/things.toml; sizes in millimeters.
NATURAL_THINGS: dict[str, Thing] = {
    "apple": grow(fruits.build_apple, Layout.GROUP, 92, (1, 3)),
    "avocado": grow(fruits.build_avocado, Layout.GROUP, 105, (1, 2)),
    "basil": grow(leaves.build_basil, Layout.GROUP, 75, (2, 3)),
    "blueberry": grow(berries.build_blueberries, Layout.SCATTER, 42, (4, 7)),
    "cherry": grow(berries.build_cherries, Layout.GROUP, 62, (2, 3)),
    "cherry_blossom": grow(flowers.build_cherry_blossom, Layout.GROUP, 240, (1, 2)),
    "citrus_slice": grow(citrus.build_citrus_slice, Layout.GROUP, 62, (2, 4)),
    "daisy": grow(
        flowers.create_ray_flower_builder((248, 246, 238), 19, 0.28, (222, 160, 20)),
        Layout.GROUP,
        50,
        (3, 5),
    ),
    "eucalyptus": grow(leaves.build_eucalyptus, Layout.GROUP, 230, (1, 2)),
    "fern": grow(leaves.build_fern, Layout.GROUP, 240, (1, 2)),
    "fig": grow(fruits.build_fig, Layout.GROUP, 58, (2, 4)),
    "flower": grow(flowers.build_flower, Layout.GROUP, 75, (2, 4)),
    "grapefruit": grow(
        citrus.create_citrus_builder(citrus.GRAPEFRUIT, 0.0), Layout.GROUP, 110, (1, 2)
    ),
    "grapes": grow(berries.build_grapes, Layout.GROUP, 150, (1, 1)),
    "herbs": grow(leaves.build_herbs, Layout.GROUP, 95, (2, 3)),
    "leaf": grow(leaves.build_leaf, Layout.GROUP, 110, (1, 2)),
    "leaves": grow(leaves.build_leaves, Layout.SCATTER, 110, (5, 8)),
    "lemon": grow(citrus.create_citrus_builder(citrus.LEMON, 0.35), Layout.GROUP, 82, (2, 3)),
    "lime": grow(citrus.create_citrus_builder(citrus.LIME, 0.2), Layout.GROUP, 62, (2, 3)),
    "maple_leaves": grow(leaves.build_maple_leaves, Layout.SCATTER, 150, (3, 5)),
    "marigold": grow(flowers.build_marigold, Layout.GROUP, 62, (3, 5)),
    "mint": grow(leaves.build_mint, Layout.GROUP, 90, (2, 3)),
    "monstera": grow(leaves.build_monstera, Layout.GROUP, 260, (1, 2)),
    "orange": grow(citrus.create_citrus_builder(citrus.ORANGE, 0.0), Layout.GROUP, 78, (2, 3)),
    "palm_leaf": grow(leaves.build_palm_leaf, Layout.BEHIND, 600, (1, 2)),
    "peach": grow(fruits.build_peach, Layout.GROUP, 72, (2, 3)),
    "pear": grow(fruits.build_pear, Layout.GROUP, 112, (1, 3)),
    "peony": grow(flowers.build_peony, Layout.GROUP, 110, (1, 3)),
    "petals": grow(flowers.build_petals, Layout.SCATTER, 90, (4, 7)),
    "plant": grow(leaves.build_plant, Layout.BEHIND, 520, (1, 1), lies_flat=False),
    "pomegranate": grow(fruits.build_pomegranate, Layout.GROUP, 100, (1, 2)),
    "raspberry": grow(berries.build_raspberries, Layout.SCATTER, 46, (3, 6)),
    "rose": grow(flowers.build_rose, Layout.GROUP, 190, (1, 2)),
    "rose_petals": grow(flowers.build_rose_petals, Layout.SCATTER, 95, (4, 7)),
    "rosemary": grow(leaves.build_rosemary, Layout.GROUP, 130, (1, 2)),
    "strawberry": grow(berries.build_strawberry, Layout.GROUP, 42, (3, 6)),
    "sunflower": grow(
        flowers.create_ray_flower_builder((240, 176, 18), 22, 0.42, (66, 40, 22), is_double=True),
        Layout.GROUP,
        150,
        (1, 2),
    ),
    "tomato": grow(fruits.build_tomato, Layout.GROUP, 68, (2, 4)),
    "tulip": grow(flowers.build_tulip, Layout.GROUP, 230, (1, 3)),
}
