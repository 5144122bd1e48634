"""Links and make targets of the documentation exist, and the engine of the tutorial works."""

import json
import re
import sys
from types import ModuleType

import pytest

from cyclorama.v1 import background_pb2, image_pb2
from services.background.engine import BackgroundRequest
from services.background.servicer import BackgroundServicer
from services.imaging.images import ImageCodec
from services.runtime.engines import Engines
from services.runtime.settings import ImageSettings
from tests.test_language import RETIRED_WORDS
from tools import ROOT

PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]
LINK = re.compile(r"\]\((?!https?:)([^)#]*)(#[^)]+)?\)")
# Lines of all documents; fields of the contract have such names.
MAX_RETIRED_LINES = 5
MAKE = re.compile(r"`make ([a-z-]+)")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_point_to_existing_files_and_headings(page):
    for target, place in LINK.findall(page.read_text()):
        file = page.parent / target if target else page
        assert file.is_file(), target
        assert not place or place[1:] in read_anchors(file), f"{target}{place}"


def read_anchors(page):
    """Returns the anchors of a page's headings, as GitHub generates them."""
    heads = re.findall(r"^#+ (.*)", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_on_call_page_says_what_to_do_about_every_reason():
    reference = (ROOT / "docs" / "reference" / "errors.md").read_text()
    reasons = set(re.findall(r"^\| `([A-Z_]+)`", reference, re.MULTILINE))
    page = (ROOT / "docs" / "on-call.md").read_text()
    named = re.findall(r"`([A-Z_]+)(\.\.\.)?`", page.partition("| the reason is | action |")[2])
    prefixes = tuple(name for name, is_prefix in named if is_prefix)
    known = {name for name, _ in named}
    unknown = {each for each in reasons - known if not each.startswith(prefixes)}
    # No caller sees it.
    assert unknown == {"CALL_CANCELLED"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_make_targets_of_a_page_exist(page):
    targets = set(re.findall(r"^([a-z][a-z -]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    known = {name for line in targets for name in line.split()}
    assert set(MAKE.findall(page.read_text())) <= known


def test_the_memory_of_services_in_operations_is_that_of_the_last_run():
    page = (ROOT / "docs" / "operations.md").read_text()
    named = dict(re.findall(r"^\| (\w+).* \| [\d.]+ GiB \| (\d+) MiB \|$", page, re.MULTILINE))
    rows = json.loads((ROOT / "benchmarks" / "results" / "memory.json").read_text())["rows"]
    measured = {row["claim"].partition(":")[0]: f"{row['ours']:.0f}" for row in rows}
    assert named == measured and len(named) == 5


def test_the_seconds_in_the_readme_are_those_of_the_last_run():
    table = (ROOT / "docs" / "performance.md").read_text()
    shown = re.search(
        r"pixels took ([\d.]+) s and a draft ([\d.]+) s", (ROOT / "README.md").read_text()
    )
    rows = ("one ad of 1024 x 1024 pixels", "a draft of 1024 x 1024 pixels, at half the size")
    assert [re.search(rf"\| {row} \| ([\d.]+) \|", table)[1] for row in rows] == [*shown.groups()]


def test_the_engine_of_the_tutorial_works():
    page = (ROOT / "docs" / "adding-an-engine.md").read_text()
    module = ModuleType("wall")
    sys.modules["wall"] = module
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1], vars(module))
    engine = module.Wall()
    first, second = (
        [*engine.generate(BackgroundRequest("x", 300, 200, seed=7))][-1] for _ in range(2)
    )
    assert first.pixels.shape == (200, 300, 3) and (first.pixels == second.pixels).all()
    servicer = BackgroundServicer(Engines(["wall"], lambda _: engine), ImageCodec(ImageSettings()))
    size = image_pb2.Size(width=300, height=256)
    *_, last = servicer.GenerateBackground(
        background_pb2.GenerateBackgroundRequest(prompt="x", size=size), None
    )
    assert last.result.run.engine == "wall" and last.result.background.width == 300


def test_documents_contain_few_retired_words():
    """As names of fields, settings and benchmarks do in generated pages."""
    retired = re.compile(rf"\b({'|'.join(sorted(RETIRED_WORDS))})\b", re.IGNORECASE)
    lines = [
        f"{page.relative_to(ROOT)}: {line}"
        for page in PAGES
        for line in page.read_text().splitlines()
        if retired.search(line)
    ]
    assert len(lines) <= MAX_RETIRED_LINES, "\n".join(lines)
