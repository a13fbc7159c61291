"""Who is cut off while a device is dead, and what is plugged in where: from the ledgers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...common.ward import Ward

KINDS = {"terminal": "端末", "printer": "プリンタ", "network_device": "ネットワーク機器", "": ""}


@dataclass(frozen=True, slots=True)
class Port:
    """One port of the dead device.

    :param thing: name of what is plugged in, as its label says; empty for a free port.
    """

    port: str
    kind: str
    vlan: str
    outlet: str
    thing_kind: str
    thing: str
    section: str

    @property
    def used(self) -> bool:
        return bool(self.thing)


@dataclass(frozen=True, slots=True)
class Impact:
    """:param ports: all ports in their order; :param sections: terminals and printers by section; :param below: devices behind it."""

    ports: tuple[Port, ...]
    sections: Mapping[str, int]
    counts: Mapping[str, int]
    below: tuple[str, ...]

    @property
    def expected_up(self) -> list[str]:
        """Ports that must have link when everything is plugged in again."""
        return [port.port for port in self.ports if port.used]


def of(ward: Ward, device: Mapping[str, str]) -> Impact:
    """:param device: its row of ``network_devices``. :raises WardopsError: those of the ledgers."""
    things = _things(ward)
    sections = {row["code"]: row["name"] for row in ward.table("departments").dicts() if not row["valid_to"]}
    rows = [row for row in ward.table("switch_ports").dicts() if row["device"] == device["name"]]
    rows.sort(key=lambda row: (len(row["port"]), row["port"]))
    ports = []
    for row in rows:
        name, code = things.get((row["connected_kind"], row["connected_to"]), (row["connected_to"], ""))
        kind = KINDS.get(row["connected_kind"], row["connected_kind"])
        ports.append(Port(row["port"], row["kind"], str(row["vlan"] or ""), row["outlet"], kind, name, sections.get(code, code)))
    hit = [port for port in ports if port.thing_kind in (KINDS["terminal"], KINDS["printer"])]
    devices = ward.table("network_devices").dicts()
    below = tuple(sorted(row["name"] for row in devices if row["uplink"] == device["name"] and row["status"] == "active"))
    return Impact(tuple(ports), dict(Counter(port.section for port in hit)), Counter(port.thing_kind for port in hit), below)


def _things(ward: Ward) -> dict[tuple[str, str], tuple[str, str]]:
    """Name on the label and section by kind and by what ``switch_ports`` calls it."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for folder in [None, *sorted(path.name for path in ward.ledgers.iterdir() if path.is_dir())]:
        for row in _rows(ward, "terminals", folder):
            found["terminal", row["asset_id"]] = (row["computer_name"], row["dept_code"])
        for row in _rows(ward, "printers", folder):
            found["printer", row["name"]] = (row["name"], row["dept_code"])
    return found


def _rows(ward: Ward, name: str, layer: str | None) -> list[dict[str, Any]]:
    return list(ward.table(name, layer).dicts()) if ward.has(name, layer) else []


def notice(device: Mapping[str, str], site: str, impact: Impact, *, restored: bool = False) -> str:
    """The facts of the first report (速報) or of the report that it works again (復旧連絡); times are for the writer."""
    title = "【復旧連絡】ネットワーク機器の交換が終わりました" if restored else "【速報】ネットワーク機器の故障"
    floor = f"{site} {device['floor']}階" if device["floor"] else site
    lines = [title, "", "発生日時: ", f"場所: {floor}", f"機器: {device['name']}(系統 {device['layer']})"]
    things = "、".join(f"{kind} {count} 台" for kind, count in sorted(impact.counts.items())) or "端末・プリンタなし"
    lines.append(f"影響: {things}" + (f"、下位の機器 {len(impact.below)} 台({'、'.join(impact.below)})" if impact.below else ""))
    lines += [f"  {section or '(課なし)'}: {count} 台" for section, count in sorted(impact.sections.items())]
    lines += ["復旧日時: " if restored else "復旧の見込み: ", "対応: 予備機への交換", "問い合わせ先: ヘルプデスク", ""]
    return "\n".join(lines)
