"""What must follow a step in other systems: opened with the step, listed, and proved until it is done."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...common.evidence import RECORD
from ...common.files import read_bytes, sha256
from ...common.problems import Problem, WardopsError, fail
from ...common.report import TOKYO
from ...common.text import to_narrow
from ..book import Book, Row
from .engine import Event, Order
from .policy import LifePolicy
from .things import Thing, Things

_ADMITTED = ("add", "change")


def open_follow_ups(book: Book, policy: LifePolicy, event: Event) -> None:
    """Open what follows a step, in the systems that know things of this kind, layer and division.

    What is still open of an earlier step in the same system is not needed any more: the new work replaces it.
    """
    thing, row = event.thing, event.row
    date = dt.date.fromisoformat(row["date"])
    for action, codes in event.step.follow.items():
        for code in codes:
            system = policy.systems[code]
            if not concerns(book, system, thing):
                continue
            for number in range(1, int(row["number"])):
                older = book.get("follow_ups", (thing.id, str(number), code))
                if older and older["state"] == "open":
                    done = {"state": "not_needed", "done_on": row["date"], "ticket": row["ticket"], "role": row["role"]}
                    book.update("follow_ups", (thing.id, str(number), code), **done)
            cells = {"asset_id": thing.id, "number": row["number"], "system": code, "action": action, "state": "open"}
            cells["due_on"] = (date + dt.timedelta(days=system["due_days"])).isoformat()
            if system["proof"] == "ledger":
                cells |= {"state": "done", "done_on": row["date"], "proof": "ledger"}
            book.put("follow_ups", cells)


def concerns(book: Book, system: Mapping[str, Any], thing: Thing) -> bool:
    """Whether a system knows things like this one."""
    if thing.network and thing.network not in system.get("layers", (thing.network,)):
        return False
    if thing.kind.ledger not in system.get("kinds", (thing.kind.ledger,)):
        return False
    if "divisions" not in system:
        return True
    return any(row["division_code"] in system["divisions"] for row in book.find("departments", code=thing.row.get("dept_code", "")))


@dataclass(frozen=True, slots=True)
class FollowUp:
    """One row of ``follow_ups``, with the thing and the system it is about."""

    row: Row
    thing: Thing
    system: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str, str]:
        return self.row["asset_id"], self.row["number"], self.row["system"]

    def overdue(self, today: dt.date) -> bool:
        return self.row["state"] == "open" and self.row["due_on"] < today.isoformat()


def follow_ups(book: Book, policy: LifePolicy, *, state: str = "open", system: str = "") -> list[FollowUp]:
    """The follow-ups in a state (empty: all), by due date.

    :raises WardopsError: E0901 when one is of a thing that no ledger has.
    """
    things = Things(book, policy)
    rows = [row for row in book.rows("follow_ups").values() if state in ("", row["state"]) and system in ("", row["system"])]
    rows.sort(key=lambda row: (row["due_on"], row["system"], row["asset_id"], int(row["number"])))
    return [FollowUp(row, things.get(row["asset_id"]), policy.systems[row["system"]]) for row in rows]


@dataclass(frozen=True, slots=True)
class Export:
    """What a system wrote: the names in it.

    :param day: day on which it was written; it proves nothing about later steps.
    """

    system: str
    day: dt.date
    names: frozenset[str]
    proof: str


def read_export(policy: LifePolicy, code: str, path: Path, day: dt.date) -> Export:
    """A system's export, by the column that ``policies/life.yml`` names.

    :raises WardopsError: E0952 (no such system or column, wrong encoding, empty), E0101 (file).
    """
    form = policy.systems.get(code, {}).get("export")
    if form is None:
        raise _unusable(code, path, "この対象には書き出しの定義がありません", "life.yml defines no export for it")
    data = read_bytes(path)
    try:
        text = data.decode(form.get("encoding", "utf-8-sig"))
    except UnicodeDecodeError:
        raise _unusable(code, path, f"文字コードが {form.get('encoding')} ではありません", f"it is not {form.get('encoding')}") from None
    rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=form.get("delimiter", ",")))
    if not rows or form["column"] not in rows[0]:
        raise _unusable(code, path, f"列「{form['column']}」がありません", f"it has no column {form['column']!r}")
    column = rows[0].index(form["column"])
    names = frozenset(to_narrow(row[column]).strip().casefold() for row in rows[1:] if len(row) > column) - {""}
    if not names:
        raise _unusable(code, path, "1 件もありません", "it is empty")
    return Export(code, day, names, f"{code}-{day:%Y%m%d}@{sha256(data)}")


def _unusable(code: str, path: Path, reason_ja: str, reason: str) -> WardopsError:
    return fail("E0952", system=code, file=path.name, reason_ja=reason_ja, reason=reason)


@dataclass(frozen=True, slots=True)
class Record:
    """A run, or a step of one, that ended well: what it may prove."""

    run_id: str
    purpose: str
    layer: str
    day: dt.date
    whole: bool
    ward: str
    macs: frozenset[str]


def read_records(folder: Path, purposes: Iterable[str]) -> list[Record]:
    """Evidence records of some purposes that ended well, newest first; what is damaged is for ``verify_evidence`` to tell."""
    wanted = frozenset(purposes)
    found = []
    for path in sorted(folder.glob("*.json"), reverse=True):
        if not RECORD.fullmatch(path.name):
            continue
        try:
            whole = json.loads(read_bytes(path))
        except ValueError:
            continue
        if whole.get("result", {}).get("status") != "ok":
            continue  # one of several servers may have the change, another not
        for part in (whole, *whole.get("steps", ())):
            if part.get("purpose") in wanted and part.get("result", {}).get("status") == "ok" and isinstance(part.get("plan"), dict):
                found.append(_record(whole, part))
    return found


def _record(run: Mapping[str, Any], part: Mapping[str, Any]) -> Record:
    plan, inventory = part["plan"], part.get("inventory")
    lines = [line for name in ("add", "change", "remove") for line in plan.get(name, ()) if isinstance(line, str)]
    return Record(
        run["run_id"],
        part["purpose"],
        part.get("layer") or run.get("layer") or "",
        dt.datetime.fromisoformat(run["started_at"]).astimezone(TOKYO).date(),
        part.get("scope") is None,
        inventory.get("sha256", "") if isinstance(inventory, dict) else "",
        frozenset(line.partition(":")[0] for line in lines),
    )


def check(book: Book, policy: LifePolicy, exports: Sequence[Export] = (), evidence: Path | None = None) -> list[FollowUp]:
    """Mark as done what can be proved now; those that are open still.

    A run proves a step when it worked on the ledgers as they are now, changed this very MAC, or covered the whole layer on a later
    day. An export proves that a thing is there (add) or is gone (remove), when it was written on the day of the step or later; that
    something inside the system has changed it cannot prove.
    """
    purposes = {purpose for system in policy.systems.values() for purpose in system.get("purposes", ())}
    records = read_records(evidence, purposes) if evidence and evidence.is_dir() else []
    digest = book.ward.digest() if records and not book.changes() else ""
    left = []
    for item in follow_ups(book, policy):
        event = book.get("asset_events", item.key[:2])
        proof = _prove(item, dt.date.fromisoformat(event["date"]), exports, records, digest) if event else ""
        if proof:
            book.update("follow_ups", item.key, state="done", done_on=book.today.isoformat(), proof=proof)
        else:
            left.append(item)
    return left


def _prove(item: FollowUp, day: dt.date, exports: Sequence[Export], records: Sequence[Record], digest: str) -> str:
    kind, thing, action = item.system["proof"], item.thing, item.row["action"]
    if kind == "ledger":
        return "ledger" if bool(thing.row.get("ip")) == (action in _ADMITTED) else ""
    if kind == "export":
        name = thing.row.get(item.system["export"]["match"], "").casefold()
        for export in exports:
            there = name in export.names
            if export.system == item.row["system"] and export.day >= day and name and (there, action) in ((True, "add"), (False, "remove")):
                return export.proof
    if kind == "evidence":
        macs = {thing.row.get(column, "") for column in ("mac", "mac_lan", "mac_wlan")} - {""}
        for record in records:
            covers = record.purpose in item.system["purposes"] and record.layer == thing.network and record.day >= day
            if covers and (macs & record.macs or (record.whole and (record.day > day or (digest and record.ward == digest)))):
                return record.run_id
    return ""


def confirm(book: Book, policy: LifePolicy, keys: Sequence[tuple[str, str, str]], order: Order, *, needed: bool = True) -> None:
    """A person in a role confirms follow-ups by hand (or says with a ticket that they are not needed); all errors at once.

    :raises WardopsError: E0907 (order), E0950 (no such follow-up), E0951 (that system is proved, not confirmed).
    """
    order.check(book.today)
    things = Things(book, policy)
    problems = []
    for key in keys:
        row = book.get("follow_ups", key)
        names = {"asset_id": key[0], "number": key[1], "system": key[2]}
        if row is None:
            problems.append(Problem("E0950", "", 0, 0, names))
            continue
        system = policy.systems[key[2]]
        by_hand = system["proof"] == "hand" or (system["proof"] == "export" and (not needed or _unseen(things, key, system, row)))
        if not by_hand:
            texts = {
                "evidence": ("実行記録", "the record of a run"),
                "export": ("書き出し", "an export"),
                "ledger": ("台帳", "the ledgers"),
            }
            needed_ja, needed_en = texts[system["proof"]]
            problems.append(Problem("E0951", "", 0, 0, {**names, "system": system["name_ja"], "needed_ja": needed_ja, "needed": needed_en}))
            continue
        cells = {"done_on": order.date.isoformat(), "ticket": order.ticket, "role": order.role}
        cells |= {"state": "done", "proof": "confirmed"} if needed else {"state": "not_needed", "proof": ""}
        book.update("follow_ups", key, **cells)
    if problems:
        raise WardopsError(problems)


def _unseen(things: Things, key: tuple[str, str, str], system: Mapping[str, Any], row: Row) -> bool:
    """Whether an export cannot show it: a change inside the system, or a thing without the name by which the export lists things."""
    return row["action"] == "change" or not things.get(key[0]).row.get(system["export"]["match"])
