"""Explains what a path is that was set as a model but is none, and what to set instead."""

from itertools import islice
from pathlib import Path

from services.diffusion.in_process.files.model_folder import ModelFolder, is_partial_download, quote
from services.diffusion.in_process.files.model_index import INDEX_NAME
from services.diffusion.in_process.files.model_setting import ModelSetting
from services.runtime.errors import EngineNotReady

# Folders of ComfyUI, and of Stable Diffusion web UIs, in which models lie by kind.
CHECKPOINT_FOLDERS = ("checkpoints", "Stable-diffusion")
# Entries of a folder that are looked at. Larger: an error about a huge folder takes longer.
MAX_ENTRIES = 1_000
LORA_NAMES = ("adapter_config.json", "pytorch_lora_weights.safetensors", "pytorch_lora_weights.bin")
OTHER_FORMATS = {
    ".onnx": "ONNX",
    ".gguf": "GGUF",
    ".pt": "of PyTorch",
    ".pth": "of PyTorch",
    ".bin": "of PyTorch",
}


def explain_folder(folder: ModelFolder, setting: ModelSetting) -> EngineNotReady:
    """Returns the error for a folder without an index of a diffusers model."""
    try:
        entries = _list_entries(folder.path)
    except OSError:
        return folder.refuse("its folder cannot be read", "check its permissions")
    names = {entry.name for entry in entries}
    if not names:
        return folder.refuse("its folder is empty", setting.whole_model)
    if models := [entry.name for entry in entries if (entry / INDEX_NAME).is_file()]:
        return folder.refuse("it is a folder of models", setting.name_inner(models))
    if folder.path.name.startswith("models--") and "snapshots" in names:
        model = folder.path.name.removeprefix("models--").replace("--", "/")
        return folder.refuse(
            "it is a folder of the hub's cache", f"set {setting.variable} to {quote(model)}"
        )
    if names.intersection(LORA_NAMES):
        return folder.refuse("it is a LoRA, which only changes another model", setting.whole_model)
    if "config.json" in names:
        return folder.refuse(f"it is {_describe_component(folder)}", setting.whole_model)
    for name in CHECKPOINT_FOLDERS:
        if name in names:
            return folder.refuse(
                "it is a folder of models of another program",
                f"set {setting.variable} to one of the files in its folder {name}",
            )
    files = [entry.name for entry in entries if entry.suffix in (".safetensors", ".ckpt")]
    if files:
        return folder.refuse(
            f"its folder has no {INDEX_NAME}, only files", setting.name_inner(files)
        )
    for entry in entries:
        if kind := OTHER_FORMATS.get(entry.suffix):
            return folder.refuse(
                f"it is in the format {kind}, which is not supported", setting.whole_model
            )
    return folder.refuse_missing(INDEX_NAME)


def explain_file(path: Path, setting: ModelSetting) -> EngineNotReady:
    """Returns the error for a file that is no model that can be loaded."""
    kind = OTHER_FORMATS.get(path.suffix)
    problem = f"it is in the format {kind}, which" if kind else "it is of a kind that"
    folder = ModelFolder(path.parent, quote(path.name))
    if is_partial_download(path):
        return folder.refuse("its download is not finished", "continue it")
    return folder.refuse(f"{problem} is not supported", setting.whole_model)


def _list_entries(path: Path) -> list[Path]:
    """Returns what is in a folder, sorted by name, except hidden files and folders."""
    entries = islice(path.iterdir(), MAX_ENTRIES)
    return sorted(entry for entry in entries if not entry.name.startswith("."))


def _describe_component(folder: ModelFolder) -> str:
    """Returns what the configuration of a single network says it is."""
    try:
        config = folder.read_json("config.json")
    except EngineNotReady:
        return "a single network"
    if class_name := config.get("_class_name"):
        return f"a single network ({quote(class_name)})"
    architectures = config.get("architectures") or [config.get("model_type")]
    names = ", ".join(map(quote, architectures)) if isinstance(architectures, list) else ""
    return f"a model of transformers ({names})" if names else "a single network"
