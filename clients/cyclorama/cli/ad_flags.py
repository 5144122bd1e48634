"""The flags of an ad, which the command line and campaign files share, as the client takes them.

A flag is named as on the command line, with underscores, such as "max_kb".
"""

from collections.abc import Callable, Mapping
from json import dumps
from pathlib import Path
from typing import Any

from cyclorama.cli.options import Options, parse_engines, parse_options

# Other names of flags in files: those of the client's keyword arguments.
FLAG_ALIASES = {
    "negative_prompt": "negative",
    "engines": "engine",
    "max_kilobytes": "max_kb",
    "product_height_mm": "product_height",
    "call_to_action": "call",
}
# The client's keyword arguments that are named otherwise than their flags.
KEYWORDS = {
    "negative": "negative_prompt",
    "engine": "engines",
    "product_height": "product_height_mm",
    "call": "call_to_action",
}
YES, NO = ("yes", "true", "y", "x", "1"), ("no", "false", "n", "0")


def build_ad_arguments(flags: Mapping[str, Any], options: Options | None = None) -> dict[str, Any]:
    """Returns flags as keyword arguments of Client.create_ad and Jobs.submit, but for the size.

    flags: values by name; those that are not set are left out. options: of the stages, to which
    --option adds.

    Raises ValueError for a word of --engine or --option in another form.
    """
    arguments = {
        KEYWORDS.get(name, name): value
        for name, value in drop_unset(flags).items()
        if name in FLAGS
    }
    words = arguments.pop("option", ())
    if merged := parse_options(words, options or {}):
        arguments["options"] = merged
    if "engines" in arguments:
        arguments["engines"] = parse_engines(arguments["engines"])
    if not str(arguments.get("backdrop", "#")).startswith("#"):
        arguments["backdrop"] = Path(arguments["backdrop"])
    return arguments


def drop_unset(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the flags that are set: neither None nor False, an empty text or an empty list."""
    # A seed of 0 is set.
    return {
        name: value for name, value in flags.items() if value or (value == 0 and value is not False)
    }


def read_flags(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Converts values of a campaign file into flags; raises ValueError, which names the flag.

    values: by the names of FLAGS, as YAML has them or all as texts. folder: that of the file, to
    which paths of pictures are relative.
    """
    flags = {}
    for name, value in values.items():
        if value is None:
            raise ValueError(f"{name} is empty; put colors in quotes, as in backdrop: '#e8d9c0'")
        try:
            flags[name] = FLAGS[name](value)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{name} {value}: {error}") from None
    if "logo" in flags:
        flags["logo"] = find_file(folder, flags["logo"])
    if flags.get("backdrop") and not flags["backdrop"].startswith("#"):
        flags["backdrop"] = find_file(folder, flags["backdrop"])
    return flags


def find_file(folder: Path, name: str) -> Path:
    """Returns the path of a file that a campaign file names; ValueError if there is none.

    Also finds a name whose accents are stored in another way (Unicode NFC or NFD), as when files
    come from a Mac, and one with the backslashes of Windows.
    """
    from unicodedata import normalize  # Here: only this function needs it.

    path = folder / name
    for candidate in (path, folder / name.replace("\\", "/")):
        if candidate.is_file():
            return candidate
        if not candidate.parent.is_dir():
            continue
        wanted = normalize("NFC", candidate.name)
        for found in candidate.parent.iterdir():
            if normalize("NFC", found.name) == wanted and found.is_file():
                return found
    raise ValueError(f"{path}: No such file; paths are relative to the campaign's file")


def _read_text(value: Any) -> str:
    if not isinstance(value, (str, int, float)) or isinstance(value, bool):
        raise ValueError("write a text")
    return str(value)


def _read_integer(value: Any) -> int:
    number = _read_number(value)
    if number != int(number):
        raise ValueError("write a whole number")
    return int(number)


def _read_number(value: Any) -> float:
    if isinstance(value, bool):
        raise ValueError("write a number")
    try:
        # Spreadsheets of many countries write a comma.
        return float(value.replace(",", ".") if isinstance(value, str) else value)
    except (TypeError, ValueError):
        raise ValueError("write a number") from None


def _read_yes_or_no(value: Any) -> bool:
    word = str(value).lower()
    if word not in (*YES, *NO):
        raise ValueError("write yes or no")
    return word in YES


def _read_words(value: Any) -> list[str]:
    """Reads words NAME=VALUE: a text, a list of them, or a mapping of names and values."""
    if isinstance(value, Mapping):
        texts = {
            name: each if isinstance(each, str) else dumps(each) for name, each in value.items()
        }
        return [f"{name}={text}" for name, text in texts.items()]
    words = [value] if isinstance(value, str) else value
    return [_read_text(word) for word in words]


def read_format(value: Any) -> str:
    """Returns the name of a format by that name or by the suffix of its files, such as "jpg"."""
    from cyclorama.formats import FORMATS, format_name_from_path  # Here: --help starts faster.

    name = _read_text(value).lower().removeprefix(".")
    return name if name in FORMATS else format_name_from_path(f"ad.{name}")


# How a file's value of each flag is read.
FLAGS: Mapping[str, Callable[[Any], Any]] = {
    "negative": _read_text,
    "draft": _read_yes_or_no,
    "profile": _read_text,
    "seed": _read_integer,
    "engine": _read_words,
    "option": _read_words,
    "product": _read_text,
    "product_height": _read_number,
    "backdrop": _read_text,
    "headline": _read_text,
    "call": _read_text,
    "logo": _read_text,
    "quality": _read_integer,
    "max_kb": _read_integer,
    "dpi": _read_number,
    "format": read_format,
}
