"""Which addresses an alert may be sent to: never a cloud's metadata, and private ones only if the URL means them."""

from collections.abc import Collection
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

_INSIDE = (".local", ".localhost", ".internal", ".svc", ".home.arpa")
_METADATA = (
    # Beside 169.254.0.0/16 and fe80::/10. Amazon, Google, Alibaba, Oracle and Azure, in this order.
    *(ip_network("fd00:ec2::/32"), ip_network("fd20:ce::/32"), ip_network("100.100.100.200/32")),
    *(ip_network("192.0.0.192/32"), ip_network("168.63.129.16/32")),
)
_NAT64 = ip_network("64:ff9b::/96")


def is_named_inside(host: str, allowed_hosts: Collection[str] = ()) -> bool:
    """Return whether a URL itself means a host in the private network.

    It does with an address in place of a name, with a name that only a resolver inside knows (one without a dot, or
    that ends in ``.svc``, ``.local``, ``.localhost``, ``.internal`` or ``.home.arpa``), or one that was allowed. All
    names are in lower case.
    """
    name = host.rstrip(".")
    if name in allowed_hosts or "." not in name or name.endswith((*_INSIDE, ".cluster.local")):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def why_refused(address: Address, *, inside: bool) -> str | None:
    """Return why nothing is sent to an address, a private one only ``inside``; None if it is allowed."""
    address = _meant(address)
    if address.is_link_local:
        return "it is link-local, where clouds keep credentials"
    if any(address in network for network in _METADATA):
        return "it is that of a cloud's metadata, where credentials are kept"
    if address.is_multicast or address.is_unspecified:
        return "it is no single host's"
    if address.is_loopback or not address.is_global:
        # Reserved ranges are not global either, and no host has one.
        if isinstance(address, IPv4Address) and (address.is_reserved or int(address) < 2**24):
            return "it is reserved"
        return None if inside else "it is private"
    return None


def _meant(address: Address) -> Address:
    """Return the IPv4 address that an IPv6 address leads to, where it leads to one."""
    if isinstance(address, IPv6Address):
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
        return address.ipv4_mapped or address.sixtofour or address
    return address
