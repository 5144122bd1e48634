"""Reads addresses: checks their form, and recognizes those that only this machine can reach."""

import re
from ipaddress import ip_address

SCHEME = re.compile(r"^(dns:(//[^/]*/)?|ipv[46]:(///)?)")
# host:port, with brackets around an IPv6 address.
HOST_PORT = re.compile(r"(\[[^\[\]\s]+\]|[^\[\]:/\s]+):([0-9]{1,5})")
UNIX_SOCKET = re.compile(r"unix(-abstract)?:")
MAX_PORT = 65535


def normalize_address(address: str) -> str:
    """Returns an address to connect to without spaces, and with its host names in lower case.

    address: host:port or several separated by commas, also after ipv4:, ipv6: or dns:, or
        unix:/path. Raises ValueError with the reason when it is none of these.
    """
    address = address.strip()
    if UNIX_SOCKET.match(address):
        if "," in address:
            raise ValueError("a Unix socket is one address; several replicas need host:port each")
        return address
    scheme = match[0] if (match := SCHEME.match(address)) else ""
    parts = address.removeprefix(scheme).split(",")
    return scheme + ",".join(map(_normalize_host_port, parts))


def _normalize_host_port(text: str) -> str:
    """Returns host:port in its usual form; raises ValueError when it is none."""
    text = text.strip()
    if not text:
        raise ValueError("an address is empty; write host:port, with commas between several")
    match = HOST_PORT.fullmatch(text)
    if not match or not 0 < int(match[2]) <= MAX_PORT:
        raise ValueError(f"{text!r} is not host:port, with a port from 1 to {MAX_PORT}")
    # The zone of an IPv6 address, in brackets, may have upper case.
    return text if text.startswith("[") else text.lower()


def is_local_address(address: str) -> bool:
    """Whether only this machine can reach an address: loopback or a Unix socket.

    address: host:port, or a gRPC target such as ipv4:127.0.0.1:80,127.0.0.1:81, of which all
        addresses count.
    """
    if UNIX_SOCKET.match(address):
        return True
    # Without the scheme, a target is one host:port or several separated by commas.
    return all(map(_is_loopback, SCHEME.sub("", address).split(",")))


def _is_loopback(address: str) -> bool:
    """Whether the host of host:port is localhost or an IP address of this machine alone."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
