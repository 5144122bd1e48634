"""Which addresses only processes of this machine can reach."""

from ipaddress import ip_address


def is_private(address: str) -> bool:
    """Whether host:port is on loopback, or the address that of a unix socket."""
    if address.startswith(("unix:", "unix-abstract:")):
        return True
    host = address.rpartition(":")[0].strip("[]")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
