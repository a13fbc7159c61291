"""The demo's chapter on patches: a whole cycle in LGWAN, with time driven forward, against a simulated WSUS (sim) and its 3,000 terminals.

The server is a process behind TLS that speaks MS-WSUSAR; ours is the client that speaks to the real one. Only the clock is the demo's: what
a month does to the terminals happens between two steps.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.patch import compliance_task, notices_task, prepare, run
from ansible_collections.ward.ops.plugins.module_utils.patch.compliance_source import Request
from ansible_collections.ward.ops.plugins.module_utils.patch.cycle import CyclePlan, read_plan
from ansible_collections.ward.ops.plugins.module_utils.patch.wsus.connect import server_of
from ansible_collections.ward.ops.plugins.plugin_utils import cycle_bundles

from .demo_stage import Stage, need

CYCLE, LAYER, USER = "2027-01", "lgwan", "WARD\\wsus-ops"
BEGIN = dt.datetime(2027, 1, 12, 18, 0, tzinfo=dt.UTC)  # the B release of January, 03:00 in Japan
TOKYO = dt.timezone(dt.timedelta(hours=9))
GUID = "00000000-0000-4000-8000-{:012d}"
KB = 5900001


class Ward:
    """The running simulation and the demo's clock."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.folder = stage, stage.work / "patch"
        self.folder.mkdir(exist_ok=True)
        self.policies = stage.ward.policies / "patch" / CYCLE
        self.password = secrets.token_urlsafe(18)
        self.process: subprocess.Popen[str] | None = None
        rows = stage.ward.table("terminals", LAYER).dicts()
        self.models = {row["computer_name"]: row["model"] for row in rows if row["status"] in ("active", "setup", "lent")}
        pilots = [row["model"] for row in rows if row["ring"] == "R1" and row["computer_name"] in self.models]
        self.ill = max(set(pilots), key=pilots.count)

    def start(self) -> None:
        from lab.credentials import Authority  # noqa: PLC0415 - the lab is no part of the product
        from lab.topology import Machine  # noqa: PLC0415

        tls = self.folder / "tls"
        Authority(tls).issue(Machine("wsus-sim", "127.0.0.1", "bare", "simulated WSUS server"))
        updates = [
            {
                "guid": GUID.format(number),
                "title": f"2027-01 合成更新 {number} (KB{KB - 1 + number})",
                "kbs": [KB - 1 + number],
                "severity": "Critical",
            }
            for number in (1, 2, 3)
        ]
        terminals = [{"name": f"{name}.lg.ward.example", "model": model} for name, model in sorted(self.models.items())]
        words = {"now": BEGIN.isoformat(), "seed": 7, "habits": {}, "terminals": terminals, "updates": updates}
        (self.folder / "world.json").write_text(json.dumps(words, ensure_ascii=False), encoding="utf-8")
        command = [sys.executable, "-m", "lab.patchsim", "wsus", "--world", "world.json", "--control", "control", "--user", USER]
        command += ["--certificate", str(tls / "wsus-sim.crt"), "--key", str(tls / "wsus-sim.key")]
        env = {**os.environ, "WARDOPS_SIM_PASSWORD": self.password, "PYTHONPATH": str(self.stage.repository)}
        log = (self.folder / "wsus-sim.log").open("w", encoding="utf-8")
        self.process = subprocess.Popen(command, cwd=self.folder, env=env, stdout=subprocess.PIPE, stderr=log, text=True)
        line = self.process.stdout.readline() if self.process.stdout else ""
        need(line, "the simulated WSUS does not start: build/demo/patch/wsus-sim.log")
        self.port = int(json.loads(line)["url"].rpartition(":")[2])

    def tell(self, do: str, **words: Any) -> dict[str, Any]:
        from lab.patchsim.control import ask  # noqa: PLC0415

        return ask(self.folder / "control", do=do, **words)

    @property
    def now(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.tell("state")["now"])

    def until(self, day: dt.date, hour: int) -> None:
        wanted = dt.datetime.combine(day, dt.time(hour), TOKYO)
        self.tell("advance", seconds=max(0.0, (wanted - self.now).total_seconds()))

    def plan(self) -> CyclePlan:
        return read_plan(self.policies / "plan.yml")

    def day(self, ring: str) -> dt.date:
        found = self.plan().when(LAYER, ring)
        need(found, f"no day for {ring}")
        return found.day if found else BEGIN.date()

    @contextlib.contextmanager
    def server(self) -> Iterator[Any]:
        account = {"user": USER, "password": self.password, "ca": str(self.folder / "tls/ca.crt")}
        usual = {"scheme": "https", "auth": "ntlm", "backend": "soap", "culture": "ja", "timeout": 120.0}
        found = server_of({"server": "127.0.0.1", "port": self.port, **account, **usual})
        try:
            yield found
        finally:
            found.close()

    def asked(self, ring: str, **more: Any) -> run.Asked:
        return run.Asked(self.stage.ward.root, LAYER, CYCLE, self.stage.evidence, self.folder / "state", ring=ring, now=self.now, **more)

    def stage_ring(self, ring: str) -> dict[str, Any]:
        with self.server() as server:
            return run.stage(server, self.asked(ring))

    def gate(self, ring: str) -> dict[str, Any]:
        with self.server() as server:
            return run.look(server, self.asked(ring))

    def wait_for(self, ring: str) -> int:
        """Day by day, as the morning's job does, until the gate is green; how many days that took."""
        for waited in range(10):
            found = self.gate(ring)["gate"]
            if found["green"]:
                return waited
            self.tell("advance", days=1)
        raise AssertionError(f"still red: {found['reasons']}")


_WARDS: dict[Path, Ward] = {}


def _ward(stage: Stage) -> Ward:
    if stage.work not in _WARDS:
        _WARDS[stage.work] = Ward(stage)
    return _WARDS[stage.work]


def plan(stage: Stage) -> str:
    ward = _ward(stage)
    ward.start()
    ward.tell("advance", hours=15)
    with ward.server() as server:
        wish = prepare.Wish(stage.ward.root, CYCLE, stage.evidence, (LAYER,), output=ward.folder, now=ward.now)
        prepare.write(server, wish)
    made = ward.plan()
    need(len(made.updates) == 3 and len(made.dates) == 3, f"planned: {made.data()}")
    stage.save(f"{CYCLE} 計画")
    days = "、".join(f"{one.ring} {one.day:%m/%d}" for one in made.dates)
    return f"更新 3 件、{days}。協議資料 build/demo/patch/patch-{CYCLE}.html / planned from the server's list (sim)"


def pilot(stage: Stage) -> str:
    ward = _ward(stage)
    ward.until(ward.day("R0"), 10)
    ward.stage_ring("R0")
    ward.until(ward.day("R1"), 10)
    ward.wait_for("R1")
    ward.tell("break", model=ward.ill, update=GUID.format(1))
    done = ward.stage_ring("R1")
    again = ward.stage_ring("R1")
    need(done["changed"] and not again["changed"], f"second run: {again['plan']}")
    state = ward.tell("state")
    groups = {group for _, _, group in state["approvals"]}
    need(len(state["approvals"]) == 6 and not any(one.startswith("R2") for one in groups), f"approved: {state['approvals']}")
    return f"検証 → 先行適用（{state['groups'][max(groups)]} 台）。2 回目の変更 0 件 / test ring, pilot ring; the second run changed 0"


def red(stage: Stage) -> str:
    ward = _ward(stage)
    ward.until(ward.day("R2"), 8)
    try:
        ward.stage_ring("R2")
    except WardopsError as error:
        text = "\n".join(problem.text("ja") for problem in error.problems)
    else:
        raise AssertionError("the gate opened")
    need("承認" in text and ward.ill in text, text)
    need(not [one for one in ward.tell("state")["approvals"] if one[2].startswith("R2")], "approved in spite of a red gate")
    (ward.folder / "gate-red.txt").write_text(text + "\n", encoding="utf-8")
    count = len(ward.gate("R2")["gate"]["reasons"])
    return f"全体適用は不可: {count} つの理由（承認なし、機種 {ward.ill} の失敗）/ the gate is red, and says why"


def green(stage: Stage) -> str:
    """The maker's fix arrives; the meeting agrees; the ring is opened."""
    ward = _ward(stage)
    ward.tell("mend", model=ward.ill, update=GUID.format(1))
    record = {"application": "申請-2027-0012", "layer": LAYER, "ring": "R2", "approver": "d000001", "minutes": "議事録 2027-01-25"}
    decision = {**record, "plan": ward.plan().digest[:16], "at": ward.now}
    (ward.policies / "decisions.yml").write_text(yaml.safe_dump({"approvals": [decision]}, allow_unicode=True), encoding="utf-8")
    stage.save(f"{CYCLE} 承認")
    waited = ward.wait_for("R2")
    ward.stage_ring("R2")
    ward.tell("advance", days=4)
    ward.gate("R2")
    return f"修正と承認の後 {waited} 日で緑になり、全体適用を開始 / mended and approved: green after {waited} days, broad ring opened"


def tell_people(stage: Stage) -> str:
    ward = _ward(stage)
    today = ward.now.astimezone(TOKYO).date()
    request = Request(stage.ward.root, ward.folder / "state", LAYER, CYCLE, today)
    made = compliance_task.run(compliance_task.Wanted(request, ward.folder / "report", stage.evidence, now=ward.now))
    page = next(Path(name) for name in made["files"] if name.endswith(".html"))
    need("<svg" in page.read_text("utf-8"), "the report has no chart")
    asked = notices_task.Asked(stage.ward.root, LAYER, CYCLE, ward.folder / "notices", ward.folder / "state", stage.evidence, now=ward.now)
    texts = {Path(name).name for name in notices_task.run(asked)["files"]}
    letters = [name for name in texts if name.startswith("未適用案内")]
    need({"周知文.txt", "掲示文.txt", "放送文.txt"} < texts and letters, f"texts: {len(texts)}")
    return f"適用状況一覧（図つき）、周知文・掲示文・放送文、{len(letters)} 課への未適用案内 / report, notices, letters"


def carry(stage: Stage) -> str:
    """Counts go back to the layer where cycles are planned; a touched bundle is refused."""
    ward = _ward(stage)
    key, medium = ward.folder / "signer", ward.folder / "medium"
    stage.command(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], name="ssh-keygen")
    signers = ward.folder / "signers"
    signers.write_text(f"tanto@ward.example {key.with_suffix('.pub').read_text('ascii')}", encoding="ascii")
    rows = stage.ward.table("media").dicts()
    usb = next(row for row in rows if (row["kind"], row["layer"], row["status"]) == ("usb", LAYER, "stored"))
    here = cycle_bundles.Asked(stage.ward.root, LAYER, stage.evidence, ward.folder / "state", now=ward.now)
    sent = cycle_bundles.send_results(here, cycle_bundles.Parcel(CYCLE, "inet", medium, key, usb["media_id"]))
    content = Path(sent["bundle"]) / "files/results/results.json"
    data = content.read_bytes()
    need(not any(name in data.decode() for name in ward.models), "a terminal is named")
    there = cycle_bundles.Asked(stage.ward.root, "inet", stage.evidence, ward.folder / "inet", now=ward.now)
    content.write_bytes(data.replace(b'"installed"', b'"Installed"', 1))
    try:
        cycle_bundles.receive(there, Path(sent["bundle"]), signers=signers)
    except WardopsError as error:
        need([one.code for one in error.problems] == ["E1924"], str(error))
    else:
        raise AssertionError("a touched bundle was taken in")
    content.write_bytes(data)
    got = cycle_bundles.receive(there, Path(sent["bundle"]), signers=signers)
    stage.save("媒体搬送")
    return (
        f"{sent['name']} を {got['signer']} の署名で取込み。手を加えた束は拒否（E1924） / signed counts to another layer; touched: refused"
    )


def audit(stage: Stage) -> str:
    """Who approved it, when, and which terminals lacked it on a day."""
    ward = _ward(stage)
    day = ward.now.astimezone(TOKYO).date()
    words = [
        "patch",
        "who",
        f"KB{KB}",
        "--layer",
        LAYER,
        "--on",
        day.isoformat(),
        "--state",
        str(ward.folder / "state"),
        "--format",
        "json",
    ]
    (answer,) = json.loads(stage.wardops(*words))
    text = json.dumps(answer, ensure_ascii=False)
    (ward.folder / "audit.json").write_text(text, encoding="utf-8")
    need("申請-2027-0012" in text and "d000001" in text, text[:300])
    return f"KB{KB}: 申請-2027-0012、承認 d000001、{day} の未適用端末を列挙 / who approved it, when, and who lacked it that day"


def stop(stage: Stage) -> None:
    """Ends the simulation, however the demo went."""
    ward = _WARDS.pop(stage.work, None)
    if ward and ward.process:
        ward.process.terminate()
        ward.process.wait()


STEPS: tuple[tuple[str, Callable[[Stage], str]], ...] = (
    ("更新: 計画 / plan", plan),
    ("更新: 先行適用 / pilot ring", pilot),
    ("更新: 赤いゲート / red gate", red),
    ("更新: 全体適用 / broad ring", green),
    ("更新: 報告と周知 / report, notices", tell_people),
    ("更新: 系統間の束 / bundle", carry),
    ("更新: 監査の問い / audit", audit),
)
