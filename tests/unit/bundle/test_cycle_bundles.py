"""A cycle goes from the layer where it is planned to another one, and counts come back: two copies of the sample ward, two nodes.

covers: E1926, E1929, E1933, E1934, E1935, E1936
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.files import sha256
from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY
from ansible_collections.ward.ops.plugins.module_utils.ledger.book import Book
from ansible_collections.ward.ops.plugins.module_utils.patch import snapshots
from ansible_collections.ward.ops.plugins.module_utils.patch.cycle import CyclePlan, Planned, RingDate, read_cycle
from ansible_collections.ward.ops.plugins.module_utils.patch.decisions import Hold, read_holds, write_holds
from ansible_collections.ward.ops.plugins.module_utils.patch.model import UpdateId
from ansible_collections.ward.ops.plugins.module_utils.patch.snapshots import Snapshot
from ansible_collections.ward.ops.plugins.plugin_utils import cycle_bundles
from ansible_collections.ward.ops.plugins.plugin_utils.cycle_bundles import Asked, Parcel

SAMPLE = REPOSITORY / "inventories" / "sample"
NOW = dt.datetime(2027, 1, 14, 1, 0, tzinfo=dt.UTC)
GUID = "00000000-0000-4000-8000-000000000001"
CYCLE = "2027-01"


def plan(title: str = "合成 更新 1") -> CyclePlan:
    update = Planned(UpdateId(GUID, 201), ("5900001",), title, "セキュリティ", "Critical", "分類", False, False, True, ())
    days = tuple(RingDate("lgwan", f"R{ring}", dt.date(2027, 1, 15 + ring), NOW + ring * dt.timedelta(days=1), "規則") for ring in range(3))
    return CyclePlan(CYCLE, "regular", "", NOW, (update,), days)


class Side:
    """One layer's control node with its copy of the ward."""

    def __init__(self, folder: Path, layer: str) -> None:
        self.root, self.layer = folder / layer, layer
        shutil.copytree(SAMPLE, self.root, ignore=shutil.ignore_patterns("group_vars"))
        self.folder = self.root / "policies/patch" / CYCLE
        self.asked = Asked(self.root, layer, folder / f"evidence-{layer}", folder / f"state-{layer}", now=NOW)

    def planned(self, title: str = "合成 更新 1", **more: object) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        made = plan(title)
        (self.folder / "plan.yml").write_bytes(made.encode())
        approval = {"application": "申請-0012", "layer": "lgwan", "ring": "R1", "approver": "d000001", "at": NOW, "minutes": "議事録-3"}
        content = {"approvals": [{**approval, "plan": made.digest[:16]}], **more}
        (self.folder / "decisions.yml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")

    def rows(self, step: str) -> list[dict[str, str]]:
        return [row for row in Book(self.root).rows("media_transfers").values() if row["step"] == step and row["date"] == "2027-01-14"]

    def files(self) -> dict[str, str]:
        return {str(path.relative_to(self.root)): sha256(path.read_bytes()) for path in sorted(self.root.rglob("*")) if path.is_file()}

    def names(self, layer: str) -> list[str]:
        return sorted(row["computer_name"] for row in Book(self.root).rows("terminals", layer).values())


class Pair:
    def __init__(self, folder: Path) -> None:
        self.medium, self.key = folder / "medium", folder / "key"
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(self.key)], check=True)
        self.outer, self.inner = Side(folder, "inet"), Side(folder, "lgwan")
        for side in (self.outer, self.inner):
            public = (folder / "key.pub").read_text("ascii")
            (side.root / "policies/bundle_signers").write_text(f"tanto@ward.example {public}", encoding="ascii")
        rows = Book(self.outer.root).rows("media").values()
        good = (row for row in rows if (row["kind"], row["layer"], row["status"]) == ("usb", "inet", "stored"))
        self.parcel = Parcel(CYCLE, "lgwan", self.medium, self.key, next(good)["media_id"])

    def send(self, **more: object) -> dict[str, object]:
        return cycle_bundles.send_cycle(self.outer.asked, replace(self.parcel, **more))  # type: ignore[arg-type]

    def receive(self, name: str, *, check: bool = False) -> dict[str, object]:
        return cycle_bundles.receive(replace(self.inner.asked, check=check), self.medium / name)


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    return Pair(tmp_path)


def codes(work: Callable[[], object]) -> set[str]:
    with pytest.raises(WardopsError) as caught:
        work()
    return {problem.code for problem in caught.value.problems}


def test_a_cycle_goes_over_and_counts_come_back(pair: Pair) -> None:
    outer, inner = pair.outer, pair.inner
    mine, theirs = inner.names("lgwan")[0], inner.names("mn")[0]
    exclusion = {"reason": "業務", "approver": "d1", "expires_on": dt.date(2027, 3, 1)}
    outer.planned(exclusions=[{"subject": mine, **exclusion}, {"subject": theirs, **exclusion}, {"subject": "KB5900009", **exclusion}])
    before = outer.files()
    foreseen = cycle_bundles.send_cycle(replace(outer.asked, check=True), pair.parcel)
    assert outer.files() == before
    assert not pair.medium.exists()
    sent = pair.send()
    assert sent == foreseen, "check mode says exactly what the run does"
    assert [row["bundle"] for row in outer.rows("sent")] == ["inet-lgwan-00004"], "the sample ward has sent three before"
    text = "".join(path.read_text("utf-8") for path in sorted(pair.medium.rglob("*.yml")) + sorted(pair.medium.rglob("*.json")))
    assert mine in text
    assert theirs not in text, "what LGWAN need not know of the terminals of MN stays at home"

    here = inner.files()
    pair.receive("inet-lgwan-00004", check=True)
    assert inner.files() == here
    done = pair.receive("inet-lgwan-00004")
    assert done["signer"] == "tanto@ward.example"
    assert read_cycle(inner.folder).plan == read_cycle(outer.folder).plan
    assert [one.subject for one in read_cycle(inner.folder).decisions.exclusions] == [mine, "KB5900009"]
    assert [row["manifest_sha256"] for row in inner.rows("received")] == [sent["manifest"]]
    assert codes(lambda: pair.receive("inet-lgwan-00004")) == {"E1926"}

    names = inner.names("lgwan")[:4]
    ids, reports = tuple(f"id{number}" for number in range(4)), ("2027-01-17T00:00:00+00:00", "2027-01-17T00:00:00+00:00", "", "")
    standing = Snapshot("lgwan", NOW.isoformat(), tuple(names), ("0105",) * 4, ("R1", "R1", "R1", "R2"), ids, reports, {GUID: "4520"})
    snapshots.keep(inner.asked.state, standing)
    back = cycle_bundles.send_results(inner.asked, replace(pair.parcel, target="inet"))
    data = "".join(path.read_text("utf-8") for path in sorted((pair.medium / str(back["name"])).rglob("*")) if path.is_file())
    assert not [name for name in names if name in data], "no terminal is named"
    cycle_bundles.receive(outer.asked, pair.medium / str(back["name"]))
    (kept,) = (outer.asked.state / "results/lgwan").iterdir()
    content = json.loads(kept.read_bytes())
    assert content["rings"] == {"R1": {"terminals": 3, "reported": 2}, "R2": {"terminals": 1, "reported": 0}}
    assert content["updates"][0]["rings"]["R1"] == {"installed": 1, "failed": 1, "not_installed": 1}


def test_a_second_bundle_brings_decisions_and_keeps_the_holds_of_this_layer(pair: Pair) -> None:
    outer, inner = pair.outer, pair.inner
    outer.planned()
    pair.send()
    pair.receive("inet-lgwan-00004")
    own = Hold("lgwan", "R2", "印刷の不具合", "d2", "2027-01-15T00:00:00+00:00", taken_back=False)
    write_holds(inner.folder / "holds.yml", (own,))
    write_holds(outer.folder / "holds.yml", (replace(own, reason="他の系統の不具合"), replace(own, layer="mn", reason="MN だけ")))
    outer.planned("合成 更新 1 改")
    pair.send()
    done = pair.receive("inet-lgwan-00005")
    assert done["holds_kept"] == 1
    assert [one.reason for one in read_holds(inner.folder / "holds.yml")] == ["印刷の不具合", "他の系統の不具合"]
    assert read_cycle(inner.folder).plan.updates[0].title == "合成 更新 1 改"


def test_killed_before_the_ledger_it_is_repeated_and_a_local_edit_stops_it(pair: Pair) -> None:
    outer, inner = pair.outer, pair.inner
    outer.planned()
    pair.send()
    ledger = inner.root / "ledgers/media_transfers.csv"
    before = ledger.read_bytes()
    pair.receive("inet-lgwan-00004")
    ledger.write_bytes(before)  # as if the run had ended just before it
    pair.receive("inet-lgwan-00004")
    assert len(inner.rows("received")) == 1

    outer.planned(incidents=[{"id": "INC-1", "severity": 1, "closed": False}])
    pair.send()
    with (inner.folder / "decisions.yml").open("a", encoding="utf-8") as stream:
        stream.write("# 手直し\n")
    edited = inner.files()
    assert codes(lambda: pair.receive("inet-lgwan-00005")) == {"E1935"}
    assert inner.files() == edited


def test_what_does_not_fit_is_refused_and_nothing_is_written(pair: Pair) -> None:
    outer, inner = pair.outer, pair.inner
    outer.planned()
    here = outer.files()
    rows = list(Book(outer.root).rows("media").values())
    for unfit in ("MD-1999-0001", *(next(row["media_id"] for row in rows if fits(row)) for fits in UNFIT)):
        assert codes(lambda medium=unfit: pair.send(medium=medium)) == {"E1936"}, unfit  # type: ignore[misc]
    assert codes(lambda: pair.send(target="mn")) == {"E1929"}, "nobody has approved it for MN"
    assert codes(lambda: pair.send(target="inet")) == {"E1925"}
    assert codes(lambda: pair.send(key=pair.medium / "none")) == {"E1920"}
    assert outer.files() == here

    pair.send()
    policy = inner.root / "policies/rings.yml"
    content = yaml.safe_load(policy.read_bytes())
    policy.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")  # another layout, the same meaning
    pair.receive("inet-lgwan-00004", check=True)
    content["rings"] = content["rings"][:-1]
    policy.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    assert codes(lambda: pair.receive("inet-lgwan-00004")) == {"E1934"}
    assert not inner.folder.exists()


UNFIT: tuple[Callable[[dict[str, str]], bool], ...] = (
    lambda row: row["status"] == "destroyed" and row["kind"] == "usb",
    lambda row: row["kind"] == "lto" and row["status"] == "stored",
    lambda row: row["kind"] == "dvd" and row["status"] == "stored",
    lambda row: (row["kind"], row["layer"], row["status"]) == ("usb", "mn", "stored"),
)
