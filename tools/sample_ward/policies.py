"""Policies of the sample ward: hand-written ones come from ``data/policies``; GPOs, OUs and the outage plan follow from the ledgers."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from .base import DATA, SEED, World, uuid_of

EDGES = 420
#: order of stopping by function: what others need stops later
_PHASES = {
    1: ("仮想端末", ("vdi",)),
    2: ("画面・業務サーバ", ("web",)),
    3: ("業務サーバ", ("app",)),
    4: ("ファイル・印刷・配布", ("fs", "print", "mail", "sky", "epo", "wsus", "proxy")),
    5: ("データベース", ("db",)),
    6: ("認証", ("radius",)),
    7: ("ディレクトリ・名前解決", ("ad", "dns")),
    8: ("保全・監視", ("bkp", "mon")),
}
_GPO_COUNTS = {"lgwan": 70, "mn": 35, "inet": 15}
_SUBJECTS = (
    "USB制御",
    "画面ロック",
    "更新プログラム",
    "既定のブラウザ",
    "印刷設定",
    "ファイアウォール",
    "監査ログ",
    "壁紙",
    "ドライブ割当",
    "省電力",
    "時刻同期",
    "証明書",
    "マクロ制限",
    "無線LAN",
)


def make(world: World) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for path in sorted((DATA / "policies").glob("*.yml")):
        made[path.stem] = path.read_text(encoding="utf-8")
    if world.scale > 1:
        for code, octet in (("lgwan", 16), ("mn", 32), ("inet", 48), ("mgmt", 64), ("voip", 80)):
            made["networks"] = _widen(made["networks"], code, octet)
        made["rings"] = _scaled_rings(made["rings"], world.scale)
    made["ous"] = _ous(world)
    made["gpos"] = _gpos(made["ous"])
    made["outage"] = _outage(world)
    return made


def _widen(text: str, code: str, octet: int) -> str:
    """Larger address blocks for a larger scale: a /12 holds 256 sites."""
    lines = [
        f"{line.split('block:')[0]}block: 10.{octet}.0.0/12}}" if f"code: {code}," in line and "block:" in line else line
        for line in text.splitlines()
    ]
    return "\n".join(lines) + "\n"


def _scaled_rings(text: str, scale: int) -> str:
    value = yaml.safe_load(text)
    for ring in value["rings"]:
        for name in ("size_min", "size_max"):
            if name in ring:
                ring[name] = {layer: size * scale for layer, size in ring[name].items()}
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False)


def _ous(world: World) -> dict[str, Any]:
    forests = []
    for layer, short in (("lgwan", "lg"), ("mn", "mn"), ("inet", "in")):
        paths = ["設定中", "無効", "サーバ", "端末", "利用者"]
        paths += [f"端末/{site.name}" for site in world.sites if site.copy == 0 and (layer == "inet" or site.counts[layer])]
        paths += [f"利用者/{name}" for name in dict.fromkeys(row["division_name"] for row in world.departments)]
        forests.append(
            {
                "layer": layer,
                "domain": f"{short}.ward.example",
                "netbios": short.upper(),
                "base_dn": f"DC={short},DC=ward,DC=example",
                "staging": "設定中",
                "disabled": "無効",
                "ous": [{"path": path} for path in paths],
            }
        )
    return {"forests": forests}


def _gpos(ous: Mapping[str, Any]) -> dict[str, Any]:
    gpos: list[dict[str, Any]] = []
    orders: dict[tuple[str, str], int] = {}
    for forest in ous["forests"]:
        layer, prefix = forest["layer"], forest["netbios"]
        paths = [item["path"] for item in forest["ous"]]
        for number in range(1, _GPO_COUNTS[layer] + 1):
            side = "C" if number % 3 else "U"
            root = "端末" if side == "C" else "利用者"
            choices = [root, *(path for path in paths if path.startswith(f"{root}/"))]
            links = []
            for ou in dict.fromkeys((choices[0] if number % 4 else choices[number % len(choices)], choices[number * 3 % len(choices)])):
                orders[layer, ou] = orders.get((layer, ou), 0) + 1
                links.append({"ou": ou, "order": orders[layer, ou], "enforced": number % 17 == 0, "enabled": number % 23 != 0})
            digits = uuid_of("gpo", layer, number)
            gpos.append(
                {
                    "guid": digits.upper(),
                    "name": f"{prefix}_{side}_{number:03d}_{_SUBJECTS[number % len(_SUBJECTS)]}",
                    "layer": layer,
                    "version": number * 7 % 40 + 1,
                    "links": links,
                    "backup_sha256": (uuid_of(SEED, layer, number) + uuid_of(layer, SEED, number)).replace("-", "")[:64],
                    "vendor": ("合成システム", "試作情報", "見本電算")[number % 3],
                    "doc": f"GPO-{number:03d}",
                }
            )
    return {"gpos": gpos}


def _outage(world: World) -> dict[str, Any]:
    phase_of = {function: number for number, (_, functions) in _PHASES.items() for function in functions}
    nodes: list[dict[str, Any]] = []
    for row in world.table("servers"):
        virtual, windows = row["virtual"] == "true", row["os"].startswith("Windows")
        node: dict[str, Any] = {
            "node": row["name"],
            "kind": "vm" if virtual else "server",
            "layer": row["layer"],
            "phase": phase_of[row["function"]],
        }
        if "rack" in row:
            node["rack"] = row["rack"]
        node |= {
            "stop": "winrm" if windows else "ssh",
            "start": "vm" if virtual else "bmc",
            "check": {
                "type": "port",
                "value": {"ad": "389", "db": "5432", "web": "443"}.get(row["function"], "22" if not windows else "3389"),
            },
            "timeout_minutes": 15 if row["function"] == "db" else 10,
            "physical": False,
            "owner": row["owner"],
            "depends_on": [],
        }
        nodes.append(node)
    _edges(nodes, EDGES * world.scale)
    return {
        "plan": "2027-01",
        "name_ja": "令和8年度 総合庁舎 計画停電",
        "stop_begins": "2027-01-23T18:00+09:00",
        "outage_begins": "2027-01-23T22:00+09:00",
        "outage_ends": "2027-01-24T14:00+09:00",
        "start_ends": "2027-01-24T18:00+09:00",
        "phases": [
            {"number": number, "name_ja": name, "physical": ["CVCF室 分電盤の切断"] if number == 8 else []}
            for number, (name, _) in _PHASES.items()
        ],
        "excluded": [],
        "nodes": nodes,
    }


def _edges(nodes: list[dict[str, Any]], wanted: int) -> None:
    """Each server needs the directory of its layer, then servers that stop later; no edge leads to an earlier phase."""
    count = 0
    for step in range(1, len(nodes)):
        for index, node in enumerate(nodes):
            if count == wanted:
                return
            layer = [other for other in nodes if other["layer"] == node["layer"] and other["phase"] > node["phase"] and other["phase"] < 8]
            if node["phase"] < 8 and layer:
                directory = [other for other in layer if other["phase"] == 7]
                target = directory[index % len(directory)] if step == 1 and directory else layer[(index * 5 + step) % len(layer)]
                if target["node"] not in node["depends_on"]:
                    node["depends_on"].append(target["node"])
                    count += 1


def write(folder: Path, policies: Mapping[str, Any]) -> None:
    for name, value in policies.items():
        text = value if isinstance(value, str) else yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=160)
        (folder / f"{name}.yml").write_text(text, encoding="utf-8")
