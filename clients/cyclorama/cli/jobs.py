"""The commands for campaigns and jobs."""

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from cyclorama.cli.access import connect
from cyclorama.cli.files import Gateway
from cyclorama.cli.words import parse_size
from cyclorama.client import GATEWAY, Client
from cyclorama.jobs import Job, JobAd

jobs = typer.Typer(help="Jobs that the gateway keeps.", no_args_is_help=True)
console = Console(highlight=False)

Name = Annotated[str, typer.Argument(help="Such as jobs/5f0c...; `cyclorama jobs list` has them.")]
Folder = Annotated[Path, typer.Option("--output", "-o", help="Folder for the ads.")]
SUFFIXES = {
    "png": ".png",
    "jpeg": ".jpg",
    "webp": ".webp",
    "avif": ".avif",
    "tiff": ".tif",
}
KNOWN = {
    "photo",
    "photos",
    "prompts",
    "negative_prompt",
    "sizes",
    "variants",
    "seed",
    "format",
    "options",
    "overrides",
    "priority",
    "request_id",
}


def campaign(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help=".yaml or .csv.")],
    output: Folder = Path("out"),
    gateway: Gateway = GATEWAY,
) -> None:
    """Makes all ads of a campaign; Ctrl-C leaves it at work, `jobs watch` takes it up again.

    A .yaml has photos, prompts, sizes (1024x1024), variants, seed, format, negative_prompt,
    options and overrides, such as {size: 728x90, lettering: {headline: New}}; a .csv has columns
    photo and prompt, and perhaps size, one ad a line.
    """
    with connect(gateway) as client:
        submitted = {}
        for prefix, wishes in read_campaigns(file):
            job = client.jobs.submit(wishes.pop("photos"), wishes.pop("prompts"), **wishes)
            console.print(job.name)
            submitted[prefix] = job.name
        results = [follow(client, name, output, prefix) for prefix, name in submitted.items()]
    _exit(*results)


@jobs.command("list")
def list_jobs(state: str = "", gateway: Gateway = GATEWAY) -> None:
    """Lists jobs, newest first."""
    with connect(gateway) as client:
        for job in client.jobs.list(state):
            ads = f"{job.count('succeeded')} of {job.total} ads"
            when = f"{job.created:%Y-%m-%d %H:%M} UTC"
            console.print(f"{job.name}  {job.state:9}  {ads:14}  {when}", soft_wrap=True)


@jobs.command()
def show(name: Name, gateway: Gateway = GATEWAY) -> None:
    """Shows one job and its ads."""
    with connect(gateway) as client:
        console.print(_table(client.jobs.get(name)))


@jobs.command()
def watch(name: Name, output: Folder = Path("out"), gateway: Gateway = GATEWAY) -> None:
    """Follows a job to its end and fetches its ads."""
    with connect(gateway) as client:
        _exit(follow(client, name, output))


@jobs.command()
def cancel(name: Name, gateway: Gateway = GATEWAY) -> None:
    """Stops a job; finished ads stay."""
    with connect(gateway) as client:
        job = client.jobs.cancel(name)
    console.print(f"{job.name}  {job.state}, {job.count('succeeded')} ads were made")


def follow(client: Client, name: str, output: Path, prefix: str = "") -> Job:
    """Draws a job live, saves each ad as it is made, and ends with a report beside them."""
    saved: dict[int, Path] = {}
    with Live(console=console, transient=not console.is_terminal) as live:
        for job in client.jobs.watch(name):
            live.update(_table(job))
            for position, ad in enumerate(job.ads):
                if ad.artifact and position not in saved:
                    path = output / f"{prefix}{position + 1:04d}"
                    saved[position] = save(client, ad, path)
    report = output / f"{prefix}report.json"
    report.parent.mkdir(parents=True, exist_ok=True)
    report.write_text(json.dumps(_report(job, saved), indent=2) + "\n")
    made = f"{job.state}: {job.count('succeeded')} of {job.total} ads"
    console.print(f"{made}\n{report}", soft_wrap=True)
    return job


def save(client: Client, ad: JobAd, path: Path) -> Path:
    """Writes an ad, and its manifest beside it; the path gets the suffix that fits."""
    manifest = client.jobs.fetch(ad.manifest)
    path = path.with_suffix(SUFFIXES.get(json.loads(manifest)["ad"]["format"].lower(), ".raw"))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(client.jobs.fetch(ad.artifact))
    path.with_suffix(".json").write_bytes(manifest)
    return path


def read_campaigns(file: Path) -> Sequence[tuple[str, dict[str, Any]]]:
    """What a file asks for: prefixes of file names, and arguments of Jobs.submit.

    ValueError says what is wrong with the file.
    """
    if file.suffix.lower() == ".csv":
        return list(_read_csv(file))
    return [("", _read_yaml(file))]


def _read_yaml(file: Path) -> dict[str, Any]:
    import yaml

    try:
        told = yaml.safe_load(file.read_text())
    except yaml.YAMLError as error:
        raise ValueError(f"{file}: {' '.join(str(error).split())}") from None
    if not isinstance(told, dict) or not told.keys() <= KNOWN:
        raise ValueError(f"{file}: write a mapping with some of {', '.join(sorted(KNOWN))}")
    photos = told.pop("photos", None) or [told.pop("photo", None)]
    prompts = told.get("prompts")
    if not all(photos) or not prompts:
        raise ValueError(f"{file}: name at least one photo and one prompt")
    told["photos"] = [file.parent / photo for photo in photos]
    told["prompts"] = [prompts] if isinstance(prompts, str) else prompts
    if "sizes" in told:
        told["sizes"] = [parse_size(size) for size in told["sizes"]]
    told["overrides"] = [
        {name: _place(name, value, told, file) for name, value in each.items()}
        for each in told.get("overrides", [])
    ]
    return told


def _place(name: str, value: Any, told: dict[str, Any], file: Path) -> Any:
    """Where the photo, prompt or size that an override names stands in the campaign."""
    match name:
        case "photo":
            named, among = file.parent / value, told["photos"]
        case "prompt":
            named, among = value, told["prompts"]
        case "size":
            named, among = parse_size(value), told.get("sizes", [])
        case _:
            return value
    if named not in among:
        raise ValueError(f"{file}: an override is for {name} {value}, which the campaign lacks")
    return among.index(named)


def _read_csv(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with file.open(newline="") as lines:
        for number, line in enumerate(csv.DictReader(lines), 2):
            if not (line.get("photo") and line.get("prompt")):
                raise ValueError(f"{file}, line {number}: fill the columns photo and prompt")
            wishes = {"photos": [file.parent / line["photo"]], "prompts": [line["prompt"]]}
            if line.get("size"):
                wishes["sizes"] = [parse_size(line["size"])]
            yield f"{number - 1:04d}-", wishes


def _exit(*results: Job) -> None:
    """Ends with 2 where an ad failed."""
    if any(job.count("succeeded") < job.total for job in results):
        raise typer.Exit(2)


def _table(job: Job) -> Table:
    table = Table("", "ad", "size", "state", box=None, title=f"{job.name}  {job.state}")
    for position, ad in enumerate(job.ads, 1):
        size = f"{ad.size[0]} x {ad.size[1]}"
        table.add_row(str(position), ad.prompt, size, ad.error or ad.state)
    return table


def _report(job: Job, saved: dict[int, Path]) -> dict[str, Any]:
    return {
        "job": job.name,
        "state": job.state,
        "stages": {
            stage: {"made": made, "served": served} for stage, (made, served) in job.stages.items()
        },
        "ads": [
            {
                "file": saved[position].name if position in saved else None,
                "prompt": ad.prompt,
                "size": list(ad.size),
                "seed": ad.seed,
                "state": ad.state,
                "error": ad.error,
            }
            for position, ad in enumerate(job.ads)
        ],
    }
