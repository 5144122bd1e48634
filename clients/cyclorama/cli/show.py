"""Shows a picture in the terminal, by what the terminal says of itself; it is never asked.

Kitty's protocol: https://sw.kovidgoyal.net/kitty/graphics-protocol/, in its form for PNG.
iTerm2's: https://iterm2.com/documentation-images.html. Sixel: see there. Elsewhere two pixels a
character.
"""

import io
import os
from base64 import standard_b64encode
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

import cyclorama
from cyclorama.cli.sixel import sixel

if TYPE_CHECKING:
    from PIL.Image import Image

KITTY_CHUNK = 4096
MOST_COLUMNS = 72
SENT_SIDE = 768
UPPER_HALF = "▀"
PROTOCOLS = ("kitty", "iterm2", "sixel", "blocks")
# Terminals that draw sixel as they come: foot, mlterm, contour; Konsole and Windows Terminal.
SIXEL_TERMS = ("foot", "mlterm", "contour")
SIXEL_VARIABLES = {"KONSOLE_VERSION", "WT_SESSION"}

Show = Annotated[bool, typer.Option("--show", help="Show the picture in the terminal.")]


def show(picture: "cyclorama.Picture", console: Console) -> None:
    """Draws a picture; does nothing where the output is no terminal."""
    if not console.is_terminal:
        return
    columns = min(console.width, MOST_COLUMNS)
    match protocol_of(os.environ):
        case "kitty":
            _write(console, kitty(_png(picture), columns))
        case "iterm2":
            _write(console, iterm2(_png(picture), columns))
        case "sixel":
            _write(console, sixel(_small(picture)) + "\n")
        case _ if console.color_system:
            console.print(half_blocks(picture, columns, max(console.height - 4, 8)))


def protocol_of(environment: Mapping[str, str]) -> str:
    """One of PROTOCOLS, from the variables that terminals set; CYCLORAMA_SHOW names it outright.

    Multiplexers hide what is behind them, and drop or garble pictures: there it is blocks.
    """
    if (told := environment.get("CYCLORAMA_SHOW", "")) in PROTOCOLS:
        return told
    term, program = environment.get("TERM", ""), environment.get("TERM_PROGRAM", "")
    if "TMUX" in environment or term.startswith(("tmux", "screen")):
        return "blocks"
    if term in ("xterm-kitty", "xterm-ghostty") or program == "ghostty":
        return "kitty"
    if program in ("iTerm.app", "WezTerm") or environment.get("LC_TERMINAL") == "iTerm2":
        return "iterm2"
    if term.startswith(SIXEL_TERMS) or SIXEL_VARIABLES & environment.keys():
        return "sixel"
    return "blocks"


def kitty(png: bytes, columns: int) -> str:
    """The escape sequences that draw a PNG so many characters wide."""
    return "".join(_kitty_chunks(standard_b64encode(png).decode(), columns)) + "\n"


def iterm2(png: bytes, columns: int) -> str:
    """The escape sequence that draws a picture file so many characters wide."""
    data = standard_b64encode(png).decode()
    return f"\033]1337;File=inline=1;size={len(png)};width={columns}:{data}\a\n"


def half_blocks(picture: "cyclorama.Picture", columns: int, rows: int) -> Text:
    """A picture as colored characters, each of them two pixels, one above the other."""
    from PIL import Image

    with Image.open(io.BytesIO(picture.data)) as opened:
        pixels = opened.convert("RGB")
    pixels.thumbnail((columns, 2 * rows))
    width, height = pixels.size
    text = Text(no_wrap=True)
    for y in range(0, height, 2):
        for x in range(width):
            upper, lower = pixels.getpixel((x, y)), pixels.getpixel((x, min(y + 1, height - 1)))
            text.append(UPPER_HALF, f"rgb{_triple(upper)} on rgb{_triple(lower)}")
        text.append("\n")
    return text


def _triple(color: object) -> str:
    return str(color).replace(" ", "")


def _kitty_chunks(data: str, columns: int) -> Iterator[str]:
    keys = f"a=T,f=100,q=2,c={columns},"
    for start in range(0, len(data), KITTY_CHUNK):
        more = int(start + KITTY_CHUNK < len(data))
        yield f"\033_G{keys}m={more};{data[start : start + KITTY_CHUNK]}\033\\"
        keys = "q=2,"


def _png(picture: "cyclorama.Picture") -> bytes:
    """The picture as PNG."""
    out = io.BytesIO()
    _small(picture).save(out, "PNG")
    return out.getvalue()


def _small(picture: "cyclorama.Picture") -> "Image":
    """The picture in RGB, small: it travels through the terminal."""
    from PIL import Image

    with Image.open(io.BytesIO(picture.data)) as opened:
        small = opened.convert("RGB")
    small.thumbnail((SENT_SIDE, SENT_SIDE))
    return small


def _write(console: Console, escapes: str) -> None:
    console.file.write(escapes)
    console.file.flush()
