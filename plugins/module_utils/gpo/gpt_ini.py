"""``GPT.INI``: the version of a GPO in SYSVOL, and ``versionNumber`` in Active Directory.

One number holds two counters ([MS-GPOL] 2.2.4): the upper 16 bits count changes of the user half, the lower those of the machine
half. A client reads a half again when its counter differs; so both places must carry the same number.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..common.problems import fail

_HALF = 0xFFFF
# bytes, because displayName beside it stands in the code page of whoever wrote the file
_LINE = re.compile(rb"^([ \t]*version[ \t]*=[ \t]*)([^\r\n]*?)([ \t]*\r?)$", re.IGNORECASE | re.MULTILINE)
_NUMBER = re.compile(rb"[0-9]{1,10}")


class Version(NamedTuple):
    """Counters of changes of the two halves, 0 to 65535 each."""

    user: int = 0
    machine: int = 0

    @property
    def number(self) -> int:
        """As it stands in GPT.INI and in ``versionNumber``."""
        return self.user << 16 | self.machine

    def raised(self, *, user: bool, machine: bool) -> Version:
        """One more for each half that changed. After 65535 comes 1: 0 would say that the half was never written."""
        return Version(self.user % _HALF + 1 if user else self.user, self.machine % _HALF + 1 if machine else self.machine)


def version_of(number: int, path: str = "GPT.INI") -> Version:
    """The halves of ``versionNumber``; a directory may give it as a signed number.

    :raises WardopsError: E2105 when it does not fit 32 bits.
    """
    if not -0x80000000 <= number <= 0xFFFFFFFF:
        raise fail("E2105", path, found=number)
    return Version(number >> 16 & _HALF, number & _HALF)


def read_version(content: bytes, path: str = "GPT.INI") -> Version:
    """The version that a GPT.INI states.

    :raises WardopsError: E2105 when it states none, several, or no number.
    """
    return version_of(int(_place(content, path)[2]), path)


def with_version(content: bytes, version: Version, path: str = "GPT.INI") -> bytes:
    """The same file with another version; every other byte stays.

    :raises WardopsError: E2105 when the file states no version, or several.
    """
    place = _place(content, path)
    return content[: place.start(2)] + str(version.number).encode("ascii") + content[place.end(2) :]


def new_file(version: Version) -> bytes:
    """GPT.INI of a new GPO."""
    return f"[General]\r\nVersion={version.number}\r\n".encode("ascii")


def _place(content: bytes, path: str) -> re.Match[bytes]:
    found = list(_LINE.finditer(content))
    if len(found) != 1 or not _NUMBER.fullmatch(found[0][2]):
        raise fail("E2105", path, found=", ".join(place[2].decode("ascii", "replace") for place in found) or "-")
    return found[0]
