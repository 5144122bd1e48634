"""The options of the double, on its command line or set later by a test."""

from dataclasses import dataclass, fields, replace
from typing import Any

from tools.doubles.comfyui.versions import NEWEST, ComfyVersion

# The file of the checkpoint, unless --model names others.
MODEL_FILE = "double-v1.safetensors"


@dataclass
class DoubleOptions:
    """What the double is, until a test changes it.

    version: of ComfyUI. seconds: the time for one image. auth: "Name: value", a header that every
    request needs, or "". model: the files of its checkpoints, separated by commas. previews:
    whether it sends previews while it samples.
    """

    version: str = NEWEST
    seconds: float = 0.0
    auth: str = ""
    model: str = MODEL_FILE
    previews: bool = False

    @property
    def behavior(self) -> ComfyVersion:
        """What the version does."""
        return ComfyVersion(self.version)

    @property
    def checkpoints(self) -> list[str]:
        """The files of its checkpoints."""
        return [each for each in self.model.split(",") if each]

    def copy(self) -> "DoubleOptions":
        """Returns equal options."""
        return replace(self)

    def change(self, **values: Any) -> None:
        """Sets options by name."""
        known = {field.name for field in fields(self)}
        for name, value in values.items():
            if name not in known:
                raise KeyError(name)
            setattr(self, name, value)
