"""Options of the command line that several commands have."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

# Stands for standard input or output.
DASH = Path("-")
Profile = Annotated[
    str,
    typer.Option(
        metavar="PLATFORM", help="A platform whose rules the ad must meet, such as amazon-main."
    ),
]
Draft = Annotated[
    bool, typer.Option("--draft", help="The same composition in half the size, much sooner.")
]
Quality = Annotated[int | None, typer.Option(metavar="NUMBER", help="1 to 100, of lossy formats.")]
MaxKb = Annotated[int | None, typer.Option(metavar="KB", help="Largest file, in kB of 1000 bytes.")]
Dpi = Annotated[float | None, typer.Option(metavar="NUMBER", help="Dots per inch; default 72.")]


def require_file_or_dash(path: Path) -> Path:
    """Refuses the path of an option that does not exist and stands for no standard stream."""
    if path != DASH and not path.exists():
        raise typer.BadParameter(f"{str(path)!r} does not exist.")
    return path


def limit_number(low: float, high: float) -> Callable[[float | None], float | None]:
    """Returns a callback of an option that refuses numbers outside a range; None stays."""

    def check_number(number: float | None) -> float | None:
        if number is not None and not low <= number <= high:
            raise typer.BadParameter(f"write {low} to {high}")
        return number

    return check_number
