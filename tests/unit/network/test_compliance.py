"""Rules as data, judged over stored configs."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.network import compliance
from ansible_collections.ward.ops.plugins.module_utils.network.compliance import Subject, Verdict
from ansible_collections.ward.ops.plugins.module_utils.network.report import compliance_page
from ansible_collections.ward.ops.plugins.module_utils.network.tree import Node, Style, parse

SAMPLE = Path(__file__).resolve().parents[3] / "inventories" / "sample"


def tree(text: str) -> list[Node]:
    return parse(text.encode(), Style()).children


@pytest.fixture
def ward(tmp_path: Path) -> Path:
    shutil.copytree(SAMPLE, tmp_path / "ward")
    return tmp_path / "ward"


def rules_of(ward: Path, *checks: dict[str, Any], roles: Sequence[str] = ()) -> compliance.Rules:
    rule: dict[str, Any] = {"id": "TST-01", "title": "試験", "why": "試験", "severity": "high", "checks": list(checks)}
    if roles:
        rule["roles"] = list(roles)
    policy = {
        "values": {"lgwan": {"ntp": ["10.0.0.1", "10.0.0.2"]}},
        "port_names": [{"platform": "cisco_ios", "models": "C9200L-.*", "name": "Gi1/0/<port>"}],
        "rules": [rule],
    }
    (ward / "policies" / "compliance.yml").write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    return compliance.load_rules(Ward(ward))


def judge(rules: compliance.Rules, config: str | None, *, ports: Sequence[str] = (), role: str = "l2", excepted: Sequence[str] = ()) -> Any:
    lines = None if config is None else tree(config)
    subject = Subject("HON-01-L2-01", "cisco_ios", role, "HON", rules.values["lgwan"], tuple(ports), lines)
    (finding,) = compliance.judge(rules.rules, subject, excepted)
    return finding


NTP = {
    "platforms": ["cisco_ios"],
    "require": ["ntp server <ntp>(?: prefer)?"],
    "only": [{"lines": "ntp server .*", "allowed": "ntp server <ntp>(?: prefer)?"}],
}


def test_every_value_is_required_and_no_other_allowed(ward: Path) -> None:
    rules = rules_of(ward, NTP)
    assert judge(rules, "ntp server 10.0.0.1 prefer\nntp server 10.0.0.2\n").verdict is Verdict.PASS
    finding = judge(rules, "ntp server 10.0.0.1\nntp server 10.0.0.11\n")
    assert finding.verdict is Verdict.FAIL
    assert finding.details == ("ない: ntp server 10.0.0.2(?: prefer)?", "許されていない: ntp server 10.0.0.11")


def test_a_value_is_no_pattern(ward: Path) -> None:
    """A dot in an address stands for a dot."""
    assert judge(rules_of(ward, NTP), "ntp server 10.0.0.1\nntp server 10x0.0.2\n").verdict is Verdict.FAIL


def test_blocks(ward: Path) -> None:
    check = {"platforms": ["cisco_ios"], "within": "line vty .*", "needed": True, "unless": "shutdown", "require": ["transport input ssh"]}
    rules = rules_of(ward, check)
    good = "line con 0\n exec-timeout 5\nline vty 0 4\n transport input ssh\n"
    assert judge(rules, good).verdict is Verdict.PASS
    assert judge(rules, good + "line vty 5 15\n transport input all\n").details == ("line vty 5 15 → ない: transport input ssh",)
    assert judge(rules, good + "line vty 5 15\n shutdown\n").verdict is Verdict.PASS
    assert judge(rules, "transport input ssh\n").details == ("設定がない: line vty .*",)


def test_free_ports_of_the_ledger(ward: Path) -> None:
    rules = rules_of(ward, {"platforms": ["cisco_ios"], "within": "interface <port>", "require": ["shutdown"]})
    config = "interface Gi1/0/1\n description used\ninterface Gi1/0/2\n shutdown\ninterface Gi1/0/12\n no shutdown\n"
    assert judge(rules, config, ports=["Gi1/0/2"]).verdict is Verdict.PASS
    assert judge(rules, config, ports=["Gi1/0/2", "Gi1/0/12"]).details == ("interface Gi1/0/12 → ない: shutdown",)
    assert judge(rules, config, ports=["Gi1/0/3"]).details == ("設定がない: Gi1/0/3",)
    ledger = Ward(ward).table("switch_ports").dicts()
    models = {row["name"]: row for row in Ward(ward).table("network_devices").dicts() if row["layer"] == "lgwan"}
    free = [row for row in ledger if row["status"] == "free" and models.get(row["device"], {}).get("model", "").startswith("C9200L-")]
    subjects = {subject.name: subject for subject in compliance.subjects(Ward(ward), rules, "lgwan", lambda _name, _platform: None)}
    name = free[0]["device"]
    assert subjects[name].free_ports == tuple(f"Gi1/0/{row['port']}" for row in free if row["device"] == name)


def test_forbidden_lines_are_quoted(ward: Path) -> None:
    finding = judge(rules_of(ward, {"platforms": ["cisco_ios"], "forbid": ["ip http server"]}), "ip http server\nip http secure-server\n")
    assert finding.details == ("あってはならない: ip http server",)


def test_what_is_not_judged(ward: Path) -> None:
    rules = rules_of(ward, {"platforms": ["yamaha"], "forbid": [".*"]})
    assert judge(rules, "anything\n").verdict is Verdict.NOT_APPLICABLE
    assert judge(rules_of(ward, NTP, roles=["core"]), "").verdict is Verdict.NOT_APPLICABLE
    assert judge(rules_of(ward, NTP), None).verdict is Verdict.NO_CONFIG


def test_an_approved_exception_shows_and_ends(ward: Path) -> None:
    rules = rules_of(ward, NTP)
    path = ward / "policies" / "exceptions.yml"
    policy = yaml.safe_load(path.read_text(encoding="utf-8"))
    base = {"kind": "config_compliance", "reason": "更改待ち", "approver": "d000001"}
    policy["exceptions"] += [
        {"id": "EX-2026-050", "subject": "TST-01 HON-01-L2-01", "expires_on": "2026-12-31", **base},
        {"id": "EX-2026-051", "subject": "TST-01 HON-01-L2-02", "expires_on": "2026-11-21", **base},
    ]
    path.write_text(yaml.safe_dump(policy, allow_unicode=True), encoding="utf-8")
    held = compliance.exceptions(Ward(ward))
    assert held == {"TST-01 HON-01-L2-01"}
    finding = judge(rules, "", excepted=held)
    assert (finding.verdict, len(finding.details)) == (Verdict.EXCEPTED, 2)


def test_patterns_and_values_are_checked_at_once(ward: Path) -> None:
    """covers: E1740, E1741"""
    with pytest.raises(WardopsError) as caught:
        rules_of(ward, {"platforms": ["cisco_ios"], "require": ["ntp (server", "logging <syslog>"], "within": "*"})
    assert [problem.code for problem in caught.value.problems] == ["E1740", "E1740", "E1741"]
    assert "<syslog>" in str(caught.value) and "ntp (server" in str(caught.value)


def test_the_wards_own_policy_loads_for_every_layer() -> None:
    ward = Ward(SAMPLE)
    rules = compliance.load_rules(ward)
    assert set(rules.values) == {code for code, layer in ward.layers.items() if not layer.get("ledgers_only")}
    assert len(rules.rules) >= 9


def test_what_a_person_must_look_at(ward: Path) -> None:
    """covers: E1742"""
    rules = rules_of(ward, NTP)
    good = judge(rules, "ntp server 10.0.0.1\nntp server 10.0.0.2\n")
    excepted = judge(rules, "", excepted=["TST-01 HON-01-L2-01"])
    assert compliance.broken([good, excepted]) is None
    error = compliance.broken([good, judge(rules, ""), judge(rules, None)])
    assert error and error.problems[0].code == "E1742"
    assert dict(error.problems[0].params) == {"failed": 1, "devices": 1, "without": 1}


def test_the_report(ward: Path) -> None:
    rules = rules_of(ward, NTP)
    findings = [judge(rules, ""), judge(rules, "ntp server <b>evil</b>\n", excepted=["TST-01 HON-01-L2-01"]), judge(rules, None)]
    files = compliance_page.files("LGWAN接続系", "2026-11-22", rules.rules, findings)
    page = files["compliance.html"].decode()
    assert "&lt;b&gt;evil&lt;/b&gt;" in page and "<b>evil" not in page
    assert page.index("不適合</td>") < page.index("例外承認</td>")
    (line,) = compliance_page.table(rules.rules, findings)
    assert (line.counts[Verdict.FAIL], line.counts[Verdict.EXCEPTED], line.counts[Verdict.NO_CONFIG], line.judged) == (1, 1, 1, 2)
    assert [one["verdict"] for one in json.loads(files["compliance.json"])["findings"]] == ["fail", "excepted", "no_config"]
    assert len(files["compliance.csv"].decode("utf-8-sig").splitlines()) >= 4
