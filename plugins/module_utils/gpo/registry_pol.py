"""Codec for ``Registry.pol``, the file in which a GPO carries registry settings.

Layout ([MS-GPREG] 2.2.1): signature ``PReg`` and version 1 (two little-endian DWORDs), then entries
``[key;value;type;size;data]``: brackets, semicolons and the NUL-terminated names are UTF-16LE, type and size are
little-endian DWORDs, data has ``size`` bytes. Names without their NUL and files of no bytes at all exist too. Everything that
is accepted here encodes to the same bytes again; what is not accepted is refused with the offset, never half read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import Struct
from typing import NamedTuple

from ..common.problems import WardopsError, fail

SIGNATURE = b"PReg"
VERSION = 1
HEADER = SIGNATURE + VERSION.to_bytes(4, "little")

REG_NONE, REG_SZ, REG_EXPAND_SZ, REG_BINARY, REG_DWORD, REG_DWORD_BIG_ENDIAN = range(6)
REG_LINK, REG_MULTI_SZ, REG_RESOURCE_LIST, REG_FULL_RESOURCE_DESCRIPTOR, REG_RESOURCE_REQUIREMENTS_LIST, REG_QWORD = range(6, 12)

_OPEN, _CLOSE, _SEMICOLON, _END_OF_NAME = (text.encode("utf-16-le") for text in ("[", "]", ";", "\0;"))
# what stands between a name and its data: ; type ; size ;
_MIDDLE = Struct("<HIHIH")
_SEPARATOR = ord(";")
_MOST = 0xFFFFFFFF


class Entry(NamedTuple):
    """One instruction of a policy file.

    :param key: path below the hive, without ``HKEY_…``.
    :param name: name of the value, or an instruction that begins with ``**`` (see :mod:`.registry_values`).
    :param type: number of the registry type, 0 to 11; others are kept as they stand.
    :param data: the bytes as they stand, of any length.
    :param key_nul: false when the key lacked its terminating NUL.
    :param name_nul: false when the name lacked its terminating NUL.
    """

    key: str
    name: str
    type: int
    data: bytes
    key_nul: bool = True
    name_nul: bool = True


class PolicyFile(NamedTuple):
    """A whole file. ``header`` is false only for the file of no bytes, which Windows leaves behind when the last setting goes."""

    entries: list[Entry]
    header: bool = True


def decode(content: bytes, path: str = "Registry.pol") -> PolicyFile:
    """The entries of a file, in its order.

    :param path: name for messages.
    :raises WardopsError: E2100 for another signature or version, E2101 for an entry that is broken or cut off.
    """
    if not content:
        return PolicyFile([], header=False)
    if content[:8] != HEADER:
        raise fail("E2100", path, found=content[:8].hex(" "))
    entries: list[Entry] = []
    keys: dict[bytes, str] = {}
    position, end = len(HEADER), len(content)
    while position < end:
        found = _terminated(content, position, keys) or _other_forms(content, position)
        if found is None:
            raise _broken(content, position, len(entries) + 1, path)
        entry, position = found
        entries.append(entry)
    return PolicyFile(entries)


def encode(policy: PolicyFile) -> bytes:
    """The bytes of a file. ``encode(decode(x)) == x`` for every ``x`` that :func:`decode` accepts.

    :raises WardopsError: E2102 for a name with a NUL in it or more data than a DWORD can count.
    """
    if not policy.header and not policy.entries:
        return b""
    return b"".join([HEADER, *_encoded(policy.entries)])


def _encoded(entries: Iterable[Entry]) -> Iterator[bytes]:
    pack = _MIDDLE.pack
    for key, name, type_number, data, key_nul, name_nul in entries:
        size = len(data)
        if "\0" in key or "\0" in name or size > _MOST or not 0 <= type_number <= _MOST:
            raise fail("E2102", "Registry.pol", key=key, name=name)
        text = f"[{key}\0;{name}\0" if key_nul and name_nul else f"[{key}{chr(0) * key_nul};{name}{chr(0) * name_nul}"
        yield text.encode("utf-16-le", "surrogatepass") + pack(_SEPARATOR, type_number, _SEPARATOR, size, _SEPARATOR) + data + _CLOSE


def _terminated(content: bytes, position: int, keys: dict[bytes, str]) -> tuple[Entry, int] | None:
    """The entry at an offset, both names ending with NUL: the usual form, on the short way.

    :param keys: keys that were met before; most entries share theirs with others.
    """
    start = position + 2
    key_end = content.find(_END_OF_NAME, start)
    name_end = content.find(_END_OF_NAME, key_end + 4)
    if key_end < 0 or name_end < 0 or content[position:start] != _OPEN:
        return None
    if (key_end - start) & 1 or (name_end - key_end) & 1:  # found across two characters: look again with the alignment in mind
        key_end = _find(content, _END_OF_NAME, start)
        name_end = _find(content, _END_OF_NAME, key_end + 4) if key_end >= 0 else -1
        if name_end < 0:
            return None
    data_start = name_end + 16
    if data_start > len(content):
        return None
    first, type_number, second, size, third = _MIDDLE.unpack_from(content, name_end + 2)
    data_end = data_start + size
    if first != _SEPARATOR or second != _SEPARATOR or third != _SEPARATOR or content[data_end : data_end + 2] != _CLOSE:
        return None
    key_bytes = content[start:key_end]
    key = keys.get(key_bytes)
    if key is None:
        key = keys[key_bytes] = key_bytes.decode("utf-16-le", "surrogatepass")
    name = content[key_end + 4 : name_end].decode("utf-16-le", "surrogatepass")
    if "\0" in key or "\0" in name:
        return None
    return Entry(key, name, type_number, content[data_start:data_end]), data_end + 2


def _other_forms(content: bytes, position: int) -> tuple[Entry, int] | None:
    """The entry at an offset where a name lacks its NUL. A name may hold semicolons, so each split is tried until one fits as a whole."""
    start = position + 2
    if content[position:start] != _OPEN:
        return None
    for key_end, key_nul in _ends(content, start):
        name_start = key_end + (4 if key_nul else 2)
        for name_end, name_nul in _ends(content, name_start):
            places = (start, key_end, name_start, name_end, name_end + (2 if name_nul else 0))
            found = _entry(content, places, key_nul=key_nul, name_nul=name_nul)
            if found is not None:
                return found
    return None


def _ends(content: bytes, start: int) -> Iterator[tuple[int, bool]]:
    """Where a name that begins at ``start`` may end, and whether a NUL stands there.

    Eight semicolons and 1,100 characters are more than such a name has, and keep a hostile file from making this quadratic.
    """
    at = start
    for _ in range(8):
        at = _find(content, _SEMICOLON, at, start, start + 2200)
        if at < 0:
            return
        nul = at >= start + 2 and content[at - 2 : at] == b"\0\0"
        yield (at - 2, True) if nul else (at, False)
        if nul:
            return  # a name cannot go on behind its NUL
        at += 2


def _entry(content: bytes, places: tuple[int, int, int, int, int], *, key_nul: bool, name_nul: bool) -> tuple[Entry, int] | None:
    """Type, size, data and the closing bracket; ``None`` when one of them does not stand where it must."""
    start, key_end, name_start, name_end, middle = places
    data_start = middle + 14
    if data_start > len(content):
        return None
    first, type_number, second, size, third = _MIDDLE.unpack_from(content, middle)
    data_end = data_start + size
    if first != _SEPARATOR or second != _SEPARATOR or third != _SEPARATOR or content[data_end : data_end + 2] != _CLOSE:
        return None
    key = content[start:key_end].decode("utf-16-le", "surrogatepass")
    name = content[name_start:name_end].decode("utf-16-le", "surrogatepass")
    if "\0" in key or "\0" in name:
        return None
    return Entry(key, name, type_number, content[data_start:data_end], key_nul, name_nul), data_end + 2


def _find(content: bytes, what: bytes, start: int, origin: int | None = None, stop: int | None = None) -> int:
    """Offset of the first ``what`` that lies on a whole character counted from ``origin``, or -1."""
    base = start if origin is None else origin
    limit = len(content) if stop is None else stop
    at = content.find(what, start, limit)
    while at >= 0 and (at - base) & 1:
        at = content.find(what, at + 1, limit)
    return at


def _broken(content: bytes, position: int, number: int, path: str) -> WardopsError:
    return fail("E2101", path, number=number, offset=position, size=len(content), found=content[position : position + 16].hex(" "))
