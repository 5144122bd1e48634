"""The page about settings, from the classes that read them."""

from collections.abc import Iterable, Mapping
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from gateway.settings import GatewaySettings as Gateway
from services.background.engines import BackgroundSettings as Background
from services.compositing.engines import Settings as Compositing
from services.diffusion.dialects import DialectSettings
from services.finishing.engines import Settings as Finishing
from services.inpainting.engines import Settings as Inpainting
from services.runtime.settings import ServerSettings, StageSettings
from services.segmentation.engines import Settings as Segmentation
from tools.reference.tables import code, table

HEAD = """# Settings

Settings are environment variables, read once when a process starts, or lines in a file `.env` for
`make up`. Made from the classes that read them; `make reference` writes this page anew.

Every setting has two names: `CYCLORAMA_<PROCESS>_<NAME>` for one process, with `GATEWAY`,
`SEGMENTATION`, `BACKGROUND`, `COMPOSITING`, `INPAINTING` or `FINISHING`, and `CYCLORAMA_<NAME>` for
all of them; the former wins. Lists are written with commas. A wrong value ends the process with one
sentence that names the setting, the value and what is allowed.
"""
PROCESSES: Mapping[str, type[BaseSettings]] = {
    "gateway": Gateway,
    "segmentation": Segmentation,
    "background": Background,
    "compositing": Compositing,
    "inpainting": Inpainting,
    "finishing": Finishing,
}
SHARED: Mapping[str, tuple[type[BaseSettings], str]] = {
    "Every process": (ServerSettings, "Of the gateway and the stages."),
    "Every stage": (StageSettings, "Of the five stages."),
    "Stable Diffusion servers": (DialectSettings, "Of `background` and `inpainting`."),
}
# Shared, and yet never with the same default.
TOLD_APART = ("listen", "engines")
WORDS = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
LENGTHS = {"min_length": "not empty", "max_length": "at most {} characters"}


def page() -> str:
    """The whole page."""
    parts, told = [HEAD], set[str]()
    for title, (kind, words) in SHARED.items():
        fields = {
            name: field
            for name, field in kind.model_fields.items()
            if name not in told and name not in TOLD_APART
        }
        told |= fields.keys()
        parts.append(f"## {title}\n\n{words}\n\n{_table('CYCLORAMA', fields)}")
    for process, kind in PROCESSES.items():
        parts.append(f"## {process}\n\n{_table(f'CYCLORAMA_{process.upper()}', _own(kind))}")
    return "\n".join(parts)


def _own(kind: type[BaseSettings]) -> dict[str, FieldInfo]:
    """What a process reads that is in no shared table, or there with another default."""
    shared = {name: f for base, _ in SHARED.values() for name, f in base.model_fields.items()}
    return {
        name: field
        for name, field in kind.model_fields.items()
        if name not in shared or name in TOLD_APART or field.default != shared[name].default
    }


def _table(prefix: str, fields: Mapping[str, FieldInfo]) -> str:
    rows = [
        (code(f"{prefix}_{name.upper()}"), _default(field), _allowed(field), field.description)
        for name, field in fields.items()
    ]
    return table(["setting", "default", "allowed", "meaning"], rows)


def _default(field: FieldInfo) -> str:
    value = field.default
    if isinstance(value, tuple):
        return code(",".join(value))
    if isinstance(value, bool):
        return code(str(value).lower())
    return "" if value is None else code(value)


def _allowed(field: FieldInfo) -> str:
    choices = next((get_args(each) for each in _kinds(field) if get_origin(each) is Literal), ())
    if choices:
        return ", ".join(map(code, choices))
    bounds = [
        f"{word} {value:,}".replace(",", " ")
        for each in field.metadata
        for name, word in WORDS.items()
        if (value := getattr(each, name, None)) is not None
    ]
    lengths = [
        words.format(value)
        for each in field.metadata
        for name, words in LENGTHS.items()
        if (value := getattr(each, name, None)) is not None
    ]
    return ", ".join(bounds + lengths)


def _kinds(field: FieldInfo) -> Iterable[object]:
    return (field.annotation, *get_args(field.annotation))
