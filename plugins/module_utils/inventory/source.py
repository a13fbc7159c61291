"""The inventory source ``ledger.yml``: which layer of which ward, and the guard in front of it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.files import read_bytes
from ..common.layer import DECLARATION, require_layer
from ..common.policy import parse_policy
from ..common.problems import fail
from ..common.ward import Ward

PLUGIN = "ward.ops.ledger"
NAMES = ("ledger.yml", "ledger.yaml")
_LIMIT = 64 * 1024
_KEYS = frozenset({"plugin", "layer", "ward", "shared"})


@dataclass(frozen=True, slots=True)
class Source:
    """An inventory source that passed the layer guard.

    :param path: the file ``ledger.yml``.
    :param layer: the layer's code, the one that this control node declares.
    :param ward: the ward's data.
    :param shared: folder with the shared ``group_vars`` and ``host_vars``; ``None`` when there is none.
    """

    path: Path
    layer: str
    ward: Ward
    shared: Path | None


def read_source(path: Path, environ: Mapping[str, str] | None = None, declaration: Path = DECLARATION) -> Source:
    """Read ``ledger.yml`` and let the layer guard look at it before anything else is read.

    :raises WardopsError: E0100-E0102, E0117, E0118 (the file), E0404 (its content), E0401-E0403 (layer guard),
        E0405 (a layer that ``networks.yml`` does not know), E0406 (a layer without a network).
    """
    shown = str(path)
    data = parse_policy(read_bytes(path, _LIMIT), shown)
    if not isinstance(data, dict):
        raise fail("E0404", shown, reason_ja="キーと値の形ではありません", reason="it is not a mapping")
    unknown = sorted(str(key) for key in data if key not in _KEYS)
    if unknown:
        raise fail("E0404", shown, reason_ja=f"キー {unknown[0]} は使えません", reason=f"the key {unknown[0]} is unknown")
    if data.get("plugin") != PLUGIN:
        raise fail("E0404", shown, reason_ja=f"plugin は {PLUGIN} と書きます", reason=f"plugin must be {PLUGIN}")
    layer = require_layer(_text(data, "layer", shown), environ, declaration)
    ward = Ward(Path(os.path.realpath(path.parent / _text(data, "ward", shown))))
    _check_layer(ward, layer, shown)
    return Source(path, layer, ward, _shared(path, data, shown))


def _text(data: Mapping[str, Any], key: str, shown: str) -> str:
    value = data.get(key)
    if not isinstance(value, str) or not value or "\x00" in value:
        raise fail("E0404", shown, reason_ja=f"{key} がないか、文字列ではありません", reason=f"{key} is missing or is not text")
    return value


def _check_layer(ward: Ward, layer: str, shown: str) -> None:
    try:
        known = ward.layers
        entry = known.get(layer)
    except (KeyError, TypeError, AttributeError):
        known, entry = {}, None
    if not isinstance(entry, Mapping):
        raise fail("E0405", shown, layer=layer, known=", ".join(map(str, known)) or "-")
    if entry.get("ledgers_only"):
        raise fail("E0406", shown, layer=layer)


def _shared(path: Path, data: Mapping[str, Any], shown: str) -> Path | None:
    """``shared`` of the source, else the nearest folder above it that has an ``ansible.cfg``: the repository."""
    if "shared" in data:
        return path.parent / _text(data, "shared", shown)
    return next((folder for folder in path.absolute().parents if (folder / "ansible.cfg").is_file()), None)


def find_source(candidates: Iterable[Path]) -> Path | None:
    """The first of Ansible's inventory sources that is a ``ledger.yml``, or a folder that has one."""
    for candidate in candidates:
        for path in (candidate, *(candidate / name for name in NAMES)):
            if path.name in NAMES and path.exists():
                return path
    return None
