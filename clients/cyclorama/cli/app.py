"""The command line: what it is made of, and how it ends."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

import cyclorama
from cyclorama.cli.access import choose_access, connect
from cyclorama.cli.create import create
from cyclorama.cli.doctor import doctor
from cyclorama.cli.examples import epilog
from cyclorama.cli.files import Gateway, Seconds, check, verify
from cyclorama.cli.jobs import campaign, jobs
from cyclorama.cli.output import Json, beside, colored, console, error_fields, harmless, print_json
from cyclorama.cli.progress import StageDisplay
from cyclorama.cli.stages import stages
from cyclorama.cli.waiting import Wait, wait_for_stages
from cyclorama.defaults import GATEWAY
from cyclorama.documents import read_object

app = typer.Typer(
    callback=choose_access,
    epilog="Exit status: 0 done; 1 the system failed, or the answer is no; 2 mend the request; "
    "3 some ads of a campaign were not made.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command(epilog=epilog("create"))(create)
app.command(epilog=epilog("campaign"))(campaign)
app.add_typer(jobs, name="jobs")
app.add_typer(stages, name="stage")


@app.command(epilog=epilog("replay"))
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


app.command(epilog=epilog("verify"))(verify)
app.command(epilog=epilog("check"))(check)


@app.command(epilog=epilog("engines"))
def engines(as_json: Json = False, gateway: Gateway = GATEWAY, wait: Wait = 0) -> None:
    """Lists the engines of every stage, and why some are not ready."""
    with connect(gateway, timeout=10) as client:
        wait_for_stages(client, wait)
        listed = client.engines()
    if as_json:
        return print_json([asdict(each) for each in listed])
    table = Table("stage", "engine", "ready", "version or reason", box=None)
    for each in listed:
        ready = colored("pass", "yes") if each.ready else colored("warn", "no")
        table.add_row(each.stage, each.name, ready, escape(each.version or each.reason))
    console.print(table)


app.command(epilog=epilog("doctor"))(doctor)


def run() -> None:
    """Runs the command; a failure is one sentence on standard error and an exit status.

    2: the caller can mend it (a wrong value, a file, a photo without product). 1: the system, or
    the answer is no. 3: not all ads of a campaign were made. 130: Ctrl-C. With --json the failure
    is on standard output too, as an object `error`.
    """
    try:
        app()
    # First, as the next one loads gRPC to see whether it fits.
    except SystemExit:
        raise
    except cyclorama.CycloramaError as error:
        _fail(error, 2 if error.caller_can_fix else 1)
    except (OSError, ValueError) as error:
        _fail(error, 2)


def _fail(error: Exception, status: int) -> None:
    print(f"cyclorama: {harmless(str(error))}", file=sys.stderr)
    if "--json" in sys.argv:
        print_json({"error": error_fields(error)})
    raise SystemExit(status)
