"""Prints results: text, tables and progress bars for people, one JSON value for programs."""

import json
import re
from collections.abc import Iterable
from itertools import takewhile
from types import TracebackType
from typing import Annotated, Any, Self

import typer
from rich.console import Console, ConsoleOptions, RenderableType
from rich.markup import escape
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskID, TextColumn
from rich.progress_bar import ProgressBar
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
# What is said of a stage that did not run, such as background where there is a backdrop.
NOT_NEEDED = "skipped, not needed for this ad"
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


def count_more(count: int, thing: str) -> str:
    """Returns a number of further things, such as " and 2 more scenes"; empty for none."""
    return f" and {count} more {thing}{'s' * (count > 1)}" if count > 0 else ""


def print_measurements(
    measurements: "Iterable[cyclorama.Measurement]", console: Console = console
) -> None:
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


class StageBarColumn(BarColumn):
    """The bar of a stage that runs or has run; nothing for one that waits or is not needed."""

    def __init__(self) -> None:
        """Creates the column."""
        super().__init__(bar_width=28)

    def render(self, task: Task) -> ProgressBar | Text:  # type: ignore[override]
        """Renders the bar of a task that has started."""
        return super().render(task) if task.started else Text("")


class TimeColumn(ProgressColumn):
    """The elapsed time of a stage, and the remaining time once it can be estimated."""

    def render(self, task: Task) -> Text:
        """Renders the elapsed and the remaining time of a task; nothing before and after it."""
        if task.finished or task.elapsed is None:
            return Text("")
        left = "" if task.time_remaining is None else f", about {task.time_remaining:.0f} s left"
        return Text(f"{task.elapsed:.0f} s{left}", style="dim")


class StageDisplay:
    """Shows the progress of stages: a bar for each that runs, a word for the others.

    On a terminal these are lines that change, elsewhere a line for each stage at its end.
    """

    def __init__(
        self, console: Console, stages: Iterable[str] = STAGES, *, lines: bool = True
    ) -> None:
        """Creates a line for each stage, which waits; lines that change need a terminal.

        console: where to show them. stages: their names. lines: whether to print a line per stage
        where there is no terminal; turn them off when a program reads the output.
        """
        self._console = console
        self._lines = lines and not console.is_terminal
        # The columns: stage, bar, time, and the engine that ran or what the stage waits for.
        self._bars = Progress(
            TextColumn("{task.description:>13}"),
            StageBarColumn(),
            TimeColumn(),
            TextColumn("{task.fields[summary]}", markup=False),
            console=console,
            disable=not console.is_terminal,
        )
        self._tasks: dict[str, TaskID] = {
            stage: self._bars.add_task(stage, total=None, start=False, summary="waits")
            for stage in stages
        }
        self._begun: set[str] = set()
        # A stage that is called alone waits for none.
        if len(self._tasks) == 1:
            for stage, task in self._tasks.items():
                self._bars.start_task(task)
                self._bars.update(task, summary="")
                self._begun.add(stage)

    def show_event(self, event: "cyclorama.Event") -> None:
        """Updates the line of the event's stage; without a terminal, prints it at its end."""
        if event.kind == "queued":
            return self._show_queue(event)
        task = self._tasks[event.stage]
        if event.stage not in self._begun:
            self._begin_stage(event.stage)
        # Without the name of the stage.
        summary = str(event).partition(": ")[2]
        match event.kind:
            # A model draws other pictures first: no work of this stage yet.
            case "progress" if event.queue_position:
                self._bars.update(task, summary=f"waits, {summary}")
            case "started":
                self._bars.start_task(task)
            case "progress":
                self._bars.start_task(task)
                self._bars.update(task, total=1.0, completed=event.fraction, summary="")
            case "finished":
                self._bars.start_task(task)
                self._bars.update(task, total=1.0, completed=1.0, summary=summary)
                self._bars.stop_task(task)
                self._print_line(event.stage, summary)

    def _show_queue(self, event: "cyclorama.Event") -> None:
        """Shows in the line of the first stage how many ads come before this one."""
        task = next(iter(self._tasks.values()))
        summary = str(event).partition(": ")[2]
        self._bars.update(task, summary=f"waits, {summary}")
        self._print_line("queued", summary)

    def _begin_stage(self, stage: str) -> None:
        """Shows that a stage no longer waits, and that earlier ones that do are not needed."""
        self._begun.add(stage)
        self._bars.update(self._tasks[stage], summary="")
        for earlier in takewhile(lambda each: each != stage, self._tasks):
            if earlier not in self._begun:
                self._bars.update(self._tasks[earlier], summary=NOT_NEEDED)

    def _print_line(self, stage: str, text: str) -> None:
        """Prints a line of a stage where there is no terminal."""
        if self._lines:
            self._console.print(f"{stage:>13}  {text}", soft_wrap=True, markup=False)

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stops the lines; unless an exception was raised inside, says which stages did not run."""
        for stage, task in self._tasks.items() if kind is None else ():
            if stage in self._begun:
                self._bars.update(task, total=1.0, completed=1.0)
            else:
                self._bars.update(task, summary=NOT_NEEDED)
                self._print_line(stage, NOT_NEEDED)
        self._bars.stop()
