"""Models in folders: what is refused before anything is loaded, and how a model is identified."""

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.files.model_files import inspect_model
from services.diffusion.in_process.files.model_index import PIPELINE_PARTS
from services.inpainting.engines import InpaintingSettings
from services.runtime.errors import EngineNotConfigured, EngineNotReady

UNET = "unet/diffusion_pytorch_model.safetensors"


@pytest.fixture
def model(tiny_model, tmp_path):
    """The folder of a tiny model, which a test may change."""
    return shutil.copytree(tiny_model(), tmp_path / "tiny")


def inspect(path, **settings):
    """Inspects what a path names."""
    return inspect_model(DiffusersSettings(diffusers_model=str(path), **settings))


def refusal_of(path, **settings):
    """Returns the sentence with which a path is refused, which says what to do and no path."""
    with pytest.raises(EngineNotReady) as caught:
        inspect(path, **settings)
    text = str(caught.value)
    assert not isinstance(caught.value, EngineNotConfigured)
    assert "; " in text and "\n" not in text and len(text) < 400
    assert str(path.parent) not in text
    return text


def measure_weights(files):
    """Returns the bytes of all weights of a model, which are of one type."""
    return sum(dict(part.weights.bytes_by_type)["F32"] for part in files.components if part.weights)


def change_json(path, **values):
    """Changes values of a JSON object in a file."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def write_header(path, header, weights=b""):
    """Writes a safetensors file with a header, which is JSON text or an object."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + weights)


def tensor(shape=(2, 2), offsets=(0, 16), dtype="F32"):
    """Returns a safetensors header with one tensor."""
    return {"a": {"dtype": dtype, "shape": shape, "data_offsets": offsets}}


@pytest.mark.parametrize("family", ["sd15", "sd15-inpainting", "sdxl", "flux"])
def test_whole_models_are_accepted(tiny_model, family):
    files = inspect(tiny_model(family))
    assert files.name == family
    names = {part.component.name for part in files.components}
    assert set(PIPELINE_PARTS[files.pipeline]) <= names
    weights = sum(path.stat().st_size for path in tiny_model(family).rglob("*.safetensors"))
    assert 0.7 * weights < measure_weights(files) < weights
    assert files.safety_checker is None


def test_no_model_is_no_error_of_the_operator():
    with pytest.raises(EngineNotConfigured):
        inspect_model(DiffusersSettings())


def test_supported_pipelines_are_those_that_diffusers_turns_into_text_to_image(tiny_model):
    from diffusers.pipelines import auto_pipeline

    for name in PIPELINE_PARTS:
        assert auto_pipeline._get_task_class(auto_pipeline.AUTO_TEXT2IMAGE_PIPELINES_MAPPING, name)


def test_inspection_imports_no_framework(tiny_model):
    code = (
        "import sys\n"
        "from services.diffusion.in_process import DiffusersSettings\n"
        "from services.diffusion.in_process.files.model_files import inspect_model\n"
        f"inspect_model(DiffusersSettings(diffusers_model={str(tiny_model())!r}))\n"
        "assert not {'torch', 'diffusers', 'transformers', 'safetensors'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


class TestOtherFolders:
    """Paths that name something else than a model's folder."""

    def test_missing_path(self, tmp_path):
        assert "names nothing-here, which does not exist" in refusal_of(tmp_path / "nothing-here")

    def test_home_of_an_unknown_user(self):
        with pytest.raises(EngineNotReady, match="names ~no-such-user/model, which does not exist"):
            inspect("~no-such-user/model")

    def test_file_names_that_no_file_system_takes(self, tmp_path):
        assert "its path cannot be read" in refusal_of(tmp_path / ("x" * 300))

    def test_empty_folder(self, tmp_path):
        (tmp_path / "none").mkdir()
        assert "its folder is empty" in refusal_of(tmp_path / "none")

    def test_parent_of_models_names_them(self, model, tmp_path):
        shutil.copytree(model, tmp_path / "other")
        text = refusal_of(tmp_path)
        assert "folder of models" in text and text.endswith("to .../other or .../tiny")

    def test_relative_paths_are_kept_as_they_were_set(self, model, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path.parent)
        assert refusal_of(Path(tmp_path.name)).endswith(f"to {tmp_path.name}/tiny")
        typo = f"{tmp_path.name}/typo"
        with pytest.raises(EngineNotReady, match=f"names {typo}, which does not exist"):
            inspect(typo)

    def test_the_variable_that_is_set_is_named(self, monkeypatch, tmp_path):
        variable = "CYCLORAMA_INPAINTING_DIFFUSERS_MODEL"
        monkeypatch.setenv(variable, str(tmp_path))
        with pytest.raises(EngineNotReady, match=f"set {variable} to the folder"):
            inspect_model(InpaintingSettings())

    @pytest.mark.parametrize(
        ("component", "words"),
        [
            ("vae", "a single network (AutoencoderKL)"),
            ("unet", "a single network (UNet2DConditionModel)"),
            ("text_encoder", "a model of transformers (CLIPTextModel)"),
        ],
    )
    def test_component_alone(self, model, component, words):
        assert words in refusal_of(model / component)

    def test_controlnet(self, tmp_path):
        (tmp_path / "config.json").write_text('{"_class_name": "ControlNetModel"}')
        assert "a single network (ControlNetModel)" in refusal_of(tmp_path)

    @pytest.mark.parametrize("name", ["adapter_config.json", "pytorch_lora_weights.safetensors"])
    def test_lora(self, tmp_path, name):
        (tmp_path / name).write_text("{}")
        assert "a LoRA" in refusal_of(tmp_path)

    def test_models_of_another_program(self, tmp_path):
        (tmp_path / "checkpoints").mkdir()
        (tmp_path / "loras").mkdir()
        assert "one of the files in its folder checkpoints" in refusal_of(tmp_path)

    def test_folder_of_single_files_names_them(self, tmp_path):
        for number in range(7):
            (tmp_path / f"{number}.safetensors").touch()
        assert "to .../0.safetensors, .../1.safetensors, " in refusal_of(tmp_path)

    @pytest.mark.parametrize(("suffix", "kind"), [("gguf", "GGUF"), ("onnx", "ONNX")])
    def test_other_formats(self, tmp_path, suffix, kind):
        (tmp_path / f"model.{suffix}").touch()
        assert f"in the format {kind}" in refusal_of(tmp_path)

    def test_cache_of_the_hub(self, tmp_path):
        (tmp_path / "models--org--sd" / "snapshots").mkdir(parents=True)
        assert refusal_of(tmp_path / "models--org--sd").endswith("to org/sd")

    def test_unreadable_folder(self, model):
        if os.geteuid() == 0:
            pytest.skip("root reads everything")
        model.chmod(0)
        assert "permissions" in refusal_of(model)


class TestIndex:
    """What model_index.json may say."""

    @pytest.mark.parametrize(
        "text", ["", "{", "[]", "nul", '{"a": 1e', "\x00", '"' * 9, "[" * 100_000, "9" * 5_000]
    )
    def test_invalid_json(self, model, text):
        (model / "model_index.json").write_text(text)
        assert "model_index.json is no" in refusal_of(model)

    def test_deep_json(self, model):
        change_json(model / "model_index.json", deep=json.loads("[" * 100 + "]" * 100))
        assert "model_index.json is no JSON object of a model" in refusal_of(model)

    def test_huge_json(self, model):
        with (model / "model_index.json").open("wb") as file:
            file.truncate(10**10)
        assert "larger than 4 MB" in refusal_of(model)

    @pytest.mark.parametrize(
        "pipeline",
        ["WanPipeline", "StableAudioPipeline", "OnnxStableDiffusionPipeline", None, ["x", "Y"]],
    )
    def test_other_pipelines_are_named(self, model, pipeline):
        change_json(model / "model_index.json", _class_name=pipeline)
        text = refusal_of(model)
        assert "not supported" in text
        assert not isinstance(pipeline, str) or pipeline in text

    @pytest.mark.parametrize(
        "value",
        [
            ["os", "system"],
            ["diffusers", "DiffusionPipeline"],
            ["my_unet", "UNet2DConditionModel"],
            ["diffusers", "FlashPackUNet2DConditionModel"],
            ["diffusers"],
            ["diffusers", 3],
        ],
    )
    def test_other_classes(self, model, value):
        change_json(model / "model_index.json", unet=value)
        assert "its unet is of the unsupported class" in refusal_of(model)

    def test_unknown_components(self, model):
        change_json(model / "model_index.json", extra=["diffusers", "UNet2DConditionModel"])
        assert "its extra is of the unsupported class" in refusal_of(model)

    def test_missing_component(self, model):
        change_json(model / "model_index.json", vae=[None, None])
        assert "names no vae" in refusal_of(model)

    def test_long_names_are_shortened(self, model):
        change_json(model / "model_index.json", _class_name="A\n\x1b" * 1000)
        text = refusal_of(model)
        assert len(text) < 500 and text.isprintable()


class TestFiles:
    """Files of components that are missing, incomplete or another kind of file."""

    @pytest.mark.parametrize(
        "name",
        [
            "unet",
            "unet/config.json",
            UNET,
            "tokenizer/tokenizer_config.json",
            "scheduler/scheduler_config.json",
        ],
    )
    def test_missing_files_are_named(self, model, name):
        path = model / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        text = refusal_of(model)
        assert f"{name} is missing" in text and text.endswith("download the model again")

    def test_missing_vocabulary(self, model):
        (model / "tokenizer/tokenizer.json").unlink()
        inspect(model)
        (model / "tokenizer/merges.txt").unlink()
        assert "tokenizer/merges.txt is missing" in refusal_of(model)

    def test_unfinished_download(self, model):
        (model / UNET).rename(model / f"{UNET}.incomplete")
        assert "its download is not finished" in refusal_of(model)

    @pytest.mark.parametrize("name", [UNET, "unet/config.json", "tokenizer/vocab.json"])
    def test_git_lfs_pointer(self, model, name):
        (model / name).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\n")
        assert "git lfs pull" in refusal_of(model)

    @pytest.mark.parametrize("part", [0, 0.0001, 0.01, 0.5, 0.9999])
    def test_truncated_weights(self, model, part):
        os.truncate(model / UNET, int((model / UNET).stat().st_size * part))
        assert f"{UNET} is " in refusal_of(model)

    @pytest.mark.parametrize("length", [0, 1, 10**8 + 1, 2**63, 2**64 - 1])
    def test_absurd_length_of_a_header(self, model, length):
        content = (model / UNET).read_bytes()
        (model / UNET).write_bytes(struct.pack("<Q", length) + content[8:])
        assert "is no safetensors file" in refusal_of(model)

    @pytest.mark.parametrize(
        "header",
        [
            b"{]",
            b"[1]",
            b"[" * 50_000,
            b'{"a": 1}',
            tensor(offsets=(0, 15)),
            tensor(offsets=(0, 16, 20)),
            tensor(offsets=(-16, 0)),
            tensor(offsets=(0, float("inf"))),
            tensor(shape=(2, 3)),
            tensor(shape=(-2, -2)),
            tensor(shape=(10**400,) * 8),
            tensor(shape=(2,) * 60, offsets=(0, 16)),
            tensor(dtype="F99"),
            tensor(dtype=None),
            {**tensor(), "b": tensor()["a"]},
            {**tensor(), "b": tensor(offsets=(20, 36))["a"]},
        ],
    )
    def test_invalid_header(self, model, header):
        write_header(model / UNET, header, bytes(36))
        assert UNET in refusal_of(model)

    def test_no_weights_at_all(self, model):
        write_header(model / UNET, {})
        assert "has no weights in it" in refusal_of(model)

    def test_link_out_of_the_folder(self, model, tmp_path):
        (model / "unet/config.json").rename(tmp_path / "config.json")
        (model / "unet/config.json").symlink_to(tmp_path / "config.json")
        assert "is a link out of its folder" in refusal_of(model)

    def test_links_into_the_cache_of_the_hub(self, model, tmp_path):
        repository = tmp_path / "models--org--painter"
        (repository / "blobs").mkdir(parents=True)
        snapshot = shutil.copytree(model, repository / "snapshots" / "0a1b2c")
        (snapshot / UNET).rename(repository / "blobs" / "77")
        (snapshot / UNET).symlink_to("../../../blobs/77")
        files = inspect(snapshot)
        assert files.name == "painter"
        assert files.fingerprint == inspect(model).fingerprint

    @pytest.mark.parametrize("dtype", ["I8", "U8", "I32", "I64", "BOOL", "F8_E4M3"])
    def test_quantized_weights(self, model, dtype):
        size = {"I32": 4, "I64": 8}.get(dtype, 1) * 4
        write_header(model / UNET, tensor(offsets=(0, size), dtype=dtype), bytes(size))
        assert f"has weights of type {dtype}; choose a model of 16" in refusal_of(model)

    def test_positions_are_integers(self, model):
        header = tensor() | {"x.position_ids": tensor((1, 2), (16, 32), "I64")["a"]}
        write_header(model / UNET, header, bytes(32))
        inspect(model)

    @pytest.mark.parametrize(
        ("text", "words"),
        [("[]," * 10**6, "has too many lists"), (" " * 10**7, "is larger than 8 MB")],
    )
    def test_vocabularies_that_would_fill_the_memory(self, model, text, words):
        (model / "tokenizer/tokenizer.json").write_text(f'{{"a": [{text}0]}}')
        assert f"tokenizer/tokenizer.json {words}" in refusal_of(model)

    @pytest.mark.parametrize("text", ["{", "[]", '{"a":', "\xff"])
    def test_invalid_vocabulary(self, model, text):
        (model / "tokenizer/tokenizer.json").write_text(text)
        assert "tokenizer/tokenizer.json is no" in refusal_of(model)


class TestVariants:
    """Which of several files with weights are chosen."""

    def find_weights(self, model, component="unet", **settings):
        files = inspect(model, **settings)
        return next(part.weights for part in files.components if part.component.name == component)

    def test_weights_without_variant_come_first(self, model):
        shutil.copy(model / UNET, model / "unet/diffusion_pytorch_model.fp16.safetensors")
        assert self.find_weights(model).variant == ""

    def test_only_variant(self, model):
        (model / UNET).rename(model / "unet/diffusion_pytorch_model.non_ema.safetensors")
        assert self.find_weights(model).variant == "non_ema"
        shutil.copy(
            model / "unet/diffusion_pytorch_model.non_ema.safetensors",
            model / "unet/diffusion_pytorch_model.fp16.safetensors",
        )
        assert self.find_weights(model).variant == "fp16"

    def test_pickle_needs_consent(self, model):
        (model / UNET).rename(model / "unet/diffusion_pytorch_model.bin")
        text = refusal_of(model)
        assert "can run any code" in text and "CYCLORAMA_DIFFUSERS_ALLOW_PICKLE=true" in text
        weights = self.find_weights(model, diffusers_allow_pickle=True)
        assert weights.is_pickle and weights.bytes_by_type

    def test_pickle_next_to_safetensors_is_ignored(self, model):
        (model / "unet/diffusion_pytorch_model.bin").write_text("no pickle")
        assert not self.find_weights(model, diffusers_allow_pickle=True).is_pickle


class TestShards:
    """Weights in several files, which an index lists."""

    INDEX = "unet/diffusion_pytorch_model.safetensors.index.json"
    SHARD = "diffusion_pytorch_model-00001-of-00001.safetensors"

    @pytest.fixture
    def shards(self, model):
        """A model with the weights of its UNet in one shard."""
        (model / UNET).rename(model / "unet" / self.SHARD)
        self.write_index(model, {"conv_in.bias": self.SHARD})
        return model

    def write_index(self, model, places):
        (model / self.INDEX).write_text(json.dumps({"metadata": {}, "weight_map": places}))

    def test_whole(self, shards):
        inspect(shards)

    def test_missing_shard(self, shards):
        (shards / "unet" / self.SHARD).unlink()
        assert f"{self.SHARD} is missing" in refusal_of(shards)

    def test_missing_index(self, shards):
        (shards / self.INDEX).unlink()
        assert f"{self.INDEX} is missing" in refusal_of(shards)

    def test_truncated_shard(self, shards):
        os.truncate(shards / "unet" / self.SHARD, 5000)
        assert self.SHARD in refusal_of(shards)

    @pytest.mark.parametrize(
        "name", ["../vae/x.safetensors", "/etc/x.safetensors", "x.bin", "..", "", 3, None]
    )
    def test_names_of_other_files(self, shards, name):
        self.write_index(shards, {"conv_in.bias": name})
        assert "choose a model you trust" in refusal_of(shards)

    @pytest.mark.parametrize("places", [None, {}, [], "x"])
    def test_no_names(self, shards, places):
        self.write_index(shards, places)
        assert "names no weights" in refusal_of(shards)


class TestConfiguration:
    """Values that would run code, fetch files, or allocate all memory."""

    @pytest.mark.parametrize(
        "name",
        ["None.py", "pipeline.py", "unet/diffusers.py", "tokenizer/transformers.py", "vae/x.so"],
    )
    def test_code_is_refused(self, model, name):
        (model / name).touch()
        assert f"{name} is code, which is never run" in refusal_of(model)

    @pytest.mark.parametrize(
        "name", ["text_encoder/config.json", "tokenizer/tokenizer_config.json"]
    )
    def test_references_to_code(self, model, name):
        change_json(model / name, auto_map={"AutoModel": "x.Y"})
        assert "asks for Python code" in refusal_of(model)

    @pytest.mark.parametrize(
        "values",
        [
            {"quantization_config": {"quant_method": "bitsandbytes"}},
            {"transformers_weights": "x.safetensors"},
            {"attn_implementation": "org/kernel"},
        ],
    )
    def test_requests_for_other_files(self, model, values):
        change_json(model / "text_encoder/config.json", **values)
        assert "text_encoder/config.json asks for" in refusal_of(model)

    def test_adapter_in_a_component(self, model):
        (model / "text_encoder/adapter_config.json").write_text("{}")
        assert "text_encoder is an adapter" in refusal_of(model)

    @pytest.mark.parametrize(
        ("name", "values"),
        [
            ("unet", {"block_out_channels": [4, 10**9]}),
            ("unet", {"in_channels": 10**9}),
            ("unet", {"layers_per_block": 10**4}),
            ("unet", {"layers_per_block": 60, "transformer_layers_per_block": [1, 60]}),
            ("text_encoder", {"max_position_embeddings": 10**9}),
            ("text_encoder", {"vocab_size": 10**12}),
            ("text_encoder", {"num_hidden_layers": 10**4}),
            ("text_encoder", {"num_hidden_layers": 10**400}),
            ("text_encoder", {"text_config": {"num_hidden_layers": 10**4}}),
            ("text_encoder", {"more": [{"num_hidden_layers": 10**4}]}),
            ("unet", {"down_block_types": ["DownBlock2D"] * 3_000}),
            ("vae", {"up_block_types": ["UpDecoderBlock2D"] * 3_000}),
            ("unet", {"layers_per_block": [[1, 10**4]]}),
        ],
    )
    def test_absurd_values(self, model, name, values):
        change_json(model / name / "config.json", **values)
        assert f"{name}/config.json has " in refusal_of(model)

    def test_tensors_without_weights_allow_no_more_layers(self, model):
        empty = {f"{number}": tensor((0, 2**40), (0, 0))["a"] for number in range(10**4)}
        write_header(model / UNET, {**empty, **tensor()}, bytes(16))
        change_json(model / "unet/config.json", layers_per_block=2)
        assert "unet/config.json has more layers" in refusal_of(model)

    def test_many_tensors_allow_no_endless_construction(self, model):
        tensors = {f"{i}": tensor((1,), (4 * i, 4 * i + 4))["a"] for i in range(1_000)}
        write_header(model / UNET, tensors, bytes(4_000))
        change_json(model / "unet/config.json", layers_per_block=300)
        assert "unet/config.json has more layers" in refusal_of(model)

    @pytest.mark.parametrize("steps", [10**9, 1e12])
    def test_absurd_steps(self, model, steps):
        change_json(model / "scheduler/scheduler_config.json", num_train_timesteps=steps)
        assert "scheduler_config.json has a value above" in refusal_of(model)

    def test_infinity_is_no_size(self, model):
        change_json(model / "scheduler/scheduler_config.json", lambda_min_clipped=float("-inf"))
        inspect(model)

    @pytest.mark.parametrize("length", [10**30, 0, None, "77"])
    def test_absurd_length_of_prompts(self, model, length):
        change_json(model / "tokenizer/tokenizer_config.json", model_max_length=length)
        assert "has no valid model_max_length" in refusal_of(model)


class TestFingerprint:
    """A model's fingerprint, which is part of the engine's version."""

    @pytest.mark.parametrize(
        "name",
        [
            "model_index.json",
            "unet/config.json",
            "scheduler/scheduler_config.json",
            "tokenizer/vocab.json",
        ],
    )
    def test_changes_with_configuration_and_tokenizer(self, model, name):
        before = inspect(model).fingerprint
        with (model / name).open("a") as file:
            file.write(" ")
        assert inspect(model).fingerprint != before

    @pytest.mark.parametrize("name", [UNET, "text_encoder/model.safetensors"])
    def test_changes_with_weights(self, model, name):
        before = inspect(model).fingerprint
        with (model / name).open("r+b") as file:
            file.seek(-100, os.SEEK_END)
            byte = file.read(1)
            file.seek(-100, os.SEEK_END)
            file.write(bytes([byte[0] ^ 1]))
        assert inspect(model).fingerprint != before

    def test_stays_when_the_folder_is_copied_or_gains_other_files(self, model, tmp_path):
        before = inspect(model).fingerprint
        moved = shutil.copytree(
            model, tmp_path / "elsewhere" / "renamed", copy_function=shutil.copy
        )
        for name in ("README.md", "picture.png", ".gitattributes", "unet/notes.md"):
            (moved / name).write_text("more")
        (moved / ".cache").mkdir()
        (moved / "unet" / "diffusion_pytorch_model.fp16.safetensors").write_text("not chosen")
        assert inspect(moved).fingerprint == before

    def test_of_10_gigabytes_takes_no_time(self, model):
        size = 2**30
        header = {f"{i}": tensor((size // 4,), (i * size, i * size + size))["a"] for i in range(10)}
        write_header(model / UNET, header)
        # A sparse file.
        os.truncate(model / UNET, (model / UNET).stat().st_size + 10 * 2**30)
        files = inspect(model)
        assert measure_weights(files) > 10 * 2**30
