"""Isolating a terminal: a row in the ledger ``isolations`` and the quarantine VLAN on the server, in one run; and back.

The ledger is written after the plan has been recorded and before the server is changed: a run that is killed in between leaves a row
that the next sync carries out. If the server could not be changed, the row goes away again. Source: duty I-14-(1).
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..common.files import lock, write_atomic
from ..common.problems import WardopsError, fail
from ..common.table import Table, format_table, parse_table
from ..common.ward import Ward
from .desired import Desired, desired_set, find_terminal
from .planner import Wanted
from .remote import RemoteFailure
from .sync import Work

LEDGER = "isolations"
COLUMNS = ("asset_id", "macs", "layer", "since", "until", "reason", "ticket", "operator")
_TICKET = re.compile(r"[A-Z]{2,4}-[0-9]{4}-[0-9]{5}")
#: after these the server may hold the new set, so that the ledger's row stays
_UNDECIDED = {"E0506", "E0507", "E0514"}


@dataclass(frozen=True, slots=True)
class Order:
    """What is asked for.

    :param name: computer name or asset number.
    :param isolate: into quarantine, or back.
    :param now: time of the order (UTC).
    """

    name: str
    isolate: bool
    reason: str
    ticket: str
    operator: str
    now: dt.datetime

    def checked(self) -> Order:
        """:raises WardopsError: E0517 when an isolation has no proper reason or ticket."""
        if self.isolate and (not self.reason.strip() or len(self.reason) > 200 or not self.reason.isprintable()):
            raise fail("E0517", what="reason", value=self.reason)
        if self.isolate and not _TICKET.fullmatch(self.ticket):
            raise fail("E0517", what="ticket", value=self.ticket)
        return self


@dataclass(frozen=True, slots=True)
class Entry:
    """The ledger's change: rows by key before and after (``None`` = none), and the new file."""

    path: Path
    shown: str
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None
    data: bytes | None

    def also(self) -> dict[str, Any]:
        return {"ledger": {"path": self.shown, "before": self.before, "after": self.after}} if self.data is not None else {}

    def diff(self) -> dict[str, str]:
        texts = {side: _line(row) for side, row in (("before", self.before), ("after", self.after))}
        return {"before_header": self.shown, "after_header": self.shown, **texts}


def carry_out(ward: Ward, layer: str, order: Order, check: bool, go: Callable[[Work], dict[str, Any]]) -> dict[str, Any]:
    """Isolate or release, in one run.

    :param go: carries out the work on the server (:func:`~.sync.run` or :func:`~.task.run_remote`) and returns its result.
    :returns: that result, with ``asset_id``, ``host``, ``macs`` and ``ledger``; ``diff`` is a list: the ledger's, then the server's.
    :raises WardopsError: E0106 (the ledger is in use), E0511 (unknown), E0517, and those of ``go``.
    """
    order.checked()
    if check:
        return _carry_out(ward, layer, order, go, write=False)
    with lock(ward.ledgers):
        return _carry_out(ward, layer, order, go, write=True)


def _carry_out(ward: Ward, layer: str, order: Order, go: Callable[[Work], dict[str, Any]], write: bool) -> dict[str, Any]:
    path = ward.ledger_path(LEDGER)
    old = path.read_bytes() if path.exists() else None
    desired = desired_set(ward, layer)
    asset, host, macs = find_terminal(desired, order.name)
    entry = _entry(ward, path, old, _order_row(order, asset, macs, layer))
    after = desired_set(ward, layer, parse_table(entry.data, entry.shown)) if entry.data is not None else desired
    written = []

    def before_apply() -> None:
        if write and entry.data is not None:
            write_atomic(path, entry.data)
            written.append(path)

    try:
        result = go(Work(_wanted(after, host, asset), len(macs), entry.also(), before_apply))
    except (WardopsError, RemoteFailure) as error:
        codes = error.codes if isinstance(error, RemoteFailure) else {problem.code for problem in error.problems}
        if written and not _UNDECIDED & codes:
            _put_back(path, old)
        raise
    result["diff"] = [entry.diff(), result["diff"]]
    return {**result, "asset_id": asset, "host": host, "macs": macs, "ledger": entry.also().get("ledger")}


def _wanted(desired: Desired, host: str, asset: str) -> Wanted:
    return desired.wanted(frozenset({host, asset}))


def _put_back(path: Path, old: bytes | None) -> None:
    if old is None:
        path.unlink()
    else:
        write_atomic(path, old)


def _order_row(order: Order, asset: str, macs: Sequence[str], layer: str) -> dict[str, str]:
    now = f"{order.now.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
    row = {"asset_id": asset, "macs": " ".join(macs), "layer": layer, "since": now, "until": "" if order.isolate else now}
    return {**row, "reason": order.reason or "解除", "ticket": order.ticket, "operator": order.operator}


def _entry(ward: Ward, path: Path, old: bytes | None, row: dict[str, str]) -> Entry:
    """The ledger's change for an order; none when the ledger already says so."""
    shown = ward.shown(path)
    table = parse_table(old, shown).checked() if old is not None else Table(shown, list(COLUMNS), [], range(0))
    for name in COLUMNS:
        table.index(name)
    rows = table.dicts()
    own = [index for index, found in enumerate(rows) if found["asset_id"] == row["asset_id"] and found["layer"] == row["layer"]]
    is_open = [index for index in own if not rows[index]["until"]]
    isolate, before, after = not row["until"], None, dict(row)
    wanted_macs = set(row["macs"].split())
    if isolate and any(wanted_macs <= set(rows[index]["macs"].split()) for index in is_open):
        return Entry(path, shown, None, None, None)
    if not isolate and not is_open and any(wanted_macs <= set(rows[index]["macs"].split()) for index in own):
        return Entry(path, shown, None, None, None)
    if not isolate and is_open:
        before = dict(rows[is_open[-1]])
        for index in is_open:
            rows[index]["until"] = max(row["until"], rows[index]["since"])
        after = dict(rows[is_open[-1]])
    else:
        while any(rows[index]["since"] == row["since"] for index in own):  # the key is asset and second
            row["since"] = _next_second(row["since"])
        row["until"] = max(row["until"], row["since"]) if row["until"] else ""
        after = dict(row)
        rows.append(row)
    cells = [[found.get(name, "") for name in table.header] for found in rows]
    key = [table.header.index("asset_id"), table.header.index("since")]
    return Entry(path, shown, before, after, format_table(table.header, cells, lambda cell: [cell[position] for position in key]))


def _next_second(moment: str) -> str:
    return f"{dt.datetime.fromisoformat(moment) + dt.timedelta(seconds=1):%Y-%m-%dT%H:%M:%SZ}"


def _line(row: Mapping[str, str] | None) -> str:
    return " ".join(f"{name}={value}" for name, value in row.items() if value) + "\n" if row else ""
