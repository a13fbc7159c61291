"""IPv4 addresses as integers: the rules look at tens of thousands, and objects would cost more than the rules themselves."""

from __future__ import annotations


def to_int(address: str) -> int:
    """``10.16.1.20`` as a number; the text is a valid address (the schema has seen to it)."""
    a, b, c, d = address.split(".")
    return int(a) << 24 | int(b) << 16 | int(c) << 8 | int(d)


def to_text(number: int) -> str:
    return f"{number >> 24}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def network(cidr: str) -> tuple[int, int]:
    """First address and prefix length of ``10.16.0.0/20``; bits of the host part are kept."""
    address, _, length = cidr.partition("/")
    return to_int(address), int(length)


def size(length: int) -> int:
    """Number of addresses of a network of this prefix length."""
    return 1 << (32 - length)
