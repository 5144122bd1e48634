"""The command that assesses picture files: expected marks, what costs most, and what to do."""

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.progress import track

import cyclorama
from cyclorama.cli.connection import Gateway, Seconds, open_client
from cyclorama.cli.output import (
    Json,
    color_by_state,
    console,
    error_to_json,
    print_json,
    print_measurements,
    replace_control_characters,
    stderr_console,
)
from cyclorama.defaults import GATEWAY
from cyclorama.documents import read_text_file

# Below it a reviewer's mark of 4 or less, with which an ad is not used, is more likely than not.
LEAST_SCORE = 4.5
# Flaw probabilities from which on a picture is shown as doubtful, and as flawed.
DOUBTFUL, FLAWED = 0.3, 0.5

Files = Annotated[
    list[Path], typer.Argument(exists=True, help="Picture files, or folders of them.")
]


@dataclass(frozen=True)
class AssessedFile:
    """A file with its assessment.

    path: of the picture. manifest: path of the manifest that was sent with it, or None.
    """

    path: Path
    manifest: Path | None
    assessment: "cyclorama.Assessment"


@dataclass(frozen=True)
class RejectedFile:
    """A file that cannot be assessed, and why.

    path: of the picture. error: the failure, which another request can avoid.
    """

    path: Path
    error: Exception


def assess_picture_files(
    files: Files,
    manifest: Annotated[
        Path | None,
        typer.Option(
            exists=True, help="Manifest of the only file; default the .json file next to each."
        ),
    ] = None,
    no_manifest: Annotated[
        bool, typer.Option("--no-manifest", help="Assess pictures alone, such as resized copies.")
    ] = False,
    min_score: Annotated[
        float, typer.Option(help="Exit with 1 when a file scores less, 1 to 10.")
    ] = LEAST_SCORE,
    verbose: Annotated[
        bool, typer.Option("--verbose", "-v", help="Print the measurements of several files too.")
    ] = False,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
    timeout: Seconds = 60,
) -> None:
    """Assesses picture files as a reviewer would, worst first; exits with 1 when one is flawed."""
    paths = list(list_pictures(files))
    if manifest and len(paths) > 1:
        raise ValueError("--manifest belongs to one file; give one, or place each next to its file")
    is_terminal = stderr_console.is_terminal
    results = []
    with open_client(gateway, timeout=timeout) as client:
        for path in track(
            paths, "assessing", console=stderr_console, transient=True, disable=not is_terminal
        ):
            document = None if no_manifest else manifest or find_manifest(path)
            results.append(assess_picture_file(client, path, document))
    assessed = [each for each in results if isinstance(each, AssessedFile)]
    assessed.sort(key=lambda each: each.assessment.score)
    rejected = [each for each in results if isinstance(each, RejectedFile)]
    if as_json:
        print_json([*map(summarize_file, assessed), *map(summarize_rejection, rejected)])
    else:
        print_assessed_files(assessed, verbose or len(paths) == 1)
        print_rejected_files(rejected)
    if rejected:
        raise typer.Exit(2)
    if any(each.assessment.score < min_score for each in assessed):
        raise typer.Exit(1)


def list_pictures(paths: Iterable[Path]) -> Iterator[Path]:
    """Yields files, and the picture files in folders; raises ValueError for a folder without any.

    paths: of files and folders. A file in a folder is a picture if its suffix says so.
    """
    # Here, so that other commands start without the contract.
    from cyclorama.formats import is_picture_path

    for path in paths:
        pictures = sorted(filter(is_picture_path, path.iterdir())) if path.is_dir() else [path]
        if not pictures:
            raise ValueError(f"{path}: contains no pictures; name a file or another folder")
        yield from pictures


def find_manifest(picture: Path) -> Path | None:
    """Returns the path of the .json file next to a picture, or None if there is none."""
    path = picture.with_suffix(".json")
    return path if path.is_file() else None


def assess_picture_file(
    client: "cyclorama.Client", path: Path, manifest: Path | None
) -> AssessedFile | RejectedFile:
    """Has a picture file assessed; raises CycloramaError when the system fails.

    manifest: path of the JSON file that came with it, or None.
    """
    try:
        text = read_manifest_file(manifest) if manifest else None
        return AssessedFile(path, manifest, client.assess(path, text))
    except cyclorama.CycloramaError as error:
        # An internal error may be this file's; what stops a service stops the others as well.
        if not error.caller_can_fix and error.code.name != "INTERNAL":
            raise
        return RejectedFile(path, error)
    except (OSError, ValueError) as error:
        return RejectedFile(path, error)


def read_manifest_file(path: Path) -> str:
    """Reads a manifest; raises ValueError, which names the file, if it is none or too large."""
    try:
        if text := read_text_file(path):
            return text
        raise ValueError("is empty")
    except ValueError as error:
        advice = "assess the picture with --no-manifest, or with the manifest that came with it"
        raise ValueError(f"{path}: {error}; {advice}") from None


def summarize_file(file: AssessedFile) -> dict[str, Any]:
    """Returns what --json prints for a file: paths, score, reasons and measurements."""
    manifest = str(file.manifest) if file.manifest else None
    return {"file": str(file.path), "manifest": manifest} | asdict(file.assessment)


def summarize_rejection(file: RejectedFile) -> dict[str, Any]:
    """Returns what --json prints for a file that cannot be assessed: its path and the error."""
    return {"file": str(file.path), "error": error_to_json(file.error)}


def print_assessed_files(files: Iterable[AssessedFile], verbose: bool) -> None:
    """Prints for each file the expected mark, what costs most, and what to do.

    verbose: whether to print all measurements too.
    """
    for file in files:
        assessment = file.assessment
        mark = color_by_state(judge_flaw(assessment.flaw_probability), f"{assessment.score:4.1f}")
        flawed = f"{assessment.flaw_probability:.0%} likely flawed"
        console.print(f"{mark}  {escape(str(file.path))}  {flawed}", soft_wrap=True)
        for line in (assessment.reasons, find_remedy(assessment.measurements)):
            if line:
                console.print(f"      {line}", soft_wrap=True, markup=False)
        if verbose:
            print_measurements(assessment.measurements)


def judge_flaw(probability: float) -> str:
    """Returns the verdict on a flaw probability, 0 to 1: "pass", "warn" or "fail"."""
    return "fail" if probability >= FLAWED else "warn" if probability >= DOUBTFUL else "pass"


def find_remedy(measurements: "Iterable[cyclorama.Measurement]") -> str:
    """Returns what to do first: the remedy of the most costly measurement that did not pass.

    One that is not known comes after all others. Empty when there is nothing to do.
    """
    open_points = [each for each in measurements if each.remedy]
    open_points.sort(key=lambda each: (each.verdict == "unknown", -each.cost))
    return open_points[0].remedy if open_points else ""


def print_rejected_files(files: Iterable[RejectedFile]) -> None:
    """Prints on standard error why files cannot be assessed, a line each."""
    for file in files:
        text = replace_control_characters(f"cyclorama: {file.path}: {file.error}")
        stderr_console.print(text, soft_wrap=True, markup=False)
