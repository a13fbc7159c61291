"""``pufure.*``: splitting a payment day by section, beside dataframe libraries and Python's ``csv``; and its peak memory.

Ours (``payment_once.py``) is the whole job as in production, which also looks for duplicates and makes the files durable. The peers
(``peers/payment_split.py``) split, count, sum and hash input and outputs. They are installed into ``build/bench/peers`` from
``peers/requirements.txt``, not into the product.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from functools import partial
from pathlib import Path

from .harness import PYTHON, REPOSITORY, Command, Figure, Measure, interleaved, median, report, run_once
from .payment_once import SECTIONS, rules

BUILD = REPOSITORY / "build" / "bench" / "payment"
VENV = REPOSITORY / "build" / "bench" / "peers"
LOCK = REPOSITORY / "benchmarks" / "peers" / "requirements.txt"
ROWS = 1_000_000
#: some 4 GiB
MANY = 20_000_000
LIMITS = {"pyarrow": "ratio >= 2", "polars": "ratio >= 2.5", "pandas": "ratio >= 6", "csv": "ratio >= 5"}


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
    argv = [PYTHON, "-m", "benchmarks.payment_once", str(path), str(folder), sha256]
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
        note = f"{_more(measures[name])}; not byte-exact, no search for duplicates, not durable"
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
