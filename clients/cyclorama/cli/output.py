"""What commands print: words and tables for people, one JSON value for programs."""

import json
from typing import Annotated, Any

import typer
from rich.console import Console

import cyclorama

# Rich leaves colors out where the output is no terminal, and where NO_COLOR is set.
console = Console(highlight=False)
aside = Console(stderr=True, highlight=False)

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
    print(json.dumps(value, indent=2, ensure_ascii=False))


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
