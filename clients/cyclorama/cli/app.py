"""The command line: its commands, and how failures become exit statuses."""

import errno
import sys
from dataclasses import asdict

import typer
from rich.markup import escape
from rich.table import Table

import cyclorama
from cyclorama.cli.assess import assess_picture_files
from cyclorama.cli.campaign_command import run_campaign_file
from cyclorama.cli.connection import (
    Gateway,
    Wait,
    explain_tls_mismatch,
    is_unreachable,
    open_client,
    set_credentials,
    wait_for_stages,
)
from cyclorama.cli.create import create_ad_file
from cyclorama.cli.doctor import diagnose_installation
from cyclorama.cli.examples import format_examples
from cyclorama.cli.files import check_ad_file, replay_ad_file, verify_ad_file
from cyclorama.cli.jobs import jobs
from cyclorama.cli.local_services import LocalServiceFailed
from cyclorama.cli.output import (
    Json,
    color_by_state,
    console,
    error_to_json,
    print_json,
    replace_control_characters,
)
from cyclorama.cli.plain_help import use_plain_help
from cyclorama.cli.run import run_locally
from cyclorama.cli.stages import stages
from cyclorama.cli.up import open_page, run_all_services
from cyclorama.cli.webhooks import webhooks
from cyclorama.cli.workflows import workflows
from cyclorama.defaults import GATEWAY

# Characters of a model's name on one line. Larger: a terminal of 80 columns leaves fewer than 25
# for the reason why an engine is not ready.
MAX_MODEL_WIDTH = 20
# Time limit of `engines`, which a gateway that runs answers at once.
LIST_SECONDS = 10

# Errors of this machine, which no other request avoids: a full or broken disk, too little memory.
MACHINE_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENOMEM, errno.EMFILE, errno.ENFILE)
# What to do if nothing answers.
START_HINT = " `cyclorama up` starts all services, and `cyclorama run` needs none running."

app = typer.Typer(
    callback=set_credentials,
    epilog="Exit status: 0 success; 1 the system failed, or the answer is no; 2 the request is "
    "wrong; 3 some ads of a campaign failed.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command("run", epilog=format_examples("run"))(run_locally)
app.command("create", epilog=format_examples("create"))(create_ad_file)
app.command("up", epilog=format_examples("up"))(run_all_services)
app.command("open", epilog=format_examples("open"))(open_page)
app.command("campaign", epilog=format_examples("campaign"))(run_campaign_file)
app.add_typer(jobs, name="jobs")
app.add_typer(webhooks, name="webhooks")
app.add_typer(stages, name="stage")
app.add_typer(workflows, name="workflow")
app.command("replay", epilog=format_examples("replay"))(replay_ad_file)
app.command("verify", epilog=format_examples("verify"))(verify_ad_file)
app.command("check", epilog=format_examples("check"))(check_ad_file)
app.command("assess", epilog=format_examples("assess"))(assess_picture_files)


@app.command("engines", epilog=format_examples("engines"))
def print_engines(as_json: Json = False, gateway: Gateway = GATEWAY, wait: Wait = 0) -> None:
    """Lists the engines of every stage, and why some are not ready."""
    with open_client(gateway, timeout=LIST_SECONDS) as client:
        # `wait` is how many seconds services that are starting may take.
        wait_for_stages(client, wait)
        engines = client.engines()
    if as_json:
        return print_json([asdict(engine) for engine in engines])
    console.print(tabulate_engines(engines))


app.command("doctor", epilog=format_examples("doctor"))(diagnose_installation)
use_plain_help(app)


def tabulate_engines(engines: "list[cyclorama.EngineStatus]") -> Table:
    """Returns a table for a terminal with a row for each engine; a column of models if any has one.

    The last column is the engine's version or, when it is not ready, the reason, which is wrapped.
    """
    table = Table(box=None)
    for name in ("stage", "engine", "ready"):
        table.add_column(name, no_wrap=True)
    has_models = any(engine.model for engine in engines)
    if has_models:
        table.add_column("model", max_width=MAX_MODEL_WIDTH, overflow="fold")
    table.add_column("version or reason", overflow="fold")
    for engine in engines:
        ready = color_by_state("pass", "yes") if engine.ready else color_by_state("warn", "no")
        details = engine.version if engine.ready else engine.reason
        # A list times False is empty, so that the column of models is left out.
        cells = map(escape, (*[engine.model] * has_models, details))
        table.add_row(engine.stage, engine.name, ready, *cells)
    return table


def run_command_line() -> None:
    """Runs the command; prints a failure as one sentence on standard error.

    Exit status 2: the caller can correct the request (a wrong value, a file, a photo without
    product). 1: the system failed, or the answer is no. 3: some ads of a campaign failed. 130:
    Ctrl-C. With --json the failure is also an object `error` on standard output.
    """
    try:
        app()
    # First: the next clause imports gRPC to evaluate its class.
    except SystemExit:
        raise
    except cyclorama.CycloramaError as error:
        explained = explain_tls_mismatch(error)
        hint = START_HINT if explained is error and is_unreachable(error) else ""
        _exit_with_error(explained, 2 if error.caller_can_fix else 1, hint)
    except LocalServiceFailed as error:
        _exit_with_error(error, 1)
    except (OSError, ValueError) as error:
        is_system_failure = isinstance(error, OSError) and error.errno in MACHINE_ERRORS
        _exit_with_error(error, 1 if is_system_failure else 2)


def _exit_with_error(error: Exception, status: int, hint: str = "") -> None:
    """Prints an error as one line, with --json also as JSON, and exits with a status.

    The line ends with the call's ID, if it has one, by which the services' logs are searched.

    hint: what to do, as the end of the line.
    """
    call_id = error.call_id if isinstance(error, cyclorama.CycloramaError) else ""
    text = f"{error} (call ID {call_id})" if call_id else f"{error}{hint}"
    print(f"cyclorama: {replace_control_characters(text)}", file=sys.stderr)
    if "--json" in sys.argv:
        print_json({"error": error_to_json(error)})
    raise SystemExit(status)
