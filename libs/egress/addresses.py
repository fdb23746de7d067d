"""Which addresses may be called: public ones, and the networks that whoever runs this has named. Pure."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

LOOPBACK = ("127.0.0.0/8", "::1/128")

# Written out besides `is_global`, which has changed between Python's releases.
_INWARD = tuple(
    ip_network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "224.0.0.0/3",
        "::/127",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
# An address of the older protocol may hide in one of the newer: behind a translator it is what is reached.
_TRANSLATED = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"), ip_network("::/96"))


class AddressRefused(OSError):
    """This address may not be called."""


def networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """`ValueError` names what is not a network."""
    return tuple(ip_network(text) for text in texts)


def check(text: str, allowed: Sequence[Network]) -> None:
    """Raise `AddressRefused` unless this numeric address may be connected to."""
    given = ip_address(text.partition("%")[0])
    address = _within(given)
    if any(address in network for network in allowed) or _is_public(address):
        return
    raise AddressRefused(f"its host is at {address}, which is not a public address and not among those allowed")


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not any(address in network for network in _INWARD)


def _within(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The older protocol's address that this one stands for, else itself."""
    if isinstance(address, IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
    if inner is None and int(address) > 1 and any(address in network for network in _TRANSLATED):
        inner = IPv4Address(int(address) & 0xFFFFFFFF)
    return inner or address
