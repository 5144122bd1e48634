"""Options before any command: what is shown to servers, and whom to trust."""

from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, TypedDict

import typer

import cyclorama
from cyclorama.version import __version__


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
