"""The command line: what it is made of, and how it ends."""

import sys
from dataclasses import asdict

import typer
from rich.markup import escape
from rich.table import Table

import cyclorama
from cyclorama.cli.access import Gateway, Wait, choose_access, connect, wait_for_stages
from cyclorama.cli.create import create
from cyclorama.cli.doctor import doctor
from cyclorama.cli.examples import epilog
from cyclorama.cli.files import check, replay, verify
from cyclorama.cli.jobs import campaign, jobs
from cyclorama.cli.output import Json, colored, console, error_fields, harmless, print_json
from cyclorama.cli.stages import stages
from cyclorama.defaults import GATEWAY

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
app.command(epilog=epilog("replay"))(replay)
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
    console.print(table_of_engines(listed))


app.command(epilog=epilog("doctor"))(doctor)


def table_of_engines(listed: "list[cyclorama.EngineStatus]") -> Table:
    """Engines, a line each, with the models behind them where there are any."""
    models = any(each.model for each in listed)
    columns = ("stage", "engine", "ready", *["model"] * models, "version or reason")
    table = Table(*columns, box=None)
    for each in listed:
        ready = colored("pass", "yes") if each.ready else colored("warn", "no")
        told = map(escape, (*[each.model] * models, each.version or each.reason))
        table.add_row(each.stage, each.name, ready, *told)
    return table


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
