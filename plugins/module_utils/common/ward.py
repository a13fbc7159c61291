"""A ward's data on disk: ledgers and policies, found by name.

``<root>/ledgers/<name>.csv`` (shared) or ``<root>/ledgers/<layer>/<name>.csv`` (rows of one layer),
``<root>/policies/<name>.yml``. Shared rows that belong to a layer carry it in a column ``layer``.
"""

from __future__ import annotations

import datetime as dt
import os
from functools import cached_property
from pathlib import Path
from typing import Any

from .files import read_bytes
from .policy import parse_policy
from .problems import fail
from .table import Table, read_table

#: the repository's folder: plugins/module_utils/common/ward.py -> three folders up from ``plugins``
REPOSITORY = Path(__file__).resolve().parents[3]


class Ward:
    """The data of one ward.

    :param root: folder with ``ledgers/`` and ``policies/``, for example ``inventories/sample``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ledgers = root / "ledgers"
        self.policies = root / "policies"
        if not self.ledgers.is_dir():
            raise fail("E0100", str(self.ledgers), reason="no such folder")
        self._policies: dict[str, Any] = {}

    def shown(self, path: Path) -> str:
        """The path as messages show it: relative to the working folder where possible."""
        try:
            return str(Path(os.path.normpath(path.absolute())).relative_to(Path.cwd()))  # links stay: one may lead in a circle
        except ValueError:
            return str(path)

    def ledger_path(self, name: str, layer: str | None = None) -> Path:
        return self.ledgers / layer / f"{name}.csv" if layer else self.ledgers / f"{name}.csv"

    def has(self, name: str, layer: str | None = None) -> bool:
        return self.ledger_path(name, layer).exists()

    def table(self, name: str, layer: str | None = None) -> Table:
        """A ledger; problems of its rows raise.

        :raises WardopsError: see :func:`read_table`.
        """
        path = self.ledger_path(name, layer)
        return read_table(path, self.shown(path)).checked()

    def policy(self, name: str) -> Any:
        """A policy as plain data (read once).

        :raises WardopsError: E0100-E0102 (file), E0117 (YAML), E0118 (a key twice).
        """
        if name not in self._policies:
            path = self.policies / f"{name}.yml"
            self._policies[name] = parse_policy(read_bytes(path), self.shown(path))
        return self._policies[name]

    @cached_property
    def layers(self) -> dict[str, dict[str, Any]]:
        """The layers of ``networks.yml`` by code; data, not a list in the code."""
        return {layer["code"]: layer for layer in self.policy("networks")["layers"]}

    @property
    def today(self) -> dt.date:
        """The date that rules compare with: the sample ward's fixed one (``ward.yml: as_of``), else today in Japan."""
        fixed = self.policy("ward").get("as_of")
        if isinstance(fixed, dt.date):
            return fixed
        return dt.datetime.now(dt.timezone(dt.timedelta(hours=9))).date()

    def digest(self) -> str:
        """SHA-256 over names and bytes of every ledger and policy: which data a run worked on."""
        import hashlib  # noqa: PLC0415 - many commands start faster without it

        total = hashlib.sha256()
        files = [*self.ledgers.rglob("*.csv"), *self.policies.rglob("*.yml"), *self.policies.rglob("*.csv")]
        for path in sorted(files):
            total.update(str(path.relative_to(self.root)).encode() + b"\x00")
            total.update(hashlib.sha256(read_bytes(path)).digest())
        return total.hexdigest()
