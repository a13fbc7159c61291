"""Who answers, and who is silent only because of somebody else."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import os
from pathlib import Path

import pytest
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.network import sweep
from ansible_collections.ward.ops.plugins.module_utils.network.report import sweep_page
from ansible_collections.ward.ops.plugins.module_utils.network.sweep import Reply, Target

SAMPLE = Path(__file__).resolve().parents[3] / "inventories" / "sample"
#: core ← dist ← two floor switches; another site behind its own router
TREE = [
    Target("DCA-01-CR-01", "10.0.0.1", "DCA", "core", ""),
    Target("HON-01-DS-01", "10.0.0.2", "HON", "dist", "DCA-01-CR-01"),
    Target("HON-01-L2-01", "10.0.0.3", "HON", "l2", "HON-01-DS-01"),
    Target("HON-01-L2-02", "10.0.0.4", "HON", "l2", "HON-01-DS-01"),
    Target("=SUM-01-RT-01", "10.0.0.5", "DBK", "router", "DCA-01-CR-01"),
]
UP, DOWN, LOSSY = Reply(3, 3, 0.4), Reply(3, 0, None), Reply(3, 2, 9.5)


def states(**silent: Reply) -> dict[str, tuple[str, str]]:
    replies = {target.address: silent.get(target.name[-5:].replace("-", "_"), UP) for target in TREE}
    return {found.target.name: (found.state, found.cause) for found in sweep.judge(TREE, replies)}


def test_all_answer() -> None:
    assert set(states().values()) == {("up", "")}


def test_a_silent_device_explains_those_behind_it() -> None:
    found = states(DS_01=DOWN, L2_01=DOWN, L2_02=DOWN)
    assert found["HON-01-DS-01"] == ("down", "HON-01-DS-01")
    assert found["HON-01-L2-01"] == found["HON-01-L2-02"] == ("behind", "HON-01-DS-01")


def test_a_device_that_answers_behind_a_silent_one_is_no_cause() -> None:
    """A firewall that drops echoes: what lies behind it answers, or is silent for reasons of its own."""
    found = states(CR_01=DOWN, L2_01=DOWN)
    assert found["HON-01-DS-01"] == ("up", "")
    assert found["HON-01-L2-01"] == ("down", "HON-01-L2-01")


def test_loss_is_neither_up_nor_down() -> None:
    assert states(L2_02=LOSSY)["HON-01-L2-02"] == ("lossy", "")


def test_uplinks_in_a_ring_end() -> None:
    ring = [Target("A", "10.0.0.1", "S", "l2", "B"), Target("B", "10.0.0.2", "S", "l2", "A")]
    found = sweep.judge(ring, {"10.0.0.1": DOWN, "10.0.0.2": DOWN})
    assert {(one.target.name, one.state) for one in found} == {("A", "behind"), ("B", "behind")}


def test_the_table_and_its_files() -> None:
    replies = {target.address: DOWN if target.site == "HON" else LOSSY if target.role == "router" else UP for target in TREE}
    found = sweep.judge(TREE, replies)
    sites = sweep.by_site(found, {"HON": "本庁舎"})
    assert [(site.code, site.name, site.verdict, site.asked, site.answered, site.causes) for site in sites] == [
        ("DBK", "DBK", "疎通", 1, 1, ()),
        ("DCA", "DCA", "疎通", 1, 1, ()),
        ("HON", "本庁舎", "全て不通", 3, 0, ("HON-01-DS-01",)),
    ]
    assert sites[0].slowest == 9.5
    at = dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC)
    files = sweep_page.files(sweep.Sweep("lgwan", "<系統>", at, 3, 500, tuple(found), tuple(sites)))
    page = files["reachability.html"].decode()
    assert "&lt;系統&gt;" in page and "<系統>" not in page and "2026-11-22 14:00 JST" in page and "全て不通" in page
    rows = list(csv.reader(io.StringIO(files["reachability.csv"].decode("utf-8-sig"))))
    assert [row[1] for row in rows] == ["機器", "'=SUM-01-RT-01", "DCA-01-CR-01", "HON-01-DS-01", "HON-01-L2-01", "HON-01-L2-02"]
    assert [one["state"] for one in json.loads(files["reachability.json"])["devices"]] == ["lossy", "up", "down", "behind", "behind"]


def test_the_layer_and_the_limit_choose() -> None:
    ward = Ward(SAMPLE)
    everything = sweep.targets(ward, "lgwan")
    row = {each["name"]: each for each in ward.table("network_devices").dicts()}
    assert {row[target.name]["layer"] for target in everything} == {"lgwan"}
    assert {row[target.name]["status"] for target in everything} == {"active"}
    one = everything[7]
    assert sweep.targets(ward, "lgwan", {one.name, "LG25N00001"}) == [one]


def test_nothing_to_ask() -> None:
    """covers: E1732"""
    with pytest.raises(WardopsError, match="E1732"):
        sweep.targets(Ward(SAMPLE), "lgwan", {"LG25N00001"})


def test_no_fping(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """covers: E1730"""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(WardopsError, match="E1730"):
        sweep.ask(["127.0.0.1"])


def test_an_address_that_cannot_be_asked() -> None:
    """covers: E1731. An address that is no address must not silently be missing from the table."""
    with pytest.raises(WardopsError, match=r"E1731 .*no\.such\.host\.invalid"):
        sweep.ask(["127.0.0.1", "no.such.host.invalid"], tries=1, wait=50)


def test_fping_asks_and_is_understood() -> None:
    assert os.access("/usr/bin/fping", os.X_OK), "fping is a package of the lab"
    replies = sweep.ask(["127.0.0.1", "127.8.9.10"], tries=2, wait=50)
    assert {address: (reply.sent, reply.answered) for address, reply in replies.items()} == {"127.0.0.1": (2, 2), "127.8.9.10": (2, 2)}
    assert all(reply.milliseconds is not None and reply.milliseconds < 50 for reply in replies.values())
