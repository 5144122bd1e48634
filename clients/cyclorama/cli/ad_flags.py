"""The flags of an ad, which the command line and campaign files share, as fields of the contract.

A flag is named as on the command line, with underscores, such as "max_kb".
"""

from collections.abc import Callable, Mapping
from json import dumps
from pathlib import Path
from typing import Any

from cyclorama.cli.options import (
    Options,
    build_delivery,
    drop_none,
    parse_backdrop,
    parse_engines,
    parse_options,
)

# Other names of flags in files: those of the client's keyword arguments.
FLAG_ALIASES = {
    "negative_prompt": "negative",
    "engines": "engine",
    "max_kilobytes": "max_kb",
    "product_height_mm": "product_height",
    "call_to_action": "call",
}
YES, NO = ("yes", "true", "y", "x", "1"), ("no", "false", "n", "0")


def build_ad_fields(flags: Mapping[str, Any], options: Options | None = None) -> dict[str, Any]:
    """Returns flags as keyword arguments of Client.create_ad and Jobs.submit, but for the size.

    flags: values by name; those that are None or empty are not set. options: fields of the
    contract by stage, which flags add to.

    Raises ValueError for an invalid value and OSError for a picture that cannot be read.
    """
    get = flags.get
    merged = _merge_fields(options or {}, parse_engines(get("engine") or ()))
    merged = parse_options(get("option") or (), merged)
    described = {"product": get("product") or None, "product_height_mm": get("product_height")}
    sections: Options = {
        "delivery": build_delivery(get("profile") or "", get("quality"), get("max_kb"), get("dpi")),
        "background": drop_none(described),
        "lettering": build_lettering(get("headline") or "", get("call") or "", get("logo")),
        "backdrop": parse_backdrop(get("backdrop") or "") if get("backdrop") else {},
    }
    merged = _merge_fields(merged, {name: fields for name, fields in sections.items() if fields})
    arguments = {
        "negative_prompt": get("negative") or None,
        "format": get("format") or None,
        "seed": get("seed"),
        "draft": get("draft") or None,
        "options": merged or None,
    }
    return drop_none(arguments)


def build_lettering(headline: str, call: str, logo: Path | None) -> dict[str, Any]:
    """Returns what to set on the ad as fields of the message Lettering; without empty ones.

    headline: text next to the product. call: text of a button. logo: path of a picture file.
    """
    logo_image = {"data": logo.read_bytes()} if logo else None
    fields = {"headline": headline, "call_to_action": call, "logo": logo_image}
    return {name: value for name, value in fields.items() if value}


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
        flags["backdrop"] = str(find_file(folder, flags["backdrop"]))
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


def _merge_fields(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Returns fields of messages with others added; the second's values replace the first's."""
    merged = dict(first)
    for name, value in second.items():
        is_message = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = _merge_fields(merged[name], value) if is_message else value
    return merged


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
