"""What an entry of ``Registry.pol`` means, in a form for YAML, and back.

Instructions of the value name ([MS-GPREG] 3.2.5.1, and the Platform SDK's "Registry Policy File Format"): ``**del.NAME``,
``**delvals.``, ``**DeleteValues``, ``**DeleteKeys``, ``**SecureKey``, ``**soft.NAME``; their case varies between tools.
A value takes the readable form only where that form gives exactly the bytes again; otherwise it stays ``hex``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..common.problems import fail
from . import registry_pol as pol
from .registry_pol import Entry

TYPES = {
    pol.REG_NONE: "REG_NONE",
    pol.REG_SZ: "REG_SZ",
    pol.REG_EXPAND_SZ: "REG_EXPAND_SZ",
    pol.REG_BINARY: "REG_BINARY",
    pol.REG_DWORD: "REG_DWORD",
    pol.REG_DWORD_BIG_ENDIAN: "REG_DWORD_BIG_ENDIAN",
    pol.REG_LINK: "REG_LINK",
    pol.REG_MULTI_SZ: "REG_MULTI_SZ",
    pol.REG_RESOURCE_LIST: "REG_RESOURCE_LIST",
    pol.REG_FULL_RESOURCE_DESCRIPTOR: "REG_FULL_RESOURCE_DESCRIPTOR",
    pol.REG_RESOURCE_REQUIREMENTS_LIST: "REG_RESOURCE_REQUIREMENTS_LIST",
    pol.REG_QWORD: "REG_QWORD",
}
NUMBERS = {name: number for number, name in TYPES.items()}

_INTEGERS: dict[int, tuple[int, Any]] = {
    pol.REG_DWORD: (4, "little"),
    pol.REG_DWORD_BIG_ENDIAN: (4, "big"),
    pol.REG_QWORD: (8, "little"),
}
_TEXTS = (pol.REG_SZ, pol.REG_EXPAND_SZ, pol.REG_LINK)
_PREFIXES = (("**del.", "delete"), ("**soft.", "set-if-missing"))
_WHOLE = {
    "**delvals.": "delete-all-values",
    "**delvals": "delete-all-values",
    "**deletevalues": "delete-values",
    "**deletekeys": "delete-keys",
    "**securekey": "secure-key",
}


def action(entry: Entry) -> tuple[str, str]:
    """What the entry does, and to which value of the key: ``("set", "NoRun")``, ``("delete", "NoRun")``, ``("delete-keys", "")``.

    ``create-key`` is the entry without a value name, type and data. An unknown ``**`` name counts as ``set``: it is kept as it stands.
    """
    name = entry.name
    if not name.startswith("**"):
        return ("create-key", "") if not name and not entry.type and not entry.data else ("set", name)
    lower = name.lower()
    for prefix, what in _PREFIXES:
        if lower.startswith(prefix) and len(name) > len(prefix):
            return what, name[len(prefix) :]
    return (_WHOLE[lower.rstrip()], "") if lower.rstrip() in _WHOLE else ("set", name)


def to_data(entry: Entry) -> dict[str, Any]:
    """Type and data as plain values: ``{"type": "REG_DWORD", "data": 1}``; a list for REG_MULTI_SZ; ``terminated: false`` for a text
    without its NUL; ``hex`` where nothing readable gives the same bytes."""
    name: str | int = TYPES.get(entry.type, entry.type)
    for form in _readable(entry):
        if encode_data({"type": name, **form}) == (entry.type, entry.data):
            return {"type": name, **form}
    return {"type": name, "hex": entry.data.hex()}


def _readable(entry: Entry) -> list[dict[str, Any]]:
    """Forms that may give the bytes again, the shortest first."""
    if entry.type in _INTEGERS:
        size, order = _INTEGERS[entry.type]
        return [{"data": int.from_bytes(entry.data, order)}] if len(entry.data) == size else []
    if entry.type not in (*_TEXTS, pol.REG_MULTI_SZ):
        return []
    try:
        text = entry.data.decode("utf-16-le")
    except UnicodeDecodeError:
        return []
    if entry.type in _TEXTS:
        bare = text.removesuffix("\0")
        return [] if "\0" in bare else [{"data": bare}, {"data": bare, "terminated": False}]
    bare = text.removesuffix("\0\0")
    parts = bare.split("\0") if bare else []
    return [{"data": parts}, {"data": text.rstrip("\0").split("\0"), "terminated": False}]


def encode_data(value: Mapping[str, Any]) -> tuple[int, bytes]:
    """Number of the type and the bytes, from the form that :func:`to_data` gives.

    :raises WardopsError: E2103 for an unknown type or data that does not fit it.
    """
    kind, data = value.get("type"), value.get("data")
    number = kind if isinstance(kind, int) and not isinstance(kind, bool) else NUMBERS.get(str(kind), -1)
    encoded = bytes_of_hex(value["hex"]) if "hex" in value else _bytes(number, data, terminated=value.get("terminated", True))
    if not 0 <= number <= 0xFFFFFFFF or encoded is None:
        raise fail("E2103", name=value.get("name", ""), type=kind, value=value.get("hex", data))
    return number, encoded


def bytes_of_hex(text: object) -> bytes | None:
    """Bytes from hexadecimal digits; ``None`` when it is something else."""
    try:
        return bytes.fromhex(text) if isinstance(text, str) else None
    except ValueError:
        return None


def _bytes(number: int, data: object, *, terminated: bool) -> bytes | None:
    if number in _INTEGERS:
        size, order = _INTEGERS[number]
        fits = isinstance(data, int) and not isinstance(data, bool) and 0 <= data < 256**size
        return data.to_bytes(size, order) if fits and isinstance(data, int) else None
    if number in _TEXTS and isinstance(data, str) and "\0" not in data:
        return _utf16(data + ("\0" if terminated else ""))
    if number == pol.REG_MULTI_SZ and isinstance(data, list) and all(isinstance(part, str) and "\0" not in part for part in data):
        if not terminated:
            return _utf16("\0".join(data))
        # an empty string in the list would end it early, unless it is the only thing that the reader sees
        return _utf16("\0".join(data) + "\0\0") if data else _utf16("\0\0")
    return None


def _utf16(text: str) -> bytes | None:
    try:
        return text.encode("utf-16-le")
    except UnicodeEncodeError:
        return None
