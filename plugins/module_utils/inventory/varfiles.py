"""Variable files (``group_vars/``, ``host_vars/``) as Ansible finds and reads them, for output as JSON without Ansible.

Values come out in the form that ``ansible-inventory --list`` prints: an inline ``!vault`` value as ``{"__ansible_vault": …}``, text under
``!unsafe`` as ``{"__ansible_unsafe": …}``, dates as ISO text. Nothing is decrypted and no template is evaluated.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from ..common.files import read_bytes
from ..common.policy import Loader, parse_policy
from ..common.problems import fail

#: as Ansible's default ``YAML_FILENAME_EXTENSIONS``; a file or folder without extension comes first
EXTENSIONS = ("", ".yml", ".yaml", ".json")


class _Loader(Loader):
    """Safe YAML with Ansible's two tags for variables."""


class _Unsafe:
    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


def _construct_vault(loader: Any, node: Any) -> dict[str, str]:
    return {"__ansible_vault": str(loader.construct_scalar(node))}


def _construct_unsafe(loader: Any, node: Any) -> _Unsafe:
    # a copy with the tag that the value has without ours; the loader would take the same node for a recursion
    plain = copy.copy(node)
    plain.tag = loader.resolve(type(node), node.value, (True, False))
    return _Unsafe(loader.construct_object(plain, deep=True))


_Loader.add_constructor("!vault", _construct_vault)
_Loader.add_constructor("!unsafe", _construct_unsafe)


def read_variables(folder: Path, names: Collection[str]) -> dict[str, dict[str, Any]]:
    """The variables of each of ``names`` that has a file or a folder of files in ``folder``.

    :param folder: a ``group_vars`` or ``host_vars`` folder; need not exist.
    :raises WardopsError: E0100-E0102 (file), E0117, E0118 (YAML), E0414 (not a mapping, encrypted as a
        whole, or a value that JSON cannot hold).
    """
    if not folder.is_dir():
        return {}
    found = {path.name for path in folder.iterdir()}
    wanted = sorted({name for entry in found for name in (entry, entry.rpartition(".")[0]) if name in names})
    result: dict[str, dict[str, Any]] = {}
    for name in wanted:
        variables: dict[str, Any] = {}
        for file in _files(folder, name):
            variables |= _read(file)
        result[name] = variables
    return result


def _files(folder: Path, name: str) -> Iterator[Path]:
    """The first of ``name``, ``name.yml`` …; a folder gives all its files, hidden ones and backups left out."""
    for extension in EXTENSIONS:
        path = folder / (name + extension)
        if path.is_dir():
            yield from _files_below(path)
            return
        if path.exists():
            yield path
            return


def _files_below(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or path.name.endswith("~"):
            continue
        if path.is_dir() and not path.suffix:
            yield from _files_below(path)
        elif path.is_file() and path.suffix in EXTENSIONS:
            yield path


def _read(path: Path) -> dict[str, Any]:
    data = read_bytes(path)
    if data.startswith(b"$ANSIBLE_VAULT;"):
        raise fail("E0414", str(path), 1, reason_ja="ファイル全体が暗号化されています", reason="the whole file is encrypted")
    loaded = parse_policy(data, str(path), _Loader)
    if loaded is None:
        return {}
    if not isinstance(loaded, dict):
        raise fail("E0414", str(path), 1, reason_ja="キーと値の形ではありません", reason="it is not a mapping")
    try:
        return {_key(key): _plain(value) for key, value in loaded.items()}
    except (TypeError, RecursionError) as error:
        raise fail("E0414", str(path), 0, reason_ja=str(error), reason=str(error)) from None


def _plain(value: Any, unsafe: bool = False) -> Any:
    if isinstance(value, str):
        return {"__ansible_unsafe": value} if unsafe else value
    if isinstance(value, dict):
        return {_key(key): _plain(item, unsafe) for key, item in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [_plain(item, unsafe) for item in value]
    if isinstance(value, _Unsafe):
        return _plain(value.value, True)
    if isinstance(value, (dt.date, dt.datetime)):
        return value.isoformat()
    if value is None or isinstance(value, (bool, int, float)):
        return value
    raise TypeError(f"a value of type {type(value).__name__} has no form in JSON")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, (bool, int, float)):
        return json.dumps(key)
    raise TypeError(f"a key of type {type(key).__name__} has no form in JSON")
