"""The options of commands that make ads, each declared once; `ad_flags` says what they become."""

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from pathlib import Path
from typing import Annotated, Any

import typer

from cyclorama.cli.connection import complete_from_gateway
from cyclorama.cli.options import Dpi, Draft, MaxKb, Profile, Quality, limit_number

Flags = Mapping[str, Any]
# Options of commands that make one ad.
Layers = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="Folder for the layers, or a .psd file for all of them."),
]
Mask = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="A picture that is light where the product is.",
    ),
]
BestOf = Annotated[
    int,
    typer.Option(
        metavar="NUMBER",
        callback=limit_number(1, 16),
        help="Number of variants to make, 1 to 16; keeps the best.",
    ),
]


def complete_engines(incomplete: str) -> list[str]:
    """Returns STAGE=ENGINE for ready engines of the gateway, for shell completion.

    incomplete: what the user has typed so far, with which every returned word starts.
    """
    return complete_from_gateway(
        lambda client: (
            f"{engine.stage}={engine.name}" for engine in client.engines() if engine.ready
        ),
        incomplete,
    )


# The type and the default of each option.
FLAG_OPTIONS: Mapping[str, tuple[Any, Any]] = {
    "negative": (
        Annotated[str, typer.Option(metavar="TEXT", help="What the scene should not show.")],
        "",
    ),
    "draft": (Draft, False),
    "profile": (Profile, ""),
    "format": (
        Annotated[str, typer.Option(metavar="FORMAT", help="Format: png, jpeg, webp, avif, tiff.")],
        "",
    ),
    "seed": (
        Annotated[
            int | None,
            typer.Option(metavar="NUMBER", help="Seed, 0 to 2147483647; default random."),
        ],
        None,
    ),
    "engine": (
        Annotated[
            list[str] | None,
            typer.Option(
                metavar="STAGE=ENGINE",
                help="An engine to use; `cyclorama engines` lists them.",
                autocompletion=complete_engines,
            ),
        ],
        None,
    ),
    "option": (
        Annotated[
            list[str] | None,
            typer.Option(
                metavar="STAGE.FIELD=VALUE",
                help="An option of a stage, such as compositing.tint=0.",
            ),
        ],
        None,
    ),
    "product": (
        Annotated[str, typer.Option(metavar="TEXT", help="The product, such as 'perfume bottle'.")],
        "",
    ),
    "product_height": (
        Annotated[
            float | None,
            typer.Option(
                metavar="MM", help="Height of the product in mm, to scale the things around it."
            ),
        ],
        None,
    ),
    "backdrop": (
        Annotated[
            str,
            typer.Option(
                metavar="FILE|#RRGGBB", help="A picture or a color instead of a generated scene."
            ),
        ],
        "",
    ),
    "spot": (
        Annotated[
            str,
            typer.Option(
                metavar="X,Y,WIDTH", help="Middle and width of the product, as shares of the ad."
            ),
        ],
        "",
    ),
    "headline": (
        Annotated[str, typer.Option(metavar="TEXT", help="Headline to set next to the product.")],
        "",
    ),
    "call": (
        Annotated[str, typer.Option(metavar="TEXT", help="Text of a button, such as 'Shop now'.")],
        "",
    ),
    "logo": (
        Annotated[
            Path | None,
            typer.Option(metavar="FILE", exists=True, dir_okay=False, help="A logo to add."),
        ],
        None,
    ),
    "text_anchor": (
        Annotated[
            str,
            typer.Option(
                metavar="ANCHOR", help="Side or corner for the text, such as top_left or bottom."
            ),
        ],
        "",
    ),
    "text_look": (
        Annotated[
            str,
            typer.Option(
                metavar="LOOK",
                help="Look of the text: modern, editorial, light or poster; else by the prompt.",
            ),
        ],
        "",
    ),
    "text_size": (
        Annotated[
            float | None,
            typer.Option(
                metavar="SHARE",
                callback=limit_number(0.03, 0.4),
                help="Font size of the headline, 0.03 to 0.4 of the shorter side.",
            ),
        ],
        None,
    ),
    "text_color": (
        Annotated[str, typer.Option(metavar="#RRGGBB", help="Color of the headline.")],
        "",
    ),
    "button_color": (
        Annotated[str, typer.Option(metavar="#RRGGBB", help="Color of the button.")],
        "",
    ),
    "font": (
        Annotated[
            str,
            typer.Option(
                metavar="NAME|FILE",
                help="inter-bold, inter-medium, garamond, or a .ttf, .otf or .woff2 file.",
            ),
        ],
        "",
    ),
    "without_veil": (
        Annotated[
            bool,
            typer.Option(
                "--without-veil", help="Draw nothing behind text or a logo that lacks contrast."
            ),
        ],
        False,
    ),
    "quality": (Quality, None),
    "max_kb": (MaxKb, None),
    "dpi": (Dpi, None),
}


def take_ad_flags(command: Callable[..., None]) -> Callable[..., None]:
    """Returns a command that also takes FLAG_OPTIONS, and passes all of them on as `flags`.

    command: has a parameter `flags`, in whose place the options are in --help.
    """

    @wraps(command)
    def take_flags(**values: Any) -> None:
        flags = {name: values.pop(name) for name in FLAG_OPTIONS}
        command(flags=flags, **values)

    parameters: list[inspect.Parameter] = []
    for name, parameter in inspect.signature(command).parameters.items():
        if name == "flags":
            parameters += _list_flag_parameters()
        else:
            parameters.append(parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY))
    take_flags.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    return take_flags


def _list_flag_parameters() -> list[inspect.Parameter]:
    """Returns the options as parameters of a function."""
    kind = inspect.Parameter.KEYWORD_ONLY
    return [
        inspect.Parameter(name, kind, default=default, annotation=annotation)
        for name, (annotation, default) in FLAG_OPTIONS.items()
    ]
