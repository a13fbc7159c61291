"""Terminals of the three kinds and what is plugged into them."""

from __future__ import annotations

from .base import LAYER_PREFIX, Row, Site, World, uuid_of

#: rows that are not simply in use, by layer; the rest is active
_STATES = {
    "lgwan": {"stock": 30, "setup": 24, "lent": 45, "repair": 20, "return_pending": 16, "returned": 14, "disposed": 10},
    "mn": {"stock": 6, "setup": 6, "lent": 3, "repair": 4, "return_pending": 4, "returned": 4, "disposed": 3},
    "standalone": {"stock": 3, "repair": 2, "returned": 2},
}
WIRELESS = 1230
RINGS = {"lgwan": {"R0": 20, "R1": 150}, "mn": {"R0": 10, "R1": 30}}
_FORMS = (("note", "N", 68), ("desktop", "D", 25), ("tablet", "T", 7))
_MODELS = {
    "note": ("合成ノート N14-{year}", "試作ノート S13-{year}"),
    "desktop": ("合成デスクトップ D5-{year}",),
    "tablet": ("合成タブレット T10-{year}",),
}
#: the age curve: share of each fiscal year of purchase
_YEARS = ((22, 24), (23, 18), (24, 20), (25, 22), (26, 16))
_BUILDS = (("Windows 11 24H2", "26100.7171"), ("Windows 11 25H2", "26200.7171"), ("Windows 11 24H2", "26100.6899"))
IN_SERVICE = ("setup", "active", "lent")
ACCESSORIES = 9500


def make(world: World) -> None:
    for layer in ("lgwan", "mn", "standalone"):
        _layer(world, layer)
    _accessories(world)


def _layer(world: World, layer: str) -> None:
    places = [site for site in world.sites for _ in range(site.counts[layer])]
    special = [state for state, count in _STATES[layer].items() for _ in range(count * world.scale)]
    states = world.shuffled([*special, *(["active"] * (len(places) - len(special)))])
    for site, status in zip(places, states, strict=True):
        _terminal(world, layer, site, status)
    rows = world.table(f"{layer}/terminals")
    if layer != "standalone":
        _rings(world, layer, rows)
    if layer == "lgwan":
        portable = [row for row in rows if row["status"] in IN_SERVICE and row["form"] != "desktop"]
        for row in world.shuffled(portable)[: WIRELESS * world.scale]:
            row["mac_wlan"] = world.mac()


def _weighted(world: World, choices: tuple[tuple[int, int], ...]) -> int:
    point = world.random.random() * sum(weight for _, weight in choices)
    for value, weight in choices:
        point -= weight
        if point < 0:
            return value
    return choices[-1][0]


def _terminal(world: World, layer: str, site: Site, status: str) -> None:
    form = _weighted(world, tuple((index, form[2]) for index, form in enumerate(_FORMS)))
    kind, letter, _ = _FORMS[form]
    year = _weighted(world, _YEARS) if status not in ("returned", "disposed", "return_pending") else 21
    section = _section(world, site)
    network = layer != "standalone"
    used = status in ("active", "lent", "repair", "setup", "return_pending")
    floor = int(section["floor"]) if section["site"] == site.origin else 1 + world.next(f"floor {site.code}", 0) % site.floors
    name = f"{LAYER_PREFIX[layer]}{year}{letter}{world.next(f'name {layer} {year}{letter}'):05d}"
    system, build = _BUILDS[_weighted(world, ((0, 60), (1, 30), (2, 10)))]
    row = {
        "asset_id": world.asset(),
        "computer_name": name,
        "serial": world.serial(),
        "model": world.pick(_MODELS[kind]).format(year=year),
        "form": kind,
        "dept_code": section["code"],
        "site": site.code,
        "use": _use(world, section, status),
        "status": status,
        "os_version": system if used else "",
        "os_build": build if used else "",
        "mac_lan": world.mac() if network else "",
        "bios_uuid": uuid_of(name),
        "lease_id": f"L{year}-{1 + world.next(f'lease {year}', 0) // (60 * world.scale) % 9:04d}",
        "assigned_date": world.date(2000 + year, min(2000 + year + 2, 2026)) if used else "",
        "return_due": "2026-12-25" if status == "return_pending" else "",
        "ticket": world.ticket() if status not in ("active", "stock") else "",
    }
    if not network and status == "active":
        row["ring"] = "R2"
    if network and status in ("active", "lent", "repair"):
        floor = _room_on(world, layer, site, floor)
        row["ip"] = world.address(layer, site, floor, world.host(layer, site, floor, 20))
        row["vlan"] = str((100 if layer == "lgwan" else 200) + floor)
    elif network and status == "setup":
        row["ip"] = world.address(layer, site, 15, world.host(layer, site, 15, 20))
        row["vlan"] = "115" if layer == "lgwan" else "215"
    world.add(f"{layer}/terminals", **{**row, "floor": str(floor)})


def _section(world: World, site: Site) -> Row:
    here = [row for row in world.departments if row["site"] == site.origin] or [row for row in world.departments if row["code"] == "0105"]
    return here[world.next(f"section {site.code}", 0) % len(here)]


def _use(world: World, section: Row, status: str) -> str:
    if status in ("lent", "stock"):
        return "pool"
    if section["counter"] == "true" and world.random.random() < 0.3:
        return "counter"
    return world.pick(("office",) * 17 + ("meeting", "field", "training"))


def _room_on(world: World, layer: str, site: Site, floor: int) -> int:
    """The floor itself, or the next one whose zone has a free address (.20 to .219)."""
    for step in range(site.floors):
        candidate = (floor - 1 + step) % site.floors + 1
        if world.peek(f"host {layer} {site.code} {candidate}", 20) <= 219:
            return candidate
    raise ValueError(f"{site.code}: no free address in {layer}")


def _rings(world: World, layer: str, rows: list[Row]) -> None:
    service = [row for row in rows if row["status"] in IN_SERVICE]
    first = [row for row in service if row["dept_code"] == "0105"] + [row for row in service if row["dept_code"] != "0105"]
    for row in first[: RINGS[layer]["R0"] * world.scale]:
        row["ring"] = "R0"
    left = RINGS[layer]["R1"] * world.scale
    for turn in range(1, 3 * world.scale + 1):
        for row in _nth_of_each_section(service, turn):
            if left and "ring" not in row:
                row["ring"] = "R1"
                left -= 1
    for row in service:
        row.setdefault("ring", "R2")


def _nth_of_each_section(rows: list[Row], turn: int) -> list[Row]:
    seen: dict[str, int] = {}
    found = []
    for row in rows:
        if "ring" in row and turn == 1:
            continue
        seen[row["dept_code"]] = seen.get(row["dept_code"], 0) + 1
        if seen[row["dept_code"]] == turn:
            found.append(row)
    return found


def _accessories(world: World) -> None:
    kinds = {"note": ("ac_adapter", "mouse"), "desktop": ("monitor", "keyboard"), "tablet": ("ac_adapter", "keyboard")}
    owners = [(layer, row) for layer in ("lgwan", "mn", "standalone") for row in world.table(f"{layer}/terminals")]
    owners = [(layer, row) for layer, row in owners if row["status"] not in ("returned", "disposed", "stock")]
    for _, row in owners:
        for kind in kinds[row["form"]]:
            _accessory(world, kind, row["asset_id"], "in_use")
    for layer, row in owners:
        if layer == "mn":
            _accessory(world, "card_reader", row["asset_id"], "in_use")
    extra = [row for _, row in owners if row["form"] == "note"]
    stock = 200 * world.scale
    for row in extra:
        if len(world.table("accessories")) >= ACCESSORIES * world.scale - stock:
            break
        _accessory(world, world.pick(("monitor", "dock", "headset", "wire_lock")), row["asset_id"], "in_use")
    while len(world.table("accessories")) < ACCESSORIES * world.scale:
        _accessory(world, world.pick(("mouse", "monitor", "dock", "card_reader", "projector", "mobile_router")), "", "stock")


def _accessory(world: World, kind: str, parent: str, status: str) -> None:
    plain = kind in ("mouse", "keyboard", "wire_lock", "ac_adapter")
    note = f"棚 {world.next('shelf') % 12 + 1}" if status == "stock" else ""
    serial = "" if plain else world.serial()
    world.add(
        "accessories",
        asset_id=world.asset(),
        kind=kind,
        model=f"合成 {kind}",
        serial=serial,
        parent_asset_id=parent,
        status=status,
        note=note,
    )
