"""Printers and servers."""

from __future__ import annotations

from .base import Site, World

SERVERS = 190
_PRINTERS = (("合成複写機", "MFP C3000", "mfp"), ("合成複写機", "MFP C5000", "mfp"), ("試作印刷機", "LP B400", "printer"))
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
    _servers(world)


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
