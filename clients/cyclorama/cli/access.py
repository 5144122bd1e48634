"""Which servers the commands call: where, as whom, and for how long."""

import os
import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, TypedDict

import typer

import cyclorama
from cyclorama.defaults import GATEWAY
from cyclorama.version import __version__

# Between two questions whether the services are ready.
PAUSE_SECONDS = 0.2
# A shell that completes a word does not keep its user waiting for longer.
COMPLETION_SECONDS = 2

Gateway = Annotated[str, typer.Option(envvar="CYCLORAMA_GATEWAY", help="Address of the gateway.")]
Seconds = Annotated[float, typer.Option(help="Time for the whole call, in seconds.")]
Wait = Annotated[float, typer.Option(help="Seconds to wait for services that are starting.")]


class Access(TypedDict, total=False):
    """The words of a Client that say who calls and whom to trust."""

    ca: str
    cert: str
    key: str
    token: str


_chosen: ContextVar[Access] = ContextVar("access")


def print_version(asked: bool) -> None:
    """Prints the version and ends."""
    if asked:
        print(f"cyclorama {__version__}")
        raise typer.Exit()


def choose_access(
    version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Tell it.")
    ] = False,
    ca: Annotated[
        str, typer.Option(envvar="CYCLORAMA_CA", help="PEM file of whom to trust, or public: TLS.")
    ] = "",
    cert: Annotated[
        str, typer.Option(envvar="CYCLORAMA_CERT", help="PEM file of your own certificate.")
    ] = "",
    key: Annotated[str, typer.Option(envvar="CYCLORAMA_KEY", help="PEM file of its key.")] = "",
    token_file: Annotated[
        Path | None,
        typer.Option(
            envvar="CYCLORAMA_TOKEN_FILE",
            exists=True,
            dir_okay=False,
            help="File that holds your token; or set CYCLORAMA_TOKEN to the token itself.",
        ),
    ] = None,
    # Hidden: every user of a machine can read how a program was called.
    token: Annotated[str, typer.Option(envvar="CYCLORAMA_TOKEN", hidden=True)] = "",
) -> None:
    """Turns plain product photos into advertisements."""
    shown = token_file.read_text().strip() if token_file else token
    _chosen.set(Access(ca=ca, cert=cert, key=key, token=shown))


def connect(address: str, timeout: float = 300) -> "cyclorama.Client":
    """A client of a server, with the access that was chosen."""
    return cyclorama.Client(address, timeout=timeout, **_chosen.get(Access()))


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


def complete_from_gateway(
    list_words: "Callable[[cyclorama.Client], Iterable[str]]", incomplete: str
) -> list[str]:
    """Words for the shell to complete; none when the gateway does not answer in time.

    list_words: asks the gateway for all words that may be typed here.
    """
    address = os.environ.get("CYCLORAMA_GATEWAY", GATEWAY)
    try:
        with connect(address, timeout=COMPLETION_SECONDS) as client:
            return [word for word in list_words(client) if word.startswith(incomplete)]
    except cyclorama.CycloramaError:
        return []
