"""The registers' lists: one table each, for a page, for Excel and for the terminal."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path

from ...common.report import TOKYO, render, sheet
from ..book import Book
from ..pages.tables import Cell, Report
from . import engine
from .cards import Collect
from .counting import Line
from .installed import Installations, Use
from .matching import KINDS, Difference
from .ordering import Collection, Proposal
from .policy import RegisterPolicy
from .seldom import Seen, Seldom

TEMPLATES = Path(__file__).resolve().parent / "templates"
_USES = {"over": "超過", "unused": "未使用", "unlicensed": "権利なし", "fits": "適合"}


def _row(*cells: Cell) -> list[Cell]:
    return list(cells)


def sections(book: Book) -> dict[str, str]:
    """Names of sections by code; of several rows of a code, the one that holds today or held last before."""
    found: dict[str, str] = {}
    for row in sorted(book.rows("departments").values(), key=lambda row: row["valid_from"]):
        if row["valid_from"] <= book.today.isoformat() or row["code"] not in found:
            found[row["code"]] = row["name"]
    return found


def _ends(book: Book, name: str, title: str, note: str, ends: Sequence[engine.End]) -> Report:
    names = sections(book)
    header = ["種別", "番号", "内容", "課コード", "課名", "期限", "残日数"]
    rows: list[list[Cell]] = [
        [item.title, item.key, item.what, item.section, names.get(item.section, ""), item.date.isoformat(), item.left] for item in ends
    ]
    return Report(name, title, note, header, rows, frozenset(index for index, item in enumerate(ends) if item.overdue))


def overdue(book: Book) -> Report:
    """Things that had to come back or be done, and were not; by calendar day: on its day nothing is overdue."""
    late = [item for item in engine.ends(book) if item.kind == "due" and item.overdue]
    return _ends(book, "overdue", "期限切れ一覧（返却・納期・受領書）", "期限の翌日から載る。", late)


def due_soon(book: Book, days: int) -> Report:
    soon = [item for item in engine.ends(book, {"due": days, "end": -1}) if item.kind == "due" and not item.overdue]
    return _ends(book, "due_soon", "期限が近いもの（返却・納期）", f"{days}日以内に期限が来るもの。", soon)


def expiring(book: Book, days: int) -> Report:
    """Contracts and permissions that end soon, or ended and still stand as open."""
    found = [item for item in engine.ends(book, {"due": -(10**6), "end": days}) if item.kind == "end"]
    return _ends(book, "expiring", "終了が近い契約・許可", f"{days}日以内に終わるもの。残日数が負のものは終わったのに有効のまま。", found)


def reorder(book: Book, proposals: Iterable[Proposal], policy: RegisterPolicy) -> Report:
    schema = book.schema("stock")
    header = ["在庫番号", "種別", "機種", "拠点", "保管場所", "数量", "発注点", "発注残", "業者", "発注単位", "発注案"]
    rows: list[list[Cell]] = []
    warn = set()
    for item in proposals:
        supplier = policy.supplier_name(item.supply["supplier"]) if item.supply else "（購買条件なし）"
        if item.supply is None or item.quantity:
            warn.add(len(rows))
        stock = item.stock
        what = _row(stock["stock_id"], schema.label("kind", stock["kind"]), stock["model"], stock["site"], stock["place"])
        lot = int(item.supply["lot"]) if item.supply else ""
        rows.append([*what, int(stock["quantity"]), int(stock["reorder_level"]), item.outstanding, supplier, lot, item.quantity])
    return Report(
        "reorder", "発注点を下回った在庫", "発注案は発注残を引き、発注点の2倍まで、発注単位に切り上げた数。", header, rows, frozenset(warn)
    )


def collection(items: Iterable[Collection], policy: RegisterPolicy) -> Report:
    header = ["在庫番号", "品名", "拠点", "保管場所", "数量", "回収依頼数", "業者"]
    names = ("stock_id", "model", "site", "place")
    rows: list[list[Cell]] = [
        _row(*(item.stock[name] for name in names), item.quantity, item.level, policy.supplier_name(item.supply["supplier"]))
        for item in items
    ]
    return Report("collection", "使用済みの回収依頼", "回収依頼数に達したもの。", header, rows, frozenset(range(len(rows))))


def pools(book: Book) -> Report:
    """Rights by pool, those that are used up first."""
    found = sorted(engine.pools(book), key=lambda pool: (pool.free, pool.name))
    header = ["台帳", "プール", "権利数", "割当数", "残り", "使用率(%)", "行数", "最初の終了日"]
    rows: list[list[Cell]] = []
    for pool in found:
        schema = book.schema(pool.ledger)
        by = schema.document["x-register"]["pool"]["by"]
        name = " ".join(schema.label(column, value) for column, value in zip(by, pool.name, strict=True) if value)
        use = round(pool.used * 100 / pool.capacity)
        rows.append([schema.document["title"], name, pool.capacity, pool.used, pool.free, use, pool.rows, pool.until or "なし"])
    warn = frozenset(index for index, pool in enumerate(found) if pool.free < 0)
    return Report("pools", "ライセンスのプール", "有効期間内の権利を製品・エディション・系統ごとに合計。", header, rows, warn)


def lease_ends(book: Book) -> Report:
    """Leases by the quarter of their end, with what hangs on them and has not gone back."""
    header = [
        "四半期",
        "終了日",
        "リース番号",
        "種別",
        "リース会社",
        "契約番号",
        "再リース",
        "契約数",
        "台帳上の台数",
        "未返却",
        "差",
        "月額(円)",
    ]
    schema = book.schema("leases")
    rows: list[list[Cell]] = []
    warn = set()
    found = sorted(engine.hanging(book, "leases"), key=lambda item: (item.row["extended_to"] or item.row["end_date"], item.row["lease_id"]))
    for item in found:
        row = item.row
        end = row["extended_to"] or row["end_date"]
        if end < book.today.isoformat() or (item.expected is not None and item.counted != item.expected):
            warn.add(len(rows))
        quarter = engine.quarter(dt.date.fromisoformat(end))
        counted: list[Cell] = ["", "", ""] if item.expected is None else [item.counted, len(item.keys), item.counted - item.expected]
        again = "再リース" if row["extended_to"] else ""
        kind = schema.label("kind", row["kind"])
        terms = _row(quarter, end, row["lease_id"], kind, row["lessor"], row["contract"], again, int(row["quantity"]))
        rows.append([*terms, *counted, int(row["monthly_yen"])])
    return Report(
        "leases", "リース終了予定（四半期別）", "強調は終了日を過ぎたもの、契約数と台帳が違うもの。", header, rows, frozenset(warn)
    )


def leavers(book: Book, until: dt.date | None = None) -> Report:
    names = sections(book)
    header = ["台帳", "番号", "職員番号", "課コード", "課名", "退職日"]
    title = {name: str(schema.document["title"]) for name, schema in book.schemas.ledgers.items()}
    rows: list[list[Cell]] = [
        _row(title[item.ledger], item.key, item.staff_id, item.section, names.get(item.section, ""), item.left_on or "利用者台帳になし")
        for item in engine.leavers(book, until)
    ]
    note = f"{(until or book.today).isoformat()} までに退職した人が持ったままのもの。"
    return Report("leavers", "退職者の入室許可・貸出", note, header, rows, frozenset(range(len(rows))))


def differences(found: Sequence[Difference], policy: RegisterPolicy, name: str = "match", title: str = "突合結果一覧") -> Report:
    header = ["区分", "業者", "発注番号", "明細", "書類番号", "内容", "正", "書類"]
    rows: list[list[Cell]] = [
        [KINDS[item.kind], policy.supplier_name(item.supplier), item.order, item.line, item.document, item.what, item.expected, item.found]
        for item in found
    ]
    note = "発注・納品・請求の突合。強調の差異がある書類は取り込まない。"
    return Report(name, title, note, header, rows, frozenset(index for index, item in enumerate(found) if item.blocks))


def counted(book: Book, ledger: str, lines: Sequence[Line]) -> Report:
    """Differences of a stock-taking, and what was not counted."""
    schema = book.schema(ledger)
    header = [schema.title(schema.key[0]), "内容", "場所", "台帳", "棚卸", "差"]
    place = schema.document["x-register"]["count"]["place"]
    shown = [column for column in ("kind", "model", "name", "serial") if column in schema.properties]
    rows: list[list[Cell]] = []
    for line in (line for line in lines if line.counted is None or line.difference):
        what = " ".join(filter(None, (schema.label(column, line.row[column]) for column in shown)))
        where = " ".join(filter(None, (line.row[column] for column in place)))
        result: list[Cell] = ["未実施", ""] if line.counted is None else [line.counted, line.difference]
        rows.append([line.key, what, where, line.expected, *result])
    done = sum(line.counted is not None for line in lines)
    note = f"{len(lines)} 件のうち {done} 件を確認。一致 {sum(line.counted is not None and not line.difference for line in lines)} 件。"
    warn = frozenset(index for index, row in enumerate(rows) if row[4] != "未実施")
    return Report(f"count_{ledger}", f"棚卸差異一覧（{schema.document['title']}）", note, header, rows, warn)


def installed(uses: Iterable[Use], installations: Installations) -> Report:
    found = sorted(uses, key=lambda use: (list(_USES).index(use.state), use.product))
    header = ["製品", "権利数", "割当数", "導入台数", "過不足", "判定"]
    rows: list[list[Cell]] = [
        [use.product, use.rights, use.assigned, use.installed, use.rights - use.installed, _USES[use.state]] for use in found
    ]
    warn = frozenset(index for index, use in enumerate(found) if use.state in ("over", "unlicensed"))
    rows += [[product, 0, 0, count, "", "製品不明（名寄せなし）"] for product, count in sorted(installations.unknown_products.items())]
    note = f"台帳にない端末 {len(installations.strange)} 台の行は数えていない。"
    return Report("installed", "ライセンスと導入台数", note, header, rows, warn)


def seldom(book: Book, policy: RegisterPolicy, exports: Sequence[Seen], found: Sequence[Seldom]) -> Report:
    names = sections(book)
    given = [export.source for export in exports]
    missing = [source.title for source in policy.sources.values() if source not in given]
    header = ["系統", "コンピュータ名", "資産番号", "機種", "課コード", "課名", "状態", *(source.title for source in given), "未使用日数"]
    rows: list[list[Cell]] = []
    for item in found:
        row = item.row
        times: list[Cell] = []
        for source in given:
            moment = item.seen.get(source.code)
            text = f"{moment.astimezone(TOKYO):%Y-%m-%d %H:%M}" if moment else "記録なし" if source.code in item.absent else "なし"
            times.append(text)
        label = book.schema("terminals").label("status", row["status"])
        cells: list[Cell] = [item.layer, row["computer_name"], row["asset_id"], row["model"], row["dept_code"]]
        cells += [names.get(row["dept_code"], ""), label, *times, item.days if item.days is not None else "一度もなし"]
        rows.append(cells)
    unread = sum(len(export.unreadable) for export in exports)
    note = f"{policy.seldom_days}日を超えて使われていない使用中の端末。時刻は日本時間。"
    note += f"出力がないため見ていないもの：{'、'.join(missing)}。" if missing else ""
    note += f"時刻を読めず数えていない行 {unread} 件。" if unread else ""
    return Report("seldom", "使用履歴の低い端末", note, header, rows)


def cards(found: Sequence[Collect], first: dt.date, last: dt.date) -> Report:
    header = ["課コード", "課名", "発行中", "退職者", "廃止日", "回収枚数", "カード番号"]
    rows: list[list[Cell]] = [
        [item.section, item.name, len(item.cards), item.leavers, item.ends, item.wanted, " ".join(item.cards) if item.ends else "課で確認"]
        for item in found
    ]
    note = f"{first.isoformat()} から {last.isoformat()} まで。廃止される課は全て、ほかは退職者の数だけ回収する。"
    return Report("cards", "セキュアプリントカード回収一覧", note, header, rows, frozenset(i for i, item in enumerate(found) if item.ends))


def pack(book: Book, reports: Sequence[Report], title: str, encoding: str = "utf-8-sig") -> dict[str, bytes]:
    """Files by name: one page with all tables, and a CSV for each."""
    data = {"title": title, "today": book.today, "reports": reports, "paper": "A4 landscape"}
    files = {"registers.html": render("registers.html", data, TEMPLATES).encode()}
    return files | {f"{report.name}.csv": sheet(report.header, report.rows, encoding) for report in reports}
