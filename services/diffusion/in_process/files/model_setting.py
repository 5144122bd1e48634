"""How the setting of a model is called and written, for errors that say what to set instead."""

from dataclasses import dataclass
from pathlib import Path

from services.diffusion.in_process import DiffusersSettings
from services.diffusion.in_process.files.model_folder import quote
from services.diffusion.in_process.files.model_index import INDEX_NAME
from services.runtime.settings import name_variable

# Names that an error lists. Larger: a longer sentence.
MAX_LISTED = 5


@dataclass(frozen=True)
class ModelSetting:
    """The setting that names a model.

    variable: that of one stage, such as CYCLORAMA_BACKGROUND_DIFFUSERS_MODEL, or that of all.
    value: a path, absolute or relative, or a name of the hub.
    """

    variable: str
    value: str

    @classmethod
    def read(cls, settings: DiffusersSettings) -> "ModelSetting":
        """Returns the setting of a process."""
        return cls(name_variable(settings, "diffusers_model"), settings.diffusers_model)

    @property
    def shown(self) -> str:
        """The value as callers may read it: without the folders of an absolute path."""
        path = Path(self.value)
        return quote(path.name if path.is_absolute() else self.value)

    @property
    def whole_model(self) -> str:
        """The advice to name a model."""
        return f"set {self.variable} to the folder of a whole model, with a {INDEX_NAME}"

    def name_inner(self, names: list[str]) -> str:
        """Returns the advice to name one of the files or folders in the folder that is set."""
        # The folders of an absolute path are none of the callers' business.
        folder = Path("...") if Path(self.value).is_absolute() else Path(self.value)
        quoted = [quote(folder / name) for name in names[:MAX_LISTED]]
        if len(names) > MAX_LISTED:
            quoted[-1] = f"one of {len(names) - MAX_LISTED + 1} more"
        *others, last = quoted
        return f"set {self.variable} to {' or '.join(filter(None, (', '.join(others), last)))}"
