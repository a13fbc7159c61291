"""Printers, network devices, switch ports, servers."""

from __future__ import annotations

from collections.abc import Iterator

from .base import Row, Site, World

SERVERS = 190
_PRINTERS = (("合成複写機", "MFP C3000", "mfp"), ("合成複写機", "MFP C5000", "mfp"), ("試作印刷機", "LP B400", "printer"))
_ROLES = {"core": "CR", "dist": "DS", "l2": "L2", "router": "RT", "ap": "AP", "fw": "FW", "lb": "LB", "radius": "RD", "ups": "UP"}
#: vendor, profile, model, firmware by role; the mix of a ward whose sites were built one after the other
_MAKES: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "core": (("ALAXALA", "alaxala_ax36s", "AX3660S-24T4X", "12.1.R"), ("Cisco", "cisco_ios", "C9500-24Y4C", "17.12.4")),
    "dist": (("ALAXALA", "alaxala_ax36s", "AX3660S-24T4X", "12.1.R"), ("Cisco", "cisco_ios", "C9300-24T", "17.12.4")),
    "l2": (
        ("ALAXALA", "alaxala_ax26s", "AX2530S-24T", "4.20"),
        ("Apresia", "apresia_aeos", "ApresiaNP2100-24T", "1.11.02"),
        ("Allied Telesis", "allied_telesis_awplus", "x230-28GT", "5.5.4-0.1"),
        ("Cisco", "cisco_ios", "C9200L-24T", "17.12.4"),
    ),
    "router": (("Yamaha", "yamaha", "RTX1300", "23.00.14"), ("NEC", "nec_ix", "IX2310", "10.8.27")),
    "ap": (("Allied Telesis", "allied_telesis_awplus", "TQ6702", "8.0.3"), ("Cisco", "cisco_ios", "C9120AXI", "17.12.4")),
    "fw": (("Fortinet", "fortinet", "FG-200F", "7.4.8"),),
    "lb": (("A10", "linux", "TH1040", "5.2.1"),),
    "radius": (("Soliton", "linux", "EPS-ST05", "5.2.0"),),
    "ups": (("APC", "linux", "SMT3000", "2.1"),),
}
#: what "FW, LB, RADIUS etc." is: 12 at the main building, 16 in the data centre
_OTHER = {"main": ("fw",) * 4 + ("lb",) * 2 + ("ups",) * 6, "dc": ("fw",) * 6 + ("lb",) * 4 + ("radius",) * 2 + ("ups",) * 4}
_FUNCTIONS = {
    "lgwan": (
        ("ad", 4),
        ("wsus", 2),
        ("epo", 2),
        ("fs", 8),
        ("db", 18),
        ("app", 34),
        ("web", 12),
        ("print", 4),
        ("bkp", 4),
        ("vdi", 14),
        ("mon", 3),
        ("sky", 2),
        ("rad", 2),
    ),
    "mn": (("ad", 3), ("wsus", 1), ("fs", 3), ("db", 14), ("app", 20), ("web", 6), ("bkp", 2), ("vdi", 4), ("rad", 1)),
    "inet": (("ad", 2), ("wsus", 1), ("web", 10), ("mail", 4), ("proxy", 4), ("vdi", 4), ("dns", 1), ("rad", 1)),
}  # 109 + 54 + 27 = 190
_NAMES = {"rad": ("RAD", "radius", "Debian 12"), "db": ("DB", "db", "Debian 12"), "web": ("WEB", "web", "Debian 12")}


def make(world: World) -> None:
    for site in world.sites:
        _printers(world, site)
    for site in world.sites:
        _devices(world, site)
    _servers(world)
    _ports(world)


def _printers(world: World, site: Site) -> None:
    for index in range(site.counts["printers"]):
        layer = "mn" if site.counts["mn"] and index % 6 == 5 else "lgwan"
        letter = "M" if layer == "mn" else "L"
        here = [row for row in world.departments if row["site"] == site.origin] or [world.departments[4]]
        section = here[index % len(here)]
        floor = int(section["floor"]) if section["site"] == site.origin else 1
        name = f"P{letter}-{site.code}-{floor:02d}{world.next(f'printer {letter}{site.code}{floor}'):02d}"
        vendor, model, kind = world.pick(_PRINTERS)
        world.add(
            "printers",
            name=name,
            asset_id=world.asset(),
            serial=world.serial(),
            vendor=vendor,
            model=model,
            kind=kind,
            layer=layer,
            site=site.code,
            floor=floor,
            dept_code=section["code"],
            ip=world.address(layer, site, 13, world.host(layer, site, 13, 20)),
            vlan=113 if layer == "lgwan" else 213,
            mac=world.mac(),
            queue=f"{name}-{'CD' if kind == 'mfp' else 'MD'}",
            driver=f"{vendor} Universal v{3 if kind == 'mfp' else 2}",
            status="active",
            lease_id=f"L{world.pick((23, 24, 25))}-{10 + index % 4:04d}",
        )


def _roles(site: Site) -> Iterator[str]:
    for index in range(site.counts["l3"]):
        yield "core" if index < 2 else "dist"
    for role, count in (("l2", "l2"), ("router", "router"), ("ap", "ap")):
        yield from [role] * site.counts[count]
    yield from _OTHER.get(site.kind, ())


def _devices(world: World, site: Site) -> None:
    """The devices of one site; a switch hangs on the site's core or distribution, a small site's on its router."""
    heads: list[str] = []
    for index, role in enumerate(_roles(site)):
        floor = 1 if role in ("core", "router") else index % site.floors + 1
        name = f"{site.code}-{floor:02d}-{_ROLES[role]}-{world.next(f'device {site.code}{floor}{role}'):02d}"
        vendor, profile, model, firmware = _MAKES[role][(site.number + index // 7) % len(_MAKES[role])]
        number = world.host("mgmt", site, 0, 0)
        world.add(
            "network_devices",
            name=name,
            asset_id=world.asset(),
            vendor=vendor,
            os_profile=profile,
            model=model,
            serial=world.serial(),
            layer=_device_layer(site, role, index),
            role=role,
            site=site.code,
            floor=floor,
            rack=f"R{floor:02d}" if role not in ("ap", "l2") else None,
            mgmt_ip=world.address("mgmt", site, number // 248, 2 + number % 248),
            vlan=401,
            mac=world.mac(),
            uplink=_uplink(role, index, heads),
            firmware=firmware,
            config_backup="none" if role == "ups" else ("weekly" if role == "ap" else "daily"),
            status="active",
        )
        if role in ("core", "dist") or (role == "router" and not heads) or (role == "l2" and not heads):
            heads.append(name)


def _device_layer(site: Site, role: str, index: int) -> str:
    """Who runs it: the data centre's edge belongs to the internet layer, some of its switches to the resident-record layer."""
    if role in ("fw", "lb") and site.kind == "dc":
        return "inet"
    return "mn" if role == "l2" and site.kind == "dc" and index % 3 == 0 else "lgwan"


def _uplink(role: str, index: int, heads: list[str]) -> str:
    if not heads or role in ("core", "fw", "lb", "ups", "radius", "router"):
        return ""
    return heads[index % len(heads)] if len(heads) < 3 or role != "dist" else heads[index % 2]


def _servers(world: World) -> None:
    centres = [site for site in world.sites if site.kind == "dc"]
    for layer, functions in _FUNCTIONS.items():
        prefix = {"lgwan": "LG", "mn": "MN", "inet": "IN"}[layer]
        for short, count in functions:
            upper, function, system = _NAMES.get(short, (short.upper(), short, "Windows Server 2022"))
            for index in range(count * world.scale):
                site = centres[index % len(centres)]
                virtual = not (short in ("bkp",) or (short == "rad" and index == 0) or (short == "ad" and index == 0))
                host = world.host(layer, site, 0, 10)
                world.add(
                    "servers",
                    name=f"{prefix}-{upper}{index + 1:02d}",
                    asset_id=world.asset(),
                    layer=layer,
                    function=function,
                    model="仮想マシン" if virtual else "合成サーバ R650",
                    site=site.code,
                    rack=None if virtual else f"R{index % 6 + 1:02d}",
                    os=system,
                    ip=world.address(layer, site, 0, host),
                    vlan={"lgwan": 100, "mn": 200, "inet": 300}[layer],
                    virtual=virtual,
                    owner="0105",
                    status="active",
                )


L2_PORTS, L3_PORTS = 22, 26


def _ports(world: World) -> None:
    """22 ports on an access switch, 26 on a core or distribution switch: 8,600 in all."""
    waiting = {site.code: _wired(world, site) for site in world.sites}
    below: dict[str, list[str]] = {}
    for device in world.table("network_devices"):
        if "uplink" in device:
            below.setdefault(device["uplink"], []).append(device["name"])
    for device in world.table("network_devices"):
        if device["role"] == "l2":
            _access_switch(world, device, waiting[device["site"]])
        elif device["role"] in ("core", "dist"):
            names = [name for name in below.get(device["name"], ()) if "-AP-" not in name]
            for port in range(1, L3_PORTS + 1):
                if port <= len(names):
                    world.add(
                        "switch_ports",
                        device=device["name"],
                        port=port,
                        kind="trunk",
                        connected_kind="network_device",
                        connected_to=names[port - 1],
                        status="used",
                    )
                else:
                    world.add("switch_ports", device=device["name"], port=port, kind="trunk", status="free")


def _wired(world: World, site: Site) -> Iterator[tuple[str, str, str]]:
    """What is plugged in at a site: kind, name, VLAN."""
    for layer in ("lgwan", "mn"):
        for row in world.table(f"{layer}/terminals"):
            if row["site"] == site.code and row["status"] in ("active", "lent"):
                yield "terminal", row["asset_id"], row["vlan"]
    for row in world.table("printers"):
        if row["site"] == site.code:
            yield "printer", row["name"], row["vlan"]
    for row in world.table("network_devices"):
        if row["site"] == site.code and row["role"] == "ap":
            yield "network_device", row["name"], "401"


def _access_switch(world: World, device: Row, waiting: Iterator[tuple[str, str, str]]) -> None:
    floor, number = int(device["floor"]), int(device["name"][-2:]) - 1
    for port in range(1, L2_PORTS - 1):
        outlet = f"{floor:02d}-{'ABCDE'[number // 20]}{number % 20 + 1:02d}-{port:02d}"
        cells: dict[str, object] = {"device": device["name"], "port": port, "kind": "access", "outlet": outlet}
        plugged = next(waiting, None)
        if plugged:
            kind, name, vlan = plugged
            world.add("switch_ports", **cells, vlan=vlan, connected_kind=kind, connected_to=name, status="used")
        else:
            world.add("switch_ports", **cells, vlan=100 + floor, status="free")
    world.add("switch_ports", device=device["name"], port=L2_PORTS - 1, kind="trunk", status="free")
    up: dict[str, object] = {"status": "free"}
    if "uplink" in device:
        up = {"connected_kind": "network_device", "connected_to": device["uplink"], "status": "used"}
    world.add("switch_ports", device=device["name"], port=L2_PORTS, kind="uplink", **up)
