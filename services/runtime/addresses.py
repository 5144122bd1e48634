"""Which addresses only processes of this machine can reach."""

import re
from ipaddress import ip_address

SCHEME = re.compile(r"^(dns:(//[^/]*/)?|ipv4:|ipv6:)")


def is_private(address: str) -> bool:
    """Whether host:port, or every one of a gRPC target, is on loopback or a unix socket."""
    if address.startswith(("unix:", "unix-abstract:")):
        return True
    return all(map(_is_loopback, SCHEME.sub("", address).split(",")))


def _is_loopback(address: str) -> bool:
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
