"""Waits for services that are starting."""

import time
from typing import Annotated

import typer

import cyclorama

PAUSE_SECONDS = 0.2

Wait = Annotated[float, typer.Option(help="Seconds to wait for services that are starting.")]


def wait_for_stages(client: "cyclorama.Client", seconds: float) -> None:
    """Returns once every stage has a ready engine, or when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            listed = client.engines()
        except cyclorama.CycloramaError as error:
            if error.code.name != "UNAVAILABLE":
                raise
        else:
            if all(any(e.ready for e in listed if e.stage == s.stage) for s in listed):
                return
        time.sleep(PAUSE_SECONDS)
