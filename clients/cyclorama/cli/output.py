"""What commands print: words and tables for people, one JSON value for programs."""

import json
import re
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

import cyclorama

# What a terminal obeys instead of showing it, what turns the direction of text round, and halves
# of characters; line ends and tabs are left.
OBEYED = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def harmless(text: str) -> str:
    """The text, with a mark in place of everything that a terminal would obey."""
    return OBEYED.sub("\N{REPLACEMENT CHARACTER}", text)


class HarmlessConsole(Console):
    """A console on which only the program's own colors and movements reach the terminal."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """As of Console; what the program itself does to the terminal are control segments."""
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else harmless(segment.text)
            yield Segment(text, segment.style, segment.control)


# Rich leaves colors out where the output is no terminal, and where NO_COLOR is set.
console = HarmlessConsole(highlight=False)
aside = HarmlessConsole(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")]
COLORS = {
    "pass": "green",
    "warn": "yellow",
    "fail": "red",
    "succeeded": "green",
    "failed": "red",
    "running": "cyan",
    "cancelled": "yellow",
}


def beside(as_json: bool) -> Console:
    """Where to draw what happens meanwhile: not where a program reads."""
    return aside if as_json else console


def print_json(value: Any) -> None:
    """Prints a value for programs."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    print(OBEYED.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def colored(word: str, text: str = "") -> str:
    """A text, by default the word, in the color of a verdict or a state, as rich's markup."""
    color = COLORS.get(word.lower())
    return f"[{color}]{text or word}[/]" if color else text or word


def error_fields(error: Exception) -> dict[str, Any]:
    """A failure for programs; `code` is empty where no server was asked."""
    if not isinstance(error, cyclorama.CycloramaError):
        return {"code": "", "reason": "WRONG_WORD", "text": str(error)}
    return {
        "code": error.code.name,
        "reason": error.reason,
        "text": error.text,
        "stage": error.stage,
        "call_id": error.call_id,
        "retry_seconds": error.retry_seconds,
    }
