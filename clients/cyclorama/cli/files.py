"""The commands about files that were delivered: verify, check and replay."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cyclorama.cli.access import Gateway, Seconds, connect
from cyclorama.cli.output import Json, StageDisplay, beside, console, print_findings, print_json
from cyclorama.defaults import GATEWAY
from cyclorama.documents import read_object, read_text

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


def replay(
    manifest: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="ad.json.")],
    photo: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The product photo.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The new ad.")] = None,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
    timeout: Seconds = 300,
) -> None:
    """Makes an ad again from its manifest; exits with 0 when it is identical, with 1 if not."""
    from cyclorama.replay import IDENTICAL, compare

    before = read_object(manifest)
    display = StageDisplay(beside(as_json), lines=not as_json)
    with connect(gateway, timeout=timeout) as client, display:
        ad = client.replay(before, photo, on_event=display.show)
    verdict = compare(before, ad.manifest)
    if output:
        ad.save(output)
    if as_json:
        told = {"identical": verdict == IDENTICAL, "verdict": verdict}
        print_json(told | {"ad": str(output) if output else None})
    else:
        console.print(verdict, soft_wrap=True, markup=False)
    if verdict != IDENTICAL:
        raise typer.Exit(1)
