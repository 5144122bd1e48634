"""Settings of the page, from command-line options and the environment."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cyclorama.credentials import ClientCredentials
from cyclorama.defaults import GATEWAY, PHOTO_MIB

LISTEN = "127.0.0.1:50080"
# Host names that browsers on the same machine use.
LOCAL_HOSTS = ("localhost", "127.0.0.1", "::1", "[::1]")


@dataclass(frozen=True)
class PageSettings:
    """Settings of the page.

    listen: host:port. gateway: its address. credentials: for the gateway; the page uses them for
    everybody who opens it. hosts: host names that browsers may use, in addition to LOCAL_HOSTS.
    seconds: time limit of one ad. photo_mib: largest photo. ad_cache_mib: memory for finished ads;
    the oldest are evicted first. upload_mib: photos that arrive, in temporary files, and again
    photos on their way to the gateway, in memory. connections, connections_per_address: at once.
    """

    listen: str = LISTEN
    gateway: str = GATEWAY
    credentials: ClientCredentials = field(default_factory=ClientCredentials)
    hosts: tuple[str, ...] = ()
    seconds: float = 300
    photo_mib: int = PHOTO_MIB
    ad_cache_mib: int = 256
    upload_mib: int = 256
    connections: int = 512
    connections_per_address: int = 128

    @property
    def address(self) -> tuple[str, int]:
        """Returns the host and port of `listen`; raises ValueError when either is missing."""
        host, _, port = self.listen.rpartition(":")
        if not (host and port.isdigit() and int(port) < 2**16):
            raise ValueError(f"{self.listen}: write HOST:PORT, such as {LISTEN}")
        return host.strip("[]"), int(port)


def read_page_settings(words: Sequence[str] | None = None) -> PageSettings:
    """Reads the page's settings from options and, for missing ones, from the environment.

    words: the command line without the program's name; None for that of the process.

    Raises SystemExit, which names the setting, when a value is invalid.
    """
    options = _create_parser().parse_args(words)
    hosts = tuple(filter(None, options.hosts.split(",")))
    settings = PageSettings(
        options.listen,
        options.gateway,
        _read_credentials(),
        hosts,
        upload_mib=_read_count("CYCLORAMA_WEB_UPLOAD_MIB", PageSettings.upload_mib),
        connections=_read_count("CYCLORAMA_WEB_CONNECTIONS", PageSettings.connections),
        connections_per_address=_read_count(
            "CYCLORAMA_WEB_CONNECTIONS_PER_ADDRESS", PageSettings.connections_per_address
        ),
    )
    try:
        _ = settings.address  # Raises ValueError when `listen` is invalid.
    except ValueError as error:
        raise SystemExit(f"CYCLORAMA_WEB_LISTEN={error}") from None
    return settings


def _read_count(variable: str, default: int) -> int:
    """Reads a whole number of at least 1 from an environment variable, the default if it is empty.

    Raises SystemExit, which names the variable, when it is anything else.
    """
    text = os.environ.get(variable, "") or str(default)
    if not (text.isdecimal() and int(text)):
        raise SystemExit(f"{variable}={text}: write a whole number of at least 1")
    return int(text)


def _read_credentials() -> ClientCredentials:
    """Reads credentials for the gateway from the same environment variables as the command line.

    CYCLORAMA_TOKEN_FILE takes precedence over CYCLORAMA_TOKEN.
    """
    ca, cert, key, token = (
        os.environ.get(f"CYCLORAMA_{name}", "") for name in ("CA", "CERT", "KEY", "TOKEN")
    )
    file = os.environ.get("CYCLORAMA_TOKEN_FILE")
    return ClientCredentials(ca, cert, key, Path(file).read_text().strip() if file else token)


def _create_parser() -> argparse.ArgumentParser:
    """Creates the parser of the page's options; their defaults come from the environment."""
    parser = argparse.ArgumentParser("cyclorama.web", description="Serves the page.")

    def add(option: str, variable: str, default: str, text: str) -> None:
        """Adds an option whose default is an environment variable, if set; text: its help."""
        default = os.environ.get(variable, default)
        parser.add_argument(option, default=default, help=f"{text} [{variable}]")

    add("--listen", "CYCLORAMA_WEB_LISTEN", LISTEN, "host:port to listen on")
    add("--gateway", "CYCLORAMA_GATEWAY", GATEWAY, "address of the gateway")
    add("--hosts", "CYCLORAMA_WEB_HOSTS", "", "host names that browsers may use, comma-separated")
    return parser
