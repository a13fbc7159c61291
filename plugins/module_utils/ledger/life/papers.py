"""Lists, pages and work sheets: what must follow, and moves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ...common.report import render, sheet
from ..book import Book, Row
from .following import FollowUp
from .things import section_on

TEMPLATES = Path(__file__).resolve().parent / "templates"
_HEADER = ("期限", "対象", "作業", "管理番号", "名前", "経歴番号", "課", "拠点", "階", "チケット", "期限切れ")


def _cells(book: Book, item: FollowUp) -> list[str]:
    event = book.get("asset_events", item.key[:2]) or {}
    return [
        item.row["due_on"],
        item.system["name_ja"],
        book.schema("follow_ups").label("action", item.row["action"]),
        item.thing.id,
        item.thing.name,
        item.row["number"],
        event.get("dept_code", ""),
        event.get("site", ""),
        event.get("floor", ""),
        event.get("ticket", ""),
        "○" if item.overdue(book.today) else "",
    ]


def follow_up_sheet(book: Book, items: Sequence[FollowUp]) -> bytes:
    """CSV for Excel, one row per follow-up, by due date."""
    return sheet(_HEADER, [_cells(book, item) for item in items])


def follow_up_page(book: Book, items: Sequence[FollowUp]) -> str:
    """A page by system, the overdue ones marked."""
    systems: dict[str, list[list[str]]] = {}
    for item in items:
        due, name, *rest = _cells(book, item)
        systems.setdefault(name, []).append([due, *rest])
    late = sum(item.overdue(book.today) for item in items)
    data = {
        "title": "後続作業一覧",
        "today": book.today,
        "systems": systems,
        "header": (_HEADER[0], *_HEADER[2:]),
        "late": late,
        "total": len(items),
    }
    return render("follow_ups.html", {**data, "paper": "A4 landscape"}, TEMPLATES)


def work_sheets(book: Book, rows: Sequence[Row], date: str) -> str:
    """端末移動作業指示書: one sheet for each site and floor to which terminals come on a day, with a box to tick for every step."""
    names = _Names(book)
    places: dict[tuple[str, str], list[dict[str, str]]] = {}
    for row in rows:
        terminal, layer = names.terminal(row["asset_id"])
        places.setdefault((names.sites[row["to_site"]], row["to_floor"]), []).append(
            {
                "name": terminal["computer_name"],
                "asset_id": row["asset_id"],
                "layer": names.layers[layer],
                "from_section": names.section(row["from_dept"], date),
                "from_place": f"{names.sites[row['from_site']]} {row['from_floor']}階",
                "to_section": names.section(row["to_dept"], date),
                "ip": row["ip"] or _address_later(names, row, terminal),
                "vlan": row["vlan"] or terminal["vlan"],
                "port": f"{row['device']} {row['port']}".strip() or "－",
                "outlet": names.outlet(row["device"], row["port"]),
                "printer": row["printer"],
                "ticket": row["ticket"],
            }
        )
    return render("work_sheets.html", {"date": date, "places": places, "paper": "A4 landscape"}, TEMPLATES)


def _address_later(names: _Names, row: Row, terminal: Row) -> str:
    if row["takes_over"]:
        return f"{names.terminal(row['takes_over'])[0]['computer_name']} から引継ぎ"
    return terminal["ip"]


_WIRING = (
    "移動日",
    "端末名",
    "資産番号",
    "系統",
    "外すスイッチ",
    "外すポート",
    "外す情報コンセント",
    "移動先",
    "接続スイッチ",
    "接続ポート",
    "情報コンセント",
    "VLAN",
    "備考",
)


def wiring_rows(book: Book, rows: Sequence[Row], date: str) -> list[list[str]]:
    """配線作業一覧: for each move to another floor the port to take off and the one to put on, in the order of the new switches."""
    names = _Names(book)
    lines = []
    for row in rows:
        if (row["from_site"], row["from_floor"]) == (row["to_site"], row["to_floor"]):
            continue
        terminal, layer = names.terminal(row["asset_id"])
        olds = names.ports.get(row["asset_id"], [])
        old = olds[0] if olds else {"device": "", "port": "", "outlet": ""}
        note = "" if row["port"] else "空きポートなし。現地で決めて連絡"
        place = f"{names.sites[row['to_site']]} {row['to_floor']}階"
        new = [row["device"], row["port"], names.outlet(row["device"], row["port"])]
        lines.append(
            [
                *(date, terminal["computer_name"], row["asset_id"], names.layers[layer], old["device"], old["port"], old["outlet"], place),
                *(*new, row["vlan"] or terminal["vlan"], note),
            ]
        )
    return sorted(lines, key=lambda line: (line[8] == "", line[8], len(line[9]), line[9], line[1]))


def wiring_sheet(lines: Sequence[Sequence[str]], encoding: str = "utf-8-sig") -> bytes:
    """The list for the contractor as CSV."""
    return sheet(_WIRING, lines, encoding)


def wiring_page(lines: Sequence[Sequence[str]], date: str) -> str:
    """The list for the contractor as a page."""
    return render(
        "wiring.html", {"date": date, "header": _WIRING[1:], "rows": [line[1:] for line in lines], "paper": "A4 landscape"}, TEMPLATES
    )


class _Names:
    """What people call things: sections, sites, layers, outlets."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.sites = {row["code"]: row["name"] for row in book.rows("sites").values()}
        self.layers = {code: str(layer["name_ja"]) for code, layer in book.ward.layers.items()}
        self.ports: dict[str, list[Row]] = {}
        for row in book.rows("switch_ports").values():
            if row["connected_kind"] == "terminal":
                self.ports.setdefault(row["connected_to"], []).append(row)

    def terminal(self, asset_id: str) -> tuple[Row, str]:
        layer = self.book.locate("terminals", asset_id) or ""
        return self.book.get("terminals", asset_id, layer) or {}, layer

    def section(self, code: str, date: str) -> str:
        row = section_on(self.book, code, date) or next(iter(self.book.find("departments", code=code)), {"name": ""})
        return f"{code} {row['name']}"

    def outlet(self, device: str, port: str) -> str:
        row = self.book.get("switch_ports", (device, port))
        return row["outlet"] if row else ""
