"""``patch.world``: three months of a simulated ward of 3,750 terminals, reporting every day, with the real gates and the real staging.

Three monthly cycles of 27 updates (80 in all) go through three rings. Every day the gate of the next ring is judged and the day's snapshot
is kept; a ring is staged on the first day on which its gate is green. It is summer: from February on the ward's calendar freezes patches
for a month. Some 10 % of the terminals are switched off on a day, 2-3 % of the installs fail, reports are lost, machines are set up anew,
one terminal lies, and in the second month a model cannot install an update until it is mended two days after the gate has found it.
There is no peer: no open tool does this.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from .harness import PYTHON, REPOSITORY, RUNS, Command, Figure, interleaved, median, report

sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "collections")]

from ansible_collections.ward.ops.plugins.module_utils.common.calendar import b_release  # noqa: E402
from ansible_collections.ward.ops.plugins.module_utils.patch import prepare, run  # noqa: E402
from ansible_collections.ward.ops.plugins.module_utils.patch.cycle import read_plan  # noqa: E402

from lab.patchsim.world import Habits  # noqa: E402
from tests.unit.patch.ward import DAY, Fixture, an_update  # noqa: E402

FOLDER = REPOSITORY / "build" / "bench" / "patch_world"
SIZES = {"R0": 20, "R1": 180, "R2": 3550}
MONTHS, DAYS = {5: 27, 6: 27, 7: 26}, 90
ILL = "合成 N7"


class Ward(Fixture):
    """The ward of the staging tests in full size, with a cycle a month."""

    def begin(self, month: int, count: int) -> str:
        """The month's updates arrive, are planned and approved. :returns: the cycle's name."""
        name = f"2027-{month:02d}"
        for number in range(count):
            arrived = b_release(2027, month).astimezone(dt.UTC)
            self.world.publish(an_update(month * 100 + number, released=arrived, arrived=arrived))
        wish = prepare.Wish(self.root, name, layers=("mn",), evidence=FOLDER / "evidence", now=self.world.now)
        prepare.write(self.server, wish)
        folder = self.root / "policies/patch" / name
        record = {"application": f"申請-{month:04d}", "layer": "mn", "ring": "R2", "approver": "d000001", "minutes": "議事録-1"}
        record |= {"at": self.world.now, "plan": read_plan(folder / "plan.yml").digest[:16]}
        (folder / "decisions.yml").write_text(yaml.safe_dump({"approvals": [record]}, allow_unicode=True), encoding="utf-8")
        return name


def live(folder: Path) -> dict[str, Any]:
    """:returns: how many gates were judged, on which day of the run each ring was staged, how many days a gate was red for its failures."""
    ward = Ward(folder, SIZES, Habits(), updates=0)
    ill = an_update(sorted(MONTHS)[1] * 100).id.guid
    told: dict[str, Any] = {"gates": 0, "staged": {}, "red": 0}
    coming = dict(MONTHS)
    cycle, waiting, mending = "", list(SIZES), None
    ward.world.advance(b_release(2027, min(MONTHS)) - ward.world.now)
    for day in range(DAYS):
        if coming and b_release(2027, min(coming)) <= ward.world.now:
            cycle, waiting = ward.begin(min(coming), coming.pop(min(coming))), list(SIZES)
            if len(coming) == 1:
                ward.world.break_(ILL, ill)
        if waiting:
            asked = replace(ward.asked(waiting[0]), cycle=cycle, now=ward.world.now)
            gate = run.look(ward.server, asked)["gate"]
            told["gates"] += 1
            if gate["green"]:
                run.stage(ward.server, asked)
                told["staged"][f"{cycle} {waiting.pop(0)}"] = day
            elif any("failed" in reason["en"] for reason in gate["reasons"]):
                told["red"] += 1
                if len(coming) == 1 and mending is None:
                    mending = day + 2
        if mending == day:
            ward.world.mend(ILL, ill)
        if day % 10 == 5:
            ward.world.reimage(list(ward.world.terminals.values())[day])
        if day == 50:
            liar = list(ward.world.terminals.values())[-50]
            ward.world.lie(liar, ill, ward.world.now + 10 * DAY)
        ward.world.advance(DAY)
    return told


def world() -> None:
    def lived(output: str) -> None:
        told = json.loads(output.splitlines()[-1])
        if len(told["staged"]) != 3 * len(MONTHS) or not told["red"]:
            raise RuntimeError(f"the months went otherwise than they should: {told}")

    command = Command([PYTHON, "-m", "benchmarks.patch_world"], env={"PYTHONPATH": str(REPOSITORY / "collections")}, check=lived)
    measures = interleaved({"ours": command}, min(RUNS, 3), warmup=0)["ours"]
    note = "3,750 terminals x 80 updates x 90 days, 9 rings staged, a gate and a snapshot a day; wall seconds, median of 3"
    report(Figure("patch.world", median(measures, "wall"), None, None, "ours <= 60", "s", note))


FIGURES = {"patch.world": world}


if __name__ == "__main__":
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    print(json.dumps(live(FOLDER), ensure_ascii=False))
