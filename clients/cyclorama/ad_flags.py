"""The flags of an ad, which the command line and campaign files share, as the client takes them.

A flag is named as on the command line, with underscores, such as "max_kb".
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cyclorama.campaign_values import (
    read_integer,
    read_number,
    read_text,
    read_values,
    read_words,
    read_yes_or_no,
)
from cyclorama.option_words import Options, parse_engines, parse_options, parse_spot

if TYPE_CHECKING:
    from cyclorama.pictures import PictureLike

# The client's keyword arguments that are named otherwise than their flags.
KEYWORDS = {
    "negative": "negative_prompt",
    "engine": "engines",
    "product_height": "product_height_mm",
    "call": "call_to_action",
}
WRITE_COLOR = "write a color in hexadecimal, such as '#e8d9c0'"
# Other names of flags in files.
FLAG_ALIASES = {name: flag for flag, name in KEYWORDS.items()} | {"max_kilobytes": "max_kb"}


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
    if "spot" in arguments:
        arguments["spot"] = parse_spot(arguments["spot"])
    backdrop = arguments.get("backdrop")
    if isinstance(backdrop, str) and not backdrop.startswith("#"):
        arguments["backdrop"] = Path(backdrop)
        if not arguments["backdrop"].is_file():
            raise ValueError(f"backdrop {backdrop}: there is no such file; {WRITE_COLOR}")
    if is_font_file(arguments.get("font")):
        font = arguments.pop("font")
        arguments["font_file"] = Path(font) if isinstance(font, str) else font
    return arguments


def drop_unset(flags: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the flags that are set: neither None nor False, an empty text or an empty list."""
    # A seed of 0 is set.
    return {
        name: value for name, value in flags.items() if value or (value == 0 and value is not False)
    }


def read_flags(
    values: Mapping[str, Any], find_picture: Callable[[str], "PictureLike"]
) -> dict[str, Any]:
    """Converts values of a campaign file into flags; raises ValueError, which names the flag.

    values: by the names of FLAGS, as YAML has them or all as texts. find_picture: finds a logo or
    backdrop by what the file says.
    """
    flags = read_values(values, FLAGS)
    if "logo" in flags:
        flags["logo"] = find_picture(flags["logo"])
    if is_font_file(flags.get("font")):
        flags["font"] = find_picture(flags["font"])
    if flags.get("backdrop") and not flags["backdrop"].startswith("#"):
        try:
            flags["backdrop"] = find_picture(flags["backdrop"])
        except ValueError as error:
            raise ValueError(f"backdrop {error}, or {WRITE_COLOR}") from None
    return flags


def is_font_file(font: object) -> bool:
    """Whether a font is a file, or the path of one, rather than the name of a font."""
    if isinstance(font, str):
        return Path(font).suffix.lower() in FONT_SUFFIXES
    return font is not None


def read_format(value: Any) -> str:
    """Returns the name of a format by that name or by the suffix of its files, such as "jpg"."""
    from cyclorama.formats import FORMATS, format_name_from_path  # Here: --help starts faster.

    name = read_text(value).lower().removeprefix(".")
    return name if name in FORMATS else format_name_from_path(f"ad.{name}")


FONT_SUFFIXES = (".ttf", ".otf", ".woff2")
# How a file's value of each flag is read.
FLAGS: Mapping[str, Callable[[Any], Any]] = {
    "negative": read_text,
    "draft": read_yes_or_no,
    "profile": read_text,
    "seed": read_integer,
    "engine": read_words,
    "option": read_words,
    "product": read_text,
    "product_height": read_number,
    "backdrop": read_text,
    "spot": read_text,
    "headline": read_text,
    "call": read_text,
    "logo": read_text,
    "text_anchor": read_text,
    "text_size": read_number,
    "text_look": read_text,
    "text_color": read_text,
    "button_color": read_text,
    "font": read_text,
    "without_veil": read_yes_or_no,
    "quality": read_integer,
    "max_kb": read_integer,
    "dpi": read_number,
    "format": read_format,
}
