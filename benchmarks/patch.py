"""``patch.plan.3750x80``: from states to decision, 3,750 terminals × 80 updates × 3 rings; ``patch.scale.112500``: thirty times that.

``patch.world``: three simulated months of 3,750 terminals with daily reports, three cycles, every gate. Each in a process of its own.
"""

from __future__ import annotations

import json
import sys

from .harness import PYTHON, REPOSITORY, RUNS, Command, Figure, interleaved, median, report, run_once

UPDATES = 80
_LARGE, _SMALL = 112_500, 3_750


def _command(*words: str, found: list[dict[str, float]]) -> Command:
    def noted(output: str) -> None:
        found.append(json.loads(output.splitlines()[-1]))

    return Command([str(PYTHON), "-m", "benchmarks.patch_once", *words], cwd=REPOSITORY, check=noted)


def plan() -> None:
    """CPU seconds of the work alone: the statuses come from a generator, as from a server's answer, and are part of it."""
    small: list[dict[str, float]] = []
    large: list[dict[str, float]] = []
    interleaved({"small": _command("plan", str(_SMALL), found=small)})
    seconds = sorted(one["seconds"] for one in small[-RUNS:])[RUNS // 2]
    note = f"{_SMALL} terminals, {UPDATES} updates, 3 rings: match, states, gate"
    report(Figure("patch.plan.3750x80", seconds, None, None, "ours <= 1", "s", note))
    run_once(_command("plan", str(_LARGE), found=large))
    times = large[-1]["seconds"] / seconds
    report(Figure("patch.plan.112500x80", times, None, None, "ours <= 35", "x", f"{_LARGE} terminals: times the figure of {_SMALL}"))
    memory = large[-1]["kept"] / (sorted(one["kept"] for one in small)[len(small) // 2] * _LARGE / _SMALL)
    report(Figure("patch.memory.112500", memory, None, None, "ours <= 1.2", "x", f"memory of a terminal, {_LARGE} to {_SMALL}"))


def world() -> None:
    found: list[dict[str, float]] = []
    measures = interleaved({"world": _command("world", str(_SMALL), found=found)}, runs=1, warmup=0)["world"]
    note = f"{found[-1]['gates']:g} gates, {found[-1]['red']:g} of them red"
    report(Figure("patch.world", median(measures, "wall"), None, None, "ours <= 60", "s", note))


FIGURES = {"patch.plan.3750x80": plan, "patch.world": world}

if __name__ == "__main__":
    sys.exit("usage: ONLY=patch. python -m benchmarks")
