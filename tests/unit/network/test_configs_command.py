"""``wardops configs``: what people type, what they get, and the evidence that stays behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.network.model import Status
from ansible_collections.ward.ops.plugins.module_utils.network.store.status import Attempt
from ansible_collections.ward.ops.plugins.module_utils.network.store.store import ConfigStore

from tests.config_store import SECRET, Keys, attempts, capture, device, info, night

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return Keys(tmp_path)


@pytest.fixture
def store(tmp_path: Path, keys: Keys) -> ConfigStore:
    made = ConfigStore(tmp_path / "store", keys.recipients)
    night(made, "night-1", [capture("HON-RT-01"), capture("MIN-RT-01", site="MIN")])
    captures = [capture("HON-RT-01", "hostname y")]
    with made.locked("night-2"):
        tried = attempts(captures, MIN_RT_02=Status.UNREACHABLE)
        made.save(info("night-2", 1, ledger=["HON-RT-01", "MIN-RT-02", "MIN-RT-03"]), captures, tried)
    return made


class Command:
    def __init__(self, store: ConfigStore) -> None:
        self.evidence = store.folder.parent / "evidence"
        self.environment = {**os.environ, "WARDOPS_CONFIG_STORE": str(store.folder), "WARDOPS_EVIDENCE": str(self.evidence)}

    def __call__(self, *words: str, code: int = 0, **environment: str) -> str:
        command = [sys.executable, "-m", "wardops", "configs", *words]
        done = subprocess.run(command, cwd=ROOT, env={**self.environment, **environment}, capture_output=True, text=True, check=False)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def records(self) -> list[dict[str, object]]:
        return [json.loads(path.read_bytes()) for path in sorted(self.evidence.glob("0*.json"))]


@pytest.fixture
def configs(store: ConfigStore) -> Command:
    return Command(store)


def test_list_keeps_last_attempt_and_last_success_apart(configs: Command) -> None:
    assert configs("list").splitlines() == [
        "機器\t拠点\t最終試行\t結果\t最終成功\t連続失敗\t備考",
        "HON-RT-01\tHON\t2025-11-03 01:30 JST\t取得\t2025-11-03 01:30 JST\t\t",
        "MIN-RT-01\tMIN\t2025-11-02 01:30 JST\t取得\t2025-11-02 01:30 JST\t\t台帳にない",
        "MIN-RT-02\tHON\t2025-11-03 01:30 JST\t接続できない\t-\t1\t成功なし、no answer",
        "MIN-RT-03\t\t-\t\t-\t\t未試行",
        "4 台 / devices",
    ]
    names = {flag: [row["device"] for row in json.loads(configs("list", *flag.split(), "--format", "json"))] for flag in (
        "--never", "--failed", "--gone", "--stale 36500",
    )}  # fmt: skip
    assert names == {
        "--never": ["MIN-RT-02", "MIN-RT-03"],
        "--failed": ["MIN-RT-02"],
        "--gone": ["MIN-RT-01"],
        "--stale 36500": ["MIN-RT-02", "MIN-RT-03"],
    }


def test_what_a_device_said_steers_no_terminal_and_breaks_no_column(configs: Command, store: ConfigStore) -> None:
    bad = Attempt(device("HON-RT-09"), Status.UNREACHABLE, "\x1b]0;x\x07\tno\nanswer　再試行", 1, 1.0, "asyncssh")
    with store.locked("night-3"):
        store.save(info("night-3", 2), [], [bad])
    line = next(line for line in configs("list").splitlines() if line.startswith("HON-RT-09"))
    assert line.count("\t") == 6
    assert line.endswith("no\\x0aanswer　再試行")
    assert "\x1b" not in line


def test_show_log_and_diff_never_show_a_secret(configs: Command) -> None:
    assert configs("show", "HON-RT-01", "--at", "night-1").encode() == capture("HON-RT-01").masked
    assert "night-2\trunning" in configs("log", "HON-RT-01")
    told = configs("diff", "HON-RT-01") + configs("diff", "HON-RT-01", "night-1", "night-2")
    assert told.count("-hostname x\n+hostname y\n") == 2
    assert "違いはありません" in configs("diff", "HON-RT-01", "night-2", "main")
    assert SECRET.decode() not in told + configs("show", "HON-RT-01", "--format", "json")
    assert "E1673" in configs("show", "HON-RT-99", code=1)
    assert "E1672" in configs("show", "HON-RT-01", "--at", "never", code=1)
    assert "E1671" in configs("list", "--store", "/nonexistent", code=1)


def test_approve_and_drift(configs: Command) -> None:
    assert "3 件" not in configs("drift", code=1)
    assert "E1674" in configs("approve", "HON-RT-01", code=1)
    assert "計画のみ" in configs("approve", "--all", "2", "--ticket", "CHG-1", "--role", "network_lead", "--check")
    assert configs.records() == []
    told = configs("approve", "HON-RT-01", "--run", "night-1", "--ticket", "CHG-1", "--role", "network_lead")
    assert told.startswith("HON-RT-01\n承認しました")
    drift = configs("drift", "--diff", code=1)
    assert "HON-RT-01\tHON\trunning\t変更" in drift and "MIN-RT-01\tMIN\trunning\t未承認" in drift and "+hostname y" in drift
    configs("approve", "--all", "2", "--ticket", "CHG-2", "--role", "network_lead")
    assert configs("drift").endswith("0 件 / differ from what was approved\n")
    first, second = configs.records()
    assert (first["purpose"], first["ticket"], first["result"]["status"]) == ("approve_config", "CHG-1", "ok")  # type: ignore[index]
    assert second["plan"]["devices"] == ["HON-RT-01", "MIN-RT-01"]  # type: ignore[index]


def test_restore_needs_a_ticket_and_leaves_evidence_without_the_secret(configs: Command, keys: Keys, tmp_path: Path) -> None:
    out, key = tmp_path / "restored", str(keys.files[0])
    assert "E1674" in configs("restore", "HON-RT-01", "--identity-file", key, "--out", str(out), code=1)
    reason = ["--ticket", "INC-5", "--role", "night_operator"]
    assert "E1667" in configs("restore", "HON-RT-01", "--out", str(out), *reason, code=1)
    out.write_bytes(b"old")
    out.chmod(0o644)
    told = configs("restore", "HON-RT-01", "--identity-file", key, "--out", str(out), *reason)
    assert out.read_bytes() == capture("HON-RT-01", "hostname y").full
    assert out.stat().st_mode & 0o777 == 0o600
    secret = keys.files[1].read_text(encoding="ascii")
    for given in (secret, str(keys.files[1])):  # the key itself, or where it is
        piped = configs("restore", "HON-RT-01", "--at", "night-1", "--out", "-", *reason, WARDOPS_CONFIG_IDENTITY=given)
        assert piped.startswith(capture("HON-RT-01").full.decode())
    first, second, _ = configs.records()
    assert first["ticket"] == "INC-5" and first["plan"] == {"device": "HON-RT-01", "command": "running", "at": "main", "to": str(out)}
    assert second["result"] == {"status": "ok", "bytes": 80}
    for path in configs.evidence.iterdir():
        assert SECRET not in path.read_bytes() and b"AGE-SECRET" not in path.read_bytes()
    assert SECRET.decode() not in told


def test_a_restore_that_fails_leaves_a_record_and_no_file(configs: Command, store: ConfigStore, keys: Keys, tmp_path: Path) -> None:
    for path in (store.folder / "full" / "HON-RT-01").iterdir():
        path.write_bytes(b"age-encryption.org/v1\nnonsense")
    words = ["restore", "HON-RT-01", "--identity-file", str(keys.files[0]), "--out", str(tmp_path / "out")]
    assert "E1668" in configs(*words, "--ticket", "INC-5", "--role", "night_operator", code=1)
    assert not (tmp_path / "out").exists()
    assert [record["result"]["status"] for record in configs.records()] == ["failed"]  # type: ignore[index]


def test_verify_and_prune(configs: Command, store: ConfigStore, keys: Keys) -> None:
    assert "誤り 0" in configs("verify", "--all", "--identity-file", str(keys.files[0]))
    assert json.loads(configs("verify", "--format", "json"))["copies"] == 2
    assert "0 件" in configs("prune")
    words = ["prune", "--keep-days", "1", "--keep-versions", "1", "--gone", "MIN-RT-01"]
    assert "期限切れの写し\n計画のみ(実行は --write) / plan only: 1 件、残す写し 2 件" in configs(*words[:5])
    assert "E0120" in configs(*words, "--write", "--ticket", "T-1", "--role", "network_lead", code=1)
    told = configs(*words, "--write", "--ticket", "T-1", "--role", "network_lead", "--allow-remove", "3")
    assert "MIN-RT-01\t廃止機器" in told
    assert [record["result"]["status"] for record in configs.records()] == ["refused", "ok"]  # type: ignore[index]
    assert "MIN-RT-01" not in configs("list")
    assert "誤り 0" in configs("verify")
    assert store.known().keys() == {("HON-RT-01", "running")}
    (store.folder / "full" / store.lines()["HON-RT-01", "running"].copy).unlink()
    assert "E1668" in configs("verify", code=1)


def test_retention_comes_from_the_policy_unless_it_is_given(configs: Command, tmp_path: Path) -> None:
    policy = tmp_path / "ward" / "policies" / "network.yml"
    policy.parent.mkdir(parents=True)
    policy.write_text("retention: {days: 1, versions: 1}\n", encoding="utf-8")
    (tmp_path / "ward" / "ledgers").mkdir()
    ward = ("--ward", str(tmp_path / "ward"))
    assert "1 件、残す写し 2 件" in configs("prune", *ward)
    assert "0 件" in configs("prune", *ward, "--keep-versions", "5")
    policy.write_text("retention: {days: none, versions: 1}\n", encoding="utf-8")
    assert "E1633" in configs("prune", *ward, code=1)
