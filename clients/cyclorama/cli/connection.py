"""Options that say which server the commands call, and with which credentials and timeouts."""

import os
import time
from collections.abc import Callable, Iterable
from contextvars import ContextVar
from pathlib import Path
from typing import Annotated, TypedDict

import typer

import cyclorama
from cyclorama.cli.output import stderr_console
from cyclorama.defaults import GATEWAY, MAX_RETRIES
from cyclorama.version import __version__

# Pause between two checks whether the stages are ready. Longer: a command starts later than it
# could.
POLL_SECONDS = 0.2
# Time limit for shell completion; a user who presses Tab waits no longer for words.
COMPLETION_SECONDS = 2

Gateway = Annotated[
    str,
    typer.Option(envvar="CYCLORAMA_GATEWAY", metavar="HOST:PORT", help="Address of the gateway."),
]
Seconds = Annotated[float, typer.Option(metavar="SECONDS", help="Time limit for the whole call.")]
Wait = Annotated[
    float, typer.Option(metavar="SECONDS", help="Time to wait for services that are starting.")
]


class CredentialArguments(TypedDict, total=False):
    """The keyword arguments of Client that are credentials."""

    ca: str
    cert: str
    key: str
    token: str


_credentials: ContextVar[CredentialArguments] = ContextVar("credentials")
_max_retries: ContextVar[int] = ContextVar("max_retries", default=MAX_RETRIES)
# The address of the client that was opened last.
_address: ContextVar[str] = ContextVar("address", default="")


def print_version(requested: bool) -> None:
    """Prints the version and exits; requested: whether the user gave --version."""
    if requested:
        print(f"cyclorama {__version__}")
        raise typer.Exit()


def set_credentials(
    version: Annotated[
        bool,
        typer.Option("--version", callback=print_version, is_eager=True, help="Print the version."),
    ] = False,
    ca: Annotated[
        str,
        typer.Option(
            envvar="CYCLORAMA_CA",
            metavar="FILE",
            help="PEM file of the certificate authorities to trust, or public; turns on TLS.",
        ),
    ] = "",
    cert: Annotated[
        str,
        typer.Option(
            envvar="CYCLORAMA_CERT", metavar="FILE", help="PEM file of your own certificate."
        ),
    ] = "",
    key: Annotated[
        str, typer.Option(envvar="CYCLORAMA_KEY", metavar="FILE", help="PEM file of its key.")
    ] = "",
    token_file: Annotated[
        Path | None,
        typer.Option(
            envvar="CYCLORAMA_TOKEN_FILE",
            metavar="FILE",
            exists=True,
            dir_okay=False,
            help="File that contains your token; or set CYCLORAMA_TOKEN to the token itself.",
        ),
    ] = None,
    # Hidden: every user of a machine can read the command lines of its processes.
    token: Annotated[str, typer.Option(envvar="CYCLORAMA_TOKEN", hidden=True)] = "",
    max_retries: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="NUMBER",
            help="Retries of a call that failed because a server is overloaded or unavailable.",
        ),
    ] = MAX_RETRIES,
) -> None:
    """Turns plain product photos into advertisements."""
    # Typer calls this before every command, and shows the docstring as the help of the program.
    token = token_file.read_text().strip() if token_file else token
    _credentials.set(CredentialArguments(ca=ca, cert=cert, key=key, token=token))
    _max_retries.set(max_retries)


def open_client(
    address: str, timeout: float = 300, credentials: CredentialArguments | None = None
) -> "cyclorama.Client":
    """Opens a client of a server, with the credentials and retries of the command line.

    address: such as host:port. timeout: seconds for a whole call. credentials: others than those of
    the command line; empty for none.
    """
    _address.set(address)
    if credentials is None:
        credentials = _credentials.get(CredentialArguments())
    return cyclorama.Client(address, timeout=timeout, max_retries=_max_retries.get(), **credentials)


def explain_tls_mismatch(error: "cyclorama.CycloramaError") -> "cyclorama.CycloramaError":
    """Returns an error that names TLS if that is why the last client reached no server.

    Every other error is returned as it is.
    """
    if error.reason != "UNREACHABLE" or not _address.get():
        return error
    # Imported here, as only failures need it.
    from cyclorama.cli.probe import explain_unreachable

    own = _credentials.get(CredentialArguments())
    text = explain_unreachable(_address.get(), uses_tls=bool(own.get("ca") or own.get("cert")))
    return cyclorama.CycloramaError(error.code, text) if text else error


def is_unreachable(error: "cyclorama.CycloramaError") -> bool:
    """Returns whether no server was reached, which would have sent a reason of its own."""
    return error.code.name == "UNAVAILABLE" and error.reason in ("", "UNREACHABLE")


def wait_for_stages(
    client: "cyclorama.Client", timeout: float, check: Callable[[], None] | None = None
) -> None:
    """Waits until every stage has a ready engine, and returns silently after the timeout.

    A terminal shows what it waits for.

    timeout: seconds to wait at most; 0 does not wait. check: called before each look at the stages.
    """
    end = time.monotonic() + timeout
    # Standard output may be JSON.
    with stderr_console.status("Waiting for the services") as status:
        while time.monotonic() < end:
            if check:
                check()
            waiting = list_waiting(client)
            if not waiting:
                return
            status.update(f"Waiting for {', '.join(waiting)}")
            time.sleep(POLL_SECONDS)


def list_waiting(client: "cyclorama.Client") -> list[str]:
    """Returns the stages without a ready engine, or "the gateway" if it does not answer yet."""
    try:
        # The caller asks again.
        engines = client.with_options(max_retries=0).engines()
    except cyclorama.CycloramaError as error:
        if error.code.name != "UNAVAILABLE":
            raise
        return ["the gateway"]
    ready_stages = {engine.stage for engine in engines if engine.ready}
    # In the order of the stages, each once.
    return list(dict.fromkeys(each.stage for each in engines if each.stage not in ready_stages))


def complete_from_gateway(
    list_words: "Callable[[cyclorama.Client], Iterable[str]]", incomplete: str
) -> list[str]:
    """Returns words that a user may be typing, such as names of jobs, for shell completion.

    list_words: queries all possible words with a client. incomplete: what the user has typed so
    far, with which every returned word starts.

    Returns none when the gateway does not answer within COMPLETION_SECONDS.
    """
    address = os.environ.get("CYCLORAMA_GATEWAY", GATEWAY)
    try:
        with open_client(address, timeout=COMPLETION_SECONDS) as client:
            return [word for word in list_words(client) if word.startswith(incomplete)]
    except cyclorama.CycloramaError:
        return []
