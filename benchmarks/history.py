"""``ledger.history``: one asset over 20,000 commits, beside the fastest of ``git log -S`` and ``git log -L`` on the one ledger.

The repository is grown by ``tools/grow_history.py`` (about two minutes, kept in ``build/bench``). The peers look at one ledger and find
only that its text changed; ours reads all ledgers, evidence and merges. ``ledger.history.first`` is the first run of a clone, without
the index. ``-L`` is measured once: it takes longer than all others together.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

from .harness import PYTHON, REPOSITORY, Command, Figure, interleaved, median, report, run_once

#: part of the folder's name: another number when the data changes
FOLDER = REPOSITORY / "build" / "bench" / "history-v1"
COMMITS = 20_000
WARD = "inventories/sample"
LEDGER = f"{WARD}/ledgers/lgwan/terminals.csv"
ASSET = "A0020004"


def _repository() -> Path:
    if not FOLDER.exists():
        temporary = FOLDER.with_name(f"{FOLDER.name}.new")
        subprocess.run(["rm", "-rf", str(temporary)], check=True)
        run_once(Command([PYTHON, "tools/grow_history.py", str(temporary), "--commits", str(COMMITS)]))
        temporary.rename(FOLDER)
    return FOLDER


def _ours() -> Command:
    argv = [PYTHON, "-m", "wardops", "history", ASSET, "--ward", str(FOLDER / WARD), "--evidence", str(FOLDER / "none")]
    return Command(argv, check=_told)


def _told(output: str) -> None:
    if "納品 3 台の取込み" not in output or output.count("端末台帳") < 10:
        raise RuntimeError(output[-2000:])


def _forget() -> None:
    for path in (FOLDER / ".git").glob("wardops-history-*"):
        path.unlink()


def _search() -> Command:
    return Command(["git", "-C", str(FOLDER), "log", f"-S{ASSET}", "--format=%H", "--", LEDGER])


def _line() -> Command:
    lines = (FOLDER / LEDGER).read_text(encoding="utf-8").splitlines()
    number = next(place for place, line in enumerate(lines, 1) if line.startswith(f"{ASSET},"))
    return Command(["git", "-C", str(FOLDER), "log", f"-L{number},{number}:{LEDGER}", "-s", "--format=%H"])


def warm() -> None:
    _repository()
    run_once(_ours())  # brings the index up
    measures = interleaved({"ours": _ours(), "peer": _search()})
    ours, peer = median(measures["ours"], "wall"), median(measures["peer"], "wall")
    line = run_once(_line()).wall
    note = f"index at hand; all ledgers; {median(measures['ours'], 'cpu'):.2f} CPU s, {median(measures['ours'], 'rss'):.0f} MiB"
    report(Figure("ledger.history", ours, None, None, "ours <= 2", "s wall", note))
    name = "git log -S" if peer <= line else "git log -L"
    note = f"git log -S {peer:.2f} s, git log -L {line:.2f} s (measured once)"
    report(Figure("ledger.history.peer", ours, min(peer, line), name, "ratio >= 10", "s wall", note))


def first() -> None:
    _repository()
    command = _ours()
    cold = Command(command.argv, prepare=_forget, check=command.check)
    measures = interleaved({"ours": cold, "peer": _search()}, warmup=0)
    ours, peer = (median(measures[name], "wall") for name in ("ours", "peer"))
    note = f"no index: the first run in a clone, which makes it; {median(measures['ours'], 'cpu'):.2f} CPU s"
    report(Figure("ledger.history.first", ours, peer, "git log -S", "ours <= 8", "s wall", note))


FIGURES = {"ledger.history": warm, "ledger.history.first": first}
