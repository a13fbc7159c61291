"""The demo's chapter on SKYSEA: registration by the difference, against a simulated console (sim)."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable

from ansible_collections.ward.ops.plugins.module_utils.common.table import format_table

from .demo_stage import Stage, need


def _sim(stage: Stage, *words: str) -> str:
    tool = [sys.executable, "-m", "lab.skysea_sim", "--policy", str(stage.ward.policies / "skysea.yml"), "--part", "usb_devices"]
    return stage.command([*tool, "--state", str(stage.work / "skysea.json"), *words], name="skysea-sim")


def _register(stage: Stage, good: tuple[int, ...] = (0,)) -> tuple[dict[str, int], list[str]]:
    """Export, plan and write, import at the console: the counts of the plan and the files that were imported."""
    export, folder = stage.work / "skysea-export.txt", stage.work / "skysea"
    _sim(stage, "export", str(export))
    stage.play("register_skysea", "lgwan", "-e", f"skysea_usb_export={export}", "-e", f"skysea_folder={folder}", good=good)
    files = sorted(str(path) for path in (folder / "usb_devices").glob("*.txt"))
    if files:
        _sim(stage, "import", *files)
    return stage.counts()[0], files


def register(stage: Stage) -> str:
    first, files = _register(stage)
    second, none = _register(stage)
    need(first["add"] and files and not none, f"{first}, then {second}")
    need(second["unchanged"] == first["add"] and not second["add"] + second["change"] + second["remove"], f"then {second}")
    return f"USB {first['add']} 件を登録、再出力と一致（模擬コンソール） / registered, then equal to the console's export (sim)"


def lose_one(stage: Stage) -> str:
    """A reviewed line says that a device is lost: the next run denies it, and nothing else changes."""
    path = stage.ward.ledger_path("usb_devices")
    with path.open(encoding="utf-8", newline="") as stream:
        header, *rows = csv.reader(stream)
    status, serial = header.index("status"), header.index("serial")
    row = next(row for row in rows if row[status] == "active" and row[serial])
    row[status], row[header.index("allow_terminals")] = "lost", ""
    path.write_bytes(format_table(header, rows))
    counts, files = _register(stage)
    need((counts["add"], counts["change"], counts["remove"]) == (0, 1, 0), f"{counts}")
    need(len(files) == 1 and re.search("change", files[0]), f"{files}")
    entry = json.loads((stage.work / "skysea.json").read_text(encoding="utf-8"))[row[0]]
    need(entry["permission"] == "使用不可", f"{entry}")
    return f"{row[0]}: 紛失 → 使用不可、変更 1 件だけ / lost → denied, one change and nothing else"


STEPS: tuple[tuple[str, Callable[[Stage], str]], ...] = (
    ("USB機器の登録 / register USB devices", register),
    ("USB機器の紛失 / lose a USB device", lose_one),
)
