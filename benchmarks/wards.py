"""Large wards for the benchmarks, and the same data in the forms of the peers (made once, kept in ``build/bench``)."""

from __future__ import annotations

import csv
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from tests.unit.inventory.wards import TERMINAL, make_ward, terminal, write

from .harness import REPOSITORY

sys.path.insert(0, str(REPOSITORY / "collections"))
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.inventory.hosts import HostSet, read_hosts
from ansible_collections.ward.ops.plugins.module_utils.inventory.names import slug

FOLDER = REPOSITORY / "build" / "bench" / "inventory"
#: part of the folders' names: another number when the data changes
VERSION = 2


def ward(hosts: int) -> Path:
    """``ledger.yml`` of a ward with so many terminals in ``lgwan``, twelve variables each, some 400 groups, and nothing else."""
    root = FOLDER / f"v{VERSION}-{hosts}"
    source = root / "lgwan" / "ledger.yml"
    if not source.exists():
        shutil.rmtree(root, ignore_errors=True)
        temporary = root.with_name(f"{root.name}.new")
        shutil.rmtree(temporary, ignore_errors=True)
        make_ward(temporary, 0)
        for name in ("printers", "network_devices", "servers"):
            path = temporary / "ledgers" / f"{name}.csv"
            write(path, path.read_text(encoding="utf-8").splitlines(keepends=True)[0])
        rows = "".join(map(terminal, range(1, hosts + 1)))
        write(temporary / "ledgers" / "lgwan" / "terminals.csv", f"{TERMINAL}\n{rows}")
        # no shared variables: the peers' inventories have none
        path = temporary / "lgwan" / "ledger.yml"
        write(path, path.read_text(encoding="utf-8") + "shared: .\n")
        temporary.rename(root)
    return source


def _terminals(source: Path) -> HostSet:
    return read_hosts(Ward(source.parents[1]), "lgwan").sets[0]


def static_yaml(source: Path) -> Path:
    """The same hosts, variables and groups as a static YAML inventory."""
    path = source.parents[1] / "static" / "hosts.yml"
    if path.exists():
        return path
    part = _terminals(source)
    lines = ["all:\n  hosts:\n"]
    for name, variables in zip(part.names, part.variables(), strict=True):
        lines.append(f"    {name}:\n")
        lines += [f"      {key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in variables.items()]
    members: dict[str, list[str]] = {}
    for column in part.groups:
        for group, name in zip(column, part.names, strict=True):
            members.setdefault(str(group), []).append(name)
    lines.append("  children:\n")
    for group, names in members.items():
        lines.append(f"    {group}:\n      hosts:\n")
        lines += [f"        {name}:\n" for name in names]
    return write(path, "".join(lines))


def plain_csv(source: Path) -> Path:
    """The same data for the plain plugin: one CSV file that has the words of the groups ready."""
    path = source.parents[1] / "plain" / "hosts.plain.csv"
    if path.exists():
        return path
    rows: list[dict[str, Any]] = [
        {**row, "kind": "terminal", "model_slug": slug(row["model"]), "os_slug": slug(row["os_version"])}
        for row in _terminals(source).variables()
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return path


def empty() -> Path:
    """An inventory without hosts: what Ansible's start costs."""
    return write(FOLDER / "empty" / "hosts.yml", "all: {}\n")


def bytecode() -> None:
    """Compile Ansible and this repository, so that no measured process does it."""
    import compileall  # noqa: PLC0415 - only here
    import importlib.util  # noqa: PLC0415

    spec = importlib.util.find_spec("ansible")
    packages = list(spec.submodule_search_locations or ()) if spec else []
    for folder in (*packages, REPOSITORY / "plugins", REPOSITORY / "wardops", REPOSITORY / "benchmarks"):
        compileall.compile_dir(str(folder), quiet=2)
