"""One measured process of ``patch.*``: ``python -m benchmarks.patch_once TERMINALS``; its last line is JSON."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(REPOSITORY), str(REPOSITORY / "collections")]
from ansible_collections.ward.ops.plugins.module_utils.common.ward import Ward  # noqa: E402
from ansible_collections.ward.ops.plugins.module_utils.patch import gate as gates  # noqa: E402
from ansible_collections.ward.ops.plugins.module_utils.patch.cycle import Cycle  # noqa: E402
from ansible_collections.ward.ops.plugins.module_utils.patch.decisions import Decisions  # noqa: E402
from ansible_collections.ward.ops.plugins.module_utils.patch.model import Computer, State, Status  # noqa: E402
from ansible_collections.ward.ops.plugins.module_utils.patch.prepare import Wish, make  # noqa: E402
from ansible_collections.ward.ops.plugins.module_utils.patch.rings import Rings, assigned, rings_of  # noqa: E402
from ansible_collections.ward.ops.plugins.module_utils.patch.roster import States, match  # noqa: E402

from tests.unit.patch.ward import DAY, RELEASE, SAMPLE, an_update  # noqa: E402

UPDATES = 80
NOW = RELEASE + 20 * DAY


def _rings(count: int) -> Rings:
    ward = Ward(SAMPLE)
    sizes = {"R0": count // 120, "R1": count // 17}
    names = [(ring, f"L{ring}{number:07d}") for ring, size in sizes.items() for number in range(size)]
    names += [("R2", f"LR2{number:07d}") for number in range(count - len(names))]
    rows = [
        {"computer_name": name, "ring": ring, "model": f"機種{len(name) + int(name[-1])}", "dept_code": "0101", "status": "active"}
        for ring, name in names
    ]
    return assigned("lgwan", rings_of(ward.policy("rings"), "lgwan"), rows)


def _told(computers: list[str], guids: list[str]) -> Iterator[Status]:
    """As a server's answer comes in: one after another. One in fifty failed in the last update, one in ten lacks it."""
    for guid in guids:
        last = guid == guids[-1]
        for number, computer in enumerate(computers):
            bad = State.FAILED if number % 50 == 0 else State.NOT_INSTALLED if number % 10 == 0 else State.INSTALLED
            yield Status(guid, computer, bad if last else State.INSTALLED)


def _plan(count: int) -> dict[str, float]:
    rings, ward = _rings(count), Ward(SAMPLE)
    updates = [an_update(number) for number in range(1, UPDATES + 1)]
    guids = [update.id.guid for update in updates]
    empty = frozenset[str]()
    computers = [Computer(f"id-{one.name}", f"{one.name}.ward.example", empty, "", NOW, NOW) for one in rings.terminals]
    from ansible_collections.ward.ops.plugins.module_utils.common.calendar import Calendar  # noqa: PLC0415

    calendar = Calendar.of(ward)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begun = time.process_time()
    wish = Wish(SAMPLE, "2027-01", Path(), layers=("lgwan",), now=NOW)
    cycle = Cycle(Path(), make(ward, wish, Decisions(), updates), Decisions())
    roster = match(rings, computers)
    states = States.of(roster, guids, _told([one.id for one in computers], guids))
    found = []
    for ring in rings.rings:
        previous = rings.before(ring)
        measured = gates.measure(previous, roster, states, RELEASE + DAY) if previous else None
        found.append(gates.decide(cycle, rings, ring, roster, before=measured, policy=ward.policy("rings"), calendar=calendar, now=NOW))
    seconds = time.process_time() - begun
    kept = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    if [one.green for one in found] != [True, False, False]:
        raise RuntimeError(f"the gates are not what the states say: {[one.reasons for one in found]}")
    return {"seconds": seconds, "kept": float(kept)}


def main(words: list[str]) -> None:
    print(json.dumps(_plan(int(words[0]))))


if __name__ == "__main__":
    main(sys.argv[1:])
