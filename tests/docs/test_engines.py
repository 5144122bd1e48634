"""The page about engines lists those of the code, and the models that they accept."""

import re
import tomllib

import pytest

from services.background.engines import ENGINES as BACKGROUND
from services.compositing.engines import ENGINES as COMPOSITING
from services.diffusion.in_process.files.model_index import PIPELINE_PARTS
from services.finishing.engines import ENGINES as FINISHING
from services.inpainting.engines import ENGINES as INPAINTING
from services.segmentation.engines import ENGINES as SEGMENTATION
from tools import ROOT

PAGE = (ROOT / "docs" / "engines.md").read_text()
ENGINES = {
    "segmentation": SEGMENTATION,
    "background": BACKGROUND,
    "compositing": COMPOSITING,
    "inpainting": INPAINTING,
    "finishing": FINISHING,
}


@pytest.mark.parametrize("stage", ENGINES)
def test_the_engines_of_a_stage_are_listed_best_first(stage):
    rows = re.findall(r"^\| ([a-z, ]+) \| `(\w+)` \|", PAGE, re.MULTILINE)
    assert tuple(name for stages, name in rows if stage in stages) == ENGINES[stage]


@pytest.mark.parametrize(
    "name",
    [
        *("SAM", "SAM 2", "HQ-SAM", "BiRefNet", "u2net", "A1111", "Forge", "ComfyUI", "SD 1.5"),
        *("SDXL", "SD 3", "Flux", "ControlNet", "IP-Adapter", "LoRA", "diffusers"),
    ],
)
def test_the_page_answers_whether_a_model_is_supported(name):
    rows = re.findall(r"^\| ([^|]+) \| (yes|no|through)", PAGE, re.MULTILINE)
    assert any(re.search(rf"(?<![\w-]){re.escape(name)}(?!\w)", row) for row, _ in rows)


def test_segmentation_networks_of_the_page_about_them_are_those_of_the_code():
    page = (ROOT / "docs" / "segmentation-networks.md").read_text()
    rows = re.findall(
        r"^\| `([\w.-]+)` \| `([\w.-]+\.onnx)` \|.*\| ([\w.-]+) \|$", page, re.MULTILINE
    )
    cards = {
        path.stem: tomllib.loads(path.read_text())
        for path in (ROOT / "services/segmentation/networks").glob("*.toml")
    }
    assert {name: (file, words) for name, file, words in rows} == {
        name: (card["file"], card["license"]) for name, card in cards.items()
    }


def test_models_in_the_process_are_those_that_the_page_calls_supported():
    """Stable Diffusion 3 has another pipeline, which the page says is rejected."""
    family = re.compile("StableDiffusionXL|StableDiffusion|Flux|LatentConsistencyModel|.*")
    families = {family.match(name)[0] for name in PIPELINE_PARTS}
    assert families == {"StableDiffusion", "StableDiffusionXL", "LatentConsistencyModel", "Flux"}
