"""MAC addresses: any spelling in, 12 lower-case hex digits inside, any product's spelling out.

Sources: IEEE 802-2014 clause 8 (I/G and U/L bits); FreeRADIUS ``policy.d/canonicalisation``
(``rewrite_calling_station_id`` writes upper case with hyphens); the vendors' manuals for the switch spellings.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .problems import fail
from .text import to_narrow

_CANONICAL = re.compile(r"[0-9a-f]{12}")
_SEPARATED = re.compile(
    r"[0-9a-f]{12}"
    r"|[0-9a-f]{2}([-:. ])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}"
    r"|[0-9a-f]{4}([-:. ])[0-9a-f]{4}\2[0-9a-f]{4}"
    r"|[0-9a-f]{6}([-:.])[0-9a-f]{6}"
)
_NOT_HEX = re.compile(r"[^0-9a-f]")


@dataclass(frozen=True, slots=True)
class MacFormat:
    """How a product spells a MAC: ``group`` digits between separators (2, 4, 6 or 12)."""

    separator: str
    group: int
    upper: bool

    def render(self, mac: str) -> str:
        digits = mac.upper() if self.upper else mac
        return self.separator.join(digits[i : i + self.group] for i in range(0, 12, self.group))


def is_canonical(text: str) -> bool:
    """Whether the text is exactly 12 lower-case hex digits."""
    return _CANONICAL.fullmatch(text) is not None


def parse(text: str) -> str:
    """The canonical form of a MAC in any usual spelling (also full-width digits and dashes).

    :raises WardopsError: E0510 when the text is no MAC address, also when separators are mixed or
        when Excel has made an exponent of it (``1.23E+11``): such a value cannot be recovered.
    """
    candidate = to_narrow(text).strip().lower()
    if _SEPARATED.fullmatch(candidate) is None:
        raise fail("E0510", value=text)
    return _NOT_HEX.sub("", candidate)


def is_multicast(mac: str) -> bool:
    """I/G bit: bit 0 of the first octet. Such an address never identifies one device."""
    return bool(int(mac[1], 16) & 1)


def is_local(mac: str) -> bool:
    """U/L bit: bit 1 of the first octet. Randomised addresses of phones and Windows have it."""
    return bool(int(mac[1], 16) & 2)


def allowed_local_prefixes(exceptions: Iterable[Mapping[str, Any]], today: str) -> tuple[str, ...]:
    """Prefixes of locally administered MACs that an exception in force allows (``policies/exceptions.yml``).

    :param today: ISO date; an exception still holds on its last day.
    """
    return tuple(
        str(item["subject"]).lower() for item in exceptions if item["kind"] == "local_mac_prefix" and str(item["expires_on"]) >= today
    )
