"""Decides to which IP addresses webhooks may connect: public ones, and those of allowed networks.

Follows the IANA registries of special-purpose addresses, and not `is_global` alone, which differs
between versions of Python.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address

# Networks, and parts of them, that an operator may allow.
ALLOWABLE = tuple(
    map(
        ip_network,
        (
            *("127.0.0.0/8", "::1/128"),
            *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
        ),
    )
)
# Where clouds answer with credentials of the machine, besides the link-local 169.254.169.254:
# Amazon with all its local services, Google, Oracle, Scaleway, Alibaba and Azure.
METADATA = tuple(
    map(
        ip_network,
        (
            *("fd00:ec2::/32", "fd20:ce::254/128", "fd00:c1::a9fe:a9fe/128", "fd00:42::42/128"),
            *("100.100.100.200/32", "168.63.129.16/32"),
        ),
    )
)
# All public IPv6 addresses, and what of them is special: protocols, benchmarks, documentation, and
# 6to4 and Teredo, which contain IPv4 addresses.
PUBLIC_IPV6 = IPv6Network("2000::/3")
SPECIAL_IPV6 = tuple(map(IPv6Network, ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")))
# What some versions of Python count as public.
SPECIAL_IPV4 = tuple(map(IPv4Network, ("192.0.0.0/24", "192.88.99.0/24", "198.18.0.0/15")))


def find_network_fault(network: Network) -> str | None:
    """Returns why an operator may not allow a network; None when valid."""
    if any(network.version == each.version and network.subnet_of(each) for each in ALLOWABLE):  # type: ignore[arg-type]
        return None
    return f"{network} is not within a private or loopback network"


def find_address_fault(address: str, networks: Sequence[Network]) -> str | None:
    """Returns why webhooks may not connect to an address; None when they may.

    address: as a resolver returns it, with a scope or not. networks: that the operator allows in
    addition to public addresses.
    """
    ip = ip_address(address)
    if any(ip in network for network in METADATA):
        return f"{ip} is an address of cloud metadata"
    if any(ip in network for network in networks) or _is_public(ip):
        return None
    return f"{ip} is not a public address, and not within allow_networks"


def is_loopback(address: str) -> bool:
    """Returns whether an address is one of this machine alone."""
    return ip_address(address).is_loopback


def _is_public(ip: Address) -> bool:
    """Returns whether an address is one of the internet, of a single machine."""
    if isinstance(ip, IPv6Address):
        return ip in PUBLIC_IPV6 and not any(ip in network for network in SPECIAL_IPV6)
    is_special = ip.is_multicast or any(ip in network for network in SPECIAL_IPV4)
    return ip.is_global and not is_special
