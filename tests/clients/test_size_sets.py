"""`create --sizes`: every size of platforms by their names, with a real system."""

import pytest
from typer.testing import CliRunner

from cyclorama import Platform
from cyclorama.cli.app import app
from cyclorama.cli.size_sets import choose_sizes
from services.imaging.images import encode_image
from services.runtime.formats import PNG
from tests.support.pictures import draw_product
from tests.support.system import serve_system_in_thread


def build_platform(name: str, family: str, *sizes: tuple[int, int]) -> Platform:
    return Platform(name, name, family, "", "", sizes, ("jpeg",))


PLATFORMS = [
    build_platform("feed", "My Shop", (1, 2), (3, 4)),
    build_platform("stories", "My Shop", (5, 6)),
    build_platform("banner", "Others", (7, 8)),
]


@pytest.mark.parametrize(
    ("names", "sizes"),
    [
        ("feed", [(1, 2), (3, 4)]),
        ("my-shop", [(1, 2), (3, 4), (5, 6)]),
        ("banner, My Shop", [(7, 8), (1, 2), (3, 4), (5, 6)]),
    ],
)
def test_platforms_and_families_stand_for_their_sizes(names, sizes):
    assert [size for _, size in choose_sizes(PLATFORMS, names)] == sizes


def test_a_platform_that_there_is_not_is_named_with_those_that_there_are():
    with pytest.raises(ValueError, match="--sizes ads: choose from banner, feed, my-shop, others"):
        list(choose_sizes(PLATFORMS, "ads"))


def test_create_makes_every_size_and_leaves_out_words_that_a_platform_refuses(tmp_path):
    photo = tmp_path / "can.png"
    photo.write_bytes(encode_image(draw_product(320, 256)[0], PNG).data)
    words = ["create", str(photo), "--prompt", "a table", "--sizes", "google-display"]
    with serve_system_in_thread() as system:
        more = ["--headline", "Sale", "-o", str(tmp_path / "ads"), "--gateway", system.address]
        ran = CliRunner().invoke(app, words + more)
    assert ran.exit_code == 0, ran.output
    assert "without words: Google display, responsive: text and logos" in ran.output
    names = sorted(path.name for path in (tmp_path / "ads").glob("*.jpg"))
    assert names == [
        "can_a-table_google-display_1200x1200.jpg",
        "can_a-table_google-display_1200x628.jpg",
    ]
