"""``notify_patches.yml`` against a real mail server: check mode, a run in which a recipient is refused, a second run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import yaml

from tests.mailserver import PASSWORD, USER, MailServer
from tests.unit.patch.compliance_ward import LAYER, Reported

REPOSITORY = Path(__file__).resolve().parents[2]


def play(reported: Reported, folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    variables = {"cycle": "2027-01", "notify_send": True, "notify_kinds": ["announcement", "board"], "notify_folder": str(folder / "out")}
    places = {"WARDOPS_PATCH_STATE": str(reported.state), "WARDOPS_EVIDENCE": str(folder / "evidence"), "WARDOPS_LAYER": LAYER}
    return subprocess.run(
        [
            str(Path(sys.executable).parent / "ansible-playbook"),
            *("-i", str(reported.root / LAYER / "ledger.yml"), "playbooks/notify_patches.yml", "-e", json.dumps(variables), *more),
        ],
        capture_output=True,
        text=True,
        cwd=REPOSITORY,
        env={**os.environ, **places, "WARDOPS_MAIL_USER": USER, "WARDOPS_MAIL_PASSWORD": PASSWORD, "ANSIBLE_NOCOLOR": "1"},
        timeout=120,
        check=False,
    )


def test_the_playbook_in_check_mode_for_real_and_again(tmp_path: Path) -> None:
    reported = Reported(tmp_path, 0, 3, 1, sample=True)
    words = {"application": "申請-1", "ring": "R2", "approver": "d1", "minutes": "議事録-1", "at": "2026-01-25T10:00:00+09:00"}
    decisions = {"approvals": [{**words, "plan": reported.plan.digest[:16]}]}
    (reported.root / "policies/patch/2027-01/decisions.yml").write_text(yaml.safe_dump(decisions, allow_unicode=True), encoding="utf-8")
    with MailServer(tmp_path) as server:
        path = reported.root / "policies/mail.yml"
        policy = {**yaml.safe_load(path.read_bytes()), "server": "127.0.0.1", "port": server.port, "ca": str(server.ca)}
        path.write_text(yaml.safe_dump(policy), encoding="utf-8")
        server.handler.refuse = {"all-sections@ward.example": "550 5.1.1 unknown"}

        foreseen = play(reported, tmp_path, "--check", "--diff")
        assert foreseen.returncode == 0 and "changed=1" in foreseen.stdout, foreseen.stdout
        assert "+1 対象　LGWAN接続系の端末" in foreseen.stdout and "ict-leaders@ward.example" in foreseen.stdout
        assert server.handler.mails == [] and not (tmp_path / "out").exists() and not (tmp_path / "evidence").exists()

        first = play(reported, tmp_path)
        assert first.returncode == 2 and "E1977" in first.stdout and "拒否 1 件" in first.stdout, first.stdout
        (mail,) = server.handler.mails
        assert mail["To"] == "ict-leaders@ward.example" and "Windows更新プログラム" in mail["Subject"]
        written = (tmp_path / "out/周知文.txt").read_text("utf-8")
        assert mail.get_content().replace("\r\n", "\n").strip() in written

        server.handler.refuse = {}
        again = play(reported, tmp_path)
        assert again.returncode == 2 and "E1977" in again.stdout and len(server.handler.mails) == 1, "a refusal is mended by a person"
        assert all(PASSWORD not in text for text in (foreseen.stdout, first.stdout, again.stdout))
        assert PASSWORD not in "".join(path.read_text("utf-8") for path in (tmp_path / "evidence").rglob("*.json*"))
