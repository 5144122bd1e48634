"""Recognizes local addresses, which only processes on this machine can reach."""

import re
from ipaddress import ip_address

SCHEME = re.compile(r"^(dns:(//[^/]*/)?|ipv4:|ipv6:)")


def is_local_address(address: str) -> bool:
    """Whether host:port, or every address of a gRPC target, is loopback or a Unix socket."""
    if address.startswith(("unix:", "unix-abstract:")):
        return True
    return all(map(_is_loopback, SCHEME.sub("", address).split(",")))


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
