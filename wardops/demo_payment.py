"""The demo's chapter on payment results (Pufure): a day of 100,000 rows fetched over SFTP, split, delivered over SMB 3, reconciled.

What arrived is looked at with Samba's own client as a member of a section, and counted anew by a few lines that share nothing with
the product.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from .demo_stage import Stage, need

ROWS = 100_000
DAY = "2026-11-22"
OUT = "/srv/pufure/out/MPN_20261122_001.csv"
SHARE = "//lg-file01.ward.example/payment"
#: everything that was delivered, fetched with Samba's client
_FETCH = (
    'cd "$1" && PASSWD="$WARDOPS_PAYMENT_FILESERVER_PASSWORD" smbclient -U "$WARDOPS_PAYMENT_FILESERVER_USER" '
    f'{SHARE} -c "prompt OFF; recurse ON; mget *"'
)
#: what a member of a section sees: its own folder, and not another's
_STAFF = f'export PASSWD="$WARDLAB_STAFF_PASSWORD"; for folder; do smbclient -U "staff$1" {SHARE} -c "recurse ON; ls $folder/*"; done'


def payment(stage: Stage, *words: str, good: tuple[int, ...] = (0,)) -> str:
    """A payment command on the lab's control host, with the lab's keys and accounts in its environment."""
    argv = ["run", "--", sys.executable, "-m", "wardops", "payment", *words]
    return stage.lab(*argv, "--ward", str(stage.ward.root), "--work", str(_work(stage)), name=f"payment-{words[0]}", good=good)


def _work(stage: Stage) -> Path:
    return stage.work / "payment"


def _put(stage: Stage, path: Path) -> None:
    """The centre finishes a file: the data, then the control file beside it."""
    script = 'cat > "$1" && touch "$1.end"'
    argv = [sys.executable, "-m", "lab", "enter", "pay-centre", "sh", "-c", script, "sh", OUT]
    with path.open("rb") as data:
        subprocess.run(argv, cwd=stage.repository, stdin=data, capture_output=True, check=True)


def run_day(stage: Stage) -> str:
    """Fetch, split, deliver; rows without a section and repeated ones end the run with 1, after everything else was delivered."""
    day = stage.work / "day.csv"
    stage.command([sys.executable, "tools/payment_day.py", "--rows", str(ROWS), "--day", DAY, "--dirty", str(day)], name="payment-day")
    _put(stage, day)
    output = payment(stage, "run", "--source", "--target", good=(1,))
    need("E1320" in output and "E1321" in output, output[-1500:])
    totals = _receipt(stage)["totals"]
    return f"{totals['input']['rows']:,} 件を SFTP で取得、{output.count('配信済')} ファイルを SMB 3 で配信 / fetched, split, delivered"


def _receipt(stage: Stage) -> dict[str, Any]:
    (path,) = (_work(stage) / "receipts").glob("*.json")
    found: dict[str, Any] = json.loads(path.read_bytes())
    return found


def recount(stage: Stage) -> str:
    """What the sections see, fetched with Samba's client: rows, yen and every line of the input are there once."""
    inbox = stage.work / "inbox"
    inbox.mkdir()
    stage.lab("run", "--", "sh", "-c", _FETCH, "sh", str(inbox), name="smbclient")
    lines: Counter[bytes] = Counter()
    rows = yen = 0
    for path in inbox.rglob("*.csv"):
        data = path.read_bytes()
        lines.update(data.split(b"\n")[1:])
        if "未振分" not in path.name:
            records = list(csv.reader(io.StringIO(data.decode("cp932", "replace"), newline="")))[1:]
            rows, yen = rows + len(records), yen + sum(int(record[8]) for record in records)
    routed = _receipt(stage)["totals"]["sections"]
    need((rows, yen) == (routed["rows"], routed["yen"]), f"{rows}, {yen} != {routed}")
    sent = Counter((stage.work / "day.csv").read_bytes().split(b"\n")[1:])
    held = Counter(line for path in (_work(stage) / "stage").glob("*/重複/*.csv") for line in path.read_bytes().split(b"\n")[1:])
    need(
        not {*(lines - sent), *(sent - lines - held), *(held - (sent - lines))} - {b"", b"\r"}, "a line was lost or added"
    )  # blank lines are no rows
    staff = stage.lab("run", "--", "sh", "-c", _STAFF, "sh", "0704", "0502", name="smbclient", good=(0, 1))
    need("_0704_" in staff and "NT_STATUS_ACCESS_DENIED" in staff, staff)
    return f"{rows:,} 件 {yen:,} 円が一致、行の過不足なし、他課は読めない / recounted with smbclient: equal"


def again(stage: Stage) -> str:
    """The second run finds the same content and delivers nothing."""
    before = sorted((_work(stage) / "delivered").rglob("*"))
    output = payment(stage, "run", "--source", "--target", good=(0, 1))
    need("変更なし" in output and sorted((_work(stage) / "delivered").rglob("*")) == before, output[-1500:])
    return "同じ内容。配信 0 件 / the same content: nothing was delivered"


def compare(stage: Stage) -> str:
    """A changed rule, tried on what is in the archive before anybody approves it."""
    path = stage.ward.policies / "payment_routing.yml"
    text = path.read_text(encoding="utf-8")
    changed = re.sub(r'(code: "100001".*?dept_code: )"0302"', r'\1"0305"', text, count=1, flags=re.DOTALL)
    need(changed != text, "the rule was not found")
    path.write_text(changed, encoding="utf-8")
    output = payment(stage, "compare", "--base", "HEAD", "--html", str(stage.work / "moves.html"), good=(0, 1))
    path.write_text(text, encoding="utf-8")
    need("0302" in output and "0305" in output, output[-1500:])
    return next(line.strip() for line in output.splitlines() if "0305" in line)


STEPS: tuple[tuple[str, Callable[[Stage], str]], ...] = (
    ("収納結果の振り分け / split a payment day", run_day),
    ("独立した数え直し / recount", recount),
    ("再実行 / run again", again),
    ("規則変更の試行 / try a change of rules", compare),
)
