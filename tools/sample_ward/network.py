"""Network devices, their spares and the ports of the floor switches: what hangs on what, layer by layer and floor by floor."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from .base import Row, Site, World
from .terminals import IN_SERVICE

PORTS = 24
#: two switches of each main building have fewer ports: 357 x 24 + 2 x 16 = 8,600
FEW_PORTS, WITH_FEW_PORTS = 16, 2
#: a floor of the resident-record layer with fewer devices has no switch of its own; its cables run to the layer's busiest floor
OWN_SWITCH = 12
VLAN_BASE = {"lgwan": 100, "mn": 200}
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
#: the offices' routers, and the one in the data centre that they meet at, are software on small servers
_SOFTWARE_ROUTER = ("FRRouting", "frr", "FRR-VR", "8.4.4")
#: a unit in reserve for each model of these roles, and one more for every so many in service
_SPARE_ROLES, _SPARE_EACH = ("core", "dist", "l2", "router", "ap", "fw"), 40
_FEW_PORTS_MAKE = ("Allied Telesis", "allied_telesis_awplus", "x230-18GP", "5.5.4-0.1")
#: what a main building and a data centre have beside switches, routers and access points; the layers in turn
_L3_LAYERS = {"main": "lgwan mn lgwan lgwan lgwan mn", "dc": "lgwan mn lgwan lgwan mn mn inet inet"}
_OTHER = {
    "main": (("fw", "lgwan mn lgwan mn"), ("lb", "lgwan mn"), ("ups", "lgwan lgwan lgwan lgwan lgwan lgwan")),
    "dc": (
        ("fw", "inet inet lgwan mn lgwan mn"),
        ("lb", "inet lgwan mn lgwan"),
        ("radius", "lgwan mn"),
        ("ups", "lgwan lgwan lgwan lgwan"),
    ),
}


@dataclass(frozen=True, slots=True)
class Plug:
    """Something with a cable: the ledger it is in, its name there, its VLAN (absent on a trunk), its floor."""

    kind: str
    name: str
    layer: str
    floor: int
    vlan: str | None


@dataclass(slots=True)
class Device:
    """A device while it is being made."""

    site: Site
    role: str
    layer: str
    floor: int
    name: str = ""
    few_ports: bool = False
    uplink: str = ""


@dataclass(slots=True)
class Network:
    """All devices, and what is plugged into the floor switches."""

    devices: dict[str, list[Device]] = field(default_factory=lambda: defaultdict(list))
    plugs: dict[str, list[Plug]] = field(default_factory=lambda: defaultdict(list))

    def find(self, site: Site, role: str, layer: str) -> list[Device]:
        return [device for device in self.devices[site.code] if device.role == role and device.layer == layer]


def make(world: World) -> None:
    network = Network()
    for plug, place in _plugs(world):
        network.plugs[place].append(plug)
    for site in world.sites:
        _site_devices(world, network, site)
    centres = [site for site in world.sites if site.kind == "dc"]
    ports: list[Row] = []
    for site in world.sites:
        for device in network.devices[site.code]:
            if device.role != "ap":
                device.uplink = _uplink(network, device, centres[site.copy])
        ports += _site_ports(network, site)
    for site in world.sites:
        for index, device in enumerate(network.devices[site.code]):
            _add(world, device, index)
    for port in ports:
        world.add("switch_ports", **port)


def _plugs(world: World) -> Iterator[tuple[Plug, str]]:
    for layer in ("lgwan", "mn"):
        for row in world.table(f"{layer}/terminals"):
            if row["status"] in IN_SERVICE:
                yield Plug("terminal", row["asset_id"], layer, int(row["floor"]), row["vlan"]), row["site"]
    for row in world.table("printers"):
        yield Plug("printer", row["name"], row["layer"], int(row["floor"]), row["vlan"]), row["site"]
    for row in world.table("servers"):
        if row["virtual"] == "false":
            yield Plug("server", row["name"], row["layer"], 1, row["vlan"]), row["site"]


def _site_devices(world: World, network: Network, site: Site) -> None:
    """The devices of one site, in the numbers of the site; the floor switches by what must be plugged in."""

    def add(role: str, layer: str, floor: int = 1) -> Device:
        number = world.next(f"device {site.code}{floor}{role}")
        device = Device(site, role, layer, floor, f"{site.code}-{floor:02d}-{_ROLES[role]}-{number:02d}")
        network.devices[site.code].append(device)
        return device

    layers = _L3_LAYERS.get(site.kind, "lgwan mn" if site.counts["mn"] else "lgwan lgwan").split()
    for index in range(site.counts["l3"]):
        add("core" if index < 2 and site.kind in _L3_LAYERS else "dist", layers[index])
    routes = ("lgwan", "mn", "inet") if site.kind in _L3_LAYERS else ("lgwan", "mn" if site.counts["mn"] else "lgwan")
    for index in range(site.counts["router"]):
        add("router", routes[index % len(routes)])
    used = sorted({plug.floor for plug in network.plugs[site.code] if plug.layer == "lgwan"})
    for index in range(site.counts["ap"]):
        point = add("ap", "lgwan", used[index % len(used)])
        network.plugs[site.code].append(Plug("network_device", point.name, "lgwan", point.floor, None))
    switches = [add("l2", layer, floor) for layer, floor in _floor_switches(network.plugs[site.code], site)]
    for device in switches[-WITH_FEW_PORTS:] if site.kind == "main" else ():
        device.few_ports = True
    for role, names in _OTHER.get(site.kind, ()):
        for index, layer in enumerate(names.split()):
            add(role, layer, index % site.floors + 1 if role == "ups" else 1)


def _floor_switches(plugs: Sequence[Plug], site: Site) -> list[tuple[str, int]]:
    """Layer and floor of each floor switch: first as many as are needed, then the site's others as reserve.

    :raises ValueError: when the site's number of switches does not hold what must be plugged in.
    """
    switches: list[tuple[str, int]] = []
    for layer in ("lgwan", "mn", "inet"):
        demand = Counter(plug.floor for plug in plugs if plug.layer == layer)
        small = sum(count for floor, count in demand.items() if layer != "lgwan" and count < OWN_SWITCH)
        if small:
            busiest = max(demand, key=lambda floor: (demand[floor], -floor))
            demand = Counter({floor: count for floor, count in demand.items() if count >= OWN_SWITCH})
            demand[busiest] += small
        for floor in sorted(demand):
            switches += [(layer, floor)] * math.ceil(demand[floor] / (PORTS - 1))
    spare = site.counts["l2"] - len(switches)
    if spare < 0:
        raise ValueError(f"{site.code}: {len(switches)} floor switches are needed")
    reserve = ("lgwan", "mn", "inet") if site.kind == "dc" else ("lgwan",)
    return switches + [(reserve[index % len(reserve)], index % site.floors + 1) for index in range(spare)]


def _uplink(network: Network, device: Device, centre: Site) -> str:
    """The next device towards the core of the same layer, in the data centre; a site without one shares the LGWAN layer's line."""
    steps = {
        "l2": ("dist", "core", "router"),
        "dist": ("core",) if device.site.kind in _L3_LAYERS else ("router",),
        "lb": ("dist", "core"),
        "radius": ("core",),
        "fw": () if device.layer == "inet" else ("core",),
        "router": (),
        "core": (),
        "ups": (),
    }[device.role]
    for layer in dict.fromkeys((device.layer, "lgwan")) if device.role == "l2" and device.layer == "mn" else (device.layer,):
        for role in steps:
            if above := network.find(device.site, role, layer):
                return above[int(device.name[-2:]) % len(above)].name
    if device.role in ("router", "core") and (device.role == "router" or device.site.kind != "dc"):
        above = network.find(centre, "core", device.layer) or network.find(centre, "dist", device.layer)
        return above[0].name
    if device.role == "dist" and device.layer == "inet":
        return network.find(device.site, "fw", "inet")[0].name
    return ""


def _site_ports(network: Network, site: Site) -> list[Row]:
    """The ports of a site's floor switches. An access point's uplink is the switch that it is plugged into."""
    points = {device.name: device for device in network.devices[site.code] if device.role == "ap"}
    waiting: dict[tuple[str, int], list[Plug]] = defaultdict(list)
    for plug in network.plugs[site.code]:
        waiting[plug.layer, plug.floor].append(plug)
    switches = [device for device in network.devices[site.code] if device.role == "l2"]
    own = {(device.layer, device.floor) for device in switches}
    ports: list[Row] = []
    for device in switches:
        here = waiting[device.layer, device.floor]
        lone = [key for key in waiting if key[0] == device.layer and (key not in own) and waiting[key]]
        last = FEW_PORTS if device.few_ports else PORTS
        for port in range(1, last):
            source = here or next((waiting[key] for key in lone if waiting[key]), [])
            plugged = source.pop(0) if source else None
            if plugged is not None and plugged.name in points:
                points[plugged.name].uplink = device.name
            ports.append(_port(device, port, plugged))
        up = {"connected_kind": "network_device", "connected_to": device.uplink}
        ports.append({"device": device.name, "port": str(last), "kind": "uplink", **up, "status": "used"})
    left = [plug.name for plugs in waiting.values() for plug in plugs]
    if left:
        raise ValueError(f"{site.code}: no port for {left}")
    return ports


def _port(device: Device, port: int, plug: Plug | None) -> Row:
    """One port below the uplink; the outlet is on the floor of what is plugged in."""
    floor = plug.floor if plug else device.floor
    number = int(device.name[-2:]) - 1
    row = {
        "device": device.name,
        "port": str(port),
        "kind": "access" if plug is None or plug.vlan else "trunk",
        "outlet": f"{floor:02d}-{'ABCDE'[number // 20]}{number % 20 + 1:02d}-{port:02d}",
        "status": "used" if plug else "free",
    }
    if row["kind"] == "access":
        row["vlan"] = plug.vlan or "" if plug else str(VLAN_BASE[device.layer] + floor if device.layer in VLAN_BASE else 301)
    if plug:
        row |= {"connected_kind": plug.kind, "connected_to": plug.name}
    return row


def _add(world: World, device: Device, index: int) -> None:
    site, role = device.site, device.role
    vendor, profile, model, firmware = _make(device, index)
    number = world.host("mgmt", site, 0, 0)
    world.add(
        "network_devices",
        name=device.name,
        asset_id=world.asset(),
        vendor=vendor,
        os_profile=profile,
        model=model,
        serial=world.serial(),
        layer=device.layer,
        role=role,
        site=site.code,
        floor=device.floor,
        rack=f"R{device.floor:02d}" if role not in ("ap", "l2") else None,
        mgmt_ip=world.address("mgmt", site, number // 248, 2 + number % 248),
        vlan=401,
        mac=world.mac(),
        uplink=device.uplink,
        firmware=firmware,
        config_backup="none" if role == "ups" else ("weekly" if role == "ap" else "daily"),
        status="active",
    )


def _make(device: Device, index: int) -> tuple[str, str, str, str]:
    """Vendor, profile, model and firmware."""
    if device.few_ports:
        return _FEW_PORTS_MAKE
    meeting_point = device.site.kind == "dc" and device.name.endswith("-RT-04")
    if device.role == "router" and device.layer == "lgwan" and (device.site.kind == "office" or meeting_point):
        return _SOFTWARE_ROUTER
    return _MAKES[device.role][(device.site.number + index // 7) % len(_MAKES[device.role])]


def make_spares(world: World) -> None:
    """Units in reserve, on a shelf of the data centre. Comes after everything that is numbered in service."""
    centres = {site.copy: site for site in world.sites if site.kind == "dc"}
    copies = {site.code: site.copy for site in world.sites}
    used: Counter[tuple[str, ...]] = Counter()
    for row in world.table("network_devices"):
        if row["role"] in _SPARE_ROLES:
            used[str(copies[row["site"]]), *(row[name] for name in ("role", "vendor", "os_profile", "model", "firmware"))] += 1
    for (copy, role, vendor, profile, model, firmware), count in sorted(used.items()):
        site = centres[int(copy)]
        for _ in range(1 + count // _SPARE_EACH):
            number = world.next(f"device {site.code}1{role}")
            world.add(
                "network_devices",
                name=f"{site.code}-01-{_ROLES[role]}-{number:02d}",
                asset_id=world.asset(),
                vendor=vendor,
                os_profile=profile,
                model=model,
                serial=world.serial(),
                layer="lgwan",
                role=role,
                site=site.code,
                floor=1,
                rack="SHELF-1",
                mac=world.mac(),
                firmware=firmware,
                config_backup="none",
                status="spare",
            )
