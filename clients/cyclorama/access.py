"""How a client reaches a server: whom it trusts, and what it shows."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from os import PathLike
from pathlib import Path
from typing import Any

import grpc

from cyclorama.defaults import MESSAGE_LIMIT

OPTIONS = [
    ("grpc.max_receive_message_length", MESSAGE_LIMIT),
    ("grpc.max_send_message_length", MESSAGE_LIMIT),
    ("grpc.max_reconnect_backoff_ms", 1000),
]
# In place of a file: the authorities that browsers trust, as grpc brings them along.
PUBLIC = "public"
SCHEME = re.compile(r"^(dns:(//[^/]*/)?|ipv4:|ipv6:)")

PathOrText = str | PathLike[str]


@dataclass(frozen=True)
class Access:
    """Whom a client trusts and who it says it is.

    ca: PEM file of the authorities that may vouch for the server, or "public"; turns on TLS. cert,
    key: PEM files of the client's own certificate, where the server asks for one. token: what the
    gateway knows the caller by; ValueError where it would go over a network in plain text.
    """

    ca: PathOrText | None = None
    cert: PathOrText | None = None
    key: PathOrText | None = None
    token: str | None = field(default=None, repr=False)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """What goes with every call."""
        return (("authorization", f"Bearer {self.token}"),) if self.token else ()

    @property
    def secured(self) -> bool:
        """Whether it speaks TLS."""
        return bool(self.ca or self.cert)

    def channel(self, address: str, grpc: Any = grpc) -> Any:
        """Opens a channel, with grpc's module or with grpc.aio."""
        if self.secured:
            return grpc.secure_channel(address, self._credentials(), options=OPTIONS)
        if self.token and not _stays_here(address):
            raise ValueError(f"a token may not go to {address} in plain text; give ca=... for TLS")
        return grpc.insecure_channel(address, options=OPTIONS)

    def _credentials(self) -> grpc.ChannelCredentials:
        if bool(self.cert) != bool(self.key):
            raise ValueError("a client's certificate and its key go together; give cert and key")
        ca = None if self.ca in (None, PUBLIC) else self.ca
        pems = (Path(path).read_bytes() if path else None for path in (ca, self.key, self.cert))
        return grpc.ssl_channel_credentials(*pems)


def _stays_here(address: str) -> bool:
    """Whether an address is on loopback or a unix socket."""
    if address.startswith(("unix:", "unix-abstract:")):
        return True
    hosts = [each.rpartition(":")[0].strip("[]") for each in SCHEME.sub("", address).split(",")]
    return all(map(_is_loopback, hosts))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
