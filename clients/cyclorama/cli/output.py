"""Prints results: text, tables and progress bars for people, one JSON value for programs."""

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

# Control characters that a terminal executes, marks that change the direction of text, and lone
# surrogates; newlines and tabs are allowed.
CONTROL_CHARACTERS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def replace_control_characters(text: str) -> str:
    """Returns the text with U+FFFD in place of every character that a terminal would execute."""
    return CONTROL_CHARACTERS.sub("\N{REPLACEMENT CHARACTER}", text)


class SafeConsole(Console):
    """A console that lets no control characters of printed text reach the terminal."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """As Console.render: yields what to print, with control characters in texts replaced.

        The program's own control sequences, such as cursor movements, are segments of their own.
        """
        for segment in super().render(renderable, options):
            text = segment.text if segment.control else replace_control_characters(segment.text)
            yield Segment(text, segment.style, segment.control)


# Rich omits colors when the output is no terminal, and when NO_COLOR is set.
console = SafeConsole(highlight=False)
stderr_console = SafeConsole(stderr=True, highlight=False)

Json = Annotated[bool, typer.Option("--json", help="Print one JSON value, for programs.")]
COLORS = {
    "pass": "green",
    "warn": "yellow",
    "fail": "red",
    "succeeded": "green",
    "partially_succeeded": "yellow",
    "failed": "red",
    "running": "cyan",
    "cancelled": "yellow",
}


def choose_console(as_json: bool) -> Console:
    """Returns the console for progress: standard error when standard output is JSON."""
    return stderr_console if as_json else console


def print_json(value: Any) -> None:
    """Prints a value as JSON; escapes control characters, which a terminal would execute."""
    text = json.dumps(value, indent=2, ensure_ascii=False)
    print(CONTROL_CHARACTERS.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def color_by_state(state: str, text: str = "") -> str:
    """Returns rich markup that shows a text in the color of a state, such as green for "succeeded".

    state: a state or a verdict, such as "running" or "fail". text: empty for the state itself.
    """
    color = COLORS.get(state.lower())
    return f"[{color}]{text or state}[/]" if color else text or state


def error_to_json(error: Exception) -> dict[str, Any]:
    """Returns an error as JSON; `code`, the gRPC status, is empty when no server was called."""
    if not isinstance(error, cyclorama.CycloramaError):
        return {"code": "", "reason": "INVALID_ARGUMENT", "text": str(error)}
    return {
        "code": error.code.name,
        "reason": error.reason,
        "text": error.text,
        "stage": error.stage,
        "call_id": error.call_id,
        "retry_seconds": error.retry_seconds,
    }


def print_measurements(measurements: "Iterable[cyclorama.Measurement]") -> None:
    """Prints a table of the measurements of a report: verdict, name, value, limit, what to do.

    Without anything to do, the last column says what the measurement means.
    """
    table = Table("", "rule", "measured", "limit", "", box=None)
    for measurement in measurements:
        advice = measurement.remedy or measurement.note
        texts = (measurement.name, measurement.measured, measurement.limit, advice)
        verdict = color_by_state(measurement.verdict, measurement.verdict.upper())
        table.add_row(verdict, *map(escape, texts))
    console.print(table)


def format_left_out(warnings: "Iterable[cyclorama.AdWarning]") -> str:
    """Returns the words of the prompt that an ad does not show, each with the nearest offer.

    As in "dragon, castle (nearest: rock)"; empty when it shows all of them.
    """
    return ", ".join(
        f"{each.words} (nearest: {each.nearest})" if each.nearest else each.words
        for warning in warnings
        for each in warning.left_out
    )


class TimeColumn(ProgressColumn):
    """The elapsed time of a stage, and the remaining time once it can be estimated."""

    def render(self, task: Task) -> Text:
        """Renders the elapsed and the remaining time of a task; nothing before and after it."""
        if task.finished or task.elapsed is None:
            return Text("")
        left = "" if task.time_remaining is None else f", about {task.time_remaining:.0f} s left"
        return Text(f"{task.elapsed:.0f} s{left}", style="dim")


class StageDisplay:
    """Shows the progress of stages: a bar each on a terminal, else a line per finished stage.

    lines: whether to print lines; turn them off when a program reads the output.
    """

    def __init__(
        self, console: Console, stages: Iterable[str] = STAGES, *, lines: bool = True
    ) -> None:
        """Creates a bar for each stage, not yet started; bars appear on a terminal only.

        console: where to show them. stages: their names. lines: whether to print a line per
        finished stage where there is no terminal.
        """
        self._console = console
        self._lines = lines and not console.is_terminal
        # The columns: stage, bar, time, and the engine that ran.
        self._bars = Progress(
            TextColumn("{task.description:>13}"),
            BarColumn(bar_width=28),
            TimeColumn(),
            TextColumn("{task.fields[summary]}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {
            stage: self._bars.add_task(stage, total=None, start=False, summary="")
            for stage in stages
        }

    def show_event(self, event: "cyclorama.Event") -> None:
        """Updates the bar of the event's stage; without a terminal, prints a line at its end."""
        task = self._tasks[event.stage]
        match event.kind:
            case "started":
                self._bars.start_task(task)
            case "progress":
                self._bars.start_task(task)
                # Without the name of the stage.
                waiting = str(event).partition(": ")[2] if event.queue_position else ""
                self._bars.update(task, total=1.0, completed=event.fraction, summary=waiting)
            case "finished":
                # Without the name of the stage.
                summary = str(event).partition(": ")[2]
                self._bars.update(task, total=1.0, completed=1.0, summary=summary)
                self._bars.stop_task(task)
                if self._lines:
                    line = f"{event.stage:>13}  {summary}"
                    self._console.print(line, soft_wrap=True, markup=False)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stops the bars; completes all of them unless an exception was raised inside."""
        for task in self._tasks.values() if kind is None else ():
            self._bars.update(task, total=1.0, completed=1.0)
        self._bars.stop()
