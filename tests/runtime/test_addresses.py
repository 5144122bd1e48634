"""Tests of the form of addresses."""

import pytest

from services.runtime.addresses import normalize_address


@pytest.mark.parametrize(
    ("address", "normal"),
    [
        ("127.0.0.1:50051", "127.0.0.1:50051"),
        (" LOCALHOST:1, 10.0.0.2:2 ", "localhost:1,10.0.0.2:2"),
        ("ipv4:10.0.0.1:1, 10.0.0.2:2", "ipv4:10.0.0.1:1,10.0.0.2:2"),
        ("ipv6:///[::1]:1,[::1]:2", "ipv6:///[::1]:1,[::1]:2"),
        ("[fe80::1%Ethernet]:5", "[fe80::1%Ethernet]:5"),
        ("dns:///Stage.Internal:50051", "dns:///stage.internal:50051"),
        ("dns://10.0.0.9/stage:65535", "dns://10.0.0.9/stage:65535"),
        ("unix:/run/Stage", "unix:/run/Stage"),
        ("unix-abstract:stage", "unix-abstract:stage"),
    ],
)
def test_spaces_and_upper_case_are_removed(address, normal):
    assert normalize_address(address) == normal


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "an address is empty"),
        ("127.0.0.1:50051,", "an address is empty"),
        ("127.0.0.1:1,,127.0.0.1:2", "an address is empty"),
        ("localhost", "'localhost' is not host:port"),
        ("127.0.0.1:1,stage", "'stage' is not host:port"),
        ("127.0.0.1:0", "from 1 to 65535"),
        ("127.0.0.1:99999", "'127.0.0.1:99999' is not host:port, with a port from 1 to 65535"),
        ("::1:50051", "is not host:port"),
        ("two words:1", "is not host:port"),
        ("http://localhost:50051", "is not host:port"),
        ("unix:/a,unix:/b", "a Unix socket is one address"),
        ("127.0.0.1:1,unix:/b", "'unix:/b' is not host:port"),
    ],
)
def test_another_form_is_refused_with_the_reason(address, reason):
    with pytest.raises(ValueError, match=reason):
        normalize_address(address)
