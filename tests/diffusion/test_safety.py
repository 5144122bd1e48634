"""The safety checker of a model: its verdicts, what they lead to, and where they are reported."""

import logging
import shutil

import grpc
import numpy as np
import pytest
from PIL import Image

from services.background.engine import BackgroundRequest
from services.background.engines import BackgroundSettings
from services.background.engines import open_engine as open_background
from services.diffusion.errors import UnsafeImage
from services.inpainting.engine import InpaintingRequest
from services.inpainting.engines import InpaintingSettings
from services.inpainting.engines import open_engine as open_inpainting
from services.runtime.engines import read_settings_hash
from services.runtime.errors import EngineNotReady

pytestmark = pytest.mark.slow

SETTINGS = {"diffusion_steps": 3, "diffusers_device": "cpu"}
REQUEST = BackgroundRequest("a beach", 64, 64, seed=1)
ALWAYS, NEVER = -1.1, 1.1


@pytest.fixture(scope="module")
def checked_model(tmp_path_factory):
    """Returns a function that returns a model with a checker that flags above a cosine."""
    from tools.doubles.diffusion_model import build_model

    built = {}

    def build(flag_above):
        if flag_above not in built:
            folder = tmp_path_factory.mktemp("checked") / "model"
            built[flag_above] = build_model(folder, flag_above=flag_above)
        return built[flag_above]

    return build


def open_engine(model, handling="refuse"):
    settings = {"diffusers_model": str(model), "diffusers_safety_checker": handling} | SETTINGS
    return open_background("diffusers", BackgroundSettings(**settings))


def generate(engine):
    *_, result = engine.generate(REQUEST)
    return result


def test_a_flagged_image_is_refused_with_what_to_do(checked_model):
    with pytest.raises(UnsafeImage, match="another prompt or seed, or set CYCLORAMA_") as caught:
        generate(open_engine(checked_model(ALWAYS)))
    error = caught.value
    assert (error.code, error.reason) == (
        grpc.StatusCode.FAILED_PRECONDITION,
        "DIFFUSION_UNSAFE",
    )
    assert error.retry_seconds is None


def test_a_flagged_image_is_reported_with_its_pixels(checked_model):
    reported = generate(open_engine(checked_model(ALWAYS), "report"))
    unchecked = generate(open_engine(checked_model(ALWAYS), "off"))
    assert [warning.reason for warning in reported.warnings] == ["UNSAFE"]
    assert not unchecked.warnings
    assert np.array_equal(reported.pixels, unchecked.pixels) and reported.pixels.std() > 2
    verdicts = [each.measured["safety_checker"] for each in (reported, unchecked)]
    assert verdicts == ["flagged", "off"]


def test_verdicts_of_other_images_are_reported(checked_model, tiny_model):
    assert generate(open_engine(checked_model(NEVER))).measured["safety_checker"] == "passed"
    assert generate(open_engine(tiny_model())).measured["safety_checker"] == "none"


def test_versions_of_engines_name_the_checker_and_its_use(checked_model, tiny_model):
    model = checked_model(ALWAYS)
    versions = [open_engine(model, each).version for each in ("refuse", "report", "off")]
    uses = [version.partition("-safety-")[2].partition("-")[0] for version in versions]
    assert uses == ["refuse", "report", "off"]
    assert "safety" not in open_engine(tiny_model()).version
    # The model is the same, and so are the settings for sampling.
    assert len({read_settings_hash(open_engine(model, each)) for each in ("refuse", "off")}) == 1


def test_a_composite_that_is_flagged_already_is_named_as_the_cause(checked_model, product):
    settings = InpaintingSettings(diffusers_model=str(checked_model(ALWAYS)), **SETTINGS)
    engine = open_inpainting("diffusers", settings)
    with pytest.raises(UnsafeImage, match="flags the picture that was sent already; send another"):
        list(engine.inpaint(InpaintingRequest(*product, prompt="a beach")))


def test_the_verdict_is_that_of_the_library(checked_model):
    """On squares, which the library does not crop."""
    import torch
    from diffusers.pipelines.stable_diffusion.safety_checker import StableDiffusionSafetyChecker
    from transformers import CLIPImageProcessorPil

    from services.diffusion.in_process.safety import SafetyChecker

    folder = checked_model(NEVER) / "safety_checker"
    network = StableDiffusionSafetyChecker.from_pretrained(folder, dtype=torch.float32)
    side = network.config.vision_config.image_size
    processor = CLIPImageProcessorPil(size=side, crop_size=side)
    rng = np.random.default_rng(0)
    ours, theirs = [], []
    for flag_above in np.linspace(0, 0.6, 25):
        network.concept_embeds_weights.data.fill_(flag_above)
        low = rng.integers(0, 200)
        image = rng.integers(low, low + 50, (48, 48, 3), np.uint8)
        ours.append(SafetyChecker("report", network).is_flagged(image))
        values = processor(Image.fromarray(image), return_tensors="pt").pixel_values
        theirs.extend(network(values, [image])[1])
    assert ours == theirs and set(ours) == {True, False}


@pytest.mark.parametrize("size", [(20, 50), (50, 20), (20, 20), (20, 21)])
def test_all_of_an_image_is_checked(size):
    from services.diffusion.in_process.safety import _cut_squares

    image = np.zeros((*size, 3), np.uint8)
    for square in _cut_squares(image):
        assert square.shape == (20, 20, 3)
        square[:] += 1
    assert image.all()


def test_neither_log_nor_pipeline_says_that_images_are_blackened(checked_model, caplog):
    with caplog.at_level(logging.DEBUG):
        generate(open_engine(checked_model(ALWAYS), "report"))
    assert not [record for record in caplog.records if "black" in record.getMessage().lower()]


def test_a_checker_that_lacks_weights_is_refused_unless_it_is_off(checked_model, tmp_path):
    from safetensors.torch import load_file, save_file

    model = shutil.copytree(checked_model(NEVER), tmp_path / "model")
    weights = model / "safety_checker" / "model.safetensors"
    tensors = load_file(weights)
    del tensors["concept_embeds"]
    save_file(tensors, weights, {"format": "pt"})
    with pytest.raises(EngineNotReady, match=r"safety_checker of model .* fewer weights"):
        open_engine(model)
    assert generate(open_engine(model, "off")).measured["safety_checker"] == "off"
