"""The papers: each a template and the data that fills it. The same ledgers give the same bytes; no name of a person is on any of them.

Whoever receives writes name and stamp by hand (受領印), because the ledgers hold no names.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...common.problems import fail
from ...common.report import pdf, render
from ..book import Book, Row
from ..registers import engine
from ..registers.lists import sections
from ..registers.loans import thing_row
from ..registers.money import taxes
from ..registers.ordering import collections
from ..registers.policy import RegisterPolicy
from ..registers.stock import row_of

TEMPLATES = Path(__file__).resolve().parent / "templates"
#: accessories that stand on every hand-over sheet, there or not
_USUAL = ("mouse", "ac_adapter", "monitor", "card_reader")


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that can be shown and printed.

    :param name: file name without ending.
    """

    name: str
    html: str

    def pdf(self) -> bytes:
        return pdf(self.html)


@dataclass(frozen=True, slots=True)
class Item:
    """One thing on a hand-over sheet or return record, with what belongs to it."""

    asset_id: str
    name: str
    model: str
    serial: str
    usual: Sequence[tuple[str, str]]
    further: Sequence[str]
    loan: Mapping[str, str]


def _number(item: Item) -> str:
    return item.asset_id


class Papers:
    """Makes the papers of a ward.

    :param book: pending changes are included: a paper may be printed before its loan is saved.
    """

    def __init__(self, book: Book, policy: RegisterPolicy) -> None:
        self.book = book
        self.policy = policy
        self.sections = sections(book)

    def handover(self, asset_ids: Sequence[str] = (), loan_ids: Sequence[str] = (), *, ticket: str = "") -> Paper:
        """引渡書: one sheet for each section; things that are lent show their due date.

        :param asset_ids: things that are handed over without a loan (a new terminal).
        :raises WardopsError: E1010 (no such loan or thing), E1031 (nothing named).
        """
        return self._sheets("handover", "引渡書", self._loans(loan_ids), asset_ids, ticket)

    def return_record(self, loan_ids: Sequence[str]) -> Paper:
        """返却記録: what came back, with boxes for what was looked at.

        :raises WardopsError: E1010 (no such loan), E1031 (nothing named).
        """
        return self._sheets("return", "返却記録", self._loans(loan_ids), (), "")

    def _sheets(self, name: str, title: str, loans: Sequence[Row], asset_ids: Sequence[str], ticket: str) -> Paper:
        items: dict[str, list[Item]] = {}
        for loan in loans:
            items.setdefault(loan["dept_code"], []).append(self._item(loan["asset_id"], loan))
        for asset_id in asset_ids:
            _, row = thing_row(self.book, asset_id)
            items.setdefault(row.get("dept_code", ""), []).append(self._item(asset_id, {}))
        if not items:
            raise fail("E1031", paper=title, paper_en=name, what_ja="対象が指定されていません", what="nothing was named")
        sheets: list[dict[str, Any]] = [
            {
                "code": code,
                "section": self.sections.get(code, ""),
                "items": sorted(found, key=_number),
                "tickets": sorted({item.loan.get("ticket", ticket) for item in found} - {""}),
            }
            for code, found in sorted(items.items())
        ]
        labels = [self.book.schema("accessories").label("kind", kind) for kind in _USUAL]
        first = (loans[0]["loan_id"] if loans else asset_ids[0]).lower()
        return self._paper(f"{name}_{first}", f"{name}.html", title=title, sheets=sheets, usual=labels, paper="A4 landscape")

    def _loans(self, loan_ids: Iterable[str]) -> list[Row]:
        return [row_of(self.book, "loans", loan_id) for loan_id in loan_ids]

    def _item(self, asset_id: str, loan: Mapping[str, str]) -> Item:
        ledger, row = thing_row(self.book, asset_id)
        accessories = self.book.find("accessories", parent_asset_id=asset_id) if ledger == "terminals" else []
        schema = self.book.schema("accessories")
        usual = []
        for kind in _USUAL:
            held = [item for item in accessories if item["kind"] == kind]
            usual.append((schema.label("kind", kind), " ".join(item["serial"] or item["asset_id"] for item in held)))
        further = [
            f"{schema.label('kind', item['kind'])} {item['model']}（{item['serial'] or item['asset_id']}）"
            for item in sorted(accessories, key=lambda item: item["asset_id"])
            if item["kind"] not in _USUAL
        ]
        if row.get("contents"):
            further += row["contents"].split()
        label = self.book.schema(ledger).label("kind", row["kind"]) if "kind" in row else ""
        name = row.get("computer_name") or row.get("name") or label
        return Item(asset_id, name, row.get("model") or label, row.get("serial", ""), usual, further, loan)

    def pairing(self, model: str, section: str = "", quantity: int = 1) -> Paper:
        """Bluetooth 機器のペアリング案内 for a mouse or keyboard that is handed out (I-12-(7))."""
        if section and section not in self.sections:
            raise fail("E1010", title="課台帳", ledger="departments", key=section)
        return self._paper("pairing", "pairing.html", model=model, section=self.sections.get(section, ""), quantity=quantity)

    def order(self, order_id: str) -> Paper:
        """発注依頼書 to the supplier, to the yen.

        :raises WardopsError: E1010 when there is no such order.
        """
        lines = sorted(self.book.find("orders", order_id=order_id), key=lambda row: int(row["line"]))
        if not lines:
            raise fail("E1010", title="発注台帳", ledger="orders", key=order_id)
        supplier = self.policy.suppliers.get(lines[0]["supplier"])
        rows = [{**row, "amount": int(row["quantity"]) * int(row["price_yen"])} for row in lines if row["status"] != "cancelled"]
        rounding = supplier.rounding if supplier else "down"
        tax = taxes([(int(str(row["amount"])), int(str(row["tax_percent"]))) for row in rows], rounding)
        amount = sum(int(str(row["amount"])) for row in rows)
        name = supplier.name if supplier else lines[0]["supplier"]
        data = {"order": lines[0], "rows": rows, "supplier": name, "amount": amount, "tax": tax, "total": amount + sum(tax.values())}
        return self._paper(f"order_{order_id.lower()}", "order.html", **data)

    def collection(self, supplier: str) -> Paper:
        """回収依頼書 for used goods at the number at which the supplier collects.

        :raises WardopsError: E1031 when there is nothing to collect.
        """
        rows = [item for item in collections(self.book) if item.supply["supplier"] == supplier]
        if not rows:
            raise fail(
                "E1031", paper="回収依頼書", paper_en="the collection request", what_ja="回収依頼数に達したものがありません", what="none"
            )
        sites = {row["code"]: row["name"] for row in self.book.rows("sites").values()}
        data = {"supplier": self.policy.supplier_name(supplier), "rows": rows, "sites": sites}
        return self._paper(f"collection_{supplier.lower()}", "collection.html", **data, total=sum(item.quantity for item in rows))

    def setup(self, asset_ids: Sequence[str]) -> Paper:
        """セットアップチェックシート: a form for each terminal, to be filled in on the bench.

        :raises WardopsError: E1010 (no such terminal), E1031 (none named).
        """
        if not asset_ids:
            raise fail(
                "E1031", paper="セットアップチェックシート", paper_en="the setup sheet", what_ja="端末がありません", what="no terminal"
            )
        schema = self.book.schema("terminals")
        rows = []
        for asset_id in asset_ids:
            layer = self.book.locate("terminals", asset_id)
            row = self.book.get("terminals", asset_id, layer) if layer is not None else None
            if row is None:
                raise fail("E1010", title="端末台帳", ledger="terminals", key=asset_id)
            name = self.book.ward.layers.get(layer or "", {}).get("name_ja", layer)
            rows.append(
                {**row, "layer": name, "form_ja": schema.label("form", row["form"]), "section": self.sections.get(row["dept_code"], "")}
            )
        return self._paper(f"setup_{asset_ids[0].lower()}", "setup.html", rows=rows, checks=self.policy.value["setup_checks"])

    def ending(self, ledger: str, until: dt.date) -> Paper:
        """終了案内: contracts or permissions of a ledger that end by a day, by section or contractor.

        :raises WardopsError: E1028 (the ledger has no ends), E1031 (nothing ends).
        """
        engine.register(self.book, ledger, "term")
        days = (until - self.book.today).days
        found = [item for item in engine.ends(self.book, {"end": days, "due": days}, ledger) if not item.overdue]
        title = str(self.book.schema(ledger).document["title"])
        if not found:
            raise fail(
                "E1031", paper=f"{title} 終了案内", paper_en="the notice", what_ja=f"{until} までに終わるものがありません", what="none"
            )
        groups: dict[str, list[engine.End]] = {}
        for item in found:
            groups.setdefault(item.section, []).append(item)
        pages = [{"section": self.sections.get(code, ""), "code": code, "items": items} for code, items in sorted(groups.items())]
        return self._paper(f"ending_{ledger}", "ending.html", title=title, pages=pages, until=until)

    def _paper(self, name: str, template: str, **data: Any) -> Paper:
        return Paper(name, render(template, {**data, "office": self.policy.office, "today": self.book.today}, TEMPLATES))
