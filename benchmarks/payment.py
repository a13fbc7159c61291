"""``pufure.*``: splitting a payment day by section, beside dataframe libraries and Python's ``csv``; and its peak memory.

``python -m benchmarks.payment FILE FOLDER SHA256`` is one measured process: the whole job as in production on an archived file, with the
hashes of input (compared with the archive's) and outputs, counts, sums, the search for duplicates, the index of seen payments, and
durable files. The peers (``peers/payment_split.py``) do
the splitting and counting alone. They are installed into ``build/bench/peers`` from ``peers/requirements.txt``, not into the product.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

from .harness import PYTHON, REPOSITORY, Command, Figure, Measure, interleaved, median, report, run_once

BUILD = REPOSITORY / "build" / "bench" / "payment"
VENV = REPOSITORY / "build" / "bench" / "peers"
LOCK = REPOSITORY / "benchmarks" / "peers" / "requirements.txt"
DAY = dt.date(2026, 11, 22)
SECTIONS = 60
ROWS = 1_000_000
#: some 4 GiB
MANY = 20_000_000
LIMITS = {"pyarrow": "ratio >= 2", "polars": "ratio >= 2.5", "pandas": "ratio >= 6", "csv": "ratio >= 5"}


def rules() -> dict[str, Any]:
    """60 procedures, each for a section of its own."""
    route = [
        {"code": str(100001 + 7 * n), "name_ja": "手続", "routes": [{"dept_code": f"{n:04d}", "valid_from": "2026-04-01"}]}
        for n in range(SECTIONS)
    ]
    return {
        "folder": "{dept_code}/{date}",
        "file_name": "収納結果_{date}_{dept_code}",
        "unrouted": "未振分",
        "duplicates": "重複",
        "counts_on": "収納日時",
        "procedures": route,
        "tax_items": [],
        "rules": [],
    }


def _file(rows: int) -> Path:
    """A day of so many rows with 20 columns; made once."""
    path = BUILD / f"{rows}.csv"
    if not path.exists():
        BUILD.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".part")
        run_once(Command([PYTHON, "tools/payment_day.py", "--wide", "--sections", str(SECTIONS), "--rows", str(rows), str(half)]))
        half.rename(path)
    return path


def _clean(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)


def _ours(path: Path, rows: int) -> Command:
    folder = BUILD / "ours"
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    argv = [PYTHON, "-m", "benchmarks.payment", str(path), str(folder), sha256]
    return Command(argv, prepare=partial(_clean, folder), check=partial(_expect, rows=rows))


def _expect(output: str, rows: int) -> None:
    """Rows and yen as the generator made them."""
    yen = sum(n * 37 % 100000 for n in range(100000)) * (rows // 100000)
    if json.loads(output.strip().splitlines()[-1]) != {"rows": rows, "yen": yen}:
        raise RuntimeError(output[-2000:])


def _peers(path: Path) -> dict[str, Command]:
    _install()
    sections = BUILD / "sections.json"
    sections.write_text(json.dumps({item["code"]: item["routes"][0]["dept_code"] for item in rules()["procedures"]}), encoding="utf-8")
    commands = {}
    for name in LIMITS:
        folder = BUILD / name
        argv = [str(VENV / "bin" / "python"), "benchmarks/peers/payment_split.py", name, str(path), str(folder), str(sections)]
        commands[name] = Command(argv, prepare=partial(_clean, folder), check=partial(_expect, rows=ROWS))
    return commands


def _install() -> None:
    """The locked peers, in an environment of their own."""
    mark = VENV / "installed"
    if mark.exists() and mark.read_bytes() == LOCK.read_bytes():
        return
    subprocess.run([PYTHON, "-m", "venv", "--clear", str(VENV)], check=True)
    pip = [str(VENV / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(LOCK)], check=True)
    subprocess.run([str(VENV / "bin" / "python"), "-m", "compileall", "-q", str(VENV / "lib")], check=False)
    mark.write_bytes(LOCK.read_bytes())


def split() -> None:
    path = _file(ROWS)
    measures = interleaved({"ours": _ours(path, ROWS), **_peers(path)})
    size = path.stat().st_size / 1e6
    ours = median(measures["ours"], "wall")
    note = f"{size:.0f} MB, {ROWS:,} rows, {SECTIONS} sections, 20 columns; {_more(measures['ours'])}; byte-exact, hashed, durable, indexed"
    report(Figure("pufure.split.1m", ours, None, None, "ours <= 2.5", "s wall", note))
    for name, limit in LIMITS.items():
        note = f"{_more(measures[name])}; not byte-exact, no hashes, not durable"
        report(Figure(f"pufure.split.1m.{name}", ours, median(measures[name], "wall"), name, limit, "s wall", note))
    for name in LIMITS:
        shutil.rmtree(BUILD / name, ignore_errors=True)


def _more(measures: list[Measure]) -> str:
    return f"{median(measures, 'cpu'):.2f} CPU s, {median(measures, 'rss'):.0f} MiB"


def memory() -> None:
    """Peak of one process each: 200 MB, and 4 GB (made for this and removed)."""
    small = run_once(_ours(_file(ROWS), ROWS))
    path = _file(MANY)
    size = path.stat().st_size / 1e9
    large = run_once(_ours(path, MANY))
    path.unlink()
    shutil.rmtree(BUILD / "ours")
    note = f"200 MB: {small.rss:.0f} MiB, {small.wall:.1f} s; {size:.1f} GB: {large.rss:.0f} MiB, {large.wall:.0f} s; one run each"
    report(Figure("pufure.memory", max(small.rss, large.rss), None, None, "ours <= 96", "MiB", note))


FIGURES = {"pufure.split.1m": split, "pufure.memory": memory}


def _work(path: Path, folder: Path, sha256: str) -> None:
    sys.path.insert(0, str(REPOSITORY / "collections"))
    from ansible_collections.ward.ops.plugins.module_utils.payment import layout, routing, seen  # noqa: PLC0415
    from ansible_collections.ward.ops.plugins.module_utils.payment import split as splitting  # noqa: PLC0415

    from tools import payment_day  # noqa: PLC0415

    columns = (payment_day.COLUMNS + payment_day.WIDE).split(",")
    roles = {
        "procedure": "手続コード",
        "tax_item": "税目料金番号",
        "amount": "納付金額",
        "number": "納付番号",
        "kind": "納付区分",
        "time": "収納日時",
    }
    form = layout.load(
        {"use": "wide", "profiles": [{"name": "wide", "encoding": "cp932", "header": True, "columns": columns, "roles": roles}]}
    )
    given = splitting.Input(path, path.name, DAY, sha256)
    staged = splitting.split(given, folder / "stage", form, routing.Routing(rules(), form, [], DAY), seen.Index(folder / "seen"))
    total = staged.manifest.totals["sections"]
    print(json.dumps({"rows": total.rows, "yen": total.yen}))


if __name__ == "__main__":
    _work(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
