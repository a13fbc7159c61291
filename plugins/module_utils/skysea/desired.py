"""What shall stand in the console of one layer: terminals in service, and USB devices that are allowed (or lost: denied).

Rules: specification I-9-(3), I-12-(8), I-12-(9). A device whose row breaks a rule is never registered; what the console holds of it
stays as it is (``held``) until a human has looked, except that a lost or expired device never stays allowed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any

from ..common.problems import Problem
from ..common.table import Table
from ..common.ward import Ward
from .layout import Row

#: the states that the ledgers know; a row in any other one is held
_TERMINAL_STATES = frozenset(("stock", "setup", "active", "lent", "repair", "return_pending", "returned", "wiped", "disposed"))
Identity = tuple[str, str, str]  # vendor, product and serial of a USB device
_DEVICE_STATES = frozenset(("active", "stock", "lost", "disposed"))


@dataclass(slots=True)
class Desired:
    """Rows by key, and keys that are not to be touched, with the problem that says why; ``ledger`` has the rows as they stand there."""

    rows: dict[str, Row] = field(default_factory=dict)
    held: dict[str, Problem] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    ledger: list[Row] = field(default_factory=list)


def key_of(names: Sequence[str], row: Mapping[str, str]) -> str:
    return keys_of(names, [row])[0]


def keys_of(names: Sequence[str], rows: Sequence[Mapping[str, str]]) -> list[str]:
    if len(names) == 1:
        return [row[names[0]] for row in rows]
    return [" ".join(row[name] for name in names) for row in rows]


def terminals(ward: Ward, layer: str, rules: Mapping[str, Any]) -> Desired:
    """Terminals of the layer in a registered state; with E1504 when there are more than licences."""
    policy = rules["terminals"]
    sections = _sections(ward)
    desired = Desired()
    if ward.has("terminals", layer):
        table = ward.table("terminals", layer)
        desired.ledger = table.dicts()
        _doubtful(table, desired.ledger, policy["key"], _TERMINAL_STATES, desired)
    for row in desired.ledger:
        if row["status"] in policy["registered"] and key_of(policy["key"], row) not in desired.held:
            item = {name: row[name] for name in ("computer_name", "asset_id", "serial", "dept_code", "use", "assigned_date")}
            item["dept_name"] = sections.get(row["dept_code"], "")
            item["place"] = f"{row['site']} {row['floor']}F"
            item["mac"] = row["mac_lan"] or row["mac_wlan"]
            desired.rows[key_of(policy["key"], item)] = item
    licences = rules["licences"][layer]
    if len(desired.rows) > licences:
        desired.problems.append(Problem("E1504", layer, params={"count": len(desired.rows), "licences": licences}))
    return desired


def usb_devices(ward: Ward, layer: str, rules: Mapping[str, Any]) -> Desired:
    """USB devices for the terminals of the layer.

    A device with listed terminals is registered where they are; one without is its section's, in every layer. A lost device is
    registered as denied at once; an expired one is not registered, and therefore deleted.
    """
    table = ward.table("usb_devices")
    rows = table.dicts()
    desired = Desired(ledger=rows)
    policy = rules["usb_devices"]
    keys = _doubtful(table, rows, policy["key"], _DEVICE_STATES, desired)
    identities = [(row["vid"], row["pid"], row["serial"].upper()) for row in rows]
    _judge(table, rows, keys, identities, desired)
    lost_keys, lost_identities = _lost(rows, keys, identities, desired)
    here, today, sections = _in_service(ward, layer, rules), ward.today.isoformat(), _sections(ward)
    registered = frozenset(policy["registered"])
    copied = ("device_id", "vid", "pid", "serial", "kind", "permission", "valid_to", "use")
    pick = itemgetter(*copied)
    for row, key, identity in zip(rows, keys, identities, strict=True):
        if row["status"] not in registered:
            continue
        lost, expired, listed = row["status"] == "lost", "" < row["valid_to"] < today, row["allow_terminals"]
        if expired and not lost:
            desired.held.pop(key, None)  # whatever else is wrong with the row, it does not stay allowed
        allowed = listed if listed in here else " ".join(name for name in listed.split() if name in here)
        if lost:
            if not row["serial"]:
                continue  # nothing tells it from others of its model: the permission goes
            allowed = ""
        elif expired or key in desired.held or key in lost_keys or identity in lost_identities:
            continue
        elif listed and not allowed:
            continue  # another layer's, or its terminals are no longer in service
        item = dict(zip(copied, pick(row), strict=True))
        item["terminals"] = allowed
        item["dept_name"] = sections.get(row["dept_code"], "")
        if lost:
            item["permission"] = "deny"
        desired.rows[key] = item
    return desired


def _lost(
    rows: Sequence[Row], keys: Sequence[str], identities: Sequence[Identity], desired: Desired
) -> tuple[frozenset[str], frozenset[Identity]]:
    """Keys and identities of lost devices. No row that shares one is held: nothing of it may stay allowed."""
    lost = [number for number, row in enumerate(rows) if row["status"] == "lost"]
    lost_keys = frozenset(keys[number] for number in lost)
    lost_identities = frozenset(identities[number] for number in lost if rows[number]["serial"])
    for key, identity in zip(keys, identities, strict=True) if lost else ():
        if key in lost_keys or identity in lost_identities:
            desired.held.pop(key, None)
    return lost_keys, lost_identities


def _doubtful(table: Table, rows: Sequence[Row], key: Sequence[str], states: frozenset[str], desired: Desired) -> list[str]:
    """E1510: rows that nothing can be registered from, for instance after a wrong merge; their keys are held.

    :returns: the key of every row.
    """
    keys = keys_of(key, rows)
    if len(set(keys)) == len(keys) and {row["status"] for row in rows} <= states and all(row[part] for part in key for row in rows):
        return keys  # the usual day
    seen: set[str] = set()
    for number, (name, row) in enumerate(zip(keys, rows, strict=True)):
        column, ja, en = key[0], "", ""
        if not all(row[part] for part in key):
            ja, en = "キーが空です", "the key is empty"
        elif name in seen:
            ja, en = f"「{name}」が 2 行あります", f"{name} is there twice"
        elif row["status"] not in states:
            column, ja, en = "status", f"状態「{row['status']}」はありません", f"there is no state {row['status']!r}"
        seen.add(name)
        if ja:
            desired.held[name] = table.problem("E1510", number, column, reason_ja=ja, reason=en)
            desired.problems.append(desired.held[name])
    return keys


def _judge(table: Table, rows: Sequence[Row], keys: Sequence[str], identities: Sequence[Identity], desired: Desired) -> None:
    """E1505 (no serial and no reason), E1506 (one identity twice): such rows are held."""
    seen: dict[Identity, int] = {}
    for number, row in enumerate(rows):
        if row["status"] in ("disposed", "stock"):
            continue
        problem = None
        if row["identify_by"] == "serial" and not row["serial"]:
            problem = table.problem("E1505", number, "serial", device=row["device_id"])
        elif row["identify_by"] == "model" and not row["reason"]:
            problem = table.problem("E1505", number, "reason", device=row["device_id"])
        identity = identities[number]
        if identity in seen:
            first = rows[seen[identity]]
            problem = table.problem(
                "E1506", number, "serial", device=row["device_id"], first=first["device_id"], identity=" ".join(identity)
            )
            desired.held.setdefault(keys[seen[identity]], problem)
        seen.setdefault(identity, number)
        if problem:
            desired.held[keys[number]] = problem
            desired.problems.append(problem)


def _in_service(ward: Ward, layer: str, rules: Mapping[str, Any]) -> set[str]:
    if not ward.has("terminals", layer):
        return set()
    table = ward.table("terminals", layer)
    states = rules["terminals"]["registered"]
    return {name for name, status in zip(table.column("computer_name"), table.column("status"), strict=True) if status in states}


def _sections(ward: Ward) -> dict[str, str]:
    """Names of the sections that exist today, by code."""
    today = ward.today.isoformat()
    return {
        row["code"]: row["name"]
        for row in ward.table("departments").dicts()
        if row["valid_from"] <= today and (not row["valid_to"] or row["valid_to"] >= today)
    }
