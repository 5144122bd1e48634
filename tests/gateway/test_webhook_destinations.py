"""Hostile destinations of webhooks: none gets a connection, whatever a name resolves to."""

import itertools
import socket
from contextlib import contextmanager
from ipaddress import IPv4Address

import httpcore
import pytest

from gateway.webhooks.addresses import ALLOWABLE, find_address_fault
from gateway.webhooks.attempts import FailureReason
from gateway.webhooks.connections import resolve_host
from gateway.webhooks.endpoint_file import parse_endpoints
from gateway.webhooks.sender import WebhookSender
from tests.support.receivers import respond_with, run_receiver
from tests.support.webhooks import LOOPBACK, SECRET, build_endpoint

LOOPBACK_V4 = ("127.0.0.1", "127.0.0.2", "127.1.2.3", "127.255.255.254", "0.0.0.0")
PRIVATE_V4 = (
    *("10.0.0.1", "10.255.255.254", "172.16.0.1", "172.31.255.254", "192.168.0.1"),
    *("192.168.255.254", "100.64.0.1", "100.127.255.254"),
)
SPECIAL_V4 = (
    *("169.254.0.1", "169.254.169.254", "169.254.170.2", "168.63.129.16", "100.100.100.200"),
    *("192.0.0.1", "192.0.0.170", "192.0.0.192", "192.0.2.1", "198.51.100.1", "203.0.113.1"),
    *("192.88.99.1", "198.18.0.1", "198.19.255.254", "0.1.2.3", "240.0.0.1", "255.255.255.255"),
    *("224.0.0.1", "224.0.0.251", "239.255.255.250"),
)
V4 = (*LOOPBACK_V4, *PRIVATE_V4, *SPECIAL_V4)
V6 = (
    *("::1", "::", "fe80::1", "fe80::1%lo", "febf::1", "fec0::1", "fc00::1", "fd12:3456::1"),
    *("fd00:ec2::254", "fd20:ce::254", "ff02::1", "ff05::2", "ff0e::1", "100::1", "2001::1"),
    *("2001:10::1", "2001:20::1", "2001:db8::1", "3fff::1", "5f00::1", "64:ff9b:1::1"),
)


def embed(address: str) -> list[str]:
    """Returns the ways in which an IPv6 address contains an IPv4 address."""
    number = int(IPv4Address(address))
    high, low = number >> 16, number & 0xFFFF
    return [
        f"::ffff:{address}",
        f"::{high:x}:{low:x}",
        f"64:ff9b::{high:x}:{low:x}",
        f"2002:{high:x}:{low:x}::1",
    ]


EMBEDDED = tuple(itertools.chain.from_iterable(map(embed, V4)))
# Ways to write an address that a resolver understands.
SPELLINGS = (
    *("2130706433", "0x7f000001", "017700000001", "127.1", "127.0.1", "0x7f.1", "0177.0.0.1"),
    *("0", "0.0", "0x0", "[::1]", "[::]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "localhost"),
)
ADDRESSES = (*V4, *V6, *EMBEDDED)


@contextmanager
def watch_connections():
    """Yields the addresses to which sockets of the sender connect; all fail."""
    connected = []

    async def connect_tcp(self, host, port, **_):
        connected.append(host)
        raise httpcore.ConnectError("not in tests")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(httpcore.AnyIOBackend, "connect_tcp", connect_tcp)
        yield connected


async def attempt(url: str, *answers: list[str], **fields) -> tuple[FailureReason | None, int]:
    """Attempts a delivery; names resolve to one answer after the other, then to the last one.

    Returns the reason of its failure, and how often the name was resolved.
    """
    calls = []

    def resolve(host: str, port: int) -> list[str]:
        calls.append(host)
        return answers[min(len(calls), len(answers)) - 1]

    sender = WebhookSender(resolve if answers else resolve_host)
    endpoint = build_endpoint(url, **{"allow_networks": ()} | fields)
    return (await sender.send_event(endpoint, "msg_1", b"{}")).reason, len(calls)


def test_two_hundred_destinations_are_examined():
    assert len({*ADDRESSES, *SPELLINGS}) >= 200


async def test_no_name_that_resolves_to_a_special_address_gets_a_connection():
    with watch_connections() as connected:
        for address in ADDRESSES:
            for answer in ([address], ["93.184.216.34", address]):
                reason, _ = await attempt("https://shop.example/", answer)
                assert reason == FailureReason.REFUSED_ADDRESS, (address, reason)
    assert not connected


async def test_no_spelling_of_a_local_address_gets_a_connection():
    with run_receiver() as receiver, watch_connections() as connected:
        for host, scheme in itertools.product(SPELLINGS, ("https", "http")):
            reason, _ = await attempt(f"{scheme}://{host}:{receiver.port}/")
            # What the system's resolver does not understand is unreachable.
            refused = (FailureReason.REFUSED_ADDRESS, FailureReason.UNREACHABLE)
            assert reason in refused, (host, reason)
    assert not connected and not receiver.requests


async def test_a_name_that_changes_its_address_is_resolved_once_and_not_for_the_connection():
    with watch_connections() as connected:
        reason, resolved = await attempt("https://a.example/", ["93.184.216.34"], ["127.0.0.1"])
        assert (reason, resolved, connected) == (FailureReason.UNREACHABLE, 1, ["93.184.216.34"])
        connected.clear()
        reason, resolved = await attempt("https://a.example/", ["127.0.0.1"], ["93.184.216.34"])
        assert (reason, resolved, connected) == (FailureReason.REFUSED_ADDRESS, 1, [])


async def test_redirects_to_any_destination_are_not_followed():
    with run_receiver() as victim:
        hosts = (f"127.0.0.1:{victim.port}", *(f"{host}:{victim.port}" for host in SPELLINGS))
        for host, status in zip(hosts, itertools.cycle((301, 302, 303, 307, 308))):
            with run_receiver(respond_with(status, location=f"http://{host}/")) as receiver:
                reason, _ = await attempt(receiver.url, allow_networks=LOOPBACK)
                assert reason == FailureReason.REDIRECT
    assert not victim.requests


async def test_an_allowed_network_opens_nothing_else():
    with run_receiver() as receiver:
        url = f"http://shop.example:{receiver.port}/"
        allowed = {"allow_networks": ["127.0.0.1/32"]}
        assert await attempt(url, ["127.0.0.1"], **allowed) == (None, 1)
        for address in ADDRESSES:
            if address != "127.0.0.1":
                reason, _ = await attempt(url, [address], **allowed)
                assert reason == FailureReason.REFUSED_ADDRESS, address
        assert len(receiver.requests) == 1


async def test_no_spelling_of_http_reaches_another_machine():
    for scheme in ("http", "HTTP", "Http", "hTTp"):
        for address in ("8.8.8.8", "10.0.0.1"):
            with watch_connections() as connected:
                url, networks = f"{scheme}://{address}/", ["127.0.0.0/8", "10.0.0.0/8"]
                reason, _ = await attempt(url, [address], allow_networks=networks)
            assert (reason, connected) == (FailureReason.REFUSED_ADDRESS, []), url


def test_metadata_stays_refused_within_allowed_networks():
    v4 = ("100.100.100.200", "168.63.129.16", "169.254.169.254", "169.254.170.23")
    amazon = ("fd00:ec2::254", "fd00:ec2::23", "fd00:ec2::253", "fd00:ec2::123")
    for address in (*v4, *amazon, "fd20:ce::254", "fd00:42::42", "fd00:c1::a9fe:a9fe"):
        assert find_address_fault(address, ALLOWABLE), address


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "2a00::1"])
def test_public_addresses_are_allowed(address):
    assert find_address_fault(address, []) is None


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ('url = "ftp://shop.example/"', "write https"),
        ('url = "file:///etc/passwd"', "write https"),
        ('url = "https://"', "write https"),
        ('url = "http://shop.example/"', "write https; http is for this machine"),
        ('url = "HTTP://shop.example/"', "write https; http is for this machine"),
        ('url = "https://user:word@shop.example/"', "no user, password"),
        ('url = "https://shop.example/#part"', "no user, password or fragment"),
        ('url = "https://shop.example:0/"', "write a port"),
        ('url = "https://shop.example:70000/"', "[Pp]ort"),
        ('url = "https://sh\\u00f6p.example/"', "printable ASCII"),
        ('url = "https://shop.example/\\r\\nx: y"', "printable ASCII"),
        ('url = "https://a.example/"\nallow_networks = ["169.254.0.0/16"]', "not within a private"),
        ('url = "https://a.example/"\nallow_networks = ["0.0.0.0/0"]', "not within a private"),
        ('url = "https://a.example/"\nallow_networks = ["10.0.0.1/8"]', "host bits"),
        ('url = "https://a.example/"\nevents = ["job.deleted"]', "events"),
        ('url = "https://a.example/"\nsecret = "whsec_x"', "secret: Extra"),
    ],
)
def test_a_file_with_an_invalid_endpoint_is_refused(fields, fault):
    with pytest.raises(ValueError, match=fault):
        parse_endpoints(f'[endpoint.shop]\nsecrets = ["{SECRET}"]\n{fields}\n')


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", f"{SECRET}=", SECRET[6:]])
def test_an_invalid_secret_is_refused_and_not_repeated(secret):
    text = f'[endpoint.shop]\nurl = "https://a.example/"\nsecrets = ["{secret}"]\n'
    with pytest.raises(ValueError, match="whsec_") as error:
        parse_endpoints(text)
    assert len(secret) < 8 or secret not in str(error.value)


def test_the_resolver_returns_each_address_once():
    assert set(resolve_host("localhost", 80)) <= {"127.0.0.1", "::1"}
    with pytest.raises(socket.gaierror):
        resolve_host("nothing.invalid", 80)
