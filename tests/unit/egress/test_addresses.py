import pytest

from libs.egress.addresses import LOOPBACK, AddressRefused, check, networks


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "198.18.0.1",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "2002:7f00:1::",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "ff02::1",
    ],
)
def test_inward_address_is_refused(address: str) -> None:
    with pytest.raises(AddressRefused, match="not a public address"):
        check(address, ())


@pytest.mark.parametrize("address", ["1.1.1.1", "140.82.121.6", "2606:4700:4700::1111", "64:ff9b::101:101"])
def test_public_address_is_called(address: str) -> None:
    check(address, ())


def test_named_network_is_allowed() -> None:
    allowed = networks(("10.0.0.0/8", *LOOPBACK))
    for address in ("10.1.2.3", "127.0.0.1", "::1", "::ffff:10.0.0.1"):
        check(address, allowed)
    with pytest.raises(AddressRefused):
        check("169.254.169.254", allowed)


def test_wrong_network_is_named() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0"):
        networks(("10.0.0",))
