"""Small and large wards for tests and benchmarks: deterministic, with the columns of the real ledgers."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

NETWORKS = """\
layers:
  - {code: lgwan, name_ja: LGWAN接続系, prefix: LG}
  - {code: mn, name_ja: マイナンバー利用事務系, prefix: MN}
  - {code: inet, name_ja: インターネット接続系, prefix: IN}
  - {code: standalone, name_ja: スタンドアロン, prefix: SA, ledgers_only: true}
"""
#: twelve variables of a host: ten columns here, and the plugin's own ``layer`` and ``ledger``
TERMINAL = "asset_id computer_name serial model dept_code site status ring os_version vlan".split()
PRINTER = "name asset_id serial vendor model kind layer site floor dept_code ip vlan mac status".split()
DEVICE = "name asset_id vendor os_profile model serial layer role site floor mgmt_ip vlan status".split()
SERVER = "name asset_id layer function model site os ip vlan virtual status".split()


def terminal(number: int, prefix: str = "LG") -> list[str]:
    """One row; over many rows some 400 groups: 20 sites, 280 sections, 70 models, 16 versions, 4 rings, 8 states."""
    states = ("active", "active", "active", "setup", "lent", "stock", "repair", "returned", "disposed", "return_pending")
    return [
        f"A{number:07d}",
        f"{prefix}25N{number:05d}",
        f"SN{number:08d}",
        f"LIFEBOOK U{number % 70:04d}/K",
        f"{number % 280:04d}",
        f"S{number % 20:02d}",
        states[number % 10],
        f"R{number % 4}",
        f"Windows 11 {20 + number % 8}H{1 + number % 16 // 8}",
        str(100 + number % 12),
    ]


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def write_source(folder: Path, layer: str, ward: str = "..") -> Path:
    """``<folder>/<layer>/ledger.yml``."""
    path = folder / layer / "ledger.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"plugin: ward.ops.ledger\nlayer: {layer}\nward: {ward}\n", encoding="utf-8")
    return path


def make_ward(root: Path, terminals: int = 3) -> Path:
    """A ward with terminals in ``lgwan`` and ``mn``, some printers, devices and servers; returns the source of ``lgwan``."""
    (root / "policies").mkdir(parents=True, exist_ok=True)
    (root / "policies" / "networks.yml").write_text(NETWORKS, encoding="utf-8")
    ledgers = root / "ledgers"
    write_csv(ledgers / "lgwan" / "terminals.csv", TERMINAL, map(terminal, range(1, terminals + 1)))
    write_csv(ledgers / "mn" / "terminals.csv", TERMINAL, [terminal(number, "MN") for number in range(90001, 90003)])
    write_csv(
        ledgers / "printers.csv",
        PRINTER,
        [
            "PL-HON-0101,A1000001,PSN00001,京セラ,TASKalfa 5054ci,mfp,lgwan,HON,1,0101,10.16.3.1,30,024b54000101,active".split(","),
            "PL-HON-0102,A1000002,PSN00002,Ricoh,P 6520,printer,lgwan,HON,1,0101,10.16.3.2,30,024b54000102,active".split(","),
            "PM-HON-0103,A1000003,PSN00003,Ricoh,P 6520,printer,mn,HON,1,0102,10.20.3.1,30,024b54000103,stock".split(","),
        ],
    )
    write_csv(
        ledgers / "network_devices.csv",
        DEVICE,
        [
            "HON-01-CR-01,A2000001,Cisco,cisco_ios,C9500-24Y4C,FOC0001A,lgwan,core,HON,1,10.28.0.1,4001,active".split(","),
            "HON-02-L2-01,A2000002,APRESIA,apresia_aeos,ApresiaLight GM124,AP0002,lgwan,l2,HON,2,,4001,spare".split(","),
        ],
    )
    write_csv(
        ledgers / "servers.csv",
        SERVER,
        [
            "LG-RAD01,A3000001,lgwan,radius,VM,DCA,Debian 12,10.16.16.11,10,true,active".split(","),
            "LG-RAD02,A3000002,lgwan,radius,VM,DCA,Debian 12,10.16.16.12,10,false,standby".split(","),
            "MN-RAD01,A3000003,mn,radius,VM,DCA,Debian 12,10.20.16.11,10,true,active".split(","),
        ],
    )
    for layer in ("mn", "standalone"):
        write_source(root, layer)
    return write_source(root, "lgwan")
