"""Options of the command line that several commands have."""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryFile
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
    bool, typer.Option("--draft", help="A draft: half the width and height, a quarter of the time.")
]
Quality = Annotated[int | None, typer.Option(metavar="NUMBER", help="1 to 100, of lossy formats.")]
MaxKb = Annotated[int | None, typer.Option(metavar="KB", help="Largest file, in kB of 1000 bytes.")]
Dpi = Annotated[float | None, typer.Option(metavar="NUMBER", help="Dots per inch; default 72.")]


def require_file_or_dash(path: Path) -> Path:
    """Refuses the path of an option that does not exist and stands for no standard stream."""
    if path != DASH and not path.exists():
        raise typer.BadParameter(f"{str(path)!r} does not exist.")
    return path


def check_output_file(path: Path | None) -> Path | None:
    """Refuses the path of a picture that cannot be written, before it takes the time to make it.

    Raises ValueError for a folder or an unknown suffix, OSError for a folder that takes no files.
    """
    if path is None or path == DASH:
        return path
    from cyclorama.formats import format_name_from_path  # Here: --help starts faster.

    if path.is_dir():
        raise ValueError(f"{path} is a folder; name a file in it, such as {path / 'ad.png'}")
    format_name_from_path(path)
    check_folder(path.parent)
    return path


def check_folder(folder: Path) -> None:
    """Raises OSError if a folder cannot be created or takes no files."""
    existing = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    try:
        TemporaryFile(dir=existing).close()
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(existing)) from None


def limit_number(low: float, high: float) -> Callable[[float | None], float | None]:
    """Returns a callback of an option that refuses numbers outside a range; None stays."""

    def check_number(number: float | None) -> float | None:
        if number is not None and not low <= number <= high:
            raise typer.BadParameter(f"write {low} to {high}")
        return number

    return check_number
