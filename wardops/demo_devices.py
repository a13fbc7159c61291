"""The demo's chapter on network devices: real routers (FRR) and a simulated fleet (sim), backed up, changed, broken, replaced.

What the store holds is looked at with ``git`` and ``age``, what the routers do with ``vtysh`` and ``fping``.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from .demo_stage import Stage, need

ROUTERS = ("DCA-01-RT-04", "KMA-01-RT-01", "KNM-01-RT-01", "SKI-01-RT-01", "HRK-01-RT-01", "TKS-01-RT-01", "MZM-01-RT-01")
HUB, CHANGED, DEAD, SPARE = ROUTERS[0], "HRK-01-RT-01", "MZM-01-RT-01", "DCA-01-RT-07"
#: the network of the dead router's office, and a host in it
OFFICE, OFFICE_HOST = "10.16.144.0/24", "10.16.144.1"
#: what every secret of the lab's configurations contains
MARK = "Z3cr3t"
#: what goes wrong on the bad night: the lab's fault, and the result that must be told
BAD = {
    "KMA-01-L2-01": ("refuse", "unreachable"),
    "KMA-01-L2-02": ("changed-key", "host_key_changed"),
    "KMA-01-L2-03": ("cut-off", "incomplete"),
}


def _folder() -> Path:
    """The lab's folder."""
    return Path("/run/wardlab") / (os.environ.get("LAB") or "ward")


def _git(stage: Stage, *words: str) -> str:
    return stage.command(["git", "-C", str(_folder() / "configs/configs.git"), *words], name="git-store", good=(0, 1)).strip()


def _vtysh(stage: Stage, router: str, *commands: str) -> str:
    return stage.lab("enter", router.lower(), "vtysh", *(word for text in commands for word in ("-c", text)), name=f"vtysh-{router}")


def _running(stage: Stage, router: str) -> str:
    """The router's configuration as a hash: the text holds secrets, and the stage keeps all outputs."""
    return stage.lab("enter", router.lower(), "sh", "-c", "vtysh -c 'show running-config' | sha256sum", name=f"running-{router}")


def _configs(stage: Stage, *words: str, good: tuple[int, ...] = (0,)) -> str:
    return stage.lab("run", "--", "python", "-m", "wardops", "configs", *words, name=f"configs-{words[0]}", good=good)


def _backup(stage: Stage, *words: str, good: tuple[int, ...] = (0,)) -> float:
    """One night; its seconds."""
    start = time.monotonic()
    stage.play("backup_configs", "lgwan", *words, good=good)
    return time.monotonic() - start


def _stored(stage: Stage) -> set[str]:
    """Devices of which the store has a running configuration."""
    return {path.split("/")[1] for path in _git(stage, "ls-tree", "-r", "--name-only", "main").split() if path.endswith("/running.txt")}


def first_night(stage: Stage) -> str:
    stage.lab("fleet", "start", "--layer", "lgwan", name="fleet")
    seconds = _backup(stage)
    stored = _stored(stage)
    simulated = len(stored) - len(ROUTERS)
    need(set(ROUTERS) <= stored and simulated > 400, f"{len(stored)} devices in the store")
    need(_git(stage, "rev-list", "--count", "main") == "1", "one night is one commit")
    need(not _git(stage, "grep", "-l", MARK, "main"), "a secret is in the store in clear")
    copies = [path for path in (_folder() / "configs/full" / HUB).iterdir() if "-running-" in path.name]
    script = 'age -d -i "$1" "$2" | gunzip | sha256sum'
    opened = stage.command(["sh", "-c", script, "sh", str(_folder() / "keys/age-safe"), str(copies[0])], name="age")
    need(opened == _running(stage, HUB), "the full copy is not what the router shows")
    return f"FRR {len(ROUTERS)} 台 + 模擬 {simulated} 台を {seconds:.1f} 秒で保管（伏字・暗号化） / backed up, masked and encrypted"


def second_night(stage: Stage) -> str:
    before = _git(stage, "rev-parse", "main")
    seconds = _backup(stage)
    need(_git(stage, "rev-parse", "main") == before, "a night without a change made a commit")
    return f"{seconds:.1f} 秒、変更なし・コミットなし / nothing changed, no commit"


def drift(stage: Stage) -> str:
    """Somebody changes a router by hand: a description and a password."""
    _configs(stage, "approve", "--all", str(len(_stored(stage))), "--ticket", "CHG-2026-00001", "--role", "network")
    secret = f"{MARK}-demo-other"
    _vtysh(stage, CHANGED, "configure terminal", f"enable password {secret}", "interface lan0", "description behind our back")
    _backup(stage)
    files = _git(stage, "diff", "--name-only", "main~1", "main").split()
    need({path.split("/")[1] for path in files if path.endswith(".txt")} == {CHANGED}, f"the commit changes {files}")
    shown = _configs(stage, "drift", "--diff", good=(1,))
    changed = re.findall(r"^[-+] *enable password <secret:([0-9a-f]{16})>", shown, re.MULTILINE)
    need("behind our back" in shown and len(set(changed)) == 2 and MARK not in shown, "the drift is not told")
    return f"{CHANGED}: 無断変更 2 行を差分で報告、変えた秘密はハッシュで見える / found; the changed secret shows as another hash"


def bad_night(stage: Stage) -> str:
    before = _git(stage, "rev-parse", "main")
    stage.lab("fleet", "start", "--layer", "lgwan", *(f"--fault={name}={fault}" for name, (fault, _) in BAD.items()), name="fleet-bad")
    seconds = _backup(stage, "--limit", "site_KMA", good=(0, 2))
    told = {row["device"]: row["status"] for row in json.loads(_configs(stage, "list", "--failed", "--format", "json"))}
    need(told == {name: status for name, (_, status) in BAD.items()}, f"told: {told}")
    need(_git(stage, "rev-parse", "main") == before, "a failure made a commit")
    return f"{seconds:.1f} 秒で報告 / told: " + ", ".join(f"{name} {status}" for name, status in told.items())


def replace(stage: Stage) -> str:
    """A router dies; a spare takes its place, in the rack, in the ledger, in the network and in RADIUS."""
    router = DEAD.lower()
    before = _running(stage, DEAD)
    stage.lab("cut", router, name="cut")
    _wait(lambda: OFFICE not in _routes(stage), "the office is still routed to")
    fingerprint = stage.lab("swap", router, name="swap").strip()
    _take_host_key(stage, fingerprint)
    ticket = ["--ticket", "INC-2026-00042", "--role", "operations"]
    old = next(row for row in stage.ward.table("network_devices").dicts() if row["name"] == DEAD)
    words = [f"-ereplace_{name}={value}" for name, value in {"dead": DEAD, "spare": SPARE, "ticket": ticket[1], "state": "loaded"}.items()]
    start = time.monotonic()
    stage.play("replace_network_device", "lgwan", *words, f"-ereplace_folder={stage.work / 'replacement'}")
    _wait(lambda: OFFICE in _routes(stage), "the office is not back")
    seconds = time.monotonic() - start
    stage.lab("enter", HUB.lower(), "fping", "-c1", "-t500", OFFICE_HOST, name="fping")
    need(_running(stage, DEAD) == before, "the successor's configuration is another one")
    stage.wardops("replace-device", DEAD, SPARE, *ticket, "--write")
    new = next(row for row in stage.ward.table("network_devices").dicts() if row["name"] == DEAD)
    stage.play("sync_radius", "lgwan")
    clear = stage.command(["grep", "-rlaF", MARK, str(stage.work)], name="grep", good=(0, 1))
    need(not clear, f"a secret is in clear in {clear}")
    answers = [stage.ask("lgwan", row["mac"])[0] for row in (old, new)]
    need(answers == ["Access-Reject", "Access-Accept"], f"RADIUS: old and new MAC: {answers}")
    return f"{DEAD}: 設定投入から経路復旧まで {seconds:.1f} 秒、旧 MAC Reject・新 MAC Accept / routes back, the new MAC is accepted"


def _routes(stage: Stage) -> str:
    """What the hub knows from OSPF."""
    return "\n".join(re.findall(r"^O>\* (\S+)", _vtysh(stage, HUB, "show ip route ospf"), re.MULTILINE))


def _wait(condition: Callable[[], bool], otherwise: str, seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not condition():
        need(time.monotonic() < end, f"{otherwise} after {seconds:.0f} s")
        time.sleep(0.3)


def _take_host_key(stage: Stage, fingerprint: str) -> None:
    """What the operator does at the console: the key that the network shows counts if it has the fingerprint on the screen."""
    address = next(row["mgmt_ip"] for row in stage.ward.table("network_devices").dicts() if row["name"] == DEAD)
    shown = stage.lab("run", "--", "ssh-keyscan", "-t", "ed25519", address, name="keyscan")
    key = next(line for line in shown.splitlines() if line.startswith(f"{address} "))
    seen = stage.command(["sh", "-c", 'echo "$1" | ssh-keygen -lf -', "sh", key], name="fingerprint")
    need(fingerprint in seen, "the network shows another host key than the console")
    path = _folder() / "known_hosts_network"
    kept = [line for line in path.read_text(encoding="ascii").splitlines() if not line.startswith(f"{address} ")]
    path.write_text("\n".join([*kept, key]) + "\n", encoding="ascii")


STEPS: tuple[tuple[str, Callable[[Stage], str]], ...] = (
    ("機器設定の保管 / back up device configs", first_night),
    ("変更のない夜 / a night without change", second_night),
    ("無断変更の検出 / drift", drift),
    ("障害のある夜 / a bad night", bad_night),
    ("ルータの交換 / replace a router", replace),
)
