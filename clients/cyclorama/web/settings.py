"""What the page can be told, by options or the environment."""

import argparse
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cyclorama.access import Access
from cyclorama.defaults import GATEWAY, PHOTO_MIB

LISTEN = "127.0.0.1:50080"
# Names by which a browser on the same machine calls it.
LOCAL = ("localhost", "127.0.0.1", "::1", "[::1]")


@dataclass(frozen=True)
class Settings:
    """listen: host:port. gateway: its address. access: what the page shows to the gateway, and whom
    it trusts, for everybody who opens it. hosts: names that browsers may use, beside LOCAL.

    seconds: time for one ad. photo_mib: largest photo. shelf_mib: finished ads that are kept for
    download; the oldest go first.
    """

    listen: str = LISTEN
    gateway: str = GATEWAY
    access: Access = field(default_factory=Access)
    hosts: tuple[str, ...] = ()
    seconds: float = 300
    photo_mib: int = PHOTO_MIB
    shelf_mib: int = 256

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on; ValueError when there is no port."""
        host, _, port = self.listen.rpartition(":")
        if not (host and port.isdigit() and int(port) < 2**16):
            raise ValueError(f"{self.listen}: write HOST:PORT, such as {LISTEN}")
        return host.strip("[]"), int(port)


def read_settings(words: Sequence[str] | None = None) -> Settings:
    """Reads the command line, and what it leaves out from the environment."""
    told = _parser().parse_args(words)
    hosts = tuple(filter(None, told.hosts.split(",")))
    settings = Settings(told.listen, told.gateway, _access(), hosts)
    try:
        _ = settings.address
    except ValueError as error:
        raise SystemExit(f"CYCLORAMA_WEB_LISTEN={error}") from None
    return settings


def _access() -> Access:
    """From the variables that the command line reads as well."""
    ca, cert, key, token = (
        os.environ.get(f"CYCLORAMA_{name}", "") for name in ("CA", "CERT", "KEY", "TOKEN")
    )
    file = os.environ.get("CYCLORAMA_TOKEN_FILE")
    return Access(ca, cert, key, Path(file).read_text().strip() if file else token)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("cyclorama.web", description="Serves the page.")

    def add(option: str, variable: str, default: str, text: str) -> None:
        default = os.environ.get(variable, default)
        parser.add_argument(option, default=default, help=f"{text} [{variable}]")

    add("--listen", "CYCLORAMA_WEB_LISTEN", LISTEN, "host:port to listen on")
    add("--gateway", "CYCLORAMA_GATEWAY", GATEWAY, "address of the gateway")
    add("--hosts", "CYCLORAMA_WEB_HOSTS", "", "names that browsers may call it by, with commas")
    return parser
