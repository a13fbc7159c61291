"""Stock in and out, orders to invoices, requests, repairs, master images and things without an asset number."""

from __future__ import annotations

import datetime as dt
import hashlib
import random

from .base import AS_OF, SEED, Row, World

_TODAY = dt.date.fromisoformat(AS_OF)
_SUPPLIERS = {
    "toner": "CO101",
    "used_toner": "CO101",
    "card": "CO101",
    "ink": "CO103",
    "print_master": "CO103",
    "cable": "CO102",
    "sfp": "CO102",
}
_PRICES = {"toner": 9800, "ink": 4200, "print_master": 6300, "cable": 380, "mouse": 1480, "secure_usb": 5900, "card": 240, "monitor": 18500}
_OTHER = "CO104"
_OTHER_PRICE = 2400
_ORDERED = 18


def make(world: World) -> None:
    """Comes after the other papers: takes up their stock, loans, media and terminals."""
    chance = random.Random(f"{SEED} registers")  # noqa: S311 - data, not secrets
    _kinds(world)
    _supplies(world)
    for row in world.table("stock"):
        _moves(world, row, chance)
    _open_orders(world, chance)
    _requests(world)
    _loan_items(world)
    _masters(world)
    _media_transfers(world)
    _repairs(world)


def _kinds(world: World) -> None:
    """Some of the toner is something else that the desk keeps."""
    toner = [row for row in world.table("stock") if row["kind"] == "toner"]
    for index, row in enumerate(toner):
        kind = {0: "ink", 1: "print_master", 2: "secure_usb", 3: "card"}.get(index % 11)
        if index % 31 == 30:
            row |= {"kind": "used_toner", "model": f"使用済トナー {row['site']}", "quantity": str(8 + index % 40), "reorder_level": "0"}
        elif kind:
            row |= {"kind": kind, "model": f"合成 {kind} {index % 40 + 1:02d}"}


def _supplies(world: World) -> None:
    seen: set[str] = set()
    for row in world.table("stock"):
        if row["model"] in seen or "serial" in row:
            continue
        seen.add(row["model"])
        used = row["kind"] == "used_toner"
        world.add(
            "supplies",
            model=row["model"],
            supplier=_SUPPLIERS.get(row["kind"], _OTHER),
            lot=1 if used else (1, 5, 10)[len(seen) % 3],
            price_yen=0 if used else _PRICES.get(row["kind"], _OTHER_PRICE) + len(seen) % 7 * 15,
            tax_percent=10,
            collect_level=20 if used else None,
        )


def _moves(world: World, row: Row, chance: random.Random) -> None:
    """Movements back from today's quantity, so that they add up to it."""
    changes: list[int] = []
    balance = int(row["quantity"])
    if "serial" not in row:
        for _ in range(chance.randint(1, 4)):
            change = chance.randint(5, 20) if chance.random() < 0.4 else -chance.randint(1, 6)
            if balance - change < 0:
                change = -chance.randint(1, 6)
            changes.insert(0, change)
            balance -= change
    days = sorted(dt.date(2026, 4, 2) + dt.timedelta(days=chance.randint(0, 220)) for _ in changes)
    _move(world, row, dt.date(2026, 4, 1), "opening", change=balance, balance=balance)
    for day, change in zip(days, changes, strict=True):
        balance += change
        if change > 0:
            _bought(world, row, day, change, balance)
        else:
            section = world.departments[(balance + len(changes)) * 3 % len(world.departments)]["code"]
            _move(world, row, day, "issue", change=change, balance=balance, dept_code=section, ticket=world.ticket("SUP"))


def _move(world: World, row: Row, day: dt.date, kind: str, *, change: int, balance: int, **cells: object) -> None:
    number = world.next(f"move {row['stock_id']}")
    values = {"stock_id": row["stock_id"], "number": number, "date": day, "kind": kind, "change": change, "balance": balance}
    world.add("stock_moves", **values, role="helpdesk", **cells)


def _order(world: World, row: Row, day: dt.date, quantity: int, *, status: str, due: dt.date) -> Row:
    price = next(item for item in world.table("supplies") if item["model"] == row["model"])
    return world.add(
        "orders",
        order_id=f"PO-2026-{world.next('order'):04d}",
        line=1,
        date=day,
        supplier=price["supplier"],
        stock_id=row["stock_id"],
        model=row["model"],
        quantity=quantity,
        price_yen=price["price_yen"],
        tax_percent=price["tax_percent"],
        due_date=due,
        status=status,
        ticket=world.ticket("SUP"),
    )


def _delivered(world: World, order: Row, day: dt.date, quantity: int, stamped: dt.date | None) -> Row:
    number = world.next("delivery")
    return world.add(
        "deliveries",
        supplier=order["supplier"],
        delivery_id=f"DN-{number:05d}",
        line=1,
        date=day,
        order_id=order["order_id"],
        order_line=order["line"],
        model=order["model"],
        quantity=quantity,
        stamped_on=stamped,
        ticket=order["ticket"],
    )


def _bought(world: World, row: Row, day: dt.date, quantity: int, balance: int) -> None:
    """An order of the past with its delivery, invoice and receipt."""
    if row["kind"] == "used_toner":
        _move(world, row, day, "back", change=quantity, balance=balance, ticket=world.ticket("SUP"))
        return
    order = _order(world, row, day - dt.timedelta(days=9), quantity, status="closed", due=day)
    note = _delivered(world, order, day, quantity, min(day + dt.timedelta(days=4), _TODAY))
    _move(world, row, day, "receipt", change=quantity, balance=balance, reference=note["delivery_id"], ticket=order["ticket"])
    amount = quantity * int(order["price_yen"])
    tax = amount * int(order["tax_percent"]) // 100
    world.add(
        "invoices",
        supplier=order["supplier"],
        invoice_id=f"INV-{world.next('invoice'):05d}",
        line=1,
        date=day + dt.timedelta(days=6),
        order_id=order["order_id"],
        order_line=1,
        model=order["model"],
        quantity=quantity,
        price_yen=order["price_yen"],
        amount_yen=amount,
        tax_percent=order["tax_percent"],
        tax_yen=tax,
        total_yen=amount + tax,
        ticket=order["ticket"],
    )


def _open_orders(world: World, chance: random.Random) -> None:
    """Ordered, not all of it here; some receipts are not stamped yet, some deliveries are late."""
    low = [row for row in world.table("stock") if "serial" not in row and int(row["quantity"]) <= int(row["reorder_level"])]
    last = {row["stock_id"]: row for row in world.table("stock_moves")}
    for index, row in enumerate([item for item in low if item["kind"] != "used_toner"][: _ORDERED * world.scale]):
        day = _TODAY - dt.timedelta(days=4 + index)
        order = _order(world, row, day, 20, status="ordered", due=day + dt.timedelta(days=14))
        if index % 3 == 1:
            came = max(day + dt.timedelta(days=3), dt.date.fromisoformat(last[row["stock_id"]]["date"]))
            quantity = chance.randint(1, 3)
            note = _delivered(world, order, came, quantity, None)
            balance = int(row["quantity"]) + quantity
            row["quantity"] = str(balance)
            _move(world, row, came, "receipt", change=quantity, balance=balance, reference=note["delivery_id"], ticket=order["ticket"])


def _requests(world: World) -> None:
    items = [row for row in world.table("stock") if row["kind"] in ("toner", "ink", "mouse", "cable") and int(row["quantity"]) > 5]
    for index in range(40 * world.scale):
        day = _TODAY - dt.timedelta(days=index % 20)
        handed = index % 4 != 0
        world.add(
            "supply_requests",
            request_id=f"SR-2026-{index + 1:05d}",
            date=day,
            dept_code=world.departments[index * 7 % len(world.departments)]["code"],
            stock_id=items[index * 3 % len(items)]["stock_id"],
            quantity=index % 3 + 1,
            needed_by=day + dt.timedelta(days=5),
            status="handed" if handed else "open",
            handed_on=min(day + dt.timedelta(days=2), _TODAY) if handed else None,
            ticket=world.ticket("SUP"),
        )


def _loan_items(world: World) -> None:
    """Cards and sets; loans that would lend an accessory twice, and every tenth, are loans of these."""
    forms = (
        ("PC", 30, "print_shop_card", "印刷機利用カード"),
        ("RC", 20, "room_card", "入退室カード"),
        ("WM", 12, "meeting_set", "web会議セット"),
    )
    for code, count, kind, name in forms:
        for number in range(1, count * world.scale + 1):
            contents = "カメラ マイクスピーカー 三脚" if kind == "meeting_set" else None
            world.add(
                "loan_items",
                asset_id=f"{code}-{number:04d}",
                kind=kind,
                name=f"{name} {number:02d}",
                contents=contents,
                place=f"鍵箱 {number % 4 + 1}" if contents is None else f"棚 {number % 6 + 1}",
                status="stock",
                counted_on="2026-10-01",
            )
    free = iter(world.table("loan_items"))
    lent: set[str] = set()
    accessories = {row["asset_id"]: row for row in world.table("accessories")}
    for index, loan in enumerate(world.table("loans")):
        if loan["asset_id"] in lent or (loan["asset_id"] in accessories and index % 10 == 9):
            item = next(free)
            item["status"] = "lent"
            loan["asset_id"] = item["asset_id"]
        lent.add(loan["asset_id"])
        if loan["asset_id"] in accessories:
            accessories[loan["asset_id"]]["status"] = "lent"


def _masters(world: World) -> None:
    media = [row for row in world.table("media") if row["status"] == "stored" and row["kind"] in ("hdd", "usb")]
    names = ("標準ノート", "窓口デスクトップ", "タブレット", "仮想端末")
    for index in range(12):
        month = 11 - index // 4
        name, layer = names[index % 4], ("lgwan", "mn", "lgwan", "inet")[index % 4]
        world.add(
            "masters",
            master_id=f"MS-2026-{index + 1:04d}",
            name=name,
            layer=layer,
            version=f"2026.{month:02d}",
            os_version="Windows 11 24H2",
            os_build=f"26100.{7171 - (11 - month) * 97}",
            kb_level=f"KB50{68000 + month * 311}",
            sha256=hashlib.sha256(f"{SEED} {name} {month}".encode()).hexdigest(),
            media_id=media[index]["media_id"],
            made_on=f"2026-{month:02d}-16",
            verified_on=f"2026-{month:02d}-17",
            status=("current", "previous", "retired")[index // 4],
            ticket=world.ticket("SUP"),
        )


def _media_transfers(world: World) -> None:
    """What was carried for the cycles before: each month one bundle to both inner layers."""
    media = [
        row["media_id"] for row in world.table("media") if row["kind"] == "usb" and row["layer"] == "inet" and row["status"] != "destroyed"
    ]
    for target in ("lgwan", "mn"):
        for number, month in enumerate((9, 10, 11), 1):
            bundle = f"inet-{target}-{number:05d}"
            for step, day in (("sent", 16), ("received", 17)):
                world.add(
                    "media_transfers",
                    bundle=bundle,
                    step=step,
                    date=f"2026-{month:02d}-{day}",
                    media_id=media[number],
                    manifest_sha256=hashlib.sha256(f"{SEED} {bundle}".encode()).hexdigest(),
                    purpose=f"2026-{month:02d} 更新プログラムの適用",
                    application=f"CHG-2026-{month:02d}{number:03d}",
                    role="operator",
                )


def _repairs(world: World) -> None:
    broken = [row for layer in ("lgwan", "mn", "standalone") for row in world.table(f"{layer}/terminals") if row["status"] == "repair"]
    faults = ("電源が入らない", "画面の破損", "キーボードの故障", "充電できない", "ファン異音")
    for index, row in enumerate(broken):
        sent = max(_TODAY - dt.timedelta(days=3 + index * 2 % 30), dt.date.fromisoformat(row.get("assigned_date", "2026-01-01")))
        world.add(
            "repairs",
            repair_id=f"RP-2026-{index + 1:04d}",
            asset_id=row["asset_id"],
            vendor="合成保守サービス",
            fault=faults[index % len(faults)],
            sent_on=sent,
            due_date=sent + dt.timedelta(days=21),
            ticket=row.get("ticket") or world.ticket("SUP"),
        )
