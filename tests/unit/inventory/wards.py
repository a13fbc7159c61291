"""Small and large wards for tests and benchmarks: deterministic, with the columns of the real ledgers."""

from __future__ import annotations

from pathlib import Path

NETWORKS = """\
layers:
  - {code: lgwan, name_ja: LGWAN接続系, prefix: LG}
  - {code: mn, name_ja: マイナンバー利用事務系, prefix: MN}
  - {code: inet, name_ja: インターネット接続系, prefix: IN}
  - {code: standalone, name_ja: スタンドアロン, prefix: SA, ledgers_only: true}
"""
#: twelve variables of a host: ten columns here, and the plugin's own ``layer`` and ``ledger``
TERMINAL = "asset_id,computer_name,serial,model,dept_code,site,status,ring,os_version,vlan"
PRINTERS = """\
name,asset_id,serial,vendor,model,kind,layer,site,floor,dept_code,ip,vlan,mac,status
PL-HON-0101,A1000001,PSN00001,京セラ,TASKalfa 5054ci,mfp,lgwan,HON,1,0101,10.16.3.1,30,024b54000101,active
PL-HON-0102,A1000002,PSN00002,Ricoh,P 6520,printer,lgwan,HON,1,0101,10.16.3.2,30,024b54000102,active
PM-HON-0103,A1000003,PSN00003,Ricoh,P 6520,printer,mn,HON,1,0102,10.20.3.1,30,024b54000103,stock
"""
DEVICES = """\
name,asset_id,vendor,os_profile,model,serial,layer,role,site,floor,mgmt_ip,vlan,status
HON-01-CR-01,A2000001,Cisco,cisco_ios,C9500-24Y4C,FOC0001A,lgwan,core,HON,1,10.28.0.1,4001,active
HON-02-L2-01,A2000002,APRESIA,apresia_aeos,ApresiaLight GM124,AP0002,lgwan,l2,HON,2,,4001,spare
"""
SERVERS = """\
name,asset_id,layer,function,model,site,os,ip,vlan,virtual,status
LG-RAD01,A3000001,lgwan,radius,VM,DCA,Debian 12,10.16.16.11,10,true,active
LG-RAD02,A3000002,lgwan,radius,VM,DCA,Debian 12,10.16.16.12,10,false,standby
MN-RAD01,A3000003,mn,radius,VM,DCA,Debian 12,10.20.16.11,10,true,active
"""


def terminal(number: int, prefix: str = "LG") -> str:
    """One line; over many lines some 400 groups: 20 sites, 280 sections, 70 models, 16 versions, 4 rings, 8 states."""
    states = ("active", "active", "active", "setup", "lent", "stock", "repair", "returned", "disposed", "return_pending")
    version = f"Windows 11 {20 + number % 8}H{1 + number % 16 // 8}"
    return (
        f"A{number:07d},{prefix}25N{number:05d},SN{number:08d},LIFEBOOK U{number % 70:04d}/K,{number % 280:04d},S{number % 20:02d},"
        f"{states[number % 10]},R{number % 4},{version},{100 + number % 12}\n"
    )


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="")
    return path


def write_source(root: Path, layer: str, ward: str = "..") -> Path:
    """``<root>/<layer>/ledger.yml``."""
    return write(root / layer / "ledger.yml", f"plugin: ward.ops.ledger\nlayer: {layer}\nward: {ward}\n")


def make_ward(root: Path, terminals: int = 3) -> Path:
    """A ward with terminals in ``lgwan`` and ``mn``, some printers, devices and servers; returns the source of ``lgwan``."""
    write(root / "policies" / "networks.yml", NETWORKS)
    ledgers = root / "ledgers"
    write(ledgers / "lgwan" / "terminals.csv", TERMINAL + "\n" + "".join(map(terminal, range(1, terminals + 1))))
    write(ledgers / "mn" / "terminals.csv", TERMINAL + "\n" + "".join(terminal(number, "MN") for number in (90001, 90002)))
    write(ledgers / "printers.csv", PRINTERS)
    write(ledgers / "network_devices.csv", DEVICES)
    write(ledgers / "servers.csv", SERVERS)
    for layer in ("mn", "inet", "standalone"):
        write_source(root, layer)
    return write_source(root, "lgwan")
