"""The demo's first chapter: a reviewed line in a ledger decides whether a device gets onto the network.

Each step returns what it verified as one line, or raises ``AssertionError`` with what was wrong.
"""

from __future__ import annotations

import csv
import re
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ansible_collections.ward.ops.plugins.module_utils.common.table import format_table

from .demo_stage import LAYERS, SERVERS, Stage, need

ENTRIES = 5900
UNKNOWN = "00005e0053aa"


def check_ledgers(stage: Stage) -> str:
    output = stage.command([sys.executable, "-m", "wardops", "check", "--ward", str(stage.inventories / "sample")], name="check")
    return output.strip().splitlines()[-1]


def start_lab(stage: Stage) -> str:
    stage.lab("down", name="lab-down-first")
    return stage.lab("up", name="lab-up").strip().splitlines()[-1]


def install(stage: Stage) -> str:
    with ThreadPoolExecutor() as pool:  # the layers know nothing of each other
        list(pool.map(lambda layer: stage.play("install_radius", layer, "-e", "radius_serial=2"), LAYERS))
    return "PostgreSQL + FreeRADIUS: " + ", ".join(f"{layer} {SERVERS[layer]}" for layer in LAYERS)


def plan_only(stage: Stage) -> str:
    before = {path.name for path in stage.evidence.glob("0*.json")}
    stage.play("sync_radius", "lgwan", "--check", "--diff")
    need({path.name for path in stage.evidence.glob("0*.json")} == before, "check mode left a record")
    answer, _ = stage.ask("lgwan", stage.terminal("lgwan", "active")["mac_lan"])
    need(answer == "Access-Reject", f"check mode changed the server: {answer}")
    return "計画のみ。サーバーは空のまま / planned only, the server is still empty (Access-Reject)"


def synchronise(stage: Stage) -> str:
    added = {}
    for layer in LAYERS:
        stage.play("sync_radius", layer)
        numbers = {counts["add"] for counts in stage.counts()}
        need(len(numbers) == 1, f"{layer}: the servers of one layer differ: {numbers}")
        added[layer] = numbers.pop()
    need(sum(added.values()) == ENTRIES, f"{added} are not {ENTRIES} entries")
    return f"{ENTRIES:,} 件を登録 / entries added ({', '.join(f'{layer} {count:,}' for layer, count in added.items())})"


def ask_three(stage: Stage) -> str:
    texts = []
    for layer in ("lgwan", "mn"):
        active, returned = stage.terminal(layer, "active"), stage.terminal(layer, "returned")
        found = {"active": stage.ask(layer, active["mac_lan"]), "returned": stage.ask(layer, returned["mac_lan"])}
        need(found["active"] == ("Access-Accept", active["vlan"]), f"{active['computer_name']}: {found['active']}")
        need(found["returned"][0] == "Access-Reject", f"{returned['computer_name']}: {found['returned']}")
        texts.append(f"{active['computer_name']} Accept VLAN {active['vlan']}, {returned['computer_name']} (returned) Reject")
    unknown = stage.ask("lgwan", UNKNOWN)
    need(unknown[0] == "Access-Reject", f"unknown: {unknown}")
    return "; ".join([*texts, f"unknown {UNKNOWN} Reject"])


def ask_all(stage: Stage) -> str:
    asked = 0
    for layer in LAYERS:
        found = re.findall(r"(\d+) 件照会", stage.play("verify_radius", layer))
        need(found, "the playbook did not say how many it asked")
        asked += sum(map(int, found))
    return f"{asked:,} 件を実サーバーに照会、すべて期待どおり / asked the real servers, every answer as planned"


def again(stage: Stage) -> str:
    for layer in LAYERS:
        stage.play("sync_radius", layer)
        changes = [counts[name] for counts in stage.counts() for name in ("add", "change", "remove")]
        need(not any(changes), f"{layer}: {changes}")
    return "2 回目の変更 0 件 / the second run changed 0"


def return_one(stage: Stage) -> str:
    """The reviewed line: one row's status becomes ``returned``."""
    row = stage.terminal("lgwan", "active", 1)
    path = stage.ward.ledger_path("terminals", "lgwan")
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    for cells in rows:
        if cells[0] == row["asset_id"]:
            for column, value in {"status": "returned", "ip": "", "vlan": "", "ring": ""}.items():
                cells[header.index(column)] = value
    path.write_bytes(format_table(header, rows))
    macs = [row["mac_lan"], *filter(None, [row["mac_wlan"]])]
    before = stage.ask("lgwan", macs[0])
    stage.play("sync_radius", "lgwan")
    removed = [counts["remove"] for counts in stage.counts()]
    need(removed == [len(macs)] * 2, f"removed on the two servers: {removed}")
    after = [stage.ask("lgwan", mac)[0] for mac in macs]
    need(before[0] == "Access-Accept" and set(after) == {"Access-Reject"}, f"{before} -> {after}")
    return f"{row['computer_name']}: 台帳 1 行を返却に → Accept が Reject に / one line to 'returned' → Accept became Reject"


def isolate(stage: Stage) -> str:
    row = stage.terminal("lgwan", "active", 2)
    quarantine = str(stage.ward.policy("radius")["vlans"]["quarantine"])
    words = ["-e", f"isolate_name={row['computer_name']}"]
    stage.play("isolate_terminal", "lgwan", *words, "-e", "isolate_reason=demo", "-e", "isolate_ticket=INC-2026-00001")
    found = [stage.ask("lgwan", row["mac_lan"])]
    stage.play("sync_radius", "lgwan")  # a sync must not let it out again
    found.append(stage.ask("lgwan", row["mac_lan"]))
    need(found == [("Access-Accept", quarantine)] * 2, f"isolated: {found}")
    stage.play("isolate_terminal", "lgwan", *words, "-e", "isolate_state=normal")
    back = stage.ask("lgwan", row["mac_lan"])
    need(back == ("Access-Accept", row["vlan"]), f"released: {back}")
    return f"{row['computer_name']}: VLAN {row['vlan']} → {quarantine} → {row['vlan']}"


def cross_layers(stage: Stage) -> str:
    output = stage.play("sync_radius", "mn", declared="lgwan", good=(1, 2, 3, 4))
    need("E0403" in output, "the run was not refused with E0403")
    return "LGWAN の管理端末から住民情報系への実行を拒否 / a run across layers was refused (E0403)"


def prove(stage: Stage) -> str:
    tool = [sys.executable, "-m", "wardops", "evidence", "verify", "--folder"]
    output = stage.command([*tool, str(stage.evidence)], name="evidence").strip().splitlines()[-1]
    stage.play("verify_evidence", "lgwan", "-e", f"evidence_folder={stage.evidence}")
    broken = stage.work / "evidence-altered"
    shutil.copytree(stage.evidence, broken)
    victim = sorted(broken.glob("0*.json"))[1]
    victim.write_text(victim.read_text(encoding="utf-8").replace('"status": "ok"', '"status": "OK"'), encoding="utf-8")
    need("E0602" in stage.command([*tool, str(broken)], name="evidence-altered", good=(1,)), "the altered record was not found")
    return f"{output.split('  ')[0]}; 改ざんした写しは E0602 / an altered copy was found (E0602)"


STEPS: tuple[tuple[str, Callable[[Stage], str]], ...] = (
    ("台帳の検証 / check the ledgers", check_ledgers),
    ("実験環境の起動 / start the lab", start_lab),
    ("RADIUS の構築 / install RADIUS", install),
    ("同期の計画 / plan (--check --diff)", plan_only),
    ("同期 / synchronise", synchronise),
    ("照会 / ask as a switch does", ask_three),
    ("全件照会 / ask about every entry", ask_all),
    ("再同期 / synchronise again", again),
    ("返却 / return a terminal", return_one),
    ("隔離と解除 / isolate and release", isolate),
    ("三層分離 / layers stay apart", cross_layers),
    ("証跡 / evidence", prove),
)
