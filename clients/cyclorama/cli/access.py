"""What the command line shows to servers, and whom it trusts: options before any command."""

from contextvars import ContextVar
from pathlib import Path
from typing import Annotated

import typer

from cyclorama.access import Access
from cyclorama.client import Client

_chosen: ContextVar[Access] = ContextVar("access")


def choose_access(
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
    _chosen.set(Access(ca, cert, key, shown))


def connect(address: str, timeout: float = 300) -> Client:
    """A client of a server, with the access that was chosen."""
    access = _chosen.get()
    return Client(
        address,
        timeout=timeout,
        ca=access.ca,
        cert=access.cert,
        key=access.key,
        token=access.token,
    )
