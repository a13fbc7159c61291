"""Sites, subnets, departments, users."""

from __future__ import annotations

from .base import AS_OF, Row, Site, World, read_data

STAFF = 4500
MN_STAFF = 1240
_COUNTS = ("lgwan", "mn", "standalone", "printers", "l3", "l2", "router", "ap", "other")


def make(world: World) -> None:
    _sites(world)
    _departments(world)
    _subnets(world)
    _users(world)


def _sites(world: World) -> None:
    originals = read_data("sites.csv")
    for copy in range(world.scale):
        for index, row in enumerate(originals):
            number = copy * len(originals) + index
            code = row["code"] if copy == 0 else f"{chr(64 + copy)}{index:02d}"
            name = row["name"] if copy == 0 else f"{row['name']}({copy + 1})"
            counts = {key: int(row[key]) for key in _COUNTS}
            world.sites.append(Site(code, name, row["kind"], number, int(row["floors"]), copy, row["code"], counts))
            world.add("sites", code=code, name=name, kind=row["kind"], number=number)


def _departments(world: World) -> None:
    for row in read_data("departments.csv"):
        world.add("departments", **row)
        if row["valid_from"] <= AS_OF and (not row["valid_to"] or row["valid_to"] >= AS_OF):
            world.departments.append(row)


def _subnets(world: World) -> None:
    for site in world.sites:
        for layer, hundreds in (("lgwan", 100), ("mn", 200)):
            if not site.counts[layer]:
                continue
            _subnet(world, layer, site, "infra", 0, vlan=hundreds)
            for floor in range(1, site.floors + 1):
                _subnet(world, layer, site, "floor", floor, vlan=hundreds + floor, floor=floor)
            _subnet(world, layer, site, "printer", 13, vlan=hundreds + 13)
            _subnet(world, layer, site, "reserve", 14)
            _subnet(world, layer, site, "setup", 15, vlan=hundreds + 15, length=25)
            _subnet(world, layer, site, "quarantine", 15, vlan=999, length=25, offset=128)
        if site.kind == "dc":
            _subnet(world, "inet", site, "infra", 0, vlan=300)
        _subnet(world, "inet", site, "vdi", 1, vlan=301)
        for block in range(2 if site.counts["ap"] > 60 or site.counts["l2"] > 100 else 1):
            _subnet(world, "mgmt", site, "mgmt", block, vlan=401)
        _subnet(world, "voip", site, "voip", 0, vlan=501)


def _subnet(
    world: World,
    network: str,
    site: Site,
    zone: str,
    octet: int,
    *,
    vlan: int | None = None,
    floor: int | None = None,
    length: int = 24,
    offset: int = 0,
) -> None:
    gateway = world.address(network, site, octet, offset + 1) if vlan else None
    cidr = f"{world.address(network, site, octet, offset)}/{length}"
    world.add("subnets", cidr=cidr, layer=network, site=site.code, zone=zone, floor=floor, vlan=vlan, gateway=gateway)


def _users(world: World) -> None:
    """4,500 accounts: a staff number, a section, roles; no name, because the repository never needs one."""
    regular = 2865 * world.scale
    total = STAFF * world.scale
    both = {number % total for number in range(0, 120 * 37 * world.scale, 37)}
    for number in range(1, total + 1):
        section = world.departments[number * 7 % len(world.departments)]
        second = world.departments[(number * 7 + 31) % len(world.departments)]["code"] if number in both else ""
        roles = "staff" if number % 40 else "staff manager"
        kind = "regular" if number <= regular else "fiscal_year"
        since = f"{2005 + number % 21}-04-01" if kind == "regular" else "2026-04-01"
        until = "" if kind == "regular" else "2027-03-31"
        cells: Row = {"kind": kind, "dept_code": section["code"], "concurrent": second, "roles": roles}
        world.add("lgwan/users", staff_id=f"d{number:06d}", **cells, valid_from=since, valid_to=until)
        if number % total * 31 % total < MN_STAFF * world.scale:
            cells["roles"] = f"{roles} resident"
            world.add("mn/users", staff_id=f"d{number:06d}", **cells, valid_from=since, valid_to=until)
