"""Recognizes local addresses, which only processes on this machine can reach."""

import re
from ipaddress import ip_address

SCHEME = re.compile(r"^(dns:(//[^/]*/)?|ipv4:|ipv6:)")


def is_local_address(address: str) -> bool:
    """Whether only this machine can reach an address: loopback or a Unix socket.

    address: host:port, or a gRPC target such as ipv4:127.0.0.1:80,127.0.0.1:81, of which all
        addresses count.
    """
    if address.startswith(("unix:", "unix-abstract:")):
        return True
    # Without the scheme, a target is one host:port or several separated by commas.
    return all(map(_is_loopback, SCHEME.sub("", address).split(",")))


def _is_loopback(address: str) -> bool:
    """Whether the host of host:port is localhost or an IP address of this machine alone."""
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
