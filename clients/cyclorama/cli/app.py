"""The commands for whole ads: create and engines."""

import json
import secrets
import sys
import time
from base64 import b64encode
from pathlib import Path
from typing import Annotated, Any

import grpc
import typer
from rich.console import Console
from rich.table import Table

from cyclorama.cli.access import choose_access, connect
from cyclorama.cli.files import Gateway, Seconds, check, print_findings, verify
from cyclorama.cli.jobs import campaign, jobs
from cyclorama.cli.progress import StageDisplay
from cyclorama.cli.stages import stages
from cyclorama.cli.words import parse_backdrop, parse_engines, parse_options, parse_size
from cyclorama.client import GATEWAY, Client
from cyclorama.errors import CycloramaError
from cyclorama.replay import IDENTICAL, compare
from cyclorama.results import Ad, EngineStatus, format_for, ranked

app = typer.Typer(
    callback=choose_access,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(stages, name="stage")
app.add_typer(jobs, name="jobs")
app.command()(campaign)
app.command()(verify)
app.command()(check)
console = Console(highlight=False)

Wait = Annotated[float, typer.Option(help="Seconds to wait for services that are starting.")]


@app.command()
def create(
    photo: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The product photo.")],
    prompt: Annotated[str, typer.Option(help="What the scene should look like.")],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="The ad: .png, .jpg, .webp, .avif or .tif.")
    ],
    negative: Annotated[str, typer.Option(help="What the scene should not show.")] = "",
    size: Annotated[
        str, typer.Option(help="WIDTHxHEIGHT in pixels; default the profile's, or 1024x1024.")
    ] = "",
    profile: Annotated[
        str, typer.Option(help="A platform whose rules the ad must meet, such as amazon-main.")
    ] = "",
    seed: Annotated[int | None, typer.Option(help="0 to 2147483647; default random.")] = None,
    engine: Annotated[
        list[str] | None, typer.Option(help="STAGE=ENGINE, such as segmentation=classic.")
    ] = None,
    option: Annotated[
        list[str] | None, typer.Option(help="STAGE.FIELD=VALUE, such as compositing.tint=0.")
    ] = None,
    backdrop: Annotated[
        str, typer.Option(help="A picture file or a #rrggbb color in place of a made scene.")
    ] = "",
    headline: Annotated[str, typer.Option(help="Words to set beside the product.")] = "",
    call: Annotated[str, typer.Option(help="Words of a button, such as 'Shop now'.")] = "",
    logo: Annotated[Path | None, typer.Option(exists=True, help="A logo to set.")] = None,
    quality: Annotated[int | None, typer.Option(help="1 to 100, of lossy formats.")] = None,
    max_kb: Annotated[int | None, typer.Option(help="Largest file, in kB of 1000 bytes.")] = None,
    dpi: Annotated[float | None, typer.Option(help="Dots per inch; default 72.")] = None,
    layers: Annotated[
        Path | None, typer.Option(help="Folder for the layers, or a .psd for them in one file.")
    ] = None,
    best_of: Annotated[
        int, typer.Option(min=1, max=16, help="Make so many, by seed, and keep the best.")
    ] = 1,
    gateway: Gateway = GATEWAY,
    timeout: Seconds = 300,
    wait: Wait = 0,
) -> None:
    """Makes an ad of a photo and a prompt; the manifest goes beside it as .json."""
    limits = {"profile": profile or None, "quality": quality, "max_kilobytes": max_kb, "dpi": dpi}
    options = parse_options(option or [], parse_engines(engine or []))
    options["delivery"] = said(limits) | asked_layers(layers)
    options |= said({"backdrop": parse_backdrop(backdrop) if backdrop else None})
    options |= said({"lettering": lettering_of(headline, call, logo)})
    wishes = {"negative_prompt": negative, "format": format_for(output), "options": options}
    wishes |= said({"size": parse_size(size) if size else None, "seed": seed})
    with connect(gateway, timeout=timeout) as client:
        wait_for_stages(client, wait)
        ad = create_best(client, photo, prompt, wishes, best_of)
    ad.save(output)
    manifest = output.with_suffix(".json")
    manifest.write_text(ad.manifest_json + "\n")
    console.print(f"{output}  {ad.width} x {ad.height}\n{manifest}")
    if layers:
        save_layers(ad, layers)
    if ad.profile:
        print_findings(ad.profile.findings)


def lettering_of(headline: str, call: str, logo: Path | None) -> dict[str, Any] | None:
    """What is to be written, as fields of a Lettering."""
    image = {"data": b64encode(logo.read_bytes()).decode()} if logo else None
    fields = {"headline": headline, "call_to_action": call, "logo": image}
    return {name: value for name, value in fields.items() if value} or None


def said(words: dict[str, Any]) -> dict[str, Any]:
    """What was given on the command line."""
    return {name: value for name, value in words.items() if value is not None}


def create_best(client: Client, photo: Path, prompt: str, wishes: dict[str, Any], count: int) -> Ad:
    """Makes ads with seeds that count up, says how they rank, and returns the best."""
    first = wishes.setdefault("seed", secrets.randbelow(2**31 - count))
    made: dict[int, Ad] = {}
    for seed in range(first, first + count):
        with StageDisplay(console) as display:
            asked = wishes | {"seed": seed}
            made[seed] = client.create_ad(photo, prompt, on_event=display.show, **asked)
    best, *_ = order = ranked(made.values())
    if count > 1:
        seeds = {id(ad): seed for seed, ad in made.items()}
        for ad in order:
            console.print(f"seed {seeds[id(ad)]}  {ad.score:g}  {ad.reasons}", soft_wrap=True)
    return best


def asked_layers(path: Path | None) -> dict[str, bool]:
    """The fields of a Delivery that bring the layers to this path."""
    if path is None:
        return {}
    return {"layered_file": True} if path.suffix.lower() == ".psd" else {"layers": True}


def save_layers(ad: Ad, path: Path) -> None:
    """Writes the layers into a folder, or as one file."""
    if ad.layered_file:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ad.layered_file)
    for name, layer in ad.layers.items():
        layer.save(path / f"{name}.png")
    console.print(str(path))


@app.command()
def replay(
    manifest: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="ad.json.")],
    photo: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The product photo.")],
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The new ad.")] = None,
    gateway: Gateway = GATEWAY,
    timeout: Seconds = 300,
) -> None:
    """Makes an ad again from its manifest: exit status 0 when it is identical, 1 when not."""
    before = json.loads(manifest.read_text())
    with connect(gateway, timeout=timeout) as client, StageDisplay(console) as display:
        ad = client.replay(before, photo, on_event=display.show)
    verdict = compare(before, ad.manifest)
    console.print(verdict, soft_wrap=True)
    if output:
        ad.save(output)
    if verdict != IDENTICAL:
        raise typer.Exit(1)


@app.command()
def engines(gateway: Gateway = GATEWAY, wait: Wait = 0) -> None:
    """Lists the engines of every stage, and why some are not ready."""
    with connect(gateway, timeout=10) as client:
        wait_for_stages(client, wait)
        listed = client.engines()
    table = Table("stage", "engine", "ready", "version or reason", box=None)
    for each in listed:
        table.add_row(*_row(each))
    console.print(table)


def wait_for_stages(client: Client, seconds: float) -> None:
    """Returns once every stage has a ready engine, or when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            listed = client.engines()
        except CycloramaError as error:
            if error.code is not grpc.StatusCode.UNAVAILABLE:
                raise
        else:
            if all(any(e.ready for e in listed if e.stage == s.stage) for s in listed):
                return
        time.sleep(0.2)


def run() -> None:
    """Runs the command; a failure is one sentence on standard error and an exit status.

    2: the caller can mend it (a wrong value, a file, a photo without product). 1: the system.
    """
    try:
        app()
    except CycloramaError as error:
        _fail(error, 2 if error.caller_can_fix else 1)
    except (OSError, ValueError) as error:
        _fail(error, 2)


def _fail(error: Exception, status: int) -> None:
    print(f"cyclorama: {error}", file=sys.stderr)
    raise SystemExit(status)


def _row(engine: EngineStatus) -> tuple[str, str, str, str]:
    ready = "yes" if engine.ready else "no"
    return engine.stage, engine.name, ready, engine.version or engine.reason
