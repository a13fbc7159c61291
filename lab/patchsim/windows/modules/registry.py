"""The registry: keys and values of any case, typed as Windows types them."""

from __future__ import annotations

import re
from typing import Any

from ..machine import Machine
from .base import Failed, Module

_PATH = re.compile(r"^HK(CC|CR|CU|LM|U):\\(?P<key>.+)", re.IGNORECASE)
_NAMES = {"string": "REG_SZ", "expandstring": "REG_EXPAND_SZ", "multistring": "REG_MULTI_SZ", "none": "REG_NONE"}
_NUMBERS = {"dword": 32, "qword": 64}


def _key(path: str) -> str:
    if not _PATH.match(path):
        raise Failed(f"path: {path} is not a valid registry path, see module documentation for examples.")
    return path.rstrip("\\").lower()


def _typed(kind: str, data: Any) -> Any:
    """As the module converts what it was given. :raises Failed: it does not fit the type."""
    if kind in _NUMBERS:
        bits = _NUMBERS[kind]
        try:
            number = int(data, 0) if isinstance(data, str) else int(data or 0)
        except ValueError:
            raise Failed(f"data '{data}' is not a number") from None
        if isinstance(data, float) and data != number:
            raise Failed(f"data '{data}' cannot be a decimal or float value with a remainder when type is dword or qword")
        if number >= 1 << bits:
            raise Failed(f"data cannot be larger than 0x{'f' * (bits // 4)} when type is {kind}")
        return number % (1 << bits)
    if kind == "multistring":
        return [str(one) for one in data] if isinstance(data, list) else [] if data is None else [str(data)]
    if kind in ("binary", "none"):
        return _bytes(data)
    return "" if data is None else str(data)


def _bytes(data: Any) -> list[int]:
    if isinstance(data, list):
        return [int(str(one), 0) for one in data]
    if isinstance(data, int):
        if data > 255:
            raise Failed(f"cannot convert binary data '{data}' to byte array")
        return [data]
    text = re.sub(r"^hex(\([0-9a-f]\))?:", "", str(data or "").strip(), flags=re.IGNORECASE)
    try:
        return [int(part, 16) for part in re.split(r"[,\s]+", text) if part]
    except ValueError:
        raise Failed(f"cannot convert binary data '{data}' to byte array") from None


def _parents(registry: dict[str, Any], path: str) -> None:
    """A key is made with all keys above it."""
    parts = path.rstrip("\\").split("\\")
    for count in range(2, len(parts) + 1):
        above = "\\".join(parts[:count])
        registry.setdefault(above.lower(), {"path": above, "values": {}})


def win_regedit(machine: Machine, arguments: dict[str, Any], check: bool) -> dict[str, Any]:
    path, key, name = arguments["path"], _key(arguments["path"]), arguments.get("name") or ""
    registry = machine.data["registry"]
    if arguments["state"] == "absent":
        return _absent(registry, key, name, check, whole=not name and arguments["delete_key"])
    found = registry.get(key)
    result = {"changed": found is None, "data_changed": False, "data_type_changed": False}
    data, kind = arguments.get("data"), arguments["type"]
    wanted = data is not None or (bool(name) and kind in ("string", "expandstring", *_NUMBERS, "binary", "none", "multistring"))
    new = _typed(kind, data) if wanted else None
    if found is None and not check:
        _parents(registry, path)
        found = registry[key]
    if not wanted:
        return result
    old = found["values"].get(name.lower()) if found else None
    result["data_changed"] = old is not None and old[2] != new
    result["data_type_changed"] = old is not None and old[1] != kind
    result["changed"] = result["changed"] or old is None or result["data_changed"] or result["data_type_changed"]
    if result["changed"] and not check:
        registry[key]["values"][name.lower()] = [old[0] if old else name, kind, new]
    return result


def _absent(registry: dict[str, Any], key: str, name: str, check: bool, *, whole: bool) -> dict[str, Any]:
    result = {"changed": False, "data_changed": False, "data_type_changed": False}
    if key not in registry:
        return result
    if whole:
        for below in [one for one in registry if one == key or one.startswith(key + "\\")]:
            if not check:
                del registry[below]
        return {**result, "changed": True}
    result["changed"] = name.lower() in registry[key]["values"]
    if result["changed"] and not check:
        del registry[key]["values"][name.lower()]
    return result


def _shown(kind: str, data: Any) -> dict[str, Any]:
    name = _NAMES.get(kind, f"REG_{kind.upper()}")
    raw = [f"0x{one:02x}" for one in data] if kind in ("binary", "none") else data
    return {"type": name, "value": data, "raw_value": raw}


def win_reg_stat(machine: Machine, arguments: dict[str, Any], _check: bool) -> dict[str, Any]:
    key, name = _key(arguments["path"]), arguments.get("name")
    found = machine.data["registry"].get(key)
    if found is None:
        return {"changed": False, "exists": False}
    if name is not None:
        value = found["values"].get(name.lower())
        return {"changed": False, "exists": value is not None, **(_shown(*value[1:]) if value else {})}
    below = {
        entry["path"].split("\\")[key.count("\\") + 1] for one, entry in machine.data["registry"].items() if one.startswith(key + "\\")
    }
    properties = {title: _shown(kind, data) for title, kind, data in found["values"].values()}
    return {"changed": False, "exists": True, "properties": properties, "sub_keys": sorted(below)}


MODULES: dict[str, Module] = {"win_regedit": win_regedit, "win_reg_stat": win_reg_stat}
