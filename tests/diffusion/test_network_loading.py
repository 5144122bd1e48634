"""Models in folders that pass inspection: what is loaded, and what is refused while loading."""

import json
import pickle
import random
import shutil

import pytest

from services.diffusion.generator_settings import GeneratorSettings
from services.diffusion.generators import open_generator
from services.diffusion.request import DiffusionRequest
from services.diffusion.settings import resolve_sampling
from services.runtime.errors import EngineNotReady, ServiceError

pytestmark = pytest.mark.slow

UNET = "unet/diffusion_pytorch_model.safetensors"
TEXT = "text_encoder/model.safetensors"


@pytest.fixture
def model(tiny_model, tmp_path):
    """The folder of a tiny model, which a test may change."""
    return shutil.copytree(tiny_model(), tmp_path / "tiny")


def load(path, **settings):
    """Opens a generator for what a path names, and generates an image: uint8 RGB (64, 64, 3)."""
    settings = GeneratorSettings(diffusers_model=str(path), diffusion_steps=1, **settings)
    generator = open_generator("diffusers", settings, "txt2img")
    sampling = resolve_sampling({}, settings)
    request = DiffusionRequest("a cat", "", width=64, height=64, seed=1, sampling=sampling)
    *_, result = generator.generate(request)
    return result.pixels


def refusal_of(path, **settings):
    """Returns the sentence with which a path is refused, which says what to do and no path."""
    with pytest.raises(EngineNotReady) as caught:
        load(path, **settings)
    text = str(caught.value)
    assert "; " in text and "\n" not in text and str(path.parent) not in text
    return text


def change_json(path, **values):
    """Changes values of a JSON object in a file."""
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


def change_weights(path, change):
    """Rewrites a safetensors file after a change of its tensors, a dictionary by name."""
    from safetensors.torch import load_file, save_file

    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata={"format": "pt"})


@pytest.mark.parametrize("path", [UNET, TEXT])
def test_missing_weights_are_not_made_up(model, path):
    change_weights(model / path, lambda tensors: tensors.pop(max(tensors)))
    assert "has fewer weights than its configuration describes" in refusal_of(model)


@pytest.mark.parametrize("path", [UNET, TEXT])
def test_weights_of_another_name_are_not_made_up(model, path):
    change_weights(model / path, lambda tensors: tensors.update(other=tensors.pop(max(tensors))))
    assert "in its weights; download the model again" in refusal_of(model)


def test_weights_of_another_model_are_refused(model, tiny_model):
    shutil.copy(tiny_model("sdxl") / UNET, model / UNET)
    assert "unet of model tiny" in refusal_of(model)


@pytest.mark.parametrize(
    ("component", "values"),
    [
        ("text_encoder", {"num_hidden_layers": 1}),
        ("text_encoder", {"intermediate_size": 38}),
        # 17 GB for each of its matrices, if they were allocated.
        ("text_encoder", {"hidden_size": 65_536}),
        ("unet", {"in_channels": 9}),
        ("unet", {"layers_per_block": 2}),
        ("unet", {"block_out_channels": "wide"}),
    ],
)
def test_configurations_of_another_model_are_refused(model, component, values):
    change_json(model / component / "config.json", **values)
    assert f"{component} of model tiny" in refusal_of(model)


def test_variants_are_loaded(model):
    before = load(model)
    (model / UNET).rename(model / UNET.replace(".safe", ".fp16.safe"))
    (model / TEXT).rename(model / TEXT.replace(".safe", ".fp16.safe"))
    assert (load(model) == before).all()


def test_shards_are_loaded(model):
    from safetensors.torch import load_file, save_file

    before = load(model)
    tensors = load_file(model / UNET)
    names = [f"diffusion_pytorch_model-0000{number}-of-00002.safetensors" for number in (1, 2)]
    places = {name: names[number % 2] for number, name in enumerate(tensors)}
    for shard in names:
        part = {name: tensors[name] for name, place in places.items() if place == shard}
        save_file(part, model / "unet" / shard, metadata={"format": "pt"})
    (model / UNET).unlink()
    index = {"metadata": {}, "weight_map": places}
    (model / f"{UNET}.index.json").write_text(json.dumps(index))
    assert (load(model) == before).all()


def test_pickle_is_loaded_with_consent(model):
    import torch
    from safetensors.torch import load_file

    before = load(model)
    torch.save(load_file(model / UNET), model / "unet/diffusion_pytorch_model.bin")
    torch.save(load_file(model / TEXT), model / "text_encoder/pytorch_model.bin")
    (model / UNET).unlink()
    (model / TEXT).unlink()
    assert "CYCLORAMA_DIFFUSERS_ALLOW_PICKLE" in refusal_of(model)
    assert (load(model, diffusers_allow_pickle=True) == before).all()


class Writer:
    """Writes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_pickle_with_code_does_not_run_even_with_consent(model, tmp_path):
    (model / UNET).unlink()
    (model / "unet/diffusion_pytorch_model.bin").write_bytes(pickle.dumps(Writer(tmp_path / "x")))
    assert "unet of model tiny" in refusal_of(model, diffusers_allow_pickle=True)
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("place", "index"),
    [
        ("None.py", {}),
        ("my_pipeline.py", {"_class_name": ["my_pipeline", "MyPipeline"]}),
        ("unet/my_unet.py", {"unet": ["my_unet", "UNet2DConditionModel"]}),
        ("unet/diffusers.py", {}),
        ("scheduler/diffusers.py", {}),
    ],
)
def test_code_in_a_folder_never_runs(model, tmp_path, place, index):
    (model / place).write_text(f"open({str(tmp_path / 'x')!r}, 'w')\n")
    change_json(model / "model_index.json", **index)
    refusal_of(model)
    assert not (tmp_path / "x").exists()


def test_corrupt_files_are_refused_or_work(tiny_model, tmp_path):
    """Seeded changes of one file at a time: a truncation, or some bytes."""
    numbers = random.Random(0)
    source = tiny_model()
    files = sorted(path.relative_to(source) for path in source.rglob("*") if path.is_file())
    outcomes = set()
    for number in range(15):
        folder = shutil.copytree(source, tmp_path / str(number))
        path = folder / numbers.choice(files)
        path.write_bytes(corrupt(path.read_bytes(), numbers))
        try:
            load(folder)
            outcomes.add("works")
        except ServiceError as error:
            assert str(tmp_path) not in str(error)
            outcomes.add("refused")
        shutil.rmtree(folder)
    assert outcomes == {"works", "refused"}


def corrupt(content, numbers):
    """Returns bytes after a truncation, or with a few bytes changed, mostly near the start."""
    if numbers.random() < 0.25:
        return content[: numbers.randrange(len(content))]
    changed = bytearray(content)
    reach = min(len(changed), numbers.choice([16, 3000, len(changed)]))
    for _ in range(numbers.choice([1, 3])):
        changed[numbers.randrange(reach)] = numbers.choice(b'0123456789"{}[],:-\x00\xff')
    return bytes(changed)
