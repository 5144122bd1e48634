"""The commands that retry and delete jobs."""

from typing import Annotated

import typer

from cyclorama.cli.connection import Gateway, open_client
from cyclorama.cli.jobs import Name
from cyclorama.cli.output import Json, console, print_json
from cyclorama.defaults import GATEWAY


def retry_failed_ads(name: Name, as_json: Json = False, gateway: Gateway = GATEWAY) -> None:
    """Makes the failed ads of a job once more, with the same seeds; its other ads stay."""
    with open_client(gateway) as client:
        job = client.jobs.retry_failed(name)
    if as_json:
        waiting = job.count("waiting")
        return print_json({"job": job.name, "state": job.state, "waiting": waiting})
    console.print(f"{job.name}  {job.count('waiting')} ads wait; `cyclorama jobs watch` follows")


def delete_job(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Delete without asking.")] = False,
    gateway: Gateway = GATEWAY,
) -> None:
    """Deletes a job, and erases its photos, ads and cached results on the gateway.

    A job that runs is canceled first. Files that were downloaded stay.
    """
    if not yes:
        typer.confirm(f"Delete {name}, with its photos and ads?", abort=True)
    with open_client(gateway) as client:
        client.jobs.delete(name)
    console.print(f"{name} is deleted")
