"""Models in single files: what is recognized, what is refused, and images equal to the folder's."""

import json
import pickle
import shutil
import subprocess
import sys
from contextlib import nullcontext
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import numpy as np
import pytest

from services.diffusion.generator_settings import GeneratorSettings
from services.diffusion.generators import open_generator
from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.files.checkpoint_family import (
    UnsupportedCheckpoint,
    recognize_checkpoint,
)
from services.diffusion.in_process.files.model_files import inspect_model
from services.diffusion.in_process.files.safetensors_header import SafetensorsHeader, TensorEntry
from services.diffusion.request import DiffusionRequest, InitImage
from services.diffusion.settings import SamplingOptions
from services.runtime.errors import EngineNotReady
from tools import ROOT

torch = pytest.importorskip("torch")
from safetensors.torch import load_file, save_file  # noqa: E402

UNET = "model.diffusion_model."
CONTEXT = "transformer_blocks.0.attn2.to_k.weight"
POSITIONS = "transformer.text_model.embeddings.position_embedding.weight"
SD15_TENSORS = {
    f"{UNET}input_blocks.0.0.weight": (320, 4, 3, 3),
    f"{UNET}input_blocks.1.1.{CONTEXT}": (320, 768),
    f"cond_stage_model.{POSITIONS}": (77, 768),
    "first_stage_model.decoder.conv_in.weight": (512, 4, 3, 3),
}
SDXL_TENSORS = {
    f"{UNET}input_blocks.0.0.weight": (320, 4, 3, 3),
    f"{UNET}input_blocks.4.1.{CONTEXT}": (640, 2048),
    f"conditioner.embedders.0.{POSITIONS}": (77, 768),
    "conditioner.embedders.1.model.positional_embedding": (77, 1280),
    "first_stage_model.decoder.conv_in.weight": (512, 4, 3, 3),
}


def build_header(shapes, dtype="F16", **metadata):
    """Returns the header of a file with tensors of these shapes."""
    tensors = {name: TensorEntry(dtype, shape) for name, shape in shapes.items()}
    return SafetensorsHeader(tensors, metadata)


@pytest.fixture(scope="session")
def tiny_file(tiny_model, tmp_path_factory):
    """Returns a function that returns the single file of a tiny model of a family, built once."""

    @cache
    def save(family):
        from tools.doubles.single_file import save_single_file

        path = tmp_path_factory.mktemp("single") / f"{family}.safetensors"
        return save_single_file(tiny_model(family), path)

    return save


@pytest.fixture(scope="session")
def tiny_config(tiny_model, tmp_path_factory):
    """Returns a function that copies the configuration of a tiny model, without its weights."""

    @cache
    def copy(family):
        target = tmp_path_factory.mktemp("config") / family
        without = shutil.ignore_patterns("*.safetensors")
        return Path(shutil.copytree(tiny_model(family), target, ignore=without))

    return copy


def load(path, config=None, **settings):
    """Returns the loaded text-to-image pipeline of a single file, and its description."""
    from services.diffusion.in_process.single_file import load_single_file

    settings = DiffusersSettings(
        diffusers_model=str(path), diffusers_config=str(config or ""), **settings
    )
    checkpoint = inspect_model(settings).checkpoint
    return load_single_file(checkpoint, torch.float32)


def refuse(path, **settings):
    """Returns the error for a file, which is one line without the folder."""
    settings = DiffusersSettings(diffusers_model=str(path), **settings)
    with pytest.raises(EngineNotReady) as caught:
        inspect_model(settings)
    text = str(caught.value)
    assert str(Path(path).parent) not in text and "\n" not in text
    return text


def generate(model, *inits, **settings):
    """Returns the pixels of images of a model: repainted, or of a prompt alone for None."""
    settings = GeneratorSettings(diffusers_model=str(model), **settings)
    generator = open_generator("diffusers", settings, "img2img")
    sampling = SamplingOptions(steps=2)
    images = []
    for init in inits:
        request = DiffusionRequest("a beach", "", 64, 64, seed=3, sampling=sampling, init=init)
        *_, result = generator.generate(request)
        images.append(result.pixels)
    return images


# The schedulers of diffusers convert tensors in a way that numpy has deprecated.
@pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept a copy keyword")
@pytest.mark.parametrize(
    "family",
    [
        pytest.param("sd15", marks=pytest.mark.slow),
        pytest.param("sd15-inpainting", marks=pytest.mark.slow),
        "sdxl",
    ],
)
def test_a_single_file_gives_the_images_of_its_folder(family, tiny_model, tiny_file, tiny_config):
    locked = np.zeros((64, 64), bool)
    locked[:32] = True
    pixels = np.tile(np.arange(64, dtype=np.uint8)[:, None, None] * 3, (1, 64, 3))
    inits = InitImage(pixels, locked, 0.9), None
    expected = generate(tiny_model(family), *inits)
    actual = generate(tiny_file(family), *inits, diffusers_config=str(tiny_config(family)))
    assert expected[0].std() > 1
    np.testing.assert_array_equal(actual, expected)


def test_the_weights_of_each_part_are_counted_in_the_header(tiny_model, tiny_file, tiny_config):
    from services.diffusion.in_process.files.weights import count_weights

    config = str(tiny_config("sdxl"))
    folder = DiffusersSettings(diffusers_model=str(tiny_model("sdxl")))
    file = DiffusersSettings(diffusers_model=str(tiny_file("sdxl")), diffusers_config=config)
    assert count_weights(inspect_model(file)) == count_weights(inspect_model(folder))


def test_the_fingerprint_changes_with_weights_and_configuration(tmp_path, tiny_file, tiny_config):
    config = Path(shutil.copytree(tiny_config("sd15"), tmp_path / "config"))
    path = Path(shutil.copy(tiny_file("sd15"), tmp_path / "model.safetensors"))
    settings = DiffusersSettings(diffusers_model=str(path), diffusers_config=str(config))
    first = inspect_model(settings).fingerprint
    assert inspect_model(settings).fingerprint == first
    edit_json(config / "scheduler/scheduler_config.json", beta_end=0.013)
    second = inspect_model(settings).fingerprint
    save_file({name: value * 2 for name, value in load_file(path).items()}, path)
    assert len({first, second, inspect_model(settings).fingerprint}) == 3


@pytest.mark.parametrize(
    ("tensors", "channels", "family"),
    [
        (SD15_TENSORS, 4, "sd15"),
        (SD15_TENSORS, 9, "sd15"),
        (SDXL_TENSORS, 4, "sdxl"),
        (SDXL_TENSORS, 9, "sdxl"),
    ],
)
def test_families_are_recognized_by_their_tensors(tensors, channels, family):
    tensors = tensors | {f"{UNET}input_blocks.0.0.weight": (320, channels, 3, 3)}
    kind = recognize_checkpoint(build_header(tensors))
    assert (kind.family, kind.in_channels, kind.unet_tensors) == (family, channels, 2)
    assert kind.prediction is None and not kind.zero_snr


@pytest.mark.parametrize(
    ("marks", "metadata", "prediction", "zero_snr"),
    [
        (("v_pred",), {}, "v_prediction", False),
        (("v_pred", "ztsnr"), {}, "v_prediction", True),
        ((), {"modelspec.prediction_type": "v"}, "v_prediction", False),
        ((), {"modelspec.predict_key": "epsilon"}, "epsilon", False),
        ((), {"modelspec.prediction_type": "something"}, None, False),
    ],
)
def test_a_file_says_what_its_model_predicts(marks, metadata, prediction, zero_snr):
    tensors = SDXL_TENSORS | dict.fromkeys(marks, (0,))
    kind = recognize_checkpoint(build_header(tensors, **metadata))
    assert (kind.prediction, kind.zero_snr) == (prediction, zero_snr)


def without(tensors, part):
    """Returns tensors without those with a part in their name."""
    return {name: shape for name, shape in tensors.items() if part not in name}


@pytest.mark.parametrize(
    ("tensors", "text"),
    [
        ({"lora_unet_down_blocks_0_attentions_0.lora_down.weight": (4, 4)}, "is a LoRA"),
        ({"unet.down_blocks.0.attentions.0.to_q.lora_A.weight": (4, 4)}, "is a LoRA"),
        ({"lora_unet_double_blocks_0_img_attn.lora_up.weight": (4, 4)}, "is a LoRA"),
        ({"first_stage_model.decoder.conv_in.weight": (4, 4)}, "is a VAE"),
        ({"decoder.conv_in.weight": (4, 4), "encoder.conv_in.weight": (4, 4)}, "is a VAE"),
        ({"control_model.input_blocks.0.0.weight": (4, 4)}, "is a ControlNet"),
        ({"controlnet_cond_embedding.conv_in.weight": (4, 4)}, "is a ControlNet"),
        ({"emb_params": (2, 768)}, "is a textual inversion"),
        ({"clip_l": (2, 768), "clip_g": (2, 1280)}, "is a textual inversion"),
        ({"down_blocks.0.resnets.0.conv1.weight": (4, 4)}, "one part of a model in the format"),
        ({"model.diffusion_model.joint_blocks.0.x.weight": (4, 4)}, "is of Stable Diffusion 3"),
        ({"double_blocks.0.img_attn.qkv.weight": (4, 4)}, "is of Flux"),
        ({"text_model.embeddings.token_embedding.weight": (4, 4)}, "is a text encoder"),
        ({"input_blocks.0.0.weight": (320, 4, 3, 3)}, "without its text encoder"),
        (without(SD15_TENSORS, "cond_stage"), "diffusion model file of ComfyUI without its text"),
        (without(SDXL_TENSORS, "embedders.1"), "diffusion model file of ComfyUI without its text"),
        (
            {name.replace("text_model.", ""): shape for name, shape in SD15_TENSORS.items()},
            "text encoder as in 2022",
        ),
        (without(SD15_TENSORS, "first_stage"), "has no VAE"),
        ({"body.0.weight": (4, 4)}, "no model of a known family"),
        ({}, "contains no"),
        (
            without(SDXL_TENSORS, "embedders")
            | {"conditioner.embedders.0.model.positional_embedding": (77, 1280)},
            "is an SDXL refiner",
        ),
        (
            without(SD15_TENSORS, "cond_stage")
            | {"cond_stage_model.model.positional_embedding": (77, 1024)},
            "is of Stable Diffusion 2.*CYCLORAMA_DIFFUSERS_CONFIG",
        ),
        (SDXL_TENSORS | {"edm_mean": (4,)}, "EDM.*CYCLORAMA_DIFFUSERS_CONFIG"),
        (SDXL_TENSORS | {"edm_vpred.sigma_max": ()}, "EDM.*CYCLORAMA_DIFFUSERS_CONFIG"),
        (SD15_TENSORS | {f"{UNET}input_blocks.0.0.weight": (320, 8, 3, 3)}, "8 input channels"),
        (
            SD15_TENSORS | {f"{UNET}input_blocks.1.1.{CONTEXT}": (320, 512)},
            "other sizes.*CYCLORAMA_DIFFUSERS_CONFIG",
        ),
    ],
)
def test_what_is_no_supported_model_is_named(tensors, text):
    with pytest.raises(UnsupportedCheckpoint, match=text):
        recognize_checkpoint(build_header(tensors))


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F8_E5M2", "U8", "I8"])
def test_quantized_weights_are_refused(dtype):
    with pytest.raises(UnsupportedCheckpoint, match=f"type {dtype}; name a file of 16 or 32 bits"):
        recognize_checkpoint(build_header(SD15_TENSORS, dtype))


def test_a_quantized_bias_is_refused_and_counts_are_not():
    header = build_header(SD15_TENSORS)
    for name, refused in (("x.bias", True), ("model_ema.num_updates", False), ("v_pred", False)):
        shape = () if name == "v_pred" else (4,)
        tensors = {**header.tensors, name: TensorEntry("I8", shape)}
        with pytest.raises(UnsupportedCheckpoint) if refused else nullcontext():
            recognize_checkpoint(replace(header, tensors=tensors))


def test_a_configuration_with_endless_layers_is_refused(tmp_path, tiny_file, tiny_config):
    config = shutil.copytree(tiny_config("sd15"), tmp_path / "config")
    file = config / "unet" / "config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"layers_per_block": 8_000}))
    assert "more layers" in refuse(tiny_file("sd15"), diffusers_config=str(config))


def test_a_quantized_part_is_called_quantized():
    tensors = {"layers.0.attention.weight.absmax": (4,)}
    with pytest.raises(UnsupportedCheckpoint, match="is quantized"):
        recognize_checkpoint(build_header(tensors, "F32"))


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:4\nsize 9\n", "Git LFS pointer"),
        (b"GGUF\x03\0\0\0\0\0\0\0", "GGUF"),
        (pickle.dumps({"a": 1}, 2), "pickle"),
        (b"PK\x03\x04 a zip archive", "pickle"),
        (b"<!DOCTYPE html><html>Sign in</html>", "web page"),
        (b"", "no safetensors file"),
        (b"\xff" * 64, "no safetensors file"),
        ((100).to_bytes(8, "little") + b"{", "truncated"),
        ((9).to_bytes(8, "little") + b"not json!", "invalid header"),
    ],
)
def test_other_files_are_named(tmp_path, content, text):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    assert text in refuse(path)


def test_a_truncated_file_is_refused_before_it_is_loaded(tmp_path, tiny_file):
    path = tmp_path / "model.safetensors"
    path.write_bytes(tiny_file("sd15").read_bytes()[:-1])
    assert "is truncated" in refuse(path)


def test_a_file_of_other_sizes_names_the_setting_that_helps(tiny_file):
    assert "CYCLORAMA_DIFFUSERS_CONFIG" in refuse(tiny_file("sd15"))
    text = refuse(tiny_file("sd15"), diffusers_config="missing")
    assert "CYCLORAMA_DIFFUSERS_CONFIG names no folder" in text


@pytest.mark.parametrize(
    "name",
    [
        f"{UNET}input_blocks.3.1.proj_in.weight",
        "cond_stage_model.transformer.text_model.final_layer_norm.bias",
    ],
)
def test_a_file_that_lacks_weights_is_refused(name, tmp_path, tiny_file, tiny_config):
    tensors = load_file(tiny_file("sd15"))
    del tensors[name]
    save_file(tensors, path := tmp_path / "model.safetensors")
    with pytest.raises(EngineNotReady, match=r"^model model\.safetensors lacks (1 )?tensors"):
        load(path, tiny_config("sd15"))


def test_a_file_with_layers_of_another_model_is_refused(tmp_path, tiny_file, tiny_config):
    tensors = load_file(tiny_file("sd15"))
    tensors[f"{UNET}input_blocks.1.1.motion.weight"] = torch.zeros(4)
    save_file(tensors, path := tmp_path / "model.safetensors")
    with pytest.raises(EngineNotReady, match="has 1 tensors in its UNet"):
        load(path, tiny_config("sd15"))


def test_weights_that_do_not_fit_the_configuration_are_refused(tiny_file, tiny_config):
    with pytest.raises(EngineNotReady, match=r"^model sdxl\.safetensors does not fit"):
        load(tiny_file("sdxl"), tiny_config("sd15"))


def test_a_model_that_predicts_velocity_is_sampled_so(tmp_path, tiny_file, tiny_config):
    marks = {"v_pred": torch.zeros(0), "ztsnr": torch.zeros(0)}
    save_file(load_file(tiny_file("sd15")) | marks, path := tmp_path / "model.safetensors")
    config = load(path, tiny_config("sd15")).scheduler.config
    assert config.prediction_type == "v_prediction"
    assert config.rescale_betas_zero_snr and config.timestep_spacing == "trailing"


def test_stable_diffusion_2_is_loaded_with_a_configuration(tmp_path, tiny_model, tiny_config):
    from diffusers import DiffusionPipeline

    from tools.doubles.single_file import convert_open_clip, convert_pipeline

    expected = DiffusionPipeline.from_pretrained(tiny_model("sd15"), local_files_only=True)
    encoder = convert_open_clip(expected.text_encoder.state_dict())
    tensors = without(convert_pipeline(expected), "cond_stage_model") | {
        f"cond_stage_model.model.{name}": tensor for name, tensor in encoder.items()
    }
    save_file(tensors, path := tmp_path / "v2.safetensors")
    config = shutil.copytree(tiny_config("sd15"), tmp_path / "config")
    edit_json(config / "scheduler/scheduler_config.json", prediction_type="v_prediction")
    pipeline = load(path, config)
    assert pipeline.scheduler.config.prediction_type == "v_prediction"
    assert_equal_weights(pipeline.text_encoder, expected.text_encoder)


def edit_json(path, **values):
    path.write_text(json.dumps(json.loads(path.read_text()) | values))


def assert_equal_weights(actual, expected):
    actual, expected = actual.state_dict(), expected.state_dict()
    assert actual.keys() == expected.keys()
    assert all(torch.equal(actual[name], expected[name]) for name in expected)


def test_no_safety_checker_is_expected_in_a_single_file(tmp_path, tiny_file, tiny_config):
    config = shutil.copytree(tiny_config("sd15"), tmp_path / "config")
    edit_json(
        config / "model_index.json",
        safety_checker=["stable_diffusion", "StableDiffusionSafetyChecker"],
        feature_extractor=["transformers", "CLIPImageProcessor"],
        requires_safety_checker=True,
    )
    for name, file in [("safety_checker", "config"), ("feature_extractor", "preprocessor_config")]:
        (config / name).mkdir()
        (config / name / f"{file}.json").write_text("{}")
    assert load(tiny_file("sd15"), config).safety_checker is None


def test_a_pickle_file_is_loaded_with_consent_only(tmp_path, tiny_model, tiny_file, tiny_config):
    from tools.doubles.single_file import save_single_file

    path = save_single_file(tiny_model("sd15"), tmp_path / "model.ckpt")
    config = tiny_config("sd15")
    assert "CYCLORAMA_DIFFUSERS_ALLOW_PICKLE" in refuse(path, diffusers_config=str(config))
    pipeline = load(path, config, diffusers_allow_pickle=True)
    assert_equal_weights(pipeline.unet, load(tiny_file("sd15"), config).unet)


class Intruder:
    """Creates a file when it is read from a pickle."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_pickle_with_code_is_refused_and_not_run(tmp_path):
    mark = tmp_path / "code was run"
    torch.save({"state_dict": Intruder(mark)}, path := tmp_path / "model.ckpt")
    assert "other objects than weights" in refuse(path, diffusers_allow_pickle=True)
    assert not mark.exists()


def test_the_vocabulary_of_clip_is_complete():
    from services.diffusion.in_process.clip_vocabulary import (
        BIG_G_PADDING,
        LARGE_PADDING,
        build_tokenizer,
    )

    large, big = build_tokenizer(LARGE_PADDING), build_tokenizer(BIG_G_PADDING)
    expected = [49406, 320, 1125, 539, 320, 2368, 49407]
    assert len(large) == 49408
    assert large("A  photo of a CAT").input_ids == expected
    padded = {"padding": "max_length", "max_length": 9}
    assert large("a photo of a cat", **padded).input_ids == [*expected, 49407, 49407]
    assert big("a photo of a cat", **padded).input_ids == [*expected, 0, 0]
    # Bytes of what no merge covers.
    assert large("猫").input_ids == [49406, 163, 234, 360, 49407]


# Tensors and parameters of the published files: of UNet, VAE and text encoders.
PUBLISHED = {
    "sd15": [(686, 859_520_964), (248, 83_653_863), (196, 123_060_480)],
    "sdxl": [(1680, 2_567_463_684), (248, 83_653_863), (196, 123_060_480), (389, 694_659_840)],
}


def build_full_size_parts(family):
    """Returns the models of a built-in configuration, on the meta device: without memory."""
    from accelerate import init_empty_weights
    from diffusers import AutoencoderKL, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel, CLIPTextModelWithProjection

    folder = ROOT / "services/diffusion/in_process/single_file_configs" / family
    parts = {"unet": UNet2DConditionModel, "vae": AutoencoderKL}
    encoders = {"text_encoder": CLIPTextModel}
    if family == "sdxl":
        encoders["text_encoder_2"] = CLIPTextModelWithProjection
    with init_empty_weights():
        models = {
            name: part.from_config(part.load_config(folder / name)) for name, part in parts.items()
        }
        for name, encoder in encoders.items():
            models[name] = encoder(CLIPTextConfig.from_pretrained(folder / name))
    return SimpleNamespace(**models)


@pytest.mark.slow
@pytest.mark.parametrize("family", PUBLISHED)
def test_the_built_in_configurations_are_of_the_published_sizes(family):
    from diffusers.loaders.single_file_utils import (
        convert_ldm_unet_checkpoint,
        convert_ldm_vae_checkpoint,
        convert_open_clip_checkpoint,
    )

    from tools.doubles.single_file import convert_pipeline

    parts = build_full_size_parts(family)
    file = convert_pipeline(parts)
    prefixes = [UNET, "first_stage_model."]
    if family == "sdxl":
        prefixes += ["conditioner.embedders.0.transformer.", "conditioner.embedders.1.model."]
    else:
        prefixes += ["cond_stage_model.transformer."]
    sizes = [
        [tensor.numel() for name, tensor in file.items() if name.startswith(p)] for p in prefixes
    ]
    assert [(len(part), sum(part)) for part in sizes] == PUBLISHED[family]
    header = build_header({name: tuple(tensor.shape) for name, tensor in file.items()})
    assert recognize_checkpoint(header).family == family
    # And diffusers finds each of its own parameters in such a file.
    unet = convert_ldm_unet_checkpoint(dict(file), parts.unet.config)
    vae = convert_ldm_vae_checkpoint(dict(file), parts.vae.config)
    assert shapes_of(unet) == shapes_of(parts.unet.state_dict())
    assert shapes_of(vae) == shapes_of(parts.vae.state_dict())
    if family == "sdxl":
        encoder = parts.text_encoder_2
        converted = convert_open_clip_checkpoint(encoder, file, prefixes[-1])
        assert shapes_of(converted) == shapes_of(encoder.state_dict())


def shapes_of(tensors):
    return {name: tuple(tensor.shape) for name, tensor in tensors.items()}


@pytest.mark.slow
def test_the_wheel_contains_the_configurations_and_the_vocabulary(tmp_path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    folder = ROOT / "services/diffusion/in_process/single_file_configs"
    files = {str(path.relative_to(ROOT)) for path in folder.rglob("*") if path.is_file()}
    assert len(files) > 10 and files <= set(ZipFile(wheel).namelist())
