"""``skysea.diff.50k``: 50,000 USB devices of the ledger against the console's export, as a whole process, with files and report."""

from __future__ import annotations

import csv
import shutil

import yaml

from lab import skysea_sim

from .harness import PYTHON, REPOSITORY, Command, Figure, interleaved, median, report

WARD = REPOSITORY / "build" / "bench" / "skysea"
SAMPLE = REPOSITORY / "inventories" / "sample"
DEVICES = 50_000
#: devices that differ: a busy day
CHANGED = 500
#: the sample ward's date
TODAY = "2026-11-22"


def _make() -> None:
    """The sample ward with 50,000 devices, and an export in which some are missing, changed or no longer allowed."""
    shutil.rmtree(WARD, ignore_errors=True)
    shutil.copytree(SAMPLE, WARD)
    path = WARD / "ledgers" / "usb_devices.csv"
    with path.open(encoding="utf-8", newline="") as stream:
        rows = [row for row in csv.DictReader(stream) if row["status"] == "active" and row["serial"] and row["valid_to"] >= TODAY]
    rows = [row for row in rows if row["allow_terminals"] and " " not in row["allow_terminals"]]
    devices = []
    for number in range(DEVICES):
        key = f"USB-{2010 + number // 9000}-{number % 9000 + 1:04d}"
        devices.append({**rows[number % len(rows)], "device_id": key, "serial": f"SYN{number:08d}"})
    with path.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, devices[0], lineterminator="\n")
        writer.writeheader()
        writer.writerows(devices)
    part = yaml.safe_load((WARD / "policies/skysea.yml").read_text(encoding="utf-8"))["usb_devices"]
    with (WARD / "ledgers/departments.csv").open(encoding="utf-8", newline="") as stream:
        names = {row["code"]: row["name"] for row in csv.DictReader(stream) if row["valid_from"] <= TODAY <= (row["valid_to"] or "9999")}
    kinds, permissions = (
        {k: v for c in part["import"]["columns"] if c.get("field") == f for k, v in c["values"].items()} for f in ("kind", "permission")
    )
    state = {}
    for number, row in enumerate(devices):
        use = "古い目的" if number % (DEVICES // CHANGED) == 0 else row["use"]
        shown = {name: row[name] for name in ("device_id", "vid", "pid", "serial", "valid_to")}
        shown |= {"kind": kinds[row["kind"]], "permission": permissions[row["permission"]], "use": use}
        state[row["device_id"]] = {**shown, "dept_name": names[row["dept_code"]], "terminals": row["allow_terminals"]}
    (WARD / "export.txt").write_bytes(skysea_sim.give(part, state))


def difference() -> None:
    _make()
    words = [
        "skysea",
        "usb_devices",
        "--layer",
        "lgwan",
        "--ward",
        str(WARD),
        "--export",
        str(WARD / "export.txt"),
        "--folder",
        str(WARD / "out"),
    ]

    def fresh() -> None:
        shutil.rmtree(WARD / "out", ignore_errors=True)

    def check(output: str) -> None:
        if f"変更 {CHANGED} 削除 0 保留 0 一致 {DEVICES - CHANGED}" not in output:
            raise RuntimeError(output[-2000:])

    env = {"WARDOPS_EVIDENCE": str(WARD / "evidence"), "WARDOPS_LAYER": "lgwan"}
    measures = interleaved({"ours": Command([PYTHON, "-m", "wardops", *words], env=env, prepare=fresh, check=check)})["ours"]
    used = f"{median(measures, 'cpu'):.2f} CPU s, {median(measures, 'rss'):.0f} MiB"
    note = f"{DEVICES:,} devices, {CHANGED} changed; {used}; with files, report and evidence"
    report(Figure("skysea.diff.50k", median(measures, "wall"), None, None, "ours <= 1.5", "s wall", note))


FIGURES = {"skysea.diff.50k": difference}
