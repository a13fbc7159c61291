"""From desired and exported rows to import files: only the difference, in files that the console takes, and why what is left is left."""

from __future__ import annotations

import datetime as dt
import json
import operator
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from ..common.files import lock, read_bytes, sha256, write_atomic
from ..common.plan import Change, Guard, Limit, Plan, compare
from ..common.problems import Problem, WardopsError, fail
from .desired import Desired, keys_of
from .layout import Layout, Row, layout_of, plainly_fits, read, spell, stored, write

MANIFEST = "manifest.json"
_Rows = Mapping[str, tuple[str, ...]]
_KINDS = (("new", "add"), ("change", "change"), ("delete", "remove"))
#: an export is some MB; a hundred thousand devices are 30 MB
EXPORT_LIMIT = 256 * 1024 * 1024


@dataclass
class Registration:
    """What a run found and made.

    :param layout: of the import files.
    :param plan: the difference that the console has to import; ``held`` is left alone on purpose.
    :param files: import files by name, empty when the console holds what it shall.
    :param rest: what was in the last import files and still differs: key, reason in Japanese and English.
    :param problems: rows that cannot be registered; a human must look.
    :param actual: the export's rows by key, with fields that only the export has (``last_used``).
    :param ledger: the ledger's rows.
    """

    layout: Layout
    plan: Plan = field(default_factory=Plan)
    files: dict[str, bytes] = field(default_factory=dict)
    rest: list[dict[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    actual: dict[str, Row] = field(default_factory=dict)
    ledger: list[Row] = field(default_factory=list)

    @cached_property
    def manifest(self) -> bytes:
        """What the files hold: hash and size of each, and every row with before and after."""
        changes = [*self.plan.add, *self.plan.change, *self.plan.remove]
        rows = [{"key": one.key, "before": one.before, "after": one.after} for one in changes]
        files = [{"name": name, "sha256": sha256(data), "bytes": len(data)} for name, data in self.files.items()]
        return (json.dumps({"files": files, "rows": rows}, ensure_ascii=False, indent=1) + "\n").encode()


def exported(policy: Mapping[str, Any], path: Path, max_age_days: int, now: dt.datetime) -> dict[str, Row]:
    """The console's last export, by key.

    :raises WardopsError: E1501, E1502 (not what the layout says), E1507 (too old), E1508 (a key twice), E0100-E0102 (the file).
    """
    data = read_bytes(path, EXPORT_LIMIT)
    age = now - dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
    if age > dt.timedelta(days=max_age_days):
        raise fail("E1507", str(path), days=age.days, limit=max_age_days)
    reading = read(layout_of(policy["export"]), data, str(path))
    if reading.problems:
        raise WardopsError(reading.problems)
    keys = keys_of(policy["key"], [row for _, row in reading.rows])
    rows = {key: row for key, (_, row) in zip(keys, reading.rows, strict=True)}
    if len(rows) < len(keys):
        number = next(number for number, key in enumerate(keys) if keys.index(key) < number)
        raise fail("E1508", str(path), reading.rows[number][0], value=keys[number])
    return rows


def register(
    desired: Desired, actual: dict[str, Row], policy: Mapping[str, Any], guard: Guard, before: Mapping[str, Any] | None = None
) -> Registration:
    """Plan the difference and spell the import files.

    :param policy: the part ``terminals`` or ``usb_devices`` of the policy.
    :param before: the manifest of the last files, to tell what the console did not take.
    :raises WardopsError: E0120, E0121 (guard), E1504 (licences): nothing may be written.
    """
    layout = layout_of(policy["import"])
    done = Registration(layout, problems=[problem for problem in desired.problems if problem.code != "E1504"])
    done.actual, done.ledger = actual, desired.ledger
    rows = _that_fit(layout, desired, done, policy)
    exported_fields = set(layout_of(policy["export"]).fields)
    names = [name for name in layout.fields if name in exported_fields]
    # compared as tuples, which costs a third of dictionaries; only what differs becomes one
    pick = operator.itemgetter(*names)
    wanted, shown = (dict(zip(side, map(pick, side.values()), strict=True)) for side in (rows, actual))
    done.plan = _named(compare(wanted, shown), names)
    _hold(done.plan, desired.held)
    stop = [problem for problem in desired.problems if problem.code == "E1504"] + guard.check(done.plan, "SKYSEA")
    if stop:
        raise WardopsError(stop)
    for kind, name in _KINDS:
        changes: list[Change] = getattr(done.plan, name)
        pairs = [(kind, rows[change.key] if change.after is not None else _to_delete(layout, actual[change.key])) for change in changes]
        for number, data in enumerate(write(layout, pairs), 1):
            done.files[layout.file.format(kind=kind, number=f"{number:02d}")] = data
    done.rest = _rest(before or {}, names, wanted, shown)
    return done


def guard_of(rules: Mapping[str, Any], allow_remove: int = 0, allow_change: int = 0) -> Guard:
    remove, change = (Limit(**rules["guards"][name]) for name in ("remove", "change"))
    return Guard(remove, change, allow_remove, allow_change)


def _to_delete(layout: Layout, row: Mapping[str, str]) -> Row:
    """The row as the console has it; a cell that an import file cannot hold is empty, for only the key matters."""
    whole = {}
    for column in layout.columns:
        if column.field:
            try:
                spell(layout, column, row.get(column.field, ""))
                whole[column.field] = row.get(column.field, "")
            except WardopsError:
                whole[column.field] = ""
    return whole


def _named(plan: Plan, names: list[str]) -> Plan:
    """The plan with rows as mappings of field → text."""
    for changes in (plan.add, plan.change, plan.remove):
        changes[:] = [
            Change(one.key, *(side and dict(zip(names, side, strict=True)) for side in (one.before, one.after))) for one in changes
        ]
    return plan


def _stays_denied(row: Row, policy: Mapping[str, Any], refused: Mapping[tuple[str, str], Problem]) -> bool:
    """Whether a denied (lost) device can be denied without the cells that do not fit: a long remark must not keep it allowed."""
    needed = {*policy["key"], "vid", "pid", "serial", "permission"}
    return row.get("permission") == "deny" and not any((name, row[name]) in refused for name in needed)


def _that_fit(layout: Layout, desired: Desired, done: Registration, policy: Mapping[str, Any]) -> dict[str, Row]:
    """Rows as the file holds them; those that it cannot hold are held with E1503, and the run goes on.

    A denied device is never held: its cells that do not fit are left empty, or the console loses it.
    """
    refused: dict[tuple[str, str], Problem] = {}
    changed: dict[tuple[str, str], str] = {}
    for column in layout.columns:
        texts = {row[column.field] for row in desired.rows.values()} if column.field else set()
        for text in () if plainly_fits(column, texts) else texts:
            try:
                spell(layout, column, text)
            except WardopsError as error:
                refused[column.field, text] = error.problems[0]
            else:
                if (back := stored(layout, text)) != text:
                    changed[column.field, text] = back
    if not refused and not changed:
        return desired.rows
    rows = {}
    for key, row in desired.rows.items():
        problem = next((refused[item] for item in row.items() if item in refused), None)
        if problem is None or _stays_denied(row, policy, refused):
            rows[key] = {name: "" if (name, cell) in refused else changed.get((name, cell), cell) for name, cell in row.items()}
        elif row.get("permission") != "deny":
            desired.held[key] = problem
        if problem is not None:
            done.problems.append(Problem(problem.code, key, params=problem.params))
    return rows


def _hold(plan: Plan, held: Mapping[str, Problem]) -> None:
    """Rows that break a rule: what the console has of them stays until a human has looked."""
    for name in ("add", "change", "remove"):
        changes: list[Change] = getattr(plan, name)
        stopped = [one for one in changes if one.key in held]
        changes[:] = [one for one in changes if one.key not in held]
        for change in stopped:
            reason = f"{held[change.key].code} {held[change.key].text('ja')}"
            plan.held.append(Change(change.key, change.before, {**(change.after or {}), "reason": reason}))


def _rest(before: Mapping[str, Any], names: list[str], wanted: _Rows, actual: _Rows) -> list[dict[str, str]]:
    """Why rows of the last import files still differ."""
    rest = []
    for item in before.get("rows", ()):
        key = item["key"]
        was, ordered = (side and tuple(side.get(name) for name in names) for side in (item["before"], item["after"]))
        if wanted.get(key) == actual.get(key):
            continue
        if wanted.get(key) != ordered:
            ja, en = "前回のファイルの後に台帳が変わった", "the ledger has changed since the last files"
        elif actual.get(key) == was:
            ja, en = "コンソールに取り込まれていない（未取込か、コンソールが拒否）", "not imported, or refused by the console"
        else:
            ja, en = (
                "コンソールの値が取込ファイルと違う（手作業の変更か、コンソールの変換）",
                "the console holds something else than was imported",
            )
        rest.append({"key": key, "ja": ja, "en": en})
    return rest


def last_manifest(folder: Path) -> dict[str, Any] | None:
    """The manifest of the last files; one that is damaged is as good as none."""
    try:
        found = json.loads(read_bytes(folder / MANIFEST))
    except (WardopsError, ValueError):
        return None
    rows = found.get("rows") if isinstance(found, dict) else None
    return found if isinstance(rows, list) and all(map(_is_row, rows)) else None


def _is_row(item: object) -> bool:
    return (
        isinstance(item, dict)
        and isinstance(item.get("key"), str)
        and all(name in item and isinstance(item[name], dict | None) for name in ("before", "after"))
    )


def _ours(folder: Path, layout: Layout) -> set[str]:
    """Import files in the folder, of this run or of any earlier one, also of one that was killed before its manifest."""
    pattern = re.escape(layout.file).replace(r"\{kind\}", "(new|change|delete)").replace(r"\{number\}", r"\d+")
    return {path.name for path in folder.glob("*") if re.fullmatch(pattern, path.name)} if folder.is_dir() else set()


def is_saved(folder: Path, done: Registration) -> bool:
    """Whether the folder holds exactly these files already."""
    if _ours(folder, done.layout) != set(done.files) or not (folder / MANIFEST).is_file():
        return False
    wanted = {**done.files, MANIFEST: done.manifest}
    return all(read_bytes(folder / name, EXPORT_LIMIT) == data for name, data in wanted.items())


def make_folder(folder: Path) -> None:
    """:raises WardopsError: E0105 when there cannot be such a folder."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise fail("E0105", str(folder), reason=os.strerror(error.errno or 0)) from None


def save(folder: Path, done: Registration) -> None:
    """Put the files into the folder, the manifest last; files of an earlier run go first, so that none is imported twice."""
    make_folder(folder)
    with lock(folder):
        (folder / MANIFEST).unlink(missing_ok=True)
        for name in _ours(folder, done.layout) - set(done.files):
            (folder / name).unlink()
        for name, data in done.files.items():
            write_atomic(folder / name, data)
        write_atomic(folder / MANIFEST, done.manifest)
