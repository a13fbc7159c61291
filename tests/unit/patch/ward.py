"""A small ward with a cycle, over the simulated world of terminals."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.ward.ops.plugins.module_utils.common.table import format_table
from ansible_collections.ward.ops.plugins.module_utils.common.ward import REPOSITORY
from ansible_collections.ward.ops.plugins.module_utils.patch import prepare
from ansible_collections.ward.ops.plugins.module_utils.patch.cycle import CyclePlan, read_plan
from ansible_collections.ward.ops.plugins.module_utils.patch.model import Update, UpdateId
from ansible_collections.ward.ops.plugins.module_utils.patch.run import Asked

from lab.patchsim.server import WorldServer
from lab.patchsim.world import QUIET, Habits, World

SAMPLE = REPOSITORY / "inventories" / "sample"
HEADER = ["asset_id", "computer_name", "model", "dept_code", "status", "ring"]
RELEASE = dt.datetime(2027, 1, 12, 18, 0, tzinfo=dt.UTC)
DAY = dt.timedelta(days=1)
SECURITY = "0fa1201d-4330-4fa8-8ae9-b877473b6441"


def an_update(number: int, **more: Any) -> Update:
    fields: dict[str, Any] = {
        "id": UpdateId(f"00000000-0000-4000-8000-{number:012d}", 201),
        "title": f"合成 Windows 11 累積更新 {number}",
        "kbs": (f"59{number:05d}",),
        "classification": "セキュリティ問題の修正プログラム",
        "classification_id": SECURITY,
        "products": ("Windows 11",),
        "severity": "Critical",
        "released": RELEASE,
        "arrived": RELEASE,
        "superseded": False,
        "declined": False,
        "expired": False,
        "eula": False,
        "asks_user": False,
        "uninstallable": True,
        **more,
    }
    return Update(**fields)


class Fixture:
    """A ward's folder, a world and its server; the clock of both is the world's."""

    def __init__(self, folder: Path, sizes: dict[str, int], habits: Habits = QUIET, updates: int = 3, seed: int = 1) -> None:
        self.root, self.state = folder / "ward", folder / "state"
        shutil.copytree(SAMPLE / "policies", self.root / "policies")
        (self.root / "ledgers/mn").mkdir(parents=True)
        self.names = {ring: [f"MN25{ring}{number:04d}" for number in range(count)] for ring, count in sizes.items()}
        self.rows = [[f"A{name}", name, model_of(name), "1007", "active", ring] for ring, names in self.names.items() for name in names]
        self.ledger()
        self.world = World(RELEASE, seed, habits)
        self.world.add_terminals((f"{name}.mn.ward.example", model_of(name)) for names in self.names.values() for name in names)
        self.updates = [an_update(number) for number in range(1, updates + 1)]
        for update in self.updates:
            self.world.publish(update)
        self.server = WorldServer(self.world)
        self.world.advance(DAY)
        self.folder = self.root / "policies/patch/2027-01"

    def ledger(self) -> None:
        path = self.root / "ledgers/mn/terminals.csv"
        path.write_bytes(format_table(HEADER, sorted(self.rows)))

    def plan(self, **more: Any) -> CyclePlan:
        asked = prepare.Wish(self.root, "2027-01", layers=("mn",), evidence=self.state.parent / "evidence", now=self.world.now, **more)
        prepare.write(self.server, asked)
        return read_plan(self.folder / "plan.yml")

    def asked(self, ring: str, **more: Any) -> Asked:
        return Asked(
            self.root,
            "mn",
            "2027-01",
            self.state.parent / "evidence",
            self.state,
            ring=ring,
            now=self.world.now,
            **{"allow_remove": 0, **more},
        )

    def until(self, day: dt.date, hour: int = 10) -> None:
        """Let the world live until an hour of a day in Japan."""
        end = dt.datetime.combine(day, dt.time(hour), dt.timezone(dt.timedelta(hours=9))).astimezone(dt.UTC)
        self.world.advance(end - self.world.now)

    def day(self, ring: str) -> dt.date:
        found = read_plan(self.folder / "plan.yml").when("mn", ring)
        assert found
        return found.day

    def decide(self, **lists: Any) -> None:
        (self.folder).mkdir(parents=True, exist_ok=True)
        (self.folder / "decisions.yml").write_text(yaml.safe_dump(lists, allow_unicode=True), encoding="utf-8")

    def approve(self, ring: str = "R2", **more: Any) -> dict[str, Any]:
        digest = read_plan(self.folder / "plan.yml").digest
        words = {"application": "申請-0012", "layer": "mn", "ring": ring, "approver": "d000001", "minutes": "議事録-3", "plan": digest[:16]}
        return {**words, "at": self.world.now, **more}


def model_of(name: str) -> str:
    return ("合成 D5", "合成 N7")[int(name[-1]) % 2]
