"""What commands print: words, tables and bars for people, one JSON value for programs."""

import json
import re
from collections.abc import Iterable
from types import TracebackType
from typing import Annotated, Any, Self

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

import cyclorama
from cyclorama.stages import STAGES

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


def print_findings(findings: "Iterable[cyclorama.Finding]") -> None:
    """Prints a table of measurements and verdicts."""
    table = Table("", "rule", "measured", "asked", "", box=None)
    for each in findings:
        told = map(escape, (each.name, each.measured, each.limit, each.note))
        table.add_row(colored(each.verdict, each.verdict.upper()), *told)
    console.print(table)


class Times(ProgressColumn):
    """How long a stage has been at work, and how long it still takes once that can be told."""

    def render(self, task: Task) -> Text:
        if task.finished or task.elapsed is None:
            return Text("")
        left = "" if task.time_remaining is None else f", about {task.time_remaining:.0f} s left"
        return Text(f"{task.elapsed:.0f} s{left}", "dim")


class StageDisplay:
    """A bar per stage on a terminal; a line per stage that finished everywhere else.

    lines: whether there are lines; a program that reads the output wants none.
    """

    def __init__(
        self, console: Console, stages: Iterable[str] = STAGES, *, lines: bool = True
    ) -> None:
        self._console = console
        self._lines = lines and not console.is_terminal
        self._bars = Progress(
            TextColumn("{task.description:>13}"),
            BarColumn(bar_width=28),
            Times(),
            TextColumn("{task.fields[note]}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {
            stage: self._bars.add_task(stage, total=None, start=False, note="") for stage in stages
        }

    def show(self, event: "cyclorama.Event") -> None:
        """Draws one event."""
        task = self._tasks[event.stage]
        match event.kind:
            case "started":
                self._bars.start_task(task)
            case "progress":
                self._bars.start_task(task)
                self._bars.update(task, total=1.0, completed=event.fraction)
            case "finished":
                note = str(event).partition(": ")[2]
                self._bars.update(task, total=1.0, completed=1.0, note=note)
                self._bars.stop_task(task)
                if self._lines:
                    self._console.print(f"{event.stage:>13}  {note}", soft_wrap=True, markup=False)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for task in self._tasks.values() if kind is None else ():
            self._bars.update(task, total=1.0, completed=1.0)
        self._bars.stop()
