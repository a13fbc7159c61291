"""``wardops demo``: the repository's main jobs, end to end, against real servers of the lab.

A reviewed line in a ledger decides whether a device gets onto the network; a delivery of 120 notebooks goes from a dirty workbook to
the switch port and the auditor; configs of network devices are kept and watched, and a dead router gets a successor; USB devices are
registered; a day of payment results is split and delivered; a cycle of updates goes from plan to report; the evidence is proved.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.ward.ops.plugins.module_utils.common.problems import WardopsError

from . import demo_delivery, demo_devices, demo_network, demo_patch, demo_payment, demo_skysea
from .demo_stage import Stage

REPOSITORY = Path(__file__).resolve().parents[1]
#: the chapters; the evidence of all of them is proved last
STEPS = (
    *demo_network.STEPS[:-1],
    *demo_delivery.STEPS,
    *demo_devices.STEPS,
    *demo_skysea.STEPS,
    *demo_payment.STEPS,
    *demo_patch.STEPS,
    demo_network.STEPS[-1],
)
#: columns of the table's text
DETAIL = 72


def add_parser(sub: Any) -> None:
    parser: argparse.ArgumentParser = sub.add_parser(
        "demo", help="実演：台帳からネットワーク接続まで / the main job, end to end, in the lab"
    )
    parser.add_argument("--keep", action="store_true", help="leave the lab running afterwards")


@dataclass(slots=True)
class Show:
    """Runs the steps, keeps their results and times, prints the table."""

    rows: list[tuple[str, str, float, bool]] = field(default_factory=list)

    def run(self, title: str, action: Callable[[], str]) -> bool:
        print(f"… {title}", flush=True)
        start = time.monotonic()
        try:
            text, good = action(), True
        except (AssertionError, WardopsError, subprocess.CalledProcessError, OSError) as error:
            text, good = _reason(error), False
        seconds = time.monotonic() - start
        self.rows.append((title, text, seconds, good))
        print(f"  {'OK' if good else 'NG'} {seconds:6.1f} s  {text}", flush=True)
        return good

    def table(self) -> str:
        width = max(_width(row[0]) for row in self.rows)
        rule = f"+{'-' * (width + 2)}+{'-' * (DETAIL + 2)}+{'-' * 9}+----+"
        lines = [rule]
        for title, text, seconds, good in self.rows:
            for number, part in enumerate(_wrap(text.split("\n")[0], DETAIL)):
                ends = (f"{seconds:5.1f} s", "OK" if good else "NG") if number == 0 else (" " * 7, "  ")
                lines.append(f"| {_pad(title if number == 0 else '', width)} | {_pad(part, DETAIL)} | {ends[0]} | {ends[1]} |")
        return "\n".join([*lines, rule])


def run(args: argparse.Namespace) -> int:
    work = REPOSITORY / "build" / "demo"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    show = Show()
    start = time.monotonic()
    with _lab_taken_down(work, keep=args.keep):
        stage = Stage(REPOSITORY, work)
        try:
            for title, step in STEPS:
                if not show.run(title, lambda step=step: step(stage)):  # type: ignore[misc]
                    break
        finally:
            demo_patch.stop(stage)
    good = len(show.rows) == len(STEPS) and all(row[3] for row in show.rows)
    print(f"\n{show.table()}")
    verdict = "すべて確認しました / everything was verified" if good else "失敗しました / FAILED"
    print(f"{verdict}: {len(show.rows)}/{len(STEPS)} steps, {time.monotonic() - start:.0f} s; logs: {work.relative_to(REPOSITORY)}/")
    return 0 if good else 1


@contextlib.contextmanager
def _lab_taken_down(work: Path, *, keep: bool) -> Iterator[None]:
    """Whatever happens, nothing of the demo's lab stays, unless it was asked for."""
    try:
        yield
    finally:
        if not keep:
            with (work / "lab-down.log").open("w", encoding="utf-8") as log:
                command = [sys.executable, "-m", "lab", "down"]
                subprocess.run(command, cwd=REPOSITORY, env={**os.environ}, stdout=log, stderr=log, check=False)


def _reason(error: BaseException) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        output = str(error.output or "")
        print(output[-6000:], file=sys.stderr)
        return f"exit code {error.returncode}"
    return str(error)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _pad(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _wrap(text: str, width: int) -> list[str]:
    """Break at blanks; what is longer than a line is cut where the line is full."""
    lines, line = [], ""
    for word in text.split(" "):
        rest = word
        if line and _width(line) + 1 + _width(rest) > width:
            lines.append(line)
            line = ""
        while _width(rest) > width:
            head = next(end for end in range(len(rest), 0, -1) if _width(rest[:end]) <= width)
            lines.append(rest[:head])
            rest = rest[head:]
        line = f"{line} {rest}" if line else rest
    return [*lines, line]
