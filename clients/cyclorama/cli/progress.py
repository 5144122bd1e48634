"""What the stages are doing, drawn live on a terminal and as lines elsewhere."""

from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
)
from rich.text import Text

import cyclorama
from cyclorama.cli.words import STAGES


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
