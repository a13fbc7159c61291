"""Small wards for the tests and large ones for the benchmarks: the columns of the real ledgers, deterministic rows."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

SCHEMAS = Path(__file__).resolve().parents[3] / "schemas" / "ledgers"


def columns(ledger: str) -> list[str]:
    """The header of a ledger, as its schema says."""
    return list(json.loads((SCHEMAS / f"{ledger}.schema.json").read_text(encoding="utf-8"))["properties"])


TERMINALS, PRINTERS, DEVICES = columns("terminals"), columns("printers"), columns("network_devices")
EXTRA, ISOLATIONS = columns("radius_extra"), columns("isolations")

POLICIES = {
    "ward": "name: 試験区\nas_of: 2026-11-22\n",
    "exceptions": (
        "exceptions:\n"
        "  - {id: EX-2026-001, kind: local_mac_prefix, subject: 024b54, reason: 合成, approver: d000001, expires_on: 2036-03-31}\n"
    ),
    "networks": (
        "layers:\n"
        "  - {code: lgwan, name_ja: LGWAN接続系, prefix: LG}\n"
        "  - {code: mn, name_ja: マイナンバー利用事務系, prefix: MN}\n"
        "  - {code: standalone, name_ja: 単独, prefix: SA, ledgers_only: true}\n"
    ),
    "radius": """
layers:
  lgwan: {servers: [LG-RAD01], profile: freeradius}
  mn: {servers: [MN-RAD01], profile: freeradius}
states:
  terminals: {setup: setup, active: normal, lent: normal}
  printers: {active: normal}
  network_devices: {active: normal}
  radius_extra: {valid: normal}
vlans:
  setup: {lgwan: 115, mn: 215}
  quarantine: 999
guards:
  postgresql: &limits
    remove: {count: 200, percent: 5}
    change: {count: 600, percent: 10}
  sqlite: *limits
  files: *limits
profiles:
  freeradius: {name_ja: FreeRADIUS, separator: "-", group: 2, upper: true, verified: true}
  netattest_eps:
    name_ja: NetAttest EPS
    separator: ""
    group: 12
    upper: false
    verified: false
    max_entries: 200000
    csv:
      encoding: cp932
      newline: crlf
      delimiter: ","
      quote: all
      header: true
      columns:
        - {title: MACアドレス, field: mac}
        - {title: VLAN, field: vlan}
        - {title: 備考, field: comment}
  radgate:
    name_ja: AT-RADgate
    separator: ":"
    group: 2
    upper: false
    verified: false
    max_entries: 2000
    csv:
      encoding: utf-8
      newline: lf
      delimiter: ","
      quote: minimal
      header: true
      columns:
        - {title: Login Name, field: mac}
        - {title: Access Level, value: "1"}
        - {title: Tag, field: vlan}
        - {title: Note, field: comment}
""",
}

Rows = Iterable[Mapping[str, object]]


def mac(number: int) -> str:
    return f"024b54{number:06x}"


def write(path: Path, header: Sequence[str], rows: Rows) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, header, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def terminal(number: int, status: str = "active", **cells: object) -> dict[str, object]:
    return {
        "asset_id": f"A{number:07d}",
        "computer_name": f"LG25N{number:05d}",
        "serial": f"SYN{number:08d}",
        "model": "ノート14型",
        "form": "note",
        "dept_code": "0105",
        "site": "HON",
        "floor": "3F",
        "use": "一般事務",
        "status": status,
        "ring": "R2",
        "os_version": "24H2",
        "os_build": "26100.2314",
        "ip": f"10.16.{number // 200 % 250}.{20 + number % 200}",
        "vlan": 101 + number % 12,
        "mac_lan": mac(2 * number),
        "mac_wlan": mac(2 * number + 1) if number % 3 == 0 else "",
        **cells,
    }


def make(root: Path, count: int = 6, layer: str = "lgwan") -> Path:
    """A ward with ``count`` active terminals, a terminal in setup and one that was returned, a printer, a switch, three extra entries."""
    (root / "policies").mkdir(parents=True, exist_ok=True)
    for name, text in POLICIES.items():
        (root / "policies" / f"{name}.yml").write_text(text, encoding="utf-8")
    terminals = [terminal(number) for number in range(1, count + 1)]
    terminals += [terminal(count + 1, "setup"), terminal(count + 2, "returned")]
    write(root / "ledgers" / layer / "terminals.csv", TERMINALS, terminals)
    printer = {"name": "PL-HON-0301", "asset_id": "A8000001", "layer": layer, "vlan": 113, "mac": mac(0x800001), "status": "active"}
    write(root / "ledgers/printers.csv", PRINTERS, [printer, {**printer, "name": "PM-HON-0302", "layer": "mn", "mac": mac(0x800002)}])
    switch = {"name": "HON-03-L2-07", "asset_id": "A9000001", "layer": layer, "vlan": 401, "mac": mac(0x900001), "status": "active"}
    spare = {**switch, "name": "HON-03-L2-08", "asset_id": "A9000002", "mac": mac(0x900002), "status": "spare"}
    write(root / "ledgers/network_devices.csv", DEVICES, [switch, spare])
    extra = {
        "layer": layer,
        "site": "HON",
        "owner": "0105",
        "reason": "時計",
        "vlan": 101,
        "valid_from": "2026-04-01",
        "approver": "d000001",
    }
    rows = [
        {**extra, "mac": mac(0xA00001), "valid_to": "2027-03-31"},
        {**extra, "mac": mac(0xA00002), "valid_to": "2026-11-21"},
        {**extra, "mac": mac(0xA00003)},
    ]
    write(root / "ledgers/radius_extra.csv", EXTRA, rows)
    write(root / "ledgers/isolations.csv", ISOLATIONS, [])
    return root


def change_cells(root: Path, path: str, key: str, value: str, **cells: object) -> None:
    """Change cells of the rows whose ``key`` is ``value``."""
    rows = read(root / path)
    for row in rows:
        if row[key] == value:
            row.update({name: str(cell) for name, cell in cells.items()})
    write(root / path, list(rows[0]), rows)
