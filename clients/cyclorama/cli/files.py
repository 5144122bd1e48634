"""The commands about files that were delivered: verify and check."""

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

import cyclorama
from cyclorama.cli.access import connect
from cyclorama.cli.output import Json, colored, console, print_json
from cyclorama.defaults import GATEWAY
from cyclorama.documents import read_text

Gateway = Annotated[str, typer.Option(envvar="CYCLORAMA_GATEWAY", help="Address of the gateway.")]
Seconds = Annotated[float, typer.Option(help="Time for the whole call, in seconds.")]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file to look at.")]


def verify(
    ad: File,
    manifest: Annotated[
        Path | None, typer.Option(help="Its manifest; default the .json beside it.")
    ] = None,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
    timeout: Seconds = 60,
) -> None:
    """Tells whether the product's pixels are those that were delivered; exits with 1 if not."""
    text = read_text(manifest or ad.with_suffix(".json"))
    with connect(gateway, timeout=timeout) as client:
        found = client.verify(ad, text)
    if as_json:
        print_json(asdict(found))
    else:
        console.print(found.verdict, soft_wrap=True, markup=False)
        for x, y, width, height in found.differing:
            console.print(f"differs at x {x}, y {y}, {width} x {height}")
    if not found.locked:
        raise typer.Exit(1)


def check(
    file: File,
    profile: Annotated[str, typer.Option(help="Such as amazon-main.")],
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
    timeout: Seconds = 60,
) -> None:
    """Holds the rules of a platform against any picture file; exits with 1 when one fails."""
    with connect(gateway, timeout=timeout) as client:
        report = client.check(file, profile)
    if as_json:
        print_json(asdict(report))
    else:
        print_findings(report.findings)
        source = f"{report.profile}, rules as of {report.checked}: {report.source}"
        console.print(source, markup=False)
    if not report.passed:
        raise typer.Exit(1)


def print_findings(findings: "Iterable[cyclorama.Finding]") -> None:
    """Prints a table of measurements and verdicts."""
    table = Table("", "rule", "measured", "asked", "", box=None)
    for each in findings:
        told = map(escape, (each.name, each.measured, each.limit, each.note))
        table.add_row(colored(each.verdict, each.verdict.upper()), *told)
    console.print(table)
