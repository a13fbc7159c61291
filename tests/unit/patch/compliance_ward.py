"""A ward with a cycle and the snapshots of its days, without a world behind it: for the report 適用状況一覧, at any size."""

from __future__ import annotations

import datetime as dt
import random
import shutil
from pathlib import Path

from ansible_collections.ward.ops.plugins.module_utils.common.table import format_table
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward
from ansible_collections.ward.ops.plugins.module_utils.patch import snapshots
from ansible_collections.ward.ops.plugins.module_utils.patch.compliance_source import Compliance, Request, read
from ansible_collections.ward.ops.plugins.module_utils.patch.cycle import CyclePlan
from ansible_collections.ward.ops.plugins.module_utils.patch.decisions import Decisions
from ansible_collections.ward.ops.plugins.module_utils.patch.prepare import Wish, make
from ansible_collections.ward.ops.plugins.module_utils.patch.snapshots import Snapshot

from tests.unit.patch.ward import SAMPLE, an_update

HEADER = ["asset_id", "computer_name", "model", "dept_code", "status", "ring", "os_version", "os_build"]
TOKYO = dt.timezone(dt.timedelta(hours=9))
LAYER = "lgwan"
FIRST = dt.date(2027, 1, 14)
#: day on which each ring is opened
OPENED = {"R0": 0, "R1": 4, "R2": 14}


class Reported:
    """Ward and snapshots. A terminal takes an update some days after its ring was opened; a part is off, a part fails."""

    def __init__(self, folder: Path, count: int, updates: int, days: int, *, sample: bool = False) -> None:
        """:param sample: take the sample ward's own ledgers and terminals; ``count`` is then not used."""
        self.root, self.state, chance = folder / "ward", folder / "state", random.Random(1)
        self.updates = [an_update(number) for number in range(1, updates + 1)]
        shutil.copytree(SAMPLE / "policies", self.root / "policies")
        rows = [row for row in Ward(SAMPLE).table("terminals", LAYER).dicts() if row["status"] in ("setup", "active", "lent")]
        if sample:
            shutil.copytree(SAMPLE / "ledgers", self.root / "ledgers")
            shutil.copytree(SAMPLE / LAYER, self.root / LAYER)
            self.rows = [[row[name] for name in HEADER] for row in sorted(rows, key=lambda row: (row["ring"], row["computer_name"]))]
        else:
            (self.root / "ledgers" / LAYER).mkdir(parents=True)
            shutil.copy(SAMPLE / "ledgers/departments.csv", self.root / "ledgers/departments.csv")
            depts = sorted({row["dept_code"] for row in rows})
            sizes = {"R0": max(1, count // 120), "R1": max(1, count // 17)}
            rings = [ring for ring, size in sizes.items() for _ in range(size)]
            rings += ["R2"] * (count - len(rings))
            self.rows = [
                [f"A{n:07d}", f"LG25D{n:05d}", f"合成 D{n % 7}", depts[n % len(depts)], "active", ring, "Windows 11 24H2", "26100.7171"]
                for n, ring in enumerate(rings)
            ]
            self.ledger()
        self.plan = self._plan()
        self.days = [FIRST + dt.timedelta(days=number) for number in range(days)]
        self.luck = [(chance.random(), chance.randrange(1, 6)) for _ in self.rows]
        for day in self.days:
            self.keep(self.snapshot(day))

    def ledger(self) -> None:
        (self.root / f"ledgers/{LAYER}/terminals.csv").write_bytes(format_table(HEADER, sorted(self.rows)))

    def _plan(self) -> CyclePlan:
        ward = Ward(self.root)
        wish = Wish(self.root, "2027-01", Path(), layers=(LAYER,), now=dt.datetime(2027, 1, 13, tzinfo=dt.UTC))
        plan = make(ward, wish, Decisions(), self.updates)
        folder = self.root / "policies/patch/2027-01"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "plan.yml").write_bytes(plan.encode())
        return plan

    def snapshot(self, day: dt.date) -> Snapshot:
        at = dt.datetime.combine(day, dt.time(8), TOKYO).astimezone(dt.UTC)
        passed = (day - FIRST).days
        rows, reports = [], []
        for row, (luck, late) in zip(self.rows, self.luck, strict=True):
            since = passed - OPENED[row[5]]
            seen = "" if luck < 0.01 else at - dt.timedelta(days=40 if luck < 0.03 else 9 if luck < 0.06 else 0, hours=5)
            reports.append(seen.isoformat() if seen else "")
            state = "0" if not seen or luck < 0.06 else "4" if since >= late else "2"
            rows.append("5" if state == "4" and luck > 0.98 else "6" if state == "4" and luck > 0.96 else state)
        worst = "".join(rows)
        guids = [one.id.guid for one in self.updates]
        easy = worst.replace("5", "4").replace("6", "4")
        states = {guid: worst if number % 10 == 0 else easy for number, guid in enumerate(guids)}
        opened = {ring: FIRST + dt.timedelta(days=days) for ring, days in OPENED.items()}
        when = {ring: dt.datetime.combine(start, dt.time(7), TOKYO).astimezone(dt.UTC) for ring, start in opened.items() if start <= day}
        approved = {ring: dict.fromkeys(guids, start.isoformat()) for ring, start in when.items()}
        return Snapshot(
            LAYER,
            at.isoformat(),
            tuple(row[1] for row in self.rows),
            tuple(row[3] for row in self.rows),
            tuple(row[5] for row in self.rows),
            tuple(f"id-{row[1]}" if told else "" for row, told in zip(self.rows, reports, strict=True)),
            tuple(reports),
            states,
            tuple(row[2] for row in self.rows),
            tuple(reports),
            approved,
            {one.id.guid: (one.id.revision, "") for one in self.updates},
        )

    def keep(self, snapshot: Snapshot) -> Path:
        return snapshots.keep(self.state, snapshot)

    def request(self, **more: object) -> Request:
        fields: dict[str, object] = {"day": self.days[-1], **more}
        return Request(self.root, self.state, LAYER, "2027-01", **fields)  # type: ignore[arg-type]

    def read(self, **more: object) -> Compliance:
        return read(self.request(**more))
