"""Read the network of this machine: its default routes, and whether it has an address.
No packet is sent."""

from __future__ import annotations

import errno
import socket
from contextlib import suppress
from pathlib import Path

# Linux's tables of routes.
_ROUTES = Path("/proc/net/route")
_ROUTES_6 = Path("/proc/net/ipv6_route")
_UP, _REJECT = 0x1, 0x200  # flags of a route in them

# Addresses for documentation (RFC 5737, RFC 3849): used to look up the route to them.
_ELSEWHERE = [(socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")]


def read_network(routes: Path = _ROUTES, routes_6: Path = _ROUTES_6) -> str:
    """Return the default routes, only to be compared; empty without a network. In Linux
    they are read from its tables; elsewhere they are the local addresses that packets
    to the outside would have.

    Args:
        routes: the table of IPv4 routes, which only Linux has.
        routes_6: the table of IPv6 routes.
    """
    try:
        with routes.open(encoding="ascii") as table:
            found = [_parse_route(line.split()) for line in table]
        with suppress(OSError), routes_6.open(encoding="ascii") as table:
            found += [_parse_route_6(line.split()) for line in table]
    except OSError:
        found = [_local_address_to(family, host) for family, host in _ELSEWHERE]
    return "; ".join(sorted({*found} - {""}))


def is_gone(address: str) -> bool:
    """Return whether this machine no longer has an IP address: a connection from it is
    then dead, for no packet to it arrives."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.bind((address, 0))
    except OSError as error:
        return error.errno == errno.EADDRNOTAVAIL and not address.startswith("fe80:")
    return False


def _parse_route(fields: list[str]) -> str:
    """Return a default route of /proc/net/route, or half of one, as VPNs make them;
    empty for any other line."""
    if len(fields) < 8 or fields[7] not in ("00000000", "00000080"):
        return ""
    name, _, gateway, flags = fields[:4]
    return f"{name} {gateway}" if int(flags, 16) & _UP else ""


def _parse_route_6(fields: list[str]) -> str:
    """Return a default route of /proc/net/ipv6_route; empty for any other line."""
    if len(fields) < 10 or fields[1] != "00" or fields[9] == "lo":
        return ""
    flags = int(fields[8], 16)
    return f"{fields[9]} {fields[4]}" if flags & _UP and not flags & _REJECT else ""


def _local_address_to(family: int, host: str) -> str:
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as sock:
            sock.connect((host, 9))
            return str(sock.getsockname()[0])
    except OSError:
        return ""
