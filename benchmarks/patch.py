"""``patch.plan.3750x80``: from states to decision, 3,750 terminals × 80 updates × 3 rings; thirty times that beside it.

Each in a process of its own.
"""

from __future__ import annotations

import json

from .harness import PYTHON, REPOSITORY, RUNS, Command, Figure, interleaved, report, run_once

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
    interleaved({"small": _command(str(_SMALL), found=small)})
    seconds = sorted(one["seconds"] for one in small[-RUNS:])[RUNS // 2]
    note = f"{_SMALL} terminals, {UPDATES} updates, 3 rings: match, states, gate"
    report(Figure("patch.plan.3750x80", seconds, None, None, "ours <= 1", "s", note))
    run_once(_command(str(_LARGE), found=large))
    times = large[-1]["seconds"] / seconds
    report(Figure("patch.plan.112500x80", times, None, None, "ours <= 35", "x", f"{_LARGE} terminals: times the figure of {_SMALL}"))
    note = f"what {_LARGE} terminals x {UPDATES} updates add to the process; a byte a state is {_LARGE * UPDATES / 2**20:.1f} MiB"
    report(Figure("patch.memory.112500x80", large[-1]["kept"] / 1024, None, None, "ours <= 64", "MiB", note))


FIGURES = {"patch.plan.3750x80": plan}
