"""Decides which network addresses messages may be sent to, so that nobody can make us call our own network."""

from __future__ import annotations

import ipaddress
import socket
from typing import Final

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")
LOCAL_NAT64: Final = ipaddress.IPv6Network("64:ff9b:1::/48")


class AddressError(Exception):
    """A host has no address that may be called."""


def addresses_of(host: str, port: int) -> tuple[str, ...]:
    """Return what a host resolves to, each once. Raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))


def is_public(text: str) -> bool:
    """Tell whether an address belongs to the open internet, looking through every wrapping.

    Python calls fe80-like, private and loopback addresses not global, but takes IPv4 wrapped in
    NAT64 or 6to4 for global whatever lies inside.
    """
    address = ipaddress.ip_address(text.partition("%")[0])
    return address not in LOCAL_NAT64 and all(
        one.is_global and not one.is_multicast and not one.is_reserved and not one.is_unspecified
        for one in _unwrapped(address)
    )


def _unwrapped(address: Address) -> tuple[Address, ...]:
    """Return the address that is really reached, for IPv4 inside IPv6; the address itself otherwise."""
    if isinstance(address, ipaddress.IPv4Address):
        return (address,)
    if address in NAT64:
        return (ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF),)
    inner = address.ipv4_mapped or address.sixtofour
    return (inner,) if inner is not None else address.teredo or (address,)


def callable_address(host: str, port: int, *, internal: bool) -> str:
    """Return an address of `host` to connect to. Raises AddressError, OSError.

    One address that is not public is enough to refuse the host: which one is used must not be luck.
    With `internal` every address will do.
    """
    found = addresses_of(host, port)
    if not found:
        raise AddressError("the host has no address")
    if not internal and not all(is_public(one) for one in found):
        raise AddressError("the host lies in a private network, which may not be called")
    return found[0]
