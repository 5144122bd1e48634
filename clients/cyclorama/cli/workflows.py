"""The commands on workflows of ComfyUI, which the services of this machine check."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from rich.markup import escape
from rich.table import Table

from cyclorama.cli.doctor import INSTALL, find_cause, has_services, read_make_settings
from cyclorama.cli.examples import format_examples
from cyclorama.cli.output import Json, color_by_state, console, print_json

# Time limit of a check: a server answers once for each class of nodes, within 2 s each.
CHECK_SECONDS = 120
PURPOSES = {"txt2img": "backgrounds (txt2img)", "img2img": "inpainting (img2img)"}

workflows = typer.Typer(help="Checks workflows of ComfyUI.", no_args_is_help=True)


@workflows.command("check", epilog=format_examples("workflow check"))
def check_workflow_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON in API format.")],
    server: Annotated[
        str, typer.Option(help="Also compare with a server, such as http://127.0.0.1:8188.")
    ] = "",
    purpose: Annotated[
        Literal["txt2img", "img2img"] | None,
        typer.Option(help="Backgrounds or inpainting; default img2img if a tag takes an image."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Checks a workflow of ComfyUI: where its tags are, what is missing, what a server lacks.

    Exits with 0 if it can be used, with 1 if not. The credentials for the server are those of the
    settings, in the environment or in the file .env.
    """
    if server and not server.startswith(("http://", "https://")):
        raise ValueError(f"--server {server}: write it as http://host:port")
    result = run_workflow_check(file, server, purpose)
    if as_json:
        print_json(result)
    else:
        print_workflow_check(result)
    if not result["able"]:
        raise typer.Exit(1)


def run_workflow_check(file: Path, server: str, purpose: str | None) -> dict[str, Any]:
    """Runs the check of the installed services; returns its result as JSON values.

    Raises ValueError if the services are not installed, or cannot check anything.

    server: address of a server to compare with; empty for none. purpose: None for that of the tags.
    """
    if not has_services():
        raise ValueError(f"the services check workflows, and are not installed here; {INSTALL}")
    command = [sys.executable, "-m", "services.diffusion.dialects.comfyui"]
    command += [f"--server={server}"] * bool(server) + [f"--purpose={purpose}"] * bool(purpose)
    # The dashes end the options, as names of files may begin with one.
    command += ["--", str(file)]
    try:
        process = subprocess.run(
            command,
            env=read_make_settings(),
            capture_output=True,
            text=True,
            timeout=CHECK_SECONDS,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(f"the server did not answer within {CHECK_SECONDS} s") from None
    try:
        result: dict[str, Any] = json.loads(process.stdout.splitlines()[-1])
        return result
    except (IndexError, ValueError):
        raise ValueError(f"workflows cannot be checked: {find_cause(process.stderr)}") from None


def print_workflow_check(result: dict[str, Any]) -> None:
    """Prints tables of the tags that were found, of the problems and of the advice of a check."""
    tags = Table("tag", "sets", "of", box=None)
    for tag in result["tags"]:
        tags.add_row(*map(escape, (tag["tag"], tag["input"], tag["node"])))
    if result["tags"]:
        console.print(tags)
    problems = Table("", "where", "what", "what to do", box=None)
    states = (("fail", "NO", result["problems"]), ("warn", "--", result["advice"]))
    for state, sign, found in states:
        for each in found:
            texts = (each["node"] or "workflow", each["text"], each["remedy"])
            problems.add_row(color_by_state(state, sign), *map(escape, texts))
    if problems.rows:
        console.print(problems)
    verdict = "can be used." if result["able"] else "cannot be used; see NO above."
    console.print(f"As a workflow for {PURPOSES[result['purpose']]}, the file {verdict}")
