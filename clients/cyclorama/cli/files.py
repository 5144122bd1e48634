"""The commands for existing files: verify, check and replay."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from cyclorama.cli.connection import Gateway, Seconds, open_client
from cyclorama.cli.options import check_output_file
from cyclorama.cli.output import (
    Json,
    StageDisplay,
    choose_console,
    console,
    print_json,
    print_measurements,
)
from cyclorama.defaults import GATEWAY
from cyclorama.documents import read_json_object, read_text_file

File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The file to examine.")]


def verify_ad_file(
    ad: File,
    manifest: Annotated[
        Path | None, typer.Option(help="Its manifest; default the .json file next to it.")
    ] = None,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
    timeout: Seconds = 60,
) -> None:
    """Verifies an ad's product pixels and Content Credentials; exits with 1 if they changed."""
    manifest_json = read_text_file(manifest or ad.with_suffix(".json"))
    with open_client(gateway, timeout=timeout) as client:
        result = client.verify(ad, manifest_json)
    if as_json:
        values, signed_at = asdict(result), result.credentials.signed_at
        values["credentials"]["signed_at"] = signed_at.isoformat() if signed_at else None
        print_json(values)
    else:
        console.print(result.verdict, soft_wrap=True, markup=False)
        for x, y, width, height in result.differing:
            console.print(f"differs at x {x}, y {y}, {width} x {height}")
    if not result.is_authentic:
        raise typer.Exit(1)


def check_ad_file(
    file: File,
    profile: Annotated[str, typer.Option(help="Such as amazon-main.")],
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
    timeout: Seconds = 60,
) -> None:
    """Checks any picture file against the rules of a platform; exits with 1 when one fails."""
    with open_client(gateway, timeout=timeout) as client:
        report = client.check(file, profile)
    if as_json:
        print_json(asdict(report))
    else:
        print_measurements(report.measurements)
        source = f"{report.profile}, rules as of {report.checked}: {report.source}"
        console.print(source, markup=False)
    if not report.passed:
        raise typer.Exit(1)


def replay_ad_file(
    manifest: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="ad.json.")],
    photo: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The product photo.")],
    mask: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help="Its mask, if it was made with one."),
    ] = None,
    backdrop: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Its backdrop, if a picture.")
    ] = None,
    logo: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Its logo, if it has one.")
    ] = None,
    font: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="Its font, if a file.")
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", callback=check_output_file, help="The new ad."),
    ] = None,
    as_json: Json = False,
    gateway: Gateway = GATEWAY,
    timeout: Seconds = 300,
) -> None:
    """Recreates an ad from its manifest; exits with 0 when it is identical, with 1 if not."""
    # Here, so that other commands start without gRPC.
    from cyclorama.replay import IDENTICAL, compare_manifests

    before = read_json_object(manifest)
    # A program that reads standard output gets no lines of progress.
    display = StageDisplay(choose_console(as_json), lines=not as_json)
    with open_client(gateway, timeout=timeout) as client, display:
        ad = client.replay(
            before,
            photo,
            mask,
            backdrop=backdrop,
            logo=logo,
            font_file=font,
            on_event=display.show_event,
        )
    verdict = compare_manifests(before, ad.manifest)
    if output:
        ad.save(output)
    if as_json:
        result = {"identical": verdict == IDENTICAL, "verdict": verdict}
        print_json(result | {"ad": str(output) if output else None})
    else:
        console.print(verdict, soft_wrap=True, markup=False)
    if verdict != IDENTICAL:
        raise typer.Exit(1)
