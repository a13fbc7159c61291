"""Measuring whole processes and writing figures.

A figure is a ratio measured in one run: ours and the peer in turn (A B A B …), the median of at least five runs each
(``RUNS`` in the environment changes the number for a quick look; such figures are marked). CPU seconds are the operating
system's own account of the finished process and everything it waited for.
"""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]
RESULTS = REPOSITORY / "build" / "bench.jsonl"
RUNS = int(os.environ.get("RUNS", "5"))
PYTHON = sys.executable
BIN = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Command:
    """A process to measure.

    :param argv: program and arguments.
    :param env: variables added to the environment.
    :param prepare: called before each run, outside the measured time (for example: empty the table).
    :param check: called with the standard output after each run; raises when the process did not do its work.
    """

    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    prepare: Callable[[], None] | None = None
    check: Callable[[str], None] | None = None
    cwd: Path = REPOSITORY


@dataclass(frozen=True, slots=True)
class Measure:
    """Seconds and MiB of one finished process (with its children)."""

    wall: float
    cpu: float
    rss: float


def run_once(command: Command) -> Measure:
    """Run a command to its end.

    :raises RuntimeError: when it exits with another code than 0; a failed run is never a figure.
    """
    if command.prepare:
        command.prepare()
    env = {**os.environ, **command.env}
    for name in ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"):
        env.pop(name, None)
    start = time.perf_counter()
    with subprocess.Popen(
        command.argv, env=env, cwd=command.cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        output = process.stdout.read().decode("utf-8", "replace") if process.stdout else ""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    wall = time.perf_counter() - start
    if process.returncode:
        raise RuntimeError(f"{' '.join(command.argv)} exited with {process.returncode}:\n{output[-4000:]}")
    if command.check:
        command.check(output)
    return Measure(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def interleaved(commands: Mapping[str, Command], runs: int = RUNS, warmup: int = 1) -> dict[str, list[Measure]]:
    """Run the commands in turn, ``runs`` times each, after ``warmup`` rounds that do not count."""
    results: dict[str, list[Measure]] = {name: [] for name in commands}
    for round_number in range(-warmup, runs):
        for name, command in commands.items():
            measure = run_once(command)
            if round_number >= 0:
                results[name].append(measure)
    return results


def median(measures: Sequence[Measure], what: str) -> float:
    """Median of ``wall``, ``cpu`` (seconds) or ``rss`` (MiB)."""
    return statistics.median(getattr(measure, what) for measure in measures)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of ``build/bench.jsonl``.

    :param limit: the target as text: ``ratio >= 60`` or ``ours <= 1``; checked by :meth:`met`.
    """

    name: str
    ours: float
    peer: float | None
    peer_name: str | None
    limit: str
    unit: str
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.peer / self.ours if self.peer is not None and self.ours > 0 else None

    @property
    def met(self) -> bool:
        subject, sign, bound = self.limit.split()
        value = self.ratio if subject == "ratio" else self.ours
        if value is None:
            return False
        return value >= float(bound) if sign == ">=" else value <= float(bound)


def versions() -> dict[str, str]:
    names = ("ansible-core", "jsonschema", "jsonschema-rs", "psycopg")
    return {"python": platform.python_version(), **{name: metadata.version(name) for name in names}}


def report(figure: Figure) -> None:
    """Print a figure and append it to ``build/bench.jsonl``."""
    line = {
        "name": figure.name,
        "ours": round(figure.ours, 4),
        "peer": None if figure.peer is None else round(figure.peer, 4),
        "peer_name": figure.peer_name,
        "ratio": None if figure.ratio is None else round(figure.ratio, 2),
        "limit": figure.limit,
        "met": figure.met,
        "unit": figure.unit,
        "runs": RUNS,
        "note": figure.note,
        "versions": versions(),
    }
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line, ensure_ascii=False) + "\n")
    shown = {key: value for key, value in line.items() if key != "versions" and value not in (None, "")}
    print(json.dumps(shown, ensure_ascii=False), flush=True)
