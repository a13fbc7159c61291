"""The demo's chapter on a delivery: 120 notebooks as a dirty workbook, from the list to the auditor's question (story 4)."""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Callable

from .demo_stage import Stage, need

TICKET, CHANGE = "REQ-2026-09001", "CHG-2026-09002"
#: old notebooks that get a successor
PAIRS = 5
BRANCH = f"intake/{TICKET}"
#: as GitLab writes it when the ward approves
APPROVAL = f"Merge branch '{BRANCH}' into 'main'\n\n納品 120 台\n\nSee merge request ward/wardops!1\n\nTicket: {TICKET}\nRole: ward"
SOFTWARE = ("--set", "os_version=Windows 11 25H2", "--set", "os_build=26200.7171")


def deliver(stage: Stage) -> str:
    """The supplier's list becomes a branch: new rows with numbers, names and addresses; what is wrong is refused with its reason."""
    stage.save("前章までの変更")
    book = stage.work / "delivery.xlsx"
    stage.command([sys.executable, "tools/dirty_delivery.py", "story", str(book)])
    words = ["intake", "terminal_delivery_lgwan", str(book), "--branch", BRANCH, "--ticket", TICKET, "--report", str(stage.work / "intake")]
    output = stage.wardops(*words, good=(0, 1))
    need("add 117" in output and "conflict 2 refused 1" in output, output[-800:])
    need(stage.git("status", "--porcelain") == "", "the working tree was touched")
    names = sorted(row["computer_name"] for row in new_rows(stage, BRANCH))
    return f"120 行中 117 台を採番（{names[0]}～）、3 行は理由つきで不可 / 117 named and addressed, 3 refused with the reason"


def new_rows(stage: Stage, revision: str) -> list[dict[str, str]]:
    text = stage.git("show", f"{revision}:sample/ledgers/lgwan/terminals.csv")
    return [row for row in csv.DictReader(text.splitlines()) if row["ticket"] == TICKET]


def approve(stage: Stage) -> str:
    """The merge is the approval; the next run lets the notebooks onto the set-up network."""
    row = new_rows(stage, BRANCH)[0]
    before = stage.ask("lgwan", row["mac_lan"])
    stage.git("-c", "user.name=区 DX戦略課", "merge", "--quiet", "--no-ff", f"--message={APPROVAL}", BRANCH)
    stage.play("sync_radius", "lgwan")
    after = stage.ask("lgwan", row["mac_lan"])
    need(before[0] == "Access-Reject" and after == ("Access-Accept", "115"), f"{before} -> {after}")
    return f"{row['computer_name']}: Reject → 承認 → Accept VLAN 115（設定用） / rejected, approved, accepted for set-up"


def replace(stage: Stage) -> str:
    """Old notebooks get successors: place, address and VLAN move over, and the old ones are refused the same day."""
    rows = stage.rows("lgwan")
    new = [row for row in rows if row["ticket"] == TICKET][:PAIRS]
    moving = {row["asset_id"] for row in stage.ward.table("moves").dicts()}
    in_use = [row for row in rows if row["status"] == "active" and row["mac_lan"] and row["asset_id"] not in moving]
    old = [row for row in in_use if row["computer_name"].startswith("LG22N")][:PAIRS]
    pairs = list(zip(old, new, strict=True))
    listed = stage.work / "pairs.csv"
    listed.write_text("旧機,新機\n" + "".join(f"{gone['computer_name']},{come['serial']}\n" for gone, come in pairs), encoding="cp932")
    stage.wardops("life", "replace", "--pairs", str(listed), "--return-due", "2026-12-25", *SOFTWARE, "--ticket", CHANGE, "--write")
    stage.save(f"機器更新 {PAIRS} 組\n\nTicket: {CHANGE}\nRole: helpdesk\nOperation: life")
    stage.play("sync_radius", "lgwan")
    place = {row["asset_id"]: row for row in stage.rows("lgwan")}
    for gone, come in pairs:
        left, right = stage.ask("lgwan", gone["mac_lan"]), stage.ask("lgwan", come["mac_lan"])
        now = place[come["asset_id"]]
        need(left[0] == "Access-Reject" and right == ("Access-Accept", now["vlan"]), f"{left}, {right}")
        need(all(now[name] == gone[name] for name in ("dept_code", "site", "floor")), f"{now}")
    names = [row["computer_name"] for row in pairs[0]]
    return f"{PAIRS} 組を更新。{names[0]} Reject、{names[1]} Accept / old refused, new accepted, the same day"


def papers(stage: Stage) -> str:
    """Hand-over sheets as PDF, read back by Poppler's own tool."""
    ours = {row["asset_id"] for row in new_rows(stage, BRANCH)}
    handed = [row for row in stage.rows("lgwan") if row["asset_id"] in ours and row["status"] == "active"]
    need(len(handed) == PAIRS, f"{len(handed)} were handed over")
    folder = stage.work / "papers"
    for row in handed[:2]:
        stage.wardops("paper", "handover", "--asset", row["asset_id"], "--ticket", CHANGE, "--out", str(folder))
    texts = ["".join(stage.command(["pdftotext", str(path), "-"]).split()) for path in sorted(folder.glob("*.pdf"))]
    for row in handed[:2]:
        need(any("引渡書" in text and row["computer_name"] in text and row["serial"] in text for text in texts), f"{texts}")
    return f"引渡書 {len(texts)} 通（PDF、本体と付属品） / hand-over sheets with their accessories"


def follow(stage: Stage) -> str:
    """What must follow is open until something proves it: the RADIUS part by the evidence of the run."""
    before = stage.wardops("life", "follow-ups", "--system", "radius", good=(0, 1))
    stage.wardops("life", "check", "--evidence", str(stage.evidence), "--write", "--ticket", CHANGE)
    after = stage.wardops("life", "follow-ups", "--system", "radius", good=(0, 1))
    ours = [row["asset_id"] for row in new_rows(stage, BRANCH)[:PAIRS]]
    need(all(one in before for one in ours) and not any(one in after for one in ours), after[-800:])
    stage.save(f"後続作業の確認\n\nTicket: {CHANGE}\nRole: operations\nOperation: life")
    left = stage.wardops("life", "follow-ups", good=(0, 1))
    waiting = sum(any(one in line for one in ours) for line in left.splitlines())
    return f"RADIUS は実行記録で完了、ほか {waiting} 件は証拠待ち / RADIUS proved by evidence, {waiting} others wait for proof"


def audit(stage: Stage) -> str:
    """An auditor draws ten assets and reads each from delivery to disposal; what is not proved is named as a gap."""
    page, proof = stage.work / "audit.html", ("--evidence", str(stage.evidence))
    drawn = stage.wardops("history", "--sample", "10", "--seed", "demo", *proof, "--out", str(page), good=(0, 1))
    need(len(set(re.findall(r"A[0-9]{7}(?=　)", page.read_text(encoding="utf-8")))) >= 10, "the page does not explain ten assets")
    ours = [row["asset_id"] for row in new_rows(stage, BRANCH)[:PAIRS]]
    stage.wardops("history", *ours, *proof, "--out", str(stage.work / "delivered.html"))  # exit code 0: without a gap
    text = stage.wardops("history", ours[0], *proof, "--format", "json")
    need(all(word in text for word in (TICKET, CHANGE, "sync_radius")), text[:800])
    return f"{drawn.strip().splitlines()[-1]}; 納品した {PAIRS} 台は欠落なし / of those delivered here, none has a gap"


STEPS: tuple[tuple[str, Callable[[Stage], str]], ...] = (
    ("納品リストの取込 / take in a delivery", deliver),
    ("承認と接続許可 / approve and admit", approve),
    ("機器更新 / replace", replace),
    ("引渡書 / hand-over sheets", papers),
    ("後続作業 / what must follow", follow),
    ("監査 / audit", audit),
)
