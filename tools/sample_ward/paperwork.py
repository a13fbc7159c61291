"""Everything that is only paper: leases, licences, stock, loans, media, access, USB devices, cards, jobs, checks, extra MACs."""

from __future__ import annotations

from . import registers
from .base import World
from .terminals import IN_SERVICE

ENTRIES = 5900
EXPIRED = 9
ANNOUNCED = 3


def make(world: World) -> None:
    for part in (_radius_extra, _leases, _licenses, _stock, _usb_devices, _loans, _media, _room_access, _print_cards, _jobs, _checks):
        part(world)
    registers.make(world)
    world.table("isolations")


def _radius_extra(world: World) -> None:
    """So many valid entries that the three layers together have exactly 5,900; a few that are over, a few that begin later."""
    terminals = [row for layer in ("lgwan", "mn") for row in world.table(f"{layer}/terminals") if row["status"] in IN_SERVICE]
    owned = sum(1 + ("mac_wlan" in row) for row in terminals) + len(world.table("printers")) + len(world.table("network_devices"))
    valid = ENTRIES * world.scale - owned
    things = ("会議室の表示装置", "番号発券機", "デジタル時計", "入退室端末", "保守用端末", "電子掲示板")
    expired_ones, announced_ones = EXPIRED * world.scale, ANNOUNCED * world.scale
    for index in range(valid + expired_ones + announced_ones):
        expired = valid <= index < valid + expired_ones
        announced = index >= valid + expired_ones
        site = world.sites[index * 3 % len(world.sites)]
        layer = "inet" if index % 9 == 4 else "mn" if index % 9 == 8 and site.counts["mn"] else "lgwan"
        floor = index % site.floors + 1
        until = "2026-03-31" if expired else ("2036-03-31" if index % 3 else "")
        world.add(
            "radius_extra",
            mac=world.mac(),
            layer=layer,
            site=site.code,
            owner=world.departments[index * 5 % len(world.departments)]["code"],
            reason=things[index % len(things)],
            vlan=301 if layer == "inet" else (100 if layer == "lgwan" else 200) + floor,
            valid_from="2027-04-01" if announced else "2025-04-01",
            valid_to=until,
            approver="d000001",
            ticket=world.ticket(),
        )


def _leases(world: World) -> None:
    used: dict[str, int] = {}
    for name in ("lgwan/terminals", "mn/terminals", "standalone/terminals", "printers"):
        for row in world.table(name):
            if "lease_id" in row:
                used[row["lease_id"]] = used.get(row["lease_id"], 0) + 1
    kinds = dict.fromkeys(range(1, 10), "terminal") | dict.fromkeys(range(10, 14), "printer")
    total = 260 * world.scale
    years = (20, 21, 22, 23, 24, 25, 26)
    for index in range(total):
        year, number = years[index % 7], 1 + index // 7
        lease = f"L{year}-{number:04d}"
        quantity = used.get(lease) or world.pick(range(1, 40))
        ended = year == 20
        world.add(
            "leases",
            lease_id=lease,
            lessor=world.pick(("合成リース", "試作リース", "見本リース")),
            contract=f"K{year}-{number:04d}",
            kind=kinds.get(number) or world.pick(("network", "server", "other")),
            quantity=quantity,
            start_date=f"20{year}-{4 + number % 6:02d}-01",
            end_date=f"20{year + 5}-{3 + number % 6:02d}-28",
            extended_to="2027-03-31" if year == 21 and number % 2 else None,
            monthly_yen=quantity * world.pick((1800, 2400, 3600, 5200)),
            status="ended" if ended else ("extended" if year == 21 and number % 2 else "active"),
        )


def _licenses(world: World) -> None:
    products = (
        "業務用オフィス",
        "ウイルス対策",
        "資産管理",
        "PDF編集",
        "CAD",
        "統計解析",
        "文字認識",
        "仮想デスクトップ",
        "データベース",
        "バックアップ",
    )
    for index in range(320 * world.scale):
        quantity = world.pick((5, 10, 30, 100, 600, 3000))
        expired = index % 20 == 19
        world.add(
            "licenses",
            license_id=f"S{index + 1:05d}",
            product=f"合成{products[index % len(products)]} {2020 + index % 7}",
            edition=world.pick(("標準", "上位", None)),
            kind=world.pick(("device", "user", "server", "site")),
            quantity=quantity,
            assigned=int(quantity * (0.4 + world.random.random() * 0.6)),
            layer=world.pick(("lgwan", "lgwan", "mn", "inet", "standalone")),
            dept_code=world.departments[index * 3 % len(world.departments)]["code"],
            contract=f"K{20 + index % 7}-{index % 30 + 1:04d}",
            valid_from=f"{2020 + index % 6}-04-01",
            valid_to="2026-03-31" if expired else world.pick(("2027-03-31", "2028-03-31", "2029-03-31")),
            status="expired" if expired else "active",
        )


def _stock(world: World) -> None:
    kinds = ("toner",) * 6 + ("cable",) * 4 + ("mouse", "keyboard", "ac_adapter", "monitor", "headset", "battery", "sfp", "psu")
    spares = ("switch",) * 12 + ("ap",) * 8 + ("router",) * 4
    for index in range(400 * world.scale):
        spare = index % 400 < len(spares)
        kind = spares[index % 400] if spare else world.pick(kinds)
        quantity = 1 if spare else world.pick(range(0, 80))
        world.add(
            "stock",
            stock_id=f"Z{index + 1:05d}",
            kind=kind,
            model={"switch": "AX2530S-24T", "ap": "TQ6702", "router": "RTX1300"}.get(kind, f"合成 {kind} {index % 40 + 1:02d}"),
            serial=world.serial() if spare else None,
            firmware={"switch": "4.20", "ap": "8.0.3", "router": "23.00.14"}.get(kind) if spare else None,
            site="HON" if index % 5 else "DCA",
            place=f"{'ABCD'[index % 4]}{index % 20 + 1:02d}-{index % 30 + 1:02d}",
            quantity=quantity,
            reorder_level=0 if spare else world.pick((2, 5, 10, 20)),
            counted_on=f"2026-{world.pick((4, 7, 10)):02d}-{world.pick(range(1, 29)):02d}",
        )


def _usb_devices(world: World) -> None:
    """900 devices, 400 of them secure USB memories."""
    names = [row["computer_name"] for row in world.table("lgwan/terminals") if row["status"] == "active"]
    for index in range(900 * world.scale):
        secure = index % 9 < 4
        by_model = not secure and index % 10 == 9
        kind = "secure_usb" if secure else world.pick(("usb_memory", "card_reader", "camera", "scanner", "optical", "hdd"))
        denied = not secure and index % 7 == 3
        terminals = sorted({world.pick(names) for _ in range(index % 3 + 1)}) if not denied else []
        world.add(
            "usb_devices",
            device_id=f"USB-{2018 + index % 9}-{index // 9 + 1:04d}",
            vid=f"{0x0A00 + index % 13:04X}",
            pid=f"{0x1000 + (index if by_model else index % 29):04X}",
            serial=None if by_model else world.serial(),
            kind=kind,
            dept_code=world.departments[index * 11 % len(world.departments)]["code"],
            permission="deny" if denied else ("rw" if secure or index % 2 else "ro"),
            identify_by="model" if by_model else "serial",
            valid_to=None if denied else world.pick(("2027-03-31", "2028-03-31")),
            use="業務データの受け渡し" if secure else "周辺機器の接続",
            allow_terminals=" ".join(terminals),
            reason="個体番号のない機種のため" if by_model else None,
            approver=None if denied and not by_model else "d000001",
            status="active",
            ticket=world.ticket(year=2025),
        )


def _loans(world: World) -> None:
    lent = [row for row in world.table("lgwan/terminals") if row["status"] == "lent"]
    spare = [
        row for row in world.table("accessories") if row["status"] == "stock" and row["kind"] in ("projector", "mobile_router", "monitor")
    ]
    staff = world.table("lgwan/users")
    for index in range(150 * world.scale):
        thing = lent[index] if index < len(lent) else spare[(index - len(lent)) % len(spare)]
        person = staff[index * 29 % len(staff)]
        late = index % 15 == 0
        world.add(
            "loans",
            loan_id=f"LN-2026-{index + 1:04d}",
            asset_id=thing["asset_id"],
            dept_code=person["dept_code"],
            staff_id=person["staff_id"],
            purpose=world.pick(("会議", "研修", "出張", "在宅勤務", "説明会")),
            lent_date=f"2026-{10 if late else 11:02d}-{index % 20 + 1:02d}",
            due_date=f"2026-{11 if late else 12:02d}-{index % 15 + 1:02d}",
            ticket=world.ticket("REQ"),
        )


def _media(world: World) -> None:
    for index in range(700 * world.scale):
        kind = world.pick(("usb", "hdd", "dvd", "lto", "lto", "sd"))
        gone = index % 25 == 24
        world.add(
            "media",
            media_id=f"MD-{2019 + index % 8}-{index // 8 + 1:04d}",
            kind=kind,
            serial=None if kind == "dvd" else world.serial(),
            classification=world.pick(("3A", "3B", "3C", "2")),
            encrypted=kind != "dvd",
            layer=world.pick(("lgwan", "mn", "inet")),
            dept_code="0105",
            site="DCA",
            place=f"金庫{index % 4 + 1} 段{index % 6 + 1}",
            status="destroyed" if gone else world.pick(("in_use", "stored", "stored")),
            registered_date=f"{2019 + index % 8}-05-{index % 28 + 1:02d}",
            checked_date="2026-10-01",
            disposed_date="2026-09-30" if gone else None,
            ticket=world.ticket("CHG", 2026) if gone else None,
        )


def _room_access(world: World) -> None:
    staff = world.table("lgwan/users")
    for index in range(240 * world.scale):
        outside = index % 3 == 2
        expired = index % 12 == 11
        world.add(
            "room_access",
            access_id=f"RA-{2024 + index % 3}-{index // 3 + 1:04d}",
            room=world.pick(("dc", "cvcf", "edps", "print", "ops")),
            holder_kind="contractor" if outside else "staff",
            staff_id=None if outside else staff[index * 17 % len(staff)]["staff_id"],
            company=f"CO{index % 12 + 1:03d}" if outside else None,
            valid_from="2026-04-01" if not expired else "2025-04-01",
            valid_to="2027-03-31" if not expired else "2026-03-31",
            approver="d000001",
            status="expired" if expired else "valid",
            ticket=world.ticket("REQ"),
        )


def _print_cards(world: World) -> None:
    states = (("issued", 4500), ("stock", 500), ("returned", 120), ("lost", 40), ("disabled", 40))
    number = 0
    for state, count in states:
        for _ in range(count * world.scale):
            number += 1
            section = world.departments[number * 7 % len(world.departments)]["code"]
            world.add(
                "print_cards",
                card_id=f"C{number:06d}",
                dept_code=None if state == "stock" else section,
                status=state,
                issued_date=None if state == "stock" else f"{2020 + number % 7}-04-{number % 10 + 1:02d}",
                returned_date="2026-11-02" if state == "returned" else None,
            )


_SYSTEMS = (
    ("TAX", "税務", "mn"),
    ("RES", "住民記録", "mn"),
    ("WEL", "福祉", "mn"),
    ("FIN", "財務会計", "lgwan"),
    ("DOC", "文書管理", "lgwan"),
    ("HR", "人事給与", "lgwan"),
    ("PAY", "収納", "lgwan"),
    ("WEB", "公開基盤", "inet"),
)
_CALENDARS = ("weekdays", "every_day", "month_first", "month_last", "mondays")


def _jobs(world: World) -> None:
    for index in range(400 * world.scale):
        code, system, layer = _SYSTEMS[index % 8]
        number = index // 8 + 1
        server = f"{ {'lgwan': 'LG', 'mn': 'MN', 'inet': 'IN'}[layer] }-{'APP' if layer != 'inet' else 'WEB'}{number % 10 + 1:02d}"
        minute = (number * 15 + index % 8 * 5) % 1080
        world.add(
            "jobs",
            job_id=f"J-{code}-{number:04d}",
            name=f"{system} {world.pick(('取込', '集計', '連携', '帳票', '消込', '保全'))} {number}",
            system=system,
            layer=layer,
            dept_code="0105",
            calendar=_CALENDARS[number % len(_CALENDARS)],
            start_time=f"{6 + minute // 60:02d}:{minute % 60:02d}",
            limit_minutes=world.pick((10, 30, 60, 120)),
            preconditions=f"J-{code}-{number - 1:04d}" if number % 4 > 1 else None,
            server=server,
            status="held" if index % 50 == 49 else "active",
        )


def _checks(world: World) -> None:
    servers = world.table("servers")
    kinds = (
        ("ping", None, "応答あり"),
        ("port", "443", "応答あり"),
        ("service", "agent", "動作中"),
        ("disk", "85", "使用率が上限以下"),
        ("backup", None, "24時間以内に成功"),
    )
    for index in range(180 * world.scale):
        server = servers[index % len(servers)]
        kind, parameter, expect = kinds[index % len(kinds)]
        world.add(
            "checks",
            check_id=f"CK-{index + 1:04d}",
            system=server["function"],
            layer=server["layer"],
            time="06:30",
            calendar="weekdays",
            type=kind,
            target=server["name"],
            parameter=parameter,
            expect=expect,
            runbook=f"RB-{index % 60 + 1:03d}",
            status="active",
        )
