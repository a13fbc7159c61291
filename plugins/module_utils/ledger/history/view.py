"""A timeline as people and programs read it: plain data in Japanese words, from which text, CSV, JSON and the page are made."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from ...common.problems import WardopsError
from ...common.report import sheet, tokyo
from ...common.ward import Ward
from ..schema import LedgerSchema, Schemas
from .records import Done
from .rows import RowEvent
from .timeline import Entry, Timeline

_EVENTS = "asset_events"
_ACTIONS = {"add": "登録", "change": "変更", "remove": "削除", "held": "保留"}
_STATUS = {"ok": "完了", "failed": "失敗", "refused": "中止", "interrupted": "中断"}
_KINDS = {"commit": "台帳", "event": "経歴", "evidence": "証跡"}
_NOTHING = "（空）"


class View:
    """Words for what the ledgers hold as codes."""

    def __init__(self, ward: Ward, schemas: Schemas) -> None:
        self.schemas = schemas
        self._transitions = _transitions(ward)
        self._systems = _systems(ward)
        self._sections = _names(ward)

    def timeline(self, timeline: Timeline) -> dict[str, Any]:
        """Everything, as plain data (``--format json`` prints it)."""
        subject = timeline.subject
        return {
            "asked": subject.asked,
            "kind": subject.kind,
            "kind_ja": subject.kind_ja,
            "words": list(subject.words),
            "entries": [self.entry(entry) for entry in timeline.entries],
            "holders": [
                {"ledger": held.ledger, "title": self._ledger(held.ledger), "key": held.key, "since": held.since, "until": held.until}
                for held in timeline.holders
            ],
            "partners": [{"one": one, "other": other, "date": date} for one, other, date in timeline.partners],
            "notes": [{"ja": ja, "en": en} for ja, en in timeline.notes],
        }

    def entry(self, entry: Entry) -> dict[str, Any]:
        words, done = entry.words, entry.done
        return {
            "kind": entry.kind,
            "kind_ja": _KINDS[entry.kind],
            "time": _iso(entry.when),
            "shown": entry.day if entry.kind == "event" else tokyo(_iso(entry.when)),
            "commit": entry.commit,
            "author": words.author if words else done.who if done else "",
            "subject": words.subject if words else "",
            "ticket": words.ticket if words else "",
            "role": words.role if words else "",
            "operation": words.operation if words else done.purpose if done else "",
            "request": entry.request,
            "bottom": entry.bottom,
            "rows": [self.row(event, bottom=entry.bottom) for event in entry.rows],
            "run": _done(done) if done else None,
        }

    def row(self, event: RowEvent, *, bottom: bool = False) -> dict[str, Any]:
        schema = self.schemas.ledgers.get(event.ledger)
        before, after = event.before or {}, event.after or {}
        sign = "=" if bottom and event.before is None else "+" if event.before is None else "-" if event.after is None else "~"
        changes = []
        if event.layer != event.layer_before:
            changes.append({"column": "layer", "title": "系統", "before": event.layer_before, "after": event.layer})
        for name in event.columns():
            if sign != "~" and schema is not None and name in schema.key:
                continue
            old, new = (self._label(schema, name, cells.get(name, "")) for cells in (before, after))
            changes.append({"column": name, "title": schema.title(name) if schema else name, "before": old, "after": new})
        return {
            "sign": sign,
            "ledger": event.ledger,
            "title": self._ledger(event.ledger),
            "layer": event.layer,
            "key": " ".join(event.key),
            "merge": event.merge,
            "changes": changes,
            "step": self.step(after) if event.ledger == _EVENTS and event.before is None else "",
        }

    def _ledger(self, name: str) -> str:
        schema = self.schemas.ledgers.get(name)
        return str(schema.document.get("title", name)) if schema else name

    def _label(self, schema: LedgerSchema | None, column: str, value: str) -> str:
        if schema is None or not value:
            return value
        label = schema.label(column, value)
        if label == value and any(reference.column == column and reference.ledgers == ("departments",) for reference in schema.references):
            return f"{value} {self._sections[value]}" if value in self._sections else value
        return label

    def state(self, code: str) -> str:
        """``稼働`` for ``active``."""
        return self._label(self.schemas.ledgers.get("terminals"), "status", code)

    def system(self, code: str) -> str:
        """What a follow-up is done in, as the policy calls it."""
        return self._systems.get(code, code)

    def step(self, cells: Mapping[str, str]) -> str:
        """``配備（設定中 → 稼働）`` of a row of asset_events."""
        before, after = (self.state(cells.get(name, "")) for name in ("from_status", "to_status"))
        name = self._transitions.get(cells.get("transition", ""), cells.get("transition", ""))
        way = f"{before} → {after}" if before else after
        partner = f"、相手 {cells['partner']}" if cells.get("partner") else ""
        return f"{name}（{way}{partner}）"


def _done(done: Done) -> dict[str, Any]:
    return {
        "run_id": done.run_id,
        "number": done.number,
        "purpose": done.purpose,
        "status": done.status,
        "status_ja": _STATUS.get(done.status, done.status),
        "actions": [{"action": action, "action_ja": _ACTIONS.get(action, action), "key": key} for action, key in done.actions],
    }


def _iso(when: int) -> str:
    return dt.datetime.fromtimestamp(when, dt.UTC).isoformat()


def _transitions(ward: Ward) -> dict[str, str]:
    """Japanese names of the steps of life, out of the policy where there is one."""
    try:
        kinds = ward.policy("life")["kinds"]
        # terminals stand first in the policy, and their words are wanted where two kinds of things have a step of one name
        return {str(step["name"]): str(step["name_ja"]) for kind in reversed(kinds) for step in kind["transitions"]}
    except (WardopsError, KeyError, TypeError):
        return {}


def _systems(ward: Ward) -> dict[str, str]:
    """Japanese names of the systems in which something follows a step."""
    try:
        return {str(system["code"]): str(system["name_ja"]) for system in ward.policy("life")["systems"]}
    except (WardopsError, KeyError, TypeError):
        return {}


def _names(ward: Ward) -> dict[str, str]:
    """Names of sections by code; the newest row's wins."""
    try:
        return {row["code"]: row["name"] for row in ward.table("departments").dicts()}
    except (WardopsError, KeyError):
        return {}


def clean(text: str) -> str:
    """Text that a terminal shows and never obeys: control and direction characters become visible."""
    return "".join(letter if letter.isprintable() or letter == "\u3000" else f"\\x{ord(letter):02x}" for letter in text)


_COLOURS = {"+": "32", "-": "31", "~": "33", "=": "2"}


def text(data: Mapping[str, Any], *, colour: bool) -> str:
    """For a terminal, oldest first."""

    def paint(code: str, words: str) -> str:
        return f"\x1b[{code}m{clean(words)}\x1b[0m" if colour else clean(words)

    lines = [paint("1", f"{data['kind_ja']} {data['asked']} の履歴：{len(data['entries'])} 件")]
    for held in data["holders"]:
        lines.append(paint("36", f"  使用：{held['title']} {held['key']}　{held['since'] or '（不明）'} ～ {held['until'] or '現在'}"))
    for pair in data["partners"]:
        lines.append(paint("36", f"  取替え・代替：{pair['one']} ⇔ {pair['other']}　{pair['date']}"))
    for entry in data["entries"]:
        who = [entry[name] for name in ("ticket", "request", "role", "operation") if entry[name]]
        run = entry["run"]
        name = f"証跡 {run['number']} {run['run_id']}" if run else entry["commit"][:12]
        lines.append("")
        lines.append(f"{paint('1', entry['shown'])}  {paint('36', name)}  {clean(entry['author'])}  {clean(' / '.join(who))}".rstrip())
        if entry["subject"]:
            lines.append(f"  {clean(entry['subject'])}")
        lines += [f"  {paint(_COLOURS[row['sign']], line)}" for row in entry["rows"] for line in _row_lines(row)]
        if run:
            done = "、".join(f"{item['action_ja']} {item['key']}" for item in run["actions"]) or "記録に記載あり"
            lines.append(f"  {clean(done)}：{clean(run['status_ja'])}")
    for note in data["notes"]:
        lines += ["", paint("33", f"注意：{note['ja']} / {note['en']}")]
    return "\n".join(lines) + "\n"


def _row_lines(row: Mapping[str, Any]) -> list[str]:
    place = f"{row['title']}{' ' + row['layer'] if row['layer'] else ''} {row['key']}"
    merge = "（マージでの変更）" if row["merge"] else ""
    if row["step"]:
        return [f"+ {place}：{row['step']}"]
    if row["sign"] == "~":
        changes = [f"{one['title']} {one['before'] or _NOTHING} → {one['after'] or _NOTHING}" for one in row["changes"]]
        return [f"~ {place}{merge}：{'、'.join(changes)}"]
    side = "before" if row["sign"] == "-" else "after"
    cells = "、".join(f"{one['title']}={one[side]}" for one in row["changes"] if one[side])
    word = {"+": "追加", "-": "削除", "=": "それ以前から"}[row["sign"]]
    return [f"{row['sign']} {place}{merge} {word}：{cells}"]


def table(data: Mapping[str, Any]) -> bytes:
    """CSV for Excel, one line a changed cell (or a row of events, or an action of a run)."""
    header = [
        "日時",
        "種別",
        "コミット・実行",
        "記録者",
        "チケット",
        "MR",
        "役割",
        "操作",
        "台帳",
        "系統",
        "キー",
        "区分",
        "項目",
        "変更前",
        "変更後",
    ]
    rows: list[list[object]] = []
    for entry in data["entries"]:
        run = entry["run"]
        name = run["run_id"] if run else entry["commit"][:12]
        head = [entry["shown"], entry["kind_ja"], name, *(entry[part] for part in ("author", "ticket", "request", "role", "operation"))]
        for row in entry["rows"]:
            place = [row["title"], row["layer"], row["key"]]
            if row["step"]:
                rows.append([*head, *place, "追加", "手続", "", row["step"]])
                continue
            sign = {"+": "追加", "-": "削除", "~": "変更", "=": "それ以前から"}[row["sign"]]
            rows += [[*head, *place, sign, one["title"], one["before"], one["after"]] for one in row["changes"]]
        if run:
            actions = run["actions"] or [{"action_ja": "記載", "key": ""}]
            rows += [[*head, "", "", item["key"], item["action_ja"], "", "", run["status_ja"]] for item in actions]
    return sheet(header, [[clean(str(cell)) for cell in row] for row in rows])
