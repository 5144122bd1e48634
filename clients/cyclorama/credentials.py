"""Credentials of a client, and the gRPC channels that it opens with them."""

import re
from dataclasses import dataclass, field
from ipaddress import ip_address
from os import PathLike
from pathlib import Path
from typing import Any

import grpc

from cyclorama.checks import check_path, check_text
from cyclorama.defaults import GATEWAY, MESSAGE_LIMIT

# gRPC's own limit on received messages is 4 MiB, which a photo exceeds. A client reconnects within
# a second of a server's restart; gRPC's default backoff grows to two minutes.
CHANNEL_OPTIONS = [
    ("grpc.max_receive_message_length", MESSAGE_LIMIT),
    ("grpc.max_send_message_length", MESSAGE_LIMIT),
    ("grpc.max_reconnect_backoff_ms", 1000),
]
# Value of `ca` that stands for the public certificate authorities bundled with gRPC.
PUBLIC_AUTHORITIES = "public"
ADDRESS_SCHEME = re.compile(r"^(dns:(//[^/]*/)?|ipv[46]:(///)?)")

PathOrText = str | PathLike[str]


@dataclass(frozen=True)
class ClientCredentials:
    """How a client verifies a server, and how it identifies itself to one.

    ca: PEM file of the certificate authorities to trust, or "public"; turns on TLS. cert, key: PEM
    files of the client's own certificate, for servers that require mutual TLS. token: bearer token
    for the gateway.
    """

    ca: PathOrText | None = None
    cert: PathOrText | None = None
    key: PathOrText | None = None
    token: str | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        """Raises ValueError when a value is no path, or the token is none that a call can have."""
        for name in ("ca", "cert", "key"):
            if getattr(self, name) is not None:
                check_path(getattr(self, name), name)
        if self.token is None:
            return
        if not isinstance(self.token, str):
            raise ValueError(f"token: is {type(self.token).__name__}; give a text")
        # Files of tokens end in a line break.
        token = self.token.strip()
        if not token.isascii() or not token.isprintable():
            raise ValueError(
                "token: has a line break or another character that no token has; give the token "
                "alone, in ASCII"
            )
        object.__setattr__(self, "token", token)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """The gRPC metadata of every call: the token, if there is one."""
        return (("authorization", f"Bearer {self.token}"),) if self.token else ()

    @property
    def uses_tls(self) -> bool:
        """Whether the connection is encrypted."""
        return bool(self.ca or self.cert)

    def open_channel(self, address: str, grpc: Any = grpc) -> Any:
        """Opens a gRPC channel to a server, encrypted if `ca` or `cert` is set, and returns it.

        address: host:port, or another target of gRPC such as unix:path. grpc: the module grpc for a
        blocking channel, grpc.aio for an asynchronous one.

        Raises ValueError when a token would be sent over a network in plain text, or when a
        certificate is given without its key or a key without its certificate.
        """
        if self.uses_tls:
            return grpc.secure_channel(address, self._read_credentials(), options=CHANNEL_OPTIONS)
        if self.token and not _is_local_address(address):
            raise ValueError(f"a token may not go to {address} in plain text; give ca=... for TLS")
        return grpc.insecure_channel(address, options=CHANNEL_OPTIONS)

    def _read_credentials(self) -> grpc.ChannelCredentials:
        """Reads the PEM files as credentials of a TLS channel.

        Raises ValueError when a certificate lacks its key, or a key its certificate.
        """
        if bool(self.cert) != bool(self.key):
            raise ValueError("a client's certificate and its key go together; give cert and key")
        # None stands for the public authorities that gRPC bundles.
        ca = None if self.ca in (None, PUBLIC_AUTHORITIES) else self.ca
        # In the order of gRPC's parameters: authorities, private key, certificate.
        pems = (Path(path).read_bytes() if path else None for path in (ca, self.key, self.cert))
        return grpc.ssl_channel_credentials(*pems)


def check_address(address: str) -> None:
    """Raises ValueError when an address has the scheme of a web page, or no port, or is no text."""
    if not check_text(address, "address", repr(GATEWAY)):
        raise ValueError(f"address: is empty; give one such as {GATEWAY}")
    scheme, separator, host = address.partition("://")
    if separator and scheme in ("http", "https"):
        tls = ', and pass ca="public" for TLS' if scheme == "https" else ""
        host = host.rstrip("/")
        raise ValueError(f'{address}: leave out "{scheme}://"{tls}: write {host or "host:port"}')
    if re.fullmatch(r"[\w.-]+", address):
        raise ValueError(f"{address}: has no port; write {address}:50050")


def _is_local_address(address: str) -> bool:
    """Returns whether calls to an address stay on this machine: a unix socket or loopback hosts.

    address: a target of gRPC, such as localhost:50050, unix:path or ipv4:127.0.0.1:1,127.0.0.1:2.
    """
    if address.startswith(("unix:", "unix-abstract:")):
        return True
    targets = ADDRESS_SCHEME.sub("", address).split(",")
    # Each is host:port, an IPv6 host in brackets.
    return all(_is_loopback(target.rpartition(":")[0].strip("[]")) for target in targets)


def _is_loopback(host: str) -> bool:
    """Returns whether a host, a name or an IP address, is localhost or a loopback address."""
    try:
        return ip_address(host).is_loopback
    except ValueError:  # A name.
        return host.lower() == "localhost"
